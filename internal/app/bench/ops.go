package bench

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"

	"glint/internal/app"
	"glint/internal/kernel"
	"glint/internal/report"
)

// Op is the time of one of the update's layers or passes.
type Op struct {
	Name      string  `json:"name"`
	MedianMS  float64 `json:"median_ms"`
	GFLOPS    float64 `json:"gflops"`
	PeakShare float64 `json:"peak_share"`
}

// OpsResult is what bench ops prints.
type OpsResult struct {
	Batch      int     `json:"batch"`
	Threads    int     `json:"threads"`
	PeakGFLOPS float64 `json:"peak_gflops"` // of all threads, measured in the same run
	CPU        string  `json:"cpu"`
	Ops        []Op    `json:"ops"`
}

// Ops times the layers of the published model's update one by one, each for an
// equal share of the seconds.
func Ops(b Options, o app.IO) error {
	if err := b.check(); err != nil {
		return err
	}
	kernel.SetThreads(b.Threads)
	work := benchLayers(b.Batch)
	res := OpsResult{Batch: b.Batch, Threads: b.Threads, CPU: kernel.Level(), PeakGFLOPS: peakRate() * float64(min(b.Threads, runtime.NumCPU()))}
	for _, w := range work {
		r, err := timed(func() error { w.run(); return nil }, b.Seconds/float64(len(work)))
		if err != nil {
			return err
		}
		rate := w.flops / r.MedianMS / 1e6
		res.Ops = append(res.Ops, Op{w.name, r.MedianMS, rate, rate / res.PeakGFLOPS})
	}
	if o.JSON {
		return json.NewEncoder(o.Stdout).Encode(res)
	}
	s := &report.Summary{Title: fmt.Sprintf("layers, batch %d, %d threads, %s, peak %.1f GFLOP/s", res.Batch, res.Threads, res.CPU, res.PeakGFLOPS)}
	for _, r := range res.Ops {
		s.Add(r.Name, "ms", fmt.Sprintf("%.3f", r.MedianMS), "GFLOP/s", fmt.Sprintf("%.1f", r.GFLOPS), "of the peak", fmt.Sprintf("%.0f %%", 100*r.PeakShare))
	}
	return s.Write(o.Stdout)
}

// layerWork is one of the update's kernels with its multiplications and additions a
// call.
type layerWork struct {
	name  string
	flops float64
	run   func()
}

// benchLayers returns the kernels of the published model's update on batches of n.
func benchLayers(n int) []layerWork {
	r := rand.New(rand.NewPCG(1, 2))
	first := kernel.Conv{B: n, C: 4, H: 64, W: 144, F: 16, KH: 8, KW: 8, Stride: 4, Pad: 2}
	second := kernel.Conv{B: n, C: 16, H: 16, W: 36, F: 32, KH: 4, KW: 4, Stride: 2, Pad: 1}
	code, expand := kernel.Dense{B: n, In: 4608, Out: 64}, kernel.Dense{B: n, In: 64, Out: 4608}
	obs := make([]byte, n*4*64*144)
	images, mean, weights := noise(r, len(obs)), noise(r, 4*64*144), noise(r, len(obs))
	h1, g1, h2, g2, z := noise(r, n*16*16*36), noise(r, n*16*16*36), noise(r, n*4608), noise(r, n*4608), noise(r, n*64)
	w1, w2, wd, bias := noise(r, 16*4*64), noise(r, 32*16*16), noise(r, 64*4608), noise(r, 4608)
	grads := kernel.TransposedGrads{X: g1, W: noise(r, 16*4*64), Bias: noise(r, 4)}
	d2, dd := noise(r, 32*16*16), noise(r, 64*4608)
	target := kernel.Target{Obs: obs, Mean: mean, W: weights, Unit: 1. / 255, Norm: float64(len(obs))}
	one, two, dense := 2*float64(len(h1))*256, 2*float64(len(h2))*256, 2*float64(n)*64*4608
	return []layerWork{
		{"conv 4 to 16 of bytes: forward", one, func() { first.ForwardBytes(h1, obs, mean, 1./255, w1, bias[:16], kernel.ReLU) }},
		{"conv 4 to 16 of bytes: by weights", one, func() { first.BackWeightsBytes(grads.W, obs, mean, 1./255, g1) }},
		{"transposed 16 to 4, loss, all gradients", 3 * one, func() { first.TransposedMSE(grads, images, h1, w1, bias[:4], target) }},
		{"conv 16 to 32: forward", two, func() { second.Forward(h2, h1, w2, bias[:32], kernel.ReLU) }},
		{"conv 16 to 32: by input", two, func() { second.BackInput(g1, w2, h2) }},
		{"conv 16 to 32: by weights", two, func() { second.BackWeights(d2, h1, h2) }},
		{"transposed 32 to 16: forward", two, func() { second.Transposed(h1, h2, w2, bias[:16], kernel.ReLU) }},
		{"transposed 32 to 16: by input", two, func() { second.Forward(g2, g1, w2, nil, kernel.None) }},
		{"dense 4608 to 64: forward", dense, func() { code.Forward(z, h2, wd, bias[:64], kernel.Tanh) }},
		{"dense 4608 to 64: by input", dense, func() { code.BackInput(g2, wd, z) }},
		{"dense 4608 to 64: by weights", dense, func() { code.BackWeights(dd, h2, z) }},
		{"dense 64 to 4608: forward", dense, func() { expand.Forward(h2, z, wd, bias, kernel.ReLU) }},
		{"dense 64 to 4608: by input", dense, func() { expand.BackInput(z, wd, g2) }},
		{"dense 64 to 4608: by weights", dense, func() { expand.BackWeights(dd, z, g2) }},
	}
}

// noise returns n numbers from 0 to 1.
func noise(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = r.Float32()
	}
	return x
}
