package gym

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
)

// Save returns the whole state of environment i: the emulator, its random
// generators, the sticky action, the episode's counters and the stack of frames.
// The gym backend cannot save and gives errors.ErrUnsupported.
func (v *Vec) Save(ctx context.Context, i int) ([]byte, error) {
	sh, err := v.shardOf(ctx, i)
	if err != nil {
		return nil, err
	}
	if err := v.canStep(i, i+1); err != nil {
		return nil, err
	}
	payload := binary.LittleEndian.AppendUint32(nil, uint32(i-sh.lo))
	state, err := sh.link.ask(ctx, kindSave, payload, kindState)
	if err != nil {
		return nil, v.saving(sh, fmt.Sprintf("saving environment %d", i), err)
	}
	return state, nil
}

// Load puts environment i into a state that Save returned from a Vec with the
// same options. A state that does not fit is refused and changes nothing.
func (v *Vec) Load(ctx context.Context, i int, state []byte) error {
	sh, err := v.shardOf(ctx, i)
	if err != nil {
		return err
	}
	if err := v.revive(ctx, sh); err != nil {
		return fmt.Errorf("gym: %s: %w", v.spec.Name, err)
	}
	payload := binary.LittleEndian.AppendUint32(nil, uint32(i-sh.lo))
	if _, err := sh.link.ask(ctx, kindLoad, append(payload, state...), kindOK); err != nil {
		return v.saving(sh, fmt.Sprintf("loading environment %d", i), err)
	}
	v.ready[i], v.lost[i] = true, false
	return nil
}

// saving names the fault of a SAVE or LOAD; only a broken stream costs the worker.
func (v *Vec) saving(sh *shard, doing string, err error) error {
	var remote *RemoteError
	if !errors.As(err, &remote) {
		return fmt.Errorf("%s: %w", doing, v.fail(sh, err))
	}
	remote.Env = -1 // the index is in the text already
	return fmt.Errorf("gym: %s: %s: %w", v.spec.Name, doing, err)
}

// shardOf returns the worker that environment i lives in, if it is free.
func (v *Vec) shardOf(ctx context.Context, i int) (*shard, error) {
	if err := v.usable(ctx); err != nil {
		return nil, err
	}
	if !v.spec.Saves {
		return nil, fmt.Errorf("gym: %s: saving: %w", v.spec.Name, errors.ErrUnsupported)
	}
	for _, sh := range v.shards {
		if i < sh.lo || i >= sh.hi {
			continue
		}
		if len(sh.pending) > 0 {
			return nil, fmt.Errorf("gym: %s: environments %d..%d are in flight: call Recv first", v.spec.Name, sh.lo, sh.hi-1)
		}
		return sh, nil
	}
	return nil, fmt.Errorf("gym: %s: environment %d, valid are 0..%d", v.spec.Name, i, v.spec.N-1)
}
