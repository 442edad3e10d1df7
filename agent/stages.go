package agent

import (
	"context"
	"fmt"
	"math/rand/v2"

	"glint/autoencoder"
	"glint/env"
	"glint/internal/telemetry"
)

// prepare compiles the programs of the stage.
func (t *Trainer) prepare() (err error) {
	switch t.stage {
	case Reconstruct:
		t.pre, err = autoencoder.NewTrainer(t.Net.Autoencoder, autoencoder.BatchConfig{Size: t.cfg.Pretrain.Batch, Parts: t.cfg.Pretrain.MicroBatches, Late: t.needs.Recon}, t.solver)
		if err == nil && t.needs.ValueEvery > 0 && t.o.Critic != nil {
			t.slope, err = t.o.Critic.NewSlope(t.cfg.Pretrain.Batch)
		}
	case Play:
		t.pre, t.slope = nil, nil
		if t.player, err = t.acting.NewPlayer(t.spec.N); err != nil {
			return err
		}
		t.fresh = t.freshSamples()
		if extra := t.cfg.AEBatch() - t.fresh; extra > 0 {
			least := t.cfg.SmallShare * float64(t.cfg.AEBatch()) / float64(extra)
			if err := t.store.SetLeast([]float64{0, min(1, least)}); err != nil {
				return err
			}
		}
		if t.learner, err = newLearner(t.Net, t.cfg, t.needs.Recon, t.fresh); err == nil && t.needs.ValueEvery > 0 && t.cfg.AEBatch() > 0 {
			t.slope, err = t.Net.NewSlope(t.cfg.AEBatch())
		}
	}
	return err
}

// enter goes on to another stage.
func (t *Trainer) enter(s Stage) error {
	t.stage = s
	return t.prepare()
}

// unitUpdates is how many updates Advance makes at once in Reconstruct.
const unitUpdates = 25

// Advance does one unit of work: a rollout with its updates, or some updates of
// the autoencoder alone. After an error the Trainer is of no more use.
func (t *Trainer) Advance(ctx context.Context) (Report, error) {
	switch t.stage {
	case Explore:
		return t.explore(ctx)
	case Reconstruct:
		return t.reconstruct()
	default:
		return t.play(ctx)
	}
}

// explore plays at random for the steps of a rollout, or for those that are left.
func (t *Trainer) explore(ctx context.Context) (Report, error) {
	n := int64(t.spec.N)
	steps := min(int64(t.cfg.Horizon), (t.cfg.Pretrain.Steps-int64(t.counters.Explored)+n-1)/n)
	for range steps {
		t.wander()
		if _, err := t.step(ctx); err != nil {
			return Report{}, err
		}
	}
	t.counters.Explored += env.Steps(steps * n)
	if int64(t.counters.Explored) < t.cfg.Pretrain.Steps {
		return t.report(nil), nil
	}
	r := t.report(nil)
	return r, t.NextStage()
}

// NextStage ends Explore or Reconstruct before its work is done, for a training that
// has no time for all of it. In Play it does nothing.
func (t *Trainer) NextStage() error {
	switch t.stage {
	case Explore:
		// What waits would be missing in training; in Play flights are followed anew.
		if err := t.finders.endAll(); err != nil {
			return err
		}
		if !t.o.KeepMean {
			if err := t.Net.Autoencoder.SetMean(t.store.All()); err != nil {
				return err
			}
		}
		return t.enter(Reconstruct)
	case Reconstruct:
		t.solver.Reset()
		t.counters.Alone = t.counters.Updates
		return t.enter(Play)
	}
	return nil
}

// reconstruct makes some updates of the autoencoder alone.
func (t *Trainer) reconstruct() (Report, error) {
	defer t.o.Phases.Start(telemetry.Learn).Stop()
	endless := t.o.Alone && t.cfg.Pretrain.Updates == 0
	todo := int64(unitUpdates)
	if !endless {
		todo = min(todo, t.cfg.Pretrain.Updates-t.counters.Iterations)
	}
	for range todo {
		t.solver.LR = t.cfg.Pretrain.At(t.aloneProgress(), t.counters.Updates) * rise(t.counters.Updates)
		if err := t.pre.Step(t.sampler()); err != nil {
			return Report{}, fmt.Errorf("agent: update %d: %w", t.counters.Updates+1, err)
		}
		t.counters.Updates++
		t.counters.Iterations++
	}
	r := t.report(nil)
	if todo > 0 {
		r.addStats(t.pre.Stats())
		r.Values[telemetry.GradNorm] = t.solver.Norm
		r.Values[telemetry.LearningRate] = t.solver.LR
	}
	if t.o.Alone || t.counters.Iterations < t.cfg.Pretrain.Updates {
		return r, nil
	}
	return r, t.NextStage()
}

// aloneProgress returns the share of the schedule of Reconstruct that lies behind.
func (t *Trainer) aloneProgress() float64 {
	if t.aloneEnd <= 0 {
		return 0
	}
	return min(1, float64(t.counters.Updates)/float64(t.aloneEnd))
}

// warmUp is the number of first updates, of the autoencoder alone and again of all
// three heads, over which the learning rate rises.
const warmUp = 100

// rise returns the share of the learning rate for the update after so many.
func rise(updates int64) float64 { return min(1, float64(updates+1)/warmUp) }

// play makes one rollout and learns from one.
func (t *Trainer) play(ctx context.Context) (Report, error) {
	turn := t.inTurn
	if t.cfg.Overlap {
		turn = t.overlapped
	}
	values, err := turn(ctx)
	if err != nil {
		return Report{}, err
	}
	return t.report(values), nil
}

// inTurn makes a rollout and learns from it.
func (t *Trainer) inTurn(ctx context.Context) (telemetry.Values, error) {
	if err := t.collect(ctx); err != nil {
		return nil, err
	}
	return t.learn(t.progress())
}

// collect fills the next rollout.
func (t *Trainer) collect(ctx context.Context) error {
	clear(t.next.known)
	for k := range t.cfg.Horizon {
		if err := t.act(k); err != nil {
			return err
		}
		t.row = k + 1
		b, err := t.step(ctx)
		if err != nil {
			return err
		}
		if err := t.record(k, b); err != nil {
			return err
		}
	}
	t.next.full = true
	return nil
}

// act chooses the actions of step k and notes what the agent thought.
func (t *Trainer) act(k int) error {
	defer t.o.Phases.Start(telemetry.Act).Stop()
	logits, values, err := t.player.Think(t.obs)
	if err != nil {
		return err
	}
	r, at, n := t.next.rollout, k*t.spec.N, t.spec.N
	if t.o.Teacher != nil {
		t.follow(at, logits)
	} else {
		t.player.Sample(logits, rand.New(t.dice), t.actions, r.Logp[at:at+n])
	}
	copy(r.Action[at:], t.actions)
	copy(r.Value[at:], values)
	copy(r.Obs[at*r.ObsLen:], t.obs)
	return nil
}

// record notes what came of step k.
func (t *Trainer) record(k int, b *env.Batch) error {
	r, at := t.next.rollout, k*t.spec.N
	truncated := false
	for i := range t.spec.N {
		r.Ended[at+i], r.Invalid[at+i], r.Next[at+i] = b.Ended(i) || t.died(b, i), b.Invalid[i] || t.aside[i], 0
		truncated = truncated || t.cut(b, i) && !b.Invalid[i]
	}
	t.reward(at, b)
	last := k == t.cfg.Horizon-1
	if !truncated && !last {
		return nil
	}
	defer t.o.Phases.Start(telemetry.Act).Stop()
	if truncated {
		_, values, err := t.player.Think(b.Final)
		if err != nil {
			return err
		}
		for i := range t.spec.N {
			if t.cut(b, i) {
				r.Next[at+i] = values[i]
			}
		}
	}
	if !last {
		return nil
	}
	_, values, err := t.player.Think(t.obs)
	copy(r.Last, values)
	return err
}

// learn makes the updates of the last rollout, at that share of the schedule.
func (t *Trainer) learn(progress float64) (telemetry.Values, error) {
	defer t.o.Phases.Start(telemetry.Learn).Stop()
	if err := t.storeFound(t.last); err != nil {
		return nil, err
	}
	rollout := t.last.rollout
	Estimate(rollout, t.cfg.Gamma, t.cfg.Lambda)
	epochs := t.cfg.Epochs
	if t.o.Teacher != nil && !t.agree() {
		epochs = 0
	}
	t.learner.begin(progress)
	sum := meanOf{}
	r := rand.New(t.random)
	for e := 0; e < epochs && !t.learner.far; e++ {
		t.shuffle(r)
		for from := 0; from < len(t.order) && !t.learner.far; from += t.cfg.Minibatch {
			updates := t.counters.Updates - t.counters.Alone
			t.solver.LR = t.cfg.At(progress, updates) * rise(updates)
			t.entries = t.order[from : from+t.cfg.Minibatch]
			t.learner.load(rollout, t.entries)
			if err := t.learner.update(t.solver, t.sampler()); err != nil {
				return nil, fmt.Errorf("agent: update %d: %w", t.counters.Updates+1, err)
			}
			sum.add(t.learner.values(t.solver))
			if t.learner.far {
				continue
			}
			t.counters.Updates++
			t.counters.Iterations++
			t.counters.AESamples += int64(t.cfg.AEBatch())
		}
	}
	values := sum.means()
	if values != nil {
		values[telemetry.LearningRate] = t.solver.LR
		values[telemetry.ExplainedVariance] = explainedVariance(rollout)
	}
	t.counters.Learned += env.Steps(len(t.order))
	t.last.full = false
	return values, nil
}
