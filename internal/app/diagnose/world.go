package diagnose

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"

	"glint/env"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/play"
	"glint/internal/app/world"
	"glint/internal/doctor"
	"glint/internal/judge"
	"glint/saliency"
)

// How long the environment is looked at.
const (
	lookSteps = 300
	lookEnvs  = 2
)

// look is what some steps of random play show.
type look struct {
	digests []uint64          // of each step
	rewards []float64         // of all environments
	same    int               // observations equal to the one before
	steps   int               // observations with one before
	moving  float64           // share of the pixels that ever change
	finds   *judge.Detections // of the detector; nil where the truth is not known
}

// surroundings plays the environment twice alike.
func (e *examination) surroundings(ctx context.Context) (all []doctor.Verdict, err error) {
	if err := e.vacate(); err != nil {
		return nil, err
	}
	one, err := e.play(ctx)
	if err != nil {
		return nil, err
	}
	if e.cfg.Data.Dir == "" && !config.IsScreen(e.cfg.Env) {
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
	if one.finds != nil {
		all = append(all, doctor.Found(one.finds.Result()))
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
	if config.IsScreen(c.Env) {
		n = 1
	}
	w, err := world.Open(ctx, &c, n, app.IO{Stdout: io.Discard, Stderr: io.Discard})
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	s := w.Spec()
	r := rand.New(rand.NewPCG(c.Seed, 13))
	b, err := w.Reset(ctx, play.Seeds(c.Seed, s.N))
	if err != nil {
		return l, err
	}
	detector, err := saliency.NewDetector(c.Detector, s.H, s.W)
	if err != nil {
		return l, err
	}
	truther, _ := env.As[env.Truther](w.Vec)
	if objects := w.Scene().Objects; len(objects) > 0 {
		if l.finds, err = judge.NewDetections(s.H, s.W, w.Preprocessor().Content(), objects[0].Contrast); err != nil {
			return l, err
		}
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
		for i := range s.N {
			if l.finds != nil {
				l.judge(s, b.ObsOf(i), detector.DetectStack(nil, b.ObsOf(i)), truther.Truth(nil, i))
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

// judge compares what was found in each frame of an observation with the truth.
func (l *look) judge(s env.Spec, obs []byte, found, truth []env.Box) {
	of := func(boxes []env.Box, frame int) (some []env.Box) {
		for _, b := range boxes {
			if b.Frame == frame {
				some = append(some, b)
			}
		}
		return some
	}
	plane := s.H * s.W
	for k := range s.T {
		l.finds.Frame(new(judge.History), obs[k*plane:(k+1)*plane], of(truth, k), of(found, k))
	}
}
