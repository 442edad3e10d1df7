package agent

import (
	"context"
	"math/rand/v2"

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
	if err == nil {
		err = b.CheckRewards(t.spec, int64(t.counters.Steps)/int64(t.spec.N)+1)
	}
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

// part says what environment i's last observation is for: that of the last of several
// environments is judged, unless Options.Part tells them apart. A single environment is
// both judged and learned from.
func (t *Trainer) part(i int) Part {
	switch {
	case t.o.Part != nil:
		return t.o.Part(i)
	case i == t.spec.N-1 && t.spec.N > 1:
		return Judged
	}
	return Learned
}

// heldOut says whether nothing may be learned from environment i's last observation.
func (t *Trainer) heldOut(i int) bool { return t.part(i) != Learned }

// keep stores the observations of a step, each with its small objects. Where the
// weighting asks for truth, the environments say what there is; otherwise an observation
// waits until the finders know.
func (t *Trainer) keep(b *env.Batch) error {
	for i := range t.spec.N {
		if t.part(i) == Judged || t.spec.N == 1 && t.o.Part == nil {
			t.offer(b.ObsOf(i), i)
		}
	}
	if !t.needs.Truth {
		return t.finders.see(b, t.heldOut)
	}
	truther, _ := env.As[env.Truther](t.o.Env)
	for i := range t.spec.N {
		if t.heldOut(i) {
			continue
		}
		t.found = truther.Truth(t.found[:0], i)
		if err := t.put(i, 0, b.ObsOf(i), t.found); err != nil {
			return err
		}
	}
	return nil
}

// put stores an observation with its small objects, in Play when the rollout is over.
func (t *Trainer) put(i, later int, obs []byte, boxes []env.Box) error {
	if t.stage == Play {
		t.next.note(t.row-later, i, obs, boxes)
		return nil
	}
	return t.store.Add(obs, saliency.Class(boxes), boxes)
}

// offer shows an observation of environment i to the gallery, with its true boxes
// where the environment knows them.
func (t *Trainer) offer(obs []byte, i int) {
	truther, known := env.As[env.Truther](t.o.Env)
	if known {
		t.found = truther.Truth(t.found[:0], i)
	} else {
		t.found = t.detector.DetectStack(t.found[:0], obs)
	}
	var raw func() []byte
	if t.o.Raw != nil {
		raw = func() []byte { return t.o.Raw(i) }
	}
	t.gallery.Offer(int64(t.counters.Steps), obs, t.found, known, raw)
}

// frameClasses is the number of classes that saliency.Class tells apart.
const frameClasses = 2
