package agent

import (
	"context"
	"math/rand/v2"
	"sync"

	"glint/env"
	"glint/internal/telemetry"
	"glint/saliency"
)

// wander chooses random actions.
func (t *Trainer) wander() {
	hold(t.actions, t.held, t.spec.Actions, t.cfg.Pretrain.Hold, rand.New(t.random))
}

// step plays the chosen actions and takes in what they show.
func (t *Trainer) step(ctx context.Context) (*env.Batch, error) {
	span := t.o.Phases.Start(telemetry.Env)
	b, err := t.o.Env.Step(ctx, t.actions)
	span.Stop()
	if err != nil {
		return nil, err
	}
	t.counters.Steps += env.Steps(t.spec.N)
	t.counters.Frames += env.Frames(t.spec.N * t.spec.Repeat)
	t.counters.Episodes += t.scores.step(b)
	copy(t.obs, b.Obs)
	defer t.o.Phases.Start(telemetry.Preprocess).Stop()
	return b, t.keep(b)
}

// heldOut is the environment whose episodes the autoencoder never trains on: its
// observations go to the gallery. A single environment is both, unless
// Options.HeldOut tells its observations apart.
func (t *Trainer) heldOut(i int) bool {
	if t.o.HeldOut != nil {
		return t.o.HeldOut(i)
	}
	return i == t.spec.N-1 && t.spec.N > 1
}

// keep stores the observations of a step, each with its small objects.
func (t *Trainer) keep(b *env.Batch) error {
	if last := t.spec.N - 1; t.o.HeldOut == nil || t.heldOut(last) {
		t.offer(b.ObsOf(last), last)
	}
	t.detect(b)
	for i := range t.spec.N {
		if t.heldOut(i) {
			continue
		}
		if err := t.store.Add(b.ObsOf(i), saliency.Class(t.small[i]), t.small[i]); err != nil {
			return err
		}
	}
	return nil
}

// detect finds the small objects of every environment that is not held out, on all
// cores: each detector takes every len(t.detectors)th environment. Where the weighting
// asks for truth, the environments say what there is instead.
func (t *Trainer) detect(b *env.Batch) {
	if t.needs.Truth {
		truther, _ := env.As[env.Truther](t.o.Env)
		for i := range t.spec.N {
			t.small[i] = truther.Truth(t.small[i][:0], i)
		}
		return
	}
	var wg sync.WaitGroup
	for from, d := range t.detectors {
		wg.Go(func() {
			for i := from; i < t.spec.N; i += len(t.detectors) {
				if !t.heldOut(i) {
					t.small[i] = d.DetectStack(t.small[i][:0], b.ObsOf(i))
				}
			}
		})
	}
	wg.Wait()
}

// offer shows an observation of environment i to the gallery, with its true boxes
// where the environment knows them.
func (t *Trainer) offer(obs []byte, i int) {
	truther, known := env.As[env.Truther](t.o.Env)
	if known {
		t.found = truther.Truth(t.found[:0], i)
	} else {
		t.found = t.o.Detector.DetectStack(t.found[:0], obs)
	}
	var raw func() []byte
	if t.o.Raw != nil {
		raw = func() []byte { return t.o.Raw(i) }
	}
	t.gallery.Offer(int64(t.counters.Steps), obs, t.found, known, raw)
}

// frameClasses is the number of classes that saliency.Class tells apart.
const frameClasses = 2
