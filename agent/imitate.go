package agent

import (
	"errors"
	"math/rand/v2"
	"slices"

	"glint/internal/ops"
)

// With Options.Teacher the environments go on as a demonstrator played them, and Play is
// behaviour cloning: the actor maximises the log likelihood of what was done (Pomerleau,
// "Efficient Training of Artificial Neural Networks for Autonomous Navigation", Neural
// Computation 1991), which is the policy gradient without clipping of steps that all have
// the advantage 1. The critic learns what the demonstrator got, the autoencoder goes on.

// checkTeacher refuses settings that are not those of behaviour cloning.
func (o Options) checkTeacher(cfg Config) error {
	switch {
	case o.Teacher == nil:
		return nil
	case cfg.Algo != A2C || cfg.NormalizeAdv:
		return errors.New("agent: to learn from demonstrations algo must be a2c, with normalize_adv = false")
	case cfg.AEFresh != 0:
		return errors.New("agent: to learn from demonstrations ae_fresh must be 0: of which steps the small objects are known changes with the episodes that are held out")
	}
	return nil
}

// follow takes over what the demonstrator did, for the rollout's entries from at on, and
// notes which steps are held out.
func (t *Trainer) follow(at int, logits []float32) {
	r := t.next.rollout
	for i := range t.actions {
		t.actions[i] = t.o.Teacher(i)
		r.Logp[at+i] = float32(ops.LogProb(logits[i*t.spec.Actions:(i+1)*t.spec.Actions], t.actions[i]))
		t.aside[i] = t.o.HeldOut != nil && t.o.HeldOut(i)
	}
}

// agree gives the advantages of behaviour cloning to a rollout, and says whether there is a
// step in it to learn from.
func (t *Trainer) agree() bool {
	r := t.last.rollout
	for k := range r.Advantage {
		r.Advantage[k] = 1
	}
	return slices.Contains(r.Invalid, false)
}

// dropAside puts steps drawn from the others in the place of those that are held out, so
// that nothing is learned from these.
func (t *Trainer) dropAside(entries []int, r *rand.Rand) {
	invalid := t.last.rollout.Invalid
	var good []int
	for _, k := range entries {
		if !invalid[k] {
			good = append(good, k)
		}
	}
	for i, k := range entries {
		if invalid[k] {
			entries[i] = good[r.IntN(len(good))]
		}
	}
}

// StartFrom gives the training the weights of another network, with the mean image that
// belongs to them; Options.KeepMean must be set. It fails where that network is of another
// architecture.
func (t *Trainer) StartFrom(n *Net) error { return fill(t.Net.tensors(), n.tensors()) }
