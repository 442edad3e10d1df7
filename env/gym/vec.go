package gym

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"glint/env"
)

// Vec is environments in Python workers.
type Vec struct {
	o        Options
	spec     env.Spec
	launcher *launcher // nil with remote workers
	shards   []*shard
	batch    *env.Batch
	groups   [2]group
	ready    []bool   // environments that were reset or loaded
	lost     []bool   // environments whose next step is Invalid: their worker crashed
	episode  []uint64 // the last known figures of each environment
	returns  []float64
	seeds    uint64 // state of the stream that seeds environments after a crash
	closed   bool
}

var (
	_ env.Vec    = (*Vec)(nil)
	_ env.Saver  = (*Vec)(nil)
	_ env.Sender = (*Vec)(nil)
)

// shard is the share of one worker, environments lo..hi-1.
type shard struct {
	lo, hi  int
	link    *link // nil after a failure
	crashes int   // since the last good step
	pending []*request
}

// request is a STEP in flight for environments lo..hi-1, which become those from
// at on in dst.
type request struct {
	lo, hi, at int
	dst        *env.Batch
	seq        uint32
	err        error
}

// Open starts the workers, or dials them, and makes the environments.
func Open(ctx context.Context, o Options) (*Vec, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	v := &Vec{
		o: o, seeds: o.Seed, ready: make([]bool, o.N), lost: make([]bool, o.N),
		episode: make([]uint64, o.N), returns: make([]float64, o.N),
	}
	if o.Address == "" {
		python := o.Python
		if python == "" {
			var err error
			if python, err = Python(""); err != nil {
				return nil, err
			}
		}
		var err error
		if v.launcher, err = newLauncher(python); err != nil {
			return nil, err
		}
	}
	v.shards = split(o.N, o.Workers)
	if err := v.open(ctx); err != nil {
		return nil, errors.Join(err, v.Close())
	}
	v.batch = env.NewBatch(v.spec)
	return v, nil
}

// split shares n environments out over workers; with two or more of them no
// worker serves both halves.
func split(n, workers int) []*shard {
	if workers == 1 || n%2 == 1 {
		return share(0, n, workers)
	}
	first := (workers + 1) / 2
	return append(share(0, n/2, first), share(n/2, n, min(workers-first, n/2))...)
}

func share(lo, hi, workers int) []*shard {
	n := hi - lo
	workers = min(workers, n)
	out := make([]*shard, workers)
	for k := range out {
		out[k] = &shard{lo: lo + k*n/workers, hi: lo + (k+1)*n/workers}
	}
	return out
}

// open connects every worker, then asks all for their environments, so that
// they start side by side.
func (v *Vec) open(ctx context.Context) error {
	for _, sh := range v.shards {
		var err error
		if sh.link, err = v.connect(ctx, sh); err != nil {
			return fmt.Errorf("gym: opening %s: %w", v.o.ID, err)
		}
	}
	for k, sh := range v.shards {
		spec, err := v.receiveSpec(ctx, sh)
		if err != nil {
			return fmt.Errorf("gym: opening %s: %w", v.o.ID, err)
		}
		spec.N, spec.Name = v.o.N, "gym:"+v.o.ID
		if k == 0 {
			v.spec = spec
		}
		if !reflect.DeepEqual(spec, v.spec) {
			return fmt.Errorf("gym: opening %s: %s describes other environments than the first", v.o.ID, sh.link.name)
		}
	}
	return nil
}

// Spec describes the environments.
func (v *Vec) Spec() env.Spec { return v.spec }

// Reset starts a new episode everywhere, with one seed an environment. It also
// replaces workers that failed before.
func (v *Vec) Reset(ctx context.Context, seeds []uint64) (*env.Batch, error) {
	if err := v.usable(ctx); err != nil {
		return nil, err
	}
	if len(seeds) != v.spec.N {
		return nil, fmt.Errorf("gym: %s: %d seeds for %d environments", v.spec.Name, len(seeds), v.spec.N)
	}
	v.drop()
	for _, sh := range v.shards {
		clear(v.ready[sh.lo:sh.hi])
		clear(v.lost[sh.lo:sh.hi])
		clear(v.episode[sh.lo:sh.hi])
		if err := v.revive(ctx, sh); err != nil {
			return nil, fmt.Errorf("gym: %s: %w", v.spec.Name, err)
		}
	}
	seqs := make([]uint32, len(v.shards))
	for k, sh := range v.shards {
		// A write that fails is a worker that died; reading its answer shows it.
		seqs[k], _ = sh.link.send(kindReset, encodeReset(seeds[sh.lo:sh.hi], v.episode[sh.lo:sh.hi]))
	}
	var first error
	for k, sh := range v.shards {
		if err := v.collectReset(ctx, sh, seqs[k], seeds[sh.lo:sh.hi]); err != nil {
			first = cmp.Or(first, err)
			continue
		}
		v.note(v.batch, sh.lo, sh.lo, sh.hi)
	}
	if first != nil {
		return nil, first
	}
	return v.batch, nil
}

// collectReset reads the answer to RESET. A worker that died since its last step
// is replaced once: nothing is lost by that.
func (v *Vec) collectReset(ctx context.Context, sh *shard, seq uint32, seeds []uint64) error {
	to := target{dst: v.batch, at: sh.lo, n: sh.hi - sh.lo}
	err := sh.link.batch(ctx, seq, v.spec, to)
	if err != nil && ctx.Err() == nil && crashed(err) {
		sh.link.kill()
		sh.link = nil
		if err := v.revive(ctx, sh); err != nil {
			return fmt.Errorf("gym: %s: %w", v.spec.Name, err)
		}
		seq, _ = sh.link.send(kindReset, encodeReset(seeds, make([]uint64, len(seeds))))
		err = sh.link.batch(ctx, seq, v.spec, to)
	}
	if err != nil {
		return v.fail(sh, err)
	}
	return nil
}

// Step plays one action an environment.
func (v *Vec) Step(ctx context.Context, actions []int) (*env.Batch, error) {
	if err := v.usable(ctx); err != nil {
		return nil, err
	}
	if err := v.spec.CheckActions(actions); err != nil {
		return nil, fmt.Errorf("gym: %w", err)
	}
	if err := v.canStep(0, v.spec.N); err != nil {
		return nil, err
	}
	requests := v.dispatch(v.batch, 0, actions)
	if err := v.collect(ctx, requests); err != nil {
		return nil, err
	}
	return v.batch, nil
}

// usable refuses calls that can do no good.
func (v *Vec) usable(ctx context.Context) error {
	if v.closed {
		return fmt.Errorf("gym: %s: %w", v.o.ID, env.ErrClosed)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("gym: %s: %w", v.o.ID, err)
	}
	return nil
}

// canStep refuses environments that were not reset or are in flight.
func (v *Vec) canStep(lo, hi int) error {
	for i := lo; i < hi; i++ {
		if !v.ready[i] {
			return fmt.Errorf("gym: %s: environment %d: %w", v.spec.Name, i, env.ErrNotReset)
		}
	}
	for _, sh := range v.shards {
		for _, r := range sh.pending {
			if r.lo < hi && r.hi > lo {
				return fmt.Errorf("gym: %s: environments %d..%d are in flight: call Recv first", v.spec.Name, r.lo, r.hi-1)
			}
		}
	}
	return nil
}

// dispatch sends STEP to the workers of environments lo..; environment lo becomes
// the first of dst.
func (v *Vec) dispatch(dst *env.Batch, lo int, actions []int) []*request {
	var out []*request
	hi := lo + len(actions)
	for _, sh := range v.shards {
		r := &request{lo: max(lo, sh.lo), hi: min(hi, sh.hi), dst: dst}
		if r.lo >= r.hi {
			continue
		}
		r.at = r.lo - lo
		// A write that fails is a worker that died; reading its answer shows it.
		r.seq, _ = sh.link.send(kindStep, encodeStep(r.lo-sh.lo, actions[r.lo-lo:r.hi-lo]))
		sh.pending = append(sh.pending, r)
		out = append(out, r)
	}
	return out
}

// collect waits for requests and returns the first error.
func (v *Vec) collect(ctx context.Context, requests []*request) error {
	var first error
	for _, r := range requests {
		for _, sh := range v.shards {
			if r.lo >= sh.lo && r.lo < sh.hi {
				v.await(ctx, sh, r)
			}
		}
		first = cmp.Or(first, r.err)
	}
	return first
}

// await reads answers of a worker, in order, until that of r is there.
func (v *Vec) await(ctx context.Context, sh *shard, r *request) {
	for r.err == nil && slices.Contains(sh.pending, r) {
		head := sh.pending[0]
		to := target{dst: head.dst, at: head.at, first: head.lo - sh.lo, n: head.hi - head.lo}
		err := sh.link.batch(ctx, head.seq, v.spec, to)
		if err != nil {
			v.broken(ctx, sh, err)
			continue
		}
		sh.pending = sh.pending[1:]
		sh.crashes = 0
		v.note(head.dst, head.at, head.lo, head.hi)
	}
}

// note remembers the figures of environments lo..hi-1, which are dst's from at on.
func (v *Vec) note(dst *env.Batch, at, lo, hi int) {
	for i := lo; i < hi; i++ {
		k := at + i - lo
		v.ready[i], v.episode[i], v.returns[i] = true, dst.EpisodeID[k], dst.Return[k]
		if v.lost[i] {
			dst.Truncated[k], dst.Terminated[k], dst.Invalid[k], v.lost[i] = true, false, true, false
			copy(dst.FinalOf(k), dst.ObsOf(k))
		}
	}
}

// Close ends the workers.
func (v *Vec) Close() error {
	if v.closed {
		return nil
	}
	v.closed = true
	for _, sh := range v.shards {
		if sh.link != nil {
			_ = sh.link.conn.Close() // all end side by side; hangUp waits
		}
	}
	for _, sh := range v.shards {
		if sh.link != nil {
			sh.link.hangUp()
		}
	}
	if v.launcher != nil {
		if err := v.launcher.close(); err != nil {
			return fmt.Errorf("gym: closing %s: %w", v.o.ID, err)
		}
	}
	return nil
}
