package gym

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"glint/env"
)

// maxCrashes is how often a worker may crash without a step between.
const maxCrashes = 3

// connect starts or dials a worker and sends HELLO and MAKE; receiveSpec reads
// the answer to MAKE.
func (v *Vec) connect(ctx context.Context, sh *shard) (*link, error) {
	name := fmt.Sprintf("the worker of environments %d..%d", sh.lo, sh.hi-1)
	var l *link
	var err error
	if v.launcher != nil {
		l, err = v.launcher.local(name, v.o.StepTimeout)
	} else {
		l, err = dial(ctx, v.o, name)
	}
	if err != nil {
		return nil, err
	}
	// The answer to HELLO is read with that of MAKE: workers start side by side.
	hello, options := map[string]any{"proto": version}, v.o.request(sh.hi-sh.lo)
	for _, m := range []struct {
		k    kind
		body any
	}{{kindHello, hello}, {kindMake, options}} {
		payload, err := json.Marshal(m.body)
		if err == nil {
			_, err = l.send(m.k, payload)
		}
		if err != nil {
			l.kill()
			return nil, fmt.Errorf("%s: %w", name, withWords(l, err))
		}
	}
	return l, nil
}

// startTimeout is how long a worker may take to start and make its environments.
const startTimeout = 2 * time.Minute

// receiveSpec reads the answers to HELLO and MAKE and shares memory with the
// worker where it can.
func (v *Vec) receiveSpec(ctx context.Context, sh *shard) (env.Spec, error) {
	l := sh.link
	l.timeout = max(v.o.StepTimeout, startTimeout)
	defer func() { l.timeout = v.o.StepTimeout }()
	var payload []byte
	err := l.reading(ctx, func() error {
		h, err := l.answer(l.seq-1, kindHello)
		if err == nil {
			_, err = readPayload(l.conn, h)
		}
		if err != nil {
			return err
		}
		if h, err = l.answer(l.seq, kindSpec); err == nil {
			payload, err = readPayload(l.conn, h)
		}
		return err
	})
	var spec env.Spec
	if err == nil {
		spec, err = decodeSpec(payload, sh.hi-sh.lo)
	}
	if err == nil {
		err = l.share(ctx, spec)
	}
	if err != nil {
		err = withWords(l, err)
		l.kill()
		sh.link = nil
	}
	return spec, err
}

// withWords adds what a dead worker printed last.
func withWords(l *link, err error) error {
	if _, ok := errors.AsType[*RemoteError](err); ok {
		return err
	}
	if l.proc != nil {
		l.kill()
	}
	words := l.lastWords()
	switch {
	case crashed(err) && words == "":
		return fmt.Errorf("the worker ended without a word: %w", err)
	case crashed(err):
		return fmt.Errorf("the worker ended, saying %q: %w", words, err)
	case words != "":
		return fmt.Errorf("%w; the worker said %q", err, words)
	default:
		return err
	}
}

// revive replaces the worker of a shard that has none.
func (v *Vec) revive(ctx context.Context, sh *shard) error {
	if sh.link != nil {
		return nil
	}
	var err error
	if sh.link, err = v.connect(ctx, sh); err != nil {
		return err
	}
	spec, err := v.receiveSpec(ctx, sh)
	if err == nil && spec.ObsLen() != v.spec.ObsLen() {
		err = fmt.Errorf("the worker came back with other observations: %w", errProtocol)
	}
	return err
}

// fail gives up on what a worker was doing and names it in the error. A worker
// that is still in step is kept.
func (v *Vec) fail(sh *shard, err error) error {
	clear(v.ready[sh.lo:sh.hi])
	sh.pending = nil
	if remote, ok := errors.AsType[*RemoteError](err); ok {
		if remote.Env >= 0 {
			remote.Env += sh.lo
		}
		return fmt.Errorf("gym: %s: %w", v.spec.Name, err)
	}
	name := sh.link.name
	err = withWords(sh.link, err)
	sh.link.kill()
	sh.link = nil
	return fmt.Errorf("gym: %s: %s: %w", v.spec.Name, name, err)
}

// broken deals with an answer that did not come: faults that a caller must see
// become errors of all requests in flight, a crash is repaired.
func (v *Vec) broken(ctx context.Context, sh *shard, err error) {
	pending := sh.pending
	var remote *RemoteError
	if errors.As(err, &remote) && len(pending) > 1 {
		// The other half's answer is still to come, and is not wanted any more.
		sh.link.kill()
		defer func() { sh.link = nil }()
	}
	if ctx.Err() == nil && crashed(err) {
		err = v.respawn(ctx, sh, err)
		if err == nil {
			return
		}
	}
	if sh.link != nil {
		err = v.fail(sh, err)
	}
	clear(v.ready[sh.lo:sh.hi])
	sh.pending = nil
	for _, r := range pending {
		r.err = err
	}
}

// crashed says whether an answer is missing because its worker is gone.
func crashed(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// respawn starts a crashed worker again and answers its requests with Invalid
// transitions into new episodes.
func (v *Vec) respawn(ctx context.Context, sh *shard, cause error) error {
	for {
		sh.link.kill()
		sh.crashes++
		if sh.crashes >= maxCrashes {
			return fmt.Errorf("crashed %d times in a row: %w", sh.crashes, cause)
		}
		select {
		case <-time.After(time.Duration(sh.crashes-1) * 200 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
		batch, err := v.restart(ctx, sh)
		if err == nil {
			v.invalidate(sh, batch)
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if sh.link == nil {
			return err
		}
		cause = err
	}
}

// restart connects a new worker for sh and resets its environments.
func (v *Vec) restart(ctx context.Context, sh *shard) (*env.Batch, error) {
	old := sh.link
	sh.link = nil
	if err := v.revive(ctx, sh); err != nil {
		return nil, err
	}
	sh.link.name = old.name
	n := sh.hi - sh.lo
	seeds, episodes := make([]uint64, n), make([]uint64, n)
	for k := range seeds {
		seeds[k], episodes[k] = v.nextSeed(), v.episode[sh.lo+k]+1
	}
	spec := v.spec
	spec.N = n
	batch := env.NewBatch(spec)
	seq, err := sh.link.send(kindReset, encodeReset(seeds, episodes))
	if err == nil {
		err = sh.link.batch(ctx, seq, spec, target{dst: batch, n: n})
	}
	return batch, err
}

// nextSeed draws from SplitMix64.
func (v *Vec) nextSeed() uint64 {
	v.seeds += 0x9E3779B97F4A7C15
	z := v.seeds
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// invalidate answers the requests in flight from the first batch of a new worker.
func (v *Vec) invalidate(sh *shard, b *env.Batch) {
	for k := range b.Reward {
		v.lost[sh.lo+k], v.episode[sh.lo+k] = true, b.EpisodeID[k]
	}
	for _, r := range sh.pending {
		for i := r.lo; i < r.hi; i++ {
			from, to := i-sh.lo, r.at+i-r.lo
			copy(r.dst.ObsOf(to), b.ObsOf(from))
			copy(r.dst.AuxOf(to), b.AuxOf(from))
			copy(r.dst.FinalOf(to), b.ObsOf(from))
			if aux := v.spec.T * v.spec.AuxLen; aux > 0 {
				copy(r.dst.FinalAux[to*aux:(to+1)*aux], b.AuxOf(from))
			}
			r.dst.Reward[to], r.dst.Return[to] = 0, v.returns[i]
			r.dst.Terminated[to], r.dst.Truncated[to], r.dst.Invalid[to] = false, true, true
			r.dst.LifeLost[to], r.dst.Lives[to] = false, b.Lives[from]
			r.dst.EpisodeID[to], r.dst.Elapsed[to] = b.EpisodeID[from], b.Elapsed[from]
			v.lost[i] = false
		}
	}
	sh.pending = nil
}
