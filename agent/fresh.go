package agent

import (
	"math"
	"math/rand/v2"
)

// An observation that actor, critic and autoencoder learn from in the same update is encoded
// once for all three, which saves the autoencoder's part of the encoder. So part of its
// batch, Config.AEFresh, comes from the minibatch: the last observations of that, whose
// small objects must be known. The rest comes from the store, with so many small objects
// that the whole has its least share.

// freshSamples is how many samples of an autoencoder's batch come from the minibatch: as
// many as the config asks for, as are known in any minibatch when learning begins, and as
// leave room for the least share of small objects, in equal parts for all micro batches.
// The finders answer late, so the last steps of a rollout are not, and those of a
// held-out environment never.
func (t *Trainer) freshSamples() int {
	if t.cfg.AEFresh == 0 {
		return 0 // who is held out is not known before the first step of demonstrations
	}
	environments := 0
	for i := range t.spec.N {
		if !t.heldOut(i) {
			environments++
		}
	}
	known := environments * max(0, t.cfg.Horizon-t.o.Finder.Side-1)
	batch := float64(t.cfg.AEBatch())
	wanted := min(int(t.cfg.AEFresh*batch), int(batch-math.Ceil(t.cfg.SmallShare*batch)))
	fresh := min(wanted, known*t.cfg.Minibatch/len(t.order))
	return fresh - fresh%t.cfg.MicroBatches
}

// shuffle fills order with all entries of the rollout at random, in minibatches that end
// with their even share of those whose small objects are known.
func (t *Trainer) shuffle(r *rand.Rand) {
	all := t.order
	for i := range all {
		all[i] = i
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	if t.o.Teacher != nil {
		t.choose(all, r)
	}
	if t.fresh == 0 {
		return
	}
	var known, others []int
	for _, k := range all {
		if t.last.known[k] {
			known = append(known, k)
		} else {
			others = append(others, k)
		}
	}
	batches := len(all) / t.cfg.Minibatch
	all = all[:0]
	for b := range batches {
		mine := known[b*len(known)/batches : (b+1)*len(known)/batches]
		rest := t.cfg.Minibatch - len(mine)
		all = append(append(all, others[:rest]...), mine...)
		others = others[rest:]
	}
}
