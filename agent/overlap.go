package agent

import (
	"context"
	"errors"
	"slices"

	"glint/env"
	"glint/internal/kernel"
	"glint/internal/telemetry"
	"glint/replay"
	"glint/saliency"
)

// With Config.Overlap the environments play the next rollout while the network learns from
// the last one, so that no core waits for an action or for an operation of the network.
// What acts is a copy of the network that stands still for the length of a rollout, and
// what is played reaches the store when the rollout is over: so nothing depends on who is
// faster. A rollout is then played by the weights before the latest updates, as by the
// actors of Espeholt et al., "IMPALA", 2018, section 3, with a lag of exactly one rollout;
// PPO's ratio takes that into account, A2C takes it as it comes. The last rollout of a
// training is not learned from.

// played is a rollout that is being played or waits to be learned from.
type played struct {
	rollout *replay.Rollout
	full    bool
	known   []bool      // [T*N] the small objects of that observation are known
	boxes   [][]env.Box // [T*N] these
	found   []found     // what came to be known meanwhile, also of rollouts before
}

func newPlayed(n, t, obsLen int) *played {
	return &played{rollout: replay.NewRollout(n, t, obsLen), known: make([]bool, n*t), boxes: make([][]env.Box, n*t)}
}

// knownBoxes are the boxes where they are known.
func (p *played) knownBoxes() [][]env.Box {
	boxes := make([][]env.Box, len(p.boxes))
	for k, known := range p.known {
		if known {
			boxes[k] = p.boxes[k]
		}
	}
	return boxes
}

// found is an observation whose small objects came to be known: an entry of the rollout or,
// where that is -1, another one.
type found struct {
	entry int
	obs   []byte
	boxes []env.Box
}

// note keeps an observation until it is stored. It is that of environment i in a row of
// the rollout, or of another one where there is no such row.
func (p *played) note(row, i int, obs []byte, boxes []env.Box) {
	n := len(p.found)
	p.found = slices.Grow(p.found, 1)[:n+1] // with the memory of what lay there before
	f := &p.found[n]
	if row >= 0 && row < p.rollout.T {
		f.entry = row*p.rollout.N + i
		p.known[f.entry], p.boxes[f.entry] = true, append(p.boxes[f.entry][:0], boxes...)
		return
	}
	f.entry, f.obs, f.boxes = -1, append(f.obs[:0], obs...), append(f.boxes[:0], boxes...)
}

// overlapped plays a rollout and meanwhile learns from the one before.
func (t *Trainer) overlapped(ctx context.Context) (telemetry.Values, error) {
	if err := fill(t.acting.tensors(), t.Net.tensors()); err != nil {
		return nil, err
	}
	if !t.last.full {
		if err := t.collect(ctx); err != nil {
			return nil, err
		}
		t.last, t.next = t.next, t.last
	}
	progress := t.progress()
	// The environments and what acts in them share a core.
	kernel.SetBusy(1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	collected := make(chan error, 1)
	go func() {
		err := t.collect(ctx)
		kernel.SetBusy(0)
		collected <- err
	}()
	values, err := t.learn(progress)
	kernel.SetBusy(0)
	if err != nil {
		cancel()
		if cut := <-collected; !errors.Is(cut, context.Canceled) {
			err = errors.Join(err, cut)
		}
		return nil, err
	}
	wait := t.o.Phases.Start(telemetry.Wait)
	err = <-collected
	wait.Stop()
	t.last, t.next = t.next, t.last
	return values, err
}

// storeFound stores what came to be known while a rollout was played.
func (t *Trainer) storeFound(p *played) error {
	for _, f := range p.found {
		obs, boxes := f.obs, f.boxes
		if f.entry >= 0 {
			obs, boxes = p.rollout.ObsAt(f.entry), p.boxes[f.entry]
		}
		if err := t.store.Add(obs, saliency.Class(boxes), boxes); err != nil {
			return err
		}
	}
	p.found = p.found[:0]
	return nil
}
