package agent

import (
	"context"
	"slices"

	"glint/env"
	"glint/internal/kernel"
	"glint/internal/telemetry"
	"glint/replay"
	"glint/saliency"
)

// With Config.Overlap the environments play the next rollout while the network learns from
// the last one, so that no core waits for the other. What acts is a copy of the network
// that stands still for the length of a rollout, and what is played reaches the store when
// the rollout is over: so nothing depends on who is faster. A rollout is then played by
// the weights before the latest updates, as by the actors of Espeholt et al., "IMPALA",
// 2018, section 3, with a lag of exactly one rollout; PPO's ratio takes that into account,
// A2C takes it as it comes.

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

// found is an observation with its small objects.
type found struct {
	obs   []byte
	boxes []env.Box
}

// note keeps copies until they are stored. The observation is that of environment i in a
// row of the rollout, or of another one where there is no such row.
func (p *played) note(row, i int, obs []byte, boxes []env.Box) {
	n := len(p.found)
	p.found = slices.Grow(p.found, 1)[:n+1] // with the memory of what lay there before
	f := &p.found[n]
	f.obs, f.boxes = append(f.obs[:0], obs...), append(f.boxes[:0], boxes...)
	if row >= 0 && row < p.rollout.T {
		k := row*p.rollout.N + i
		p.known[k], p.boxes[k] = true, append(p.boxes[k][:0], boxes...)
	}
}

// overlapped plays a rollout and meanwhile learns from the one before.
func (t *Trainer) overlapped(ctx context.Context) (telemetry.Values, error) {
	if !t.last.full {
		if err := t.collect(ctx); err != nil {
			return nil, err
		}
		t.last, t.next = t.next, t.last
	}
	if err := fill(t.acting.tensors(), t.Net.tensors()); err != nil {
		return nil, err
	}
	progress := t.progress()
	// The environments and what acts in them share a core.
	kernel.SetBusy(1)
	collected := make(chan error, 1)
	go func() {
		err := t.collect(ctx)
		kernel.SetBusy(0)
		collected <- err
	}()
	values, err := t.learn(progress)
	kernel.SetBusy(0)
	wait := t.o.Phases.Start(telemetry.Wait)
	errCollect := <-collected
	wait.Stop()
	if err == nil {
		err = errCollect
	}
	t.last, t.next = t.next, t.last
	return values, err
}

// storeFound stores what came to be known while the last rollout was played.
func (t *Trainer) storeFound() error {
	for _, f := range t.last.found {
		if err := t.store.Add(f.obs, saliency.Class(f.boxes), f.boxes); err != nil {
			return err
		}
	}
	t.last.found = t.last.found[:0]
	return nil
}
