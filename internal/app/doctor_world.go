package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"image"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"

	"glint/agent"
	"glint/env"
	"glint/internal/doctor"
	"glint/replay"
	"glint/saliency"
)

// How long the environment is looked at.
const (
	lookSteps = 300
	lookEnvs  = 2
)

// look is what some steps of random play show.
type look struct {
	digests []uint64  // of each step
	rewards []float64 // of all environments
	same    int       // observations equal to the one before
	steps   int       // observations with one before
	moving  float64   // share of the pixels that ever change
	hits    int
	objects int
	fires   int
}

// surroundings plays the environment twice alike.
func (e *examination) surroundings(ctx context.Context) (all []doctor.Verdict, err error) {
	one, err := e.play(ctx)
	if err != nil {
		return nil, err
	}
	if e.cfg.Data.Dir == "" && !isScreen(e.cfg.Env) {
		two, err := e.play(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, doctor.Determined(len(one.digests), differ(one.digests, two.digests)))
	}
	if !e.cfg.Alone {
		all = append(all, doctor.Rewards(one.rewards, e.cfg.Agent.RewardClip, e.cfg.Agent.RewardScale, e.cfg.Agent.RewardNorm)...)
	}
	all = append(all, doctor.Still(one.same, one.steps, one.moving))
	if one.objects >= 0 {
		all = append(all, doctor.Found(one.hits, one.objects, one.fires))
	}
	return all, nil
}

// differ returns the first step that is not the same, from 1, or 0.
func differ(a, b []uint64) int {
	for i := range a {
		if i >= len(b) || a[i] != b[i] {
			return i + 1
		}
	}
	return 0
}

// play plays at random from the config's seed.
func (e *examination) play(ctx context.Context) (l look, err error) {
	c, n := e.given, lookEnvs
	if isScreen(c.Env) {
		n = 1
	}
	w, err := open(ctx, &c, n, IO{Stdout: io.Discard, Stderr: io.Discard})
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	s := w.Spec()
	r := rand.New(rand.NewPCG(c.Seed, 13))
	b, err := w.Reset(ctx, seeds(c.Seed, s.N))
	if err != nil {
		return l, err
	}
	detector, err := saliency.NewDetector(c.Detector, s.H, s.W)
	if err != nil {
		return l, err
	}
	truther, known := env.As[env.Truther](w.Vec)
	if !known || !w.scene().native() {
		truther, l.objects = nil, -1
	}
	last, moved := bytes.Clone(b.Obs), make([]bool, s.FrameLen())
	actions := make([]int, s.N)
	for range lookSteps {
		for i := range actions {
			if r.IntN(4) == 0 {
				actions[i] = r.IntN(s.Actions)
			}
		}
		if b, err = w.Step(ctx, actions); err != nil {
			return l, err
		}
		l.see(s, b, last, moved)
		copy(last, b.Obs)
		if truther != nil {
			for i := range s.N {
				l.judge(detector.DetectStack(nil, b.ObsOf(i)), truther.Truth(nil, i), w.Preprocessor().Content())
			}
		}
	}
	for _, m := range moved {
		if m {
			l.moving += 1 / float64(len(moved))
		}
	}
	return l, nil
}

// see takes in a step.
func (l *look) see(s env.Spec, b *env.Batch, last []byte, moved []bool) {
	h := fnv.New64a()
	_, _ = h.Write(b.Obs) // never fails
	for i := range s.N {
		_, _ = fmt.Fprint(h, b.Reward[i], b.Terminated[i], b.Truncated[i])
		l.rewards = append(l.rewards, b.Reward[i])
		if b.Ended(i) {
			continue
		}
		l.steps++
		before := last[i*s.ObsLen():][:s.ObsLen()]
		if bytes.Equal(before, b.ObsOf(i)) {
			l.same++
			continue
		}
		for k, x := range b.ObsOf(i) {
			if x != before[k] {
				moved[k%len(moved)] = true
			}
		}
	}
	l.digests = append(l.digests, h.Sum64())
}

// judge compares what was found with the truth: a hit is a centre within 3 pixels.
func (l *look) judge(found, truth []env.Box, content image.Rectangle) {
	l.fires += len(found)
	for _, t := range truth {
		if !t.Rect.In(content) {
			continue
		}
		l.objects++
		for _, f := range found {
			d := f.Rect.Min.Add(f.Rect.Max).Sub(t.Rect.Min.Add(t.Rect.Max)) // twice the distance of the centres
			if f.Frame == t.Frame && d.X*d.X+d.Y*d.Y <= 36 {
				l.hits++
				break
			}
		}
	}
}

// freeMemory returns the bytes that a program may still take, 0 where that is not known.
func freeMemory() float64 {
	free := 0.0
	if b, err := os.ReadFile("/proc/meminfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			if f := strings.Fields(line); len(f) > 1 && f[0] == "MemAvailable:" {
				kib, _ := strconv.ParseFloat(f[1], 64)
				free = kib * 1024
			}
		}
	}
	if b, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		if limit, err := strconv.ParseFloat(strings.TrimSpace(string(b)), 64); err == nil && (free == 0 || limit < free) {
			free = limit
		}
	}
	return free
}

// leakSteps is how many steps of each dataset are compared.
const leakSteps = 30_000

// leaks looks for steps that are both trained on and judged.
func (e *examination) leaks(ctx context.Context) ([]doctor.Verdict, error) {
	if e.cfg.Data.Dir == "" {
		return nil, nil
	}
	data, err := openData(ctx, e.cfg.Data, IO{Stdout: io.Discard, Stderr: io.Discard})
	if err != nil {
		return nil, err
	}
	episodes, err := data.Episodes(ctx)
	if err != nil {
		return nil, err
	}
	val := divide(episodes, e.cfg.Data).of
	train, judged := map[[2]uint64][]uint64{}, map[uint64][][2]uint64{}
	if err := digests(ctx, data, func(r replay.Row, d [2]uint64) {
		if part := val[r.Episode]; part != agent.Learned && e.o.HeldOut == "" {
			judged[r.Episode] = append(judged[r.Episode], d)
		} else if of := train[d]; part == agent.Learned && !slices.Contains(of, r.Episode) {
			train[d] = append(of, r.Episode)
		}
	}); err != nil {
		return nil, err
	}
	where := "episode"
	if e.o.HeldOut != "" {
		where = e.o.HeldOut + ", episode"
		other, err := openData(ctx, DataConfig{Dir: e.o.HeldOut}, IO{Stdout: io.Discard, Stderr: io.Discard})
		if err != nil {
			return nil, err
		}
		if err := digests(ctx, other, func(r replay.Row, d [2]uint64) { judged[r.Episode] = append(judged[r.Episode], d) }); err != nil {
			return nil, err
		}
	}
	return []doctor.Verdict{apartBy(train, judged, where)}, nil
}

// digests visits the first steps of a dataset with digests of their observations; a repeated one
// is left out.
func digests(ctx context.Context, data *replay.Dataset, visit func(replay.Row, [2]uint64)) error {
	n, last := 0, map[uint64][2]uint64{}
	for row, err := range data.Rows(ctx) {
		if err != nil {
			return err
		}
		if n++; n > leakSteps {
			break
		}
		a, b := fnv.New64a(), fnv.New64()
		_, _ = a.Write(row.Obs) // never fails
		_, _ = b.Write(row.Obs)
		if d := [2]uint64{a.Sum64(), b.Sum64()}; d != last[row.Episode] {
			last[row.Episode] = d
			visit(row, d)
		}
	}
	return nil
}

// apartBy is the verdict on the judged episode that shares most with one trained on.
func apartBy(train map[[2]uint64][]uint64, judged map[uint64][][2]uint64, where string) doctor.Verdict {
	var worst float64
	var of, with uint64
	common, total := 0, 0
	for episode, steps := range judged {
		shared := map[uint64]int{}
		for _, d := range steps {
			total++
			if len(train[d]) > 0 {
				common++
			}
			for _, t := range train[d] {
				shared[t]++
			}
		}
		for t, n := range shared {
			share := float64(n) / float64(len(steps))
			if share > worst || share == worst && (episode < of || episode == of && t < with) {
				worst, of, with = share, episode, t
			}
		}
	}
	return doctor.Apart(worst, fmt.Sprintf("%s %d", where, of), fmt.Sprintf("training episode %d", with), float64(common)/float64(max(1, total)))
}
