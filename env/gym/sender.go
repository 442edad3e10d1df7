package gym

import (
	"context"
	"fmt"

	"glint/env"
)

// group is one half of the environments in flight.
type group struct {
	batch    *env.Batch
	requests []*request
}

// Send starts one step of half of the environments. With two workers or more no
// worker serves both halves, so that they are emulated side by side.
func (v *Vec) Send(ctx context.Context, g int, actions []int) error {
	if err := v.usable(ctx); err != nil {
		return err
	}
	if g < 0 || g > 1 || v.spec.N%2 == 1 {
		return fmt.Errorf("gym: %s: group %d of %d environments: groups are 0 and 1 of an even number", v.spec.Name, g, v.spec.N)
	}
	half := v.spec
	half.N /= 2
	if err := half.CheckActions(actions); err != nil {
		return fmt.Errorf("gym: group %d: %w", g, err)
	}
	if err := v.canStep(g*half.N, (g+1)*half.N); err != nil {
		return err
	}
	if v.groups[g].requests != nil {
		return fmt.Errorf("gym: %s: group %d was sent already: call Recv first", v.spec.Name, g)
	}
	if v.groups[g].batch == nil {
		v.groups[g].batch = env.NewBatch(half)
	}
	v.groups[g].requests = v.dispatch(v.groups[g].batch, g*half.N, actions)
	return nil
}

// Recv waits for what Send started.
func (v *Vec) Recv(ctx context.Context, g int) (*env.Batch, error) {
	if err := v.usable(ctx); err != nil {
		return nil, err
	}
	if g < 0 || g > 1 {
		return nil, fmt.Errorf("gym: %s: group %d: groups are 0 and 1", v.spec.Name, g)
	}
	requests := v.groups[g].requests
	if requests == nil {
		for i := range v.ready {
			if !v.ready[i] {
				return nil, fmt.Errorf("gym: %s: environment %d: %w", v.spec.Name, i, env.ErrNotReset)
			}
		}
		return nil, fmt.Errorf("gym: %s: nothing was sent to group %d", v.spec.Name, g)
	}
	v.groups[g].requests = nil
	if err := v.collect(ctx, requests); err != nil {
		return nil, err
	}
	return v.groups[g].batch, nil
}

// drop forgets what is in flight: answers that nobody wants any more are read by
// nobody, so their workers are replaced.
func (v *Vec) drop() {
	for _, sh := range v.shards {
		if len(sh.pending) > 0 && sh.link != nil {
			sh.link.kill()
			sh.link = nil
		}
		sh.pending = nil
	}
	for g := range v.groups {
		v.groups[g].requests = nil
	}
}
