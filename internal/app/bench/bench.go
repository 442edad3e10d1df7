// Package bench times parts of glint, so that another program can compare them with a
// peer's in the same minute.
package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"glint/agent"
	"glint/autoencoder"
	"glint/env"
	"glint/env/dojo"
	"glint/env/pixels"
	"glint/internal/app"
	"glint/internal/kernel"
	"glint/internal/report"
	"glint/saliency"
)

// Options says what is timed and how long.
type Options struct {
	What    string // "step", "act", "detect" or "project"
	Batch   int
	Threads int
	Seconds float64
}

// Result is what a bench verb prints. Rates are of floating-point
// multiplications and additions, and null where the work is on integers.
type Result struct {
	What        string   `json:"what"`
	Batch       int      `json:"batch"`
	Threads     int      `json:"threads"`
	Iterations  int      `json:"iterations"`
	MedianMS    float64  `json:"median_ms"`
	P10MS       float64  `json:"p10_ms"`
	P90MS       float64  `json:"p90_ms"`
	USPerSample float64  `json:"us_per_sample"` // median, in microseconds
	GFLOPS      *float64 `json:"gflops"`
	PeakGFLOPS  float64  `json:"peak_gflops"` // of all threads, measured in the same run
	PeakShare   *float64 `json:"peak_share"`
	Allocs      float64  `json:"allocs"` // on the heap, a call
	CPU         string   `json:"cpu"`    // level of the kernels
}

// The published model on Kung-Fu Master's planes.
const (
	benchActions = 14
	// Multiplications and additions for one observation: the encoder's and the heads'
	// forward pass, and all of an update.
	actFLOPs  = 2 * (16*16*36*4*64 + 32*8*18*16*16 + 4608*64 + 64*(benchActions+1))
	stepFLOPs = 6*2*(16*16*36*4*64+32*8*18*16*16+4608*64) - 2*16*16*36*4*64 + 3*2*64*(benchActions+1)
)

// check refuses options that nothing can be timed by.
func (b Options) check() error {
	if err := kernel.Err(); err != nil {
		return err
	}
	if b.Batch < 1 || b.Threads < 1 || !(b.Seconds > 0) {
		return app.Usagef("give numbers of 1 or more", "batch %d, threads %d, seconds %g cannot be timed", b.Batch, b.Threads, b.Seconds)
	}
	return nil
}

// Run times a part of the work and prints medians and percentiles.
func Run(b Options, o app.IO) error {
	if err := b.check(); err != nil {
		return err
	}
	kernel.SetThreads(b.Threads)
	run, flops, err := benchWork(b)
	if err != nil {
		return err
	}
	r, err := timed(run, b.Seconds)
	if err != nil {
		return err
	}
	r.What, r.Batch, r.Threads, r.CPU = b.What, b.Batch, b.Threads, kernel.Level()
	r.USPerSample = r.MedianMS * 1e3 / float64(b.Batch)
	r.PeakGFLOPS = peakRate() * float64(min(b.Threads, runtime.NumCPU()))
	if flops > 0 {
		rate := flops * float64(b.Batch) / r.MedianMS / 1e6
		share := rate / r.PeakGFLOPS
		r.GFLOPS, r.PeakShare = &rate, &share
	}
	if o.JSON {
		return json.NewEncoder(o.Stdout).Encode(r)
	}
	s := &report.Summary{Title: fmt.Sprintf("%s, batch %d, %d threads, %s", r.What, r.Batch, r.Threads, r.CPU)}
	s.Add(fmt.Sprintf("Milliseconds a call, %d calls", r.Iterations), "median", fmt.Sprintf("%.3f", r.MedianMS),
		"p10", fmt.Sprintf("%.3f", r.P10MS), "p90", fmt.Sprintf("%.3f", r.P90MS))
	s.Add("Beside", "us a sample", fmt.Sprintf("%.2f", r.USPerSample), "allocations a call", fmt.Sprintf("%.1f", r.Allocs))
	if r.GFLOPS != nil {
		s.Add("Arithmetic", "GFLOP/s", fmt.Sprintf("%.1f", *r.GFLOPS), "peak", fmt.Sprintf("%.1f", r.PeakGFLOPS),
			"share", fmt.Sprintf("%.0f %%", 100**r.PeakShare))
	}
	return s.Write(o.Stdout)
}

// benchWork returns what is timed and its arithmetic for one sample.
func benchWork(b Options) (run func() error, flops float64, err error) {
	r := rand.New(rand.NewPCG(1, 2))
	switch b.What {
	case "detect":
		run, err := benchDetect(b.Batch)
		return run, 0, err
	case "project":
		run, err := benchProject(b.Batch)
		return run, 0, err
	}
	shape := autoencoder.Shape{T: 4, H: 64, W: 144, Content: image.Rect(0, 0, 144, 64)}
	n, err := agent.NewNet(autoencoder.DefaultConfig(), shape, benchActions, r)
	if err != nil {
		return nil, 0, err
	}
	switch b.What {
	case "step":
		u, err := agent.NewUpdate(n, b.Batch, r)
		if err != nil {
			return nil, 0, err
		}
		return u.Step, stepFLOPs, nil
	case "act":
		p, err := n.NewPlayer(b.Batch)
		if err != nil {
			return nil, 0, err
		}
		obs := make([]byte, b.Batch*shape.T*shape.H*shape.W)
		actions, logp := make([]int, b.Batch), make([]float32, b.Batch)
		return func() error {
			logits, _, err := p.Think(obs)
			p.Sample(logits, r, actions, logp)
			return err
		}, actFLOPs, nil
	}
	return nil, 0, app.Usagef("use step, act, detect or project", "bench %s is unknown", b.What)
}

// benchDetect looks for small things on planes with two fighters and a knife, on one
// core.
func benchDetect(planes int) (func() error, error) {
	const h, w = 64, 144
	d, err := saliency.NewDetector(saliency.DefaultDetectorConfig(), h, w)
	if err != nil {
		return nil, err
	}
	plane := make([]byte, h*w)
	for _, r := range []image.Rectangle{
		image.Rect(20, 28, 30, 54), image.Rect(22, 20, 28, 27), image.Rect(70, 28, 80, 54), image.Rect(72, 20, 78, 27),
		image.Rect(121, 31, 125, 32), image.Rect(120, 32, 124, 33),
	} {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				plane[y*w+x] = 160
			}
		}
	}
	stack := slices.Repeat(plane, planes)
	boxes := make([]env.Box, 0, planes)
	return func() error {
		if boxes = d.DetectStack(boxes[:0], stack); len(boxes) != planes {
			return fmt.Errorf("bench: %d small objects found on %d planes with one each", len(boxes), planes)
		}
		return nil
	}, nil
}

// benchProject projects a frame of the dojo, 64x144 palette indices, on one core.
func benchProject(frames int) (func() error, error) {
	v, err := dojo.Open(dojo.DefaultOptions())
	if err != nil {
		return nil, err
	}
	b, err := v.Reset(context.Background(), []uint64{1})
	if err != nil {
		return nil, err
	}
	s := v.Spec()
	p, err := pixels.New(s, pixels.Config{Projection: pixels.Foreground})
	if err != nil {
		return nil, err
	}
	size, plane := s.FrameLen(), p.Spec().FrameLen()
	src, dst := slices.Repeat(b.Obs[:size], frames), make([]byte, frames*plane)
	return func() error {
		for i := range frames {
			p.Apply(dst[i*plane:(i+1)*plane], src[i*size:(i+1)*size])
		}
		return nil
	}, v.Close()
}

// timed runs f for so many seconds, after as many calls as it takes to settle.
func timed(f func() error, seconds float64) (Result, error) {
	for range 3 {
		if err := f(); err != nil {
			return Result{}, err
		}
	}
	times := make([]float64, 0, 1<<20)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for start := time.Now(); len(times) < cap(times); {
		t := time.Now()
		if err := f(); err != nil {
			return Result{}, err
		}
		times = append(times, float64(time.Since(t))/1e6)
		if len(times) >= 5 && time.Since(start).Seconds() >= seconds {
			break
		}
	}
	runtime.ReadMemStats(&after)
	slices.Sort(times)
	at := func(q int) float64 { return times[len(times)*q/100] }
	return Result{
		Iterations: len(times), MedianMS: at(50), P10MS: at(10), P90MS: at(90),
		Allocs: float64(after.Mallocs-before.Mallocs) / float64(len(times)),
	}, nil
}

// peakRate returns the multiply-add limit of one core in GFLOP/s, the best of some
// tries.
func peakRate() float64 {
	const rounds = 1 << 20
	best := 0.0
	for range 10 {
		t := time.Now()
		flops := kernel.Peak(rounds)
		best = max(best, flops/float64(time.Since(t)))
	}
	return best
}
