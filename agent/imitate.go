package agent

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"glint/internal/ops"
)

// With Options.Teacher the environments go on as a demonstrator played them, and Play is
// behaviour cloning: the actor maximises the log likelihood of what was done (Pomerleau,
// "Efficient Training of Artificial Neural Networks for Autonomous Navigation", Neural
// Computation 1991), which is the policy gradient without clipping of steps that all have
// the advantage 1. The critic learns what the demonstrator got, the autoencoder goes on.

// CheckTaught refuses settings that are not those of behaviour cloning, or that only that
// has.
func (c Config) CheckTaught(taught bool) error {
	switch {
	case !taught && c.ActionClasses.Balance != BalanceNone:
		return fmt.Errorf("action_classes.balance is %q, want none where nobody demonstrates actions", c.ActionClasses.Balance)
	case !taught:
		return nil
	case c.Algo != A2C || c.NormalizeAdv:
		return errors.New("algo must be a2c, with normalize_adv = false, to learn from demonstrations")
	case c.AEFresh != 0:
		return errors.New("ae_fresh must be 0 to learn from demonstrations: of which steps the small objects are known changes with the episodes that are held out")
	}
	return nil
}

// classWeights returns what each action weighs in the loss, nil for all alike.
func (o Options) classWeights(cfg Config, actions int) ([]float32, error) {
	if err := cfg.ActionClasses.suits(actions); err != nil {
		return nil, fmt.Errorf("agent: action_classes.%w", err)
	}
	if cfg.ActionClasses.Balance != BalanceWeights {
		return nil, nil
	}
	if len(cfg.ActionClasses.Values) == 0 && len(o.Taken) != actions {
		return nil, fmt.Errorf("agent: the frequencies of %d actions are known, want those of %d for weights of 1 / frequency", len(o.Taken), actions)
	}
	w := make([]float32, actions)
	for i, v := range cfg.ActionClasses.weights(floats(o.Taken)) {
		w[i] = float32(v)
	}
	return w, nil
}

// follow takes over what the demonstrator did, for the rollout's entries from at on, and
// notes which steps are held out.
func (t *Trainer) follow(at int, logits []float32) {
	r := t.next.rollout
	for i := range t.actions {
		t.actions[i] = t.o.Teacher(i)
		r.Logp[at+i] = float32(ops.LogProb(logits[i*t.spec.Actions:(i+1)*t.spec.Actions], t.actions[i]))
		t.aside[i] = t.o.Part != nil && t.heldOut(i)
	}
}

// agree gives the advantages of behaviour cloning to a rollout, and says whether there is a
// step in it to learn from: with class-balanced batches one of an action that has a share.
func (t *Trainer) agree() (some bool) {
	r, c := t.last.rollout, t.cfg.ActionClasses
	for k := range r.Advantage {
		r.Advantage[k] = 1
		drawn := c.Balance != BalanceBatches || len(c.Values) == 0 || c.Values[r.Action[k]] > 0
		some = some || drawn && !r.Invalid[k]
		if t.classWeights != nil {
			r.Advantage[k] = t.classWeights[r.Action[k]]
		}
	}
	return some
}

// choose puts steps drawn from the others in the place of those that are held out, so
// that nothing is learned from these, and with class-balanced batches gives each action its
// share. The entries are those of the rollout in random order.
func (t *Trainer) choose(entries []int, r *rand.Rand) {
	ro := t.last.rollout
	var good []int
	classes := make([][]int, t.spec.Actions)
	for _, k := range entries {
		if !ro.Invalid[k] {
			good = append(good, k)
			classes[ro.Action[k]] = append(classes[ro.Action[k]], k)
		}
	}
	if c := t.cfg.ActionClasses; c.Balance == BalanceBatches {
		c.Draw(entries, classes, r)
		return
	}
	for i, k := range entries {
		if ro.Invalid[k] {
			entries[i] = good[r.IntN(len(good))]
		}
	}
}

// StartFrom gives the training the weights of another network, with the mean image that
// belongs to them; Options.KeepMean must be set. It fails where that network is of another
// architecture.
func (t *Trainer) StartFrom(n *Net) error { return fill(t.Net.tensors(), n.tensors()) }
