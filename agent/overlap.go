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

// played is a rollout that is being played or waits to be learned from, with the
// observations that came to be known meanwhile.
type played struct {
	rollout *replay.Rollout
	full    bool
	known   []known
}

// known is an observation with its small objects.
type known struct {
	obs   []byte
	boxes []env.Box
}

// note keeps copies until they are stored.
func (p *played) note(obs []byte, boxes []env.Box) {
	n := len(p.known)
	p.known = slices.Grow(p.known, 1)[:n+1] // with the memory of what lay there before
	k := &p.known[n]
	k.obs, k.boxes = append(k.obs[:0], obs...), append(k.boxes[:0], boxes...)
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

// storeKnown stores what came to be known while the last rollout was played.
func (t *Trainer) storeKnown() error {
	for _, k := range t.last.known {
		if err := t.store.Add(k.obs, saliency.Class(k.boxes), k.boxes); err != nil {
			return err
		}
	}
	t.last.known = t.last.known[:0]
	return nil
}
