package envtest

import (
	"context"
	"errors"
	"testing"

	"glint/env"
)

// halved makes a Sender of two Vecs of half the environments each.
type halved struct {
	*walk
	parts [2]*walk
	sent  [2]*env.Batch
}

func openHalved(fault string) opener {
	return func(tb testing.TB, n int) env.Vec {
		h := &halved{walk: openWalk("", 0)(tb, n).(*walk)}
		for g := range h.parts {
			h.parts[g] = openWalk("", 0)(tb, max(1, n/2)).(*walk)
		}
		h.fault = fault
		return h
	}
}

func (h *halved) Reset(ctx context.Context, seeds []uint64) (*env.Batch, error) {
	b, err := h.walk.Reset(ctx, seeds)
	if err != nil || len(seeds) < 2 {
		return b, err
	}
	for g, part := range h.parts {
		if _, err := part.Reset(ctx, seeds[g*len(seeds)/2:(g+1)*len(seeds)/2]); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (h *halved) Send(ctx context.Context, group int, actions []int) error {
	if h.closed {
		return env.ErrClosed
	}
	if group < 0 || group > 1 {
		return errors.New("halved: no such group")
	}
	if h.fault == "wrong half" {
		group = 1 - group
	}
	var err error
	h.sent[group], err = h.parts[group].Step(ctx, actions)
	return err
}

func (h *halved) Recv(_ context.Context, group int) (*env.Batch, error) {
	if h.closed {
		return nil, env.ErrClosed
	}
	if h.fault == "one buffer" && h.sent[group] != nil {
		*h.parts[0].batch = *h.sent[group]
		return h.parts[0].batch, nil
	}
	b := h.sent[group]
	h.sent[group] = nil
	if b == nil && h.fault == "unasked" {
		return h.parts[group].batch, nil
	}
	if b == nil {
		return nil, errors.New("halved: nothing was sent")
	}
	return b, nil
}
