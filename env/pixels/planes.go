package pixels

import (
	"context"
	"errors"
	"fmt"
	"image"
	"sync"

	"glint/env"
)

// planes is the wrapped environment without its optional parts.
type planes struct {
	inner   env.Vec
	pre     *Preprocessor
	workers []*Preprocessor
	all     half       // of Reset and Step
	last    *env.Batch // of the inner environment
	aux     [][]byte   // raw bytes of each environment's last frames
	decode  TruthFunc
	origin  image.Point
	raw     env.Batch
	cropper stage
}

// half is the Batch of consecutive environments from the first on: all of them or
// one group of a Sender.
type half struct {
	first, n   int
	obs, final []byte
	out        env.Batch
}

func newPlanes(v env.Vec, p *Preprocessor, o WrapOptions) *planes {
	s := p.Spec()
	w := &planes{
		inner: v, pre: p, workers: []*Preprocessor{p}, aux: make([][]byte, s.N),
		decode: o.Truth, origin: o.Origin, cropper: cropStage(p.in, p.crop),
	}
	for len(w.workers) < min(o.Workers, s.N*s.T) {
		w.workers = append(w.workers, p.Clone())
	}
	w.all = newHalf(s, 0, s.N)
	return w
}

func newHalf(s env.Spec, first, n int) half {
	return half{first: first, n: n, obs: make([]byte, n*s.ObsLen()), final: make([]byte, n*s.ObsLen())}
}

// Spec describes the planes.
func (w *planes) Spec() env.Spec { return w.pre.Spec() }

// Unwrap returns the environment that sends native pixels.
func (w *planes) Unwrap() env.Vec { return w.inner }

// Preprocessor returns a copy of the one in use.
func (w *planes) Preprocessor() *Preprocessor { return w.pre.Clone() }

// Close closes the inner environment.
func (w *planes) Close() error { return w.inner.Close() }

// Reset starts a new episode everywhere.
func (w *planes) Reset(ctx context.Context, seeds []uint64) (*env.Batch, error) {
	b, err := w.inner.Reset(ctx, seeds)
	if err != nil {
		return nil, err
	}
	return w.project(&w.all, b), nil
}

// Step plays one action an environment.
func (w *planes) Step(ctx context.Context, actions []int) (*env.Batch, error) {
	b, err := w.inner.Step(ctx, actions)
	if err != nil {
		return nil, err
	}
	return w.project(&w.all, b), nil
}

// Save returns the whole state of environment i: the inner one's, as no stage has
// any.
func (w *planes) Save(ctx context.Context, i int) ([]byte, error) {
	s, ok := env.As[env.Saver](w.inner)
	if !ok {
		return nil, w.unsupported("save")
	}
	return s.Save(ctx, i)
}

// Load puts environment i into a saved state.
func (w *planes) Load(ctx context.Context, i int, state []byte) error {
	s, ok := env.As[env.Saver](w.inner)
	if !ok {
		return w.unsupported("load")
	}
	return s.Load(ctx, i, state)
}

func (w *planes) unsupported(what string) error {
	return fmt.Errorf("pixels: %s cannot %s its state: %w", w.pre.in.Name, what, errors.ErrUnsupported)
}

// project makes the Batch of planes of a native one.
func (w *planes) project(h *half, b *env.Batch) *env.Batch {
	w.last = b
	for i := range h.n {
		w.aux[h.first+i] = b.AuxOf(i)
	}
	if len(w.workers) == 1 {
		w.share(0, h, b)
	} else {
		var wg sync.WaitGroup
		for k := range w.workers {
			wg.Go(func() { w.share(k, h, b) })
		}
		wg.Wait()
	}
	h.out = *b
	h.out.Obs, h.out.Final = h.obs, h.final
	return &h.out
}

// share projects every len(workers)-th frame from the k-th on, each with its final
// frame where the episode ended.
func (w *planes) share(k int, h *half, b *env.Batch) {
	p := w.workers[k]
	in, out, t := p.in.FrameLen(), p.out.FrameLen(), p.in.T
	for f := k; f < h.n*t; f += len(w.workers) {
		p.Apply(h.obs[f*out:(f+1)*out], b.Obs[f*in:(f+1)*in])
		if b.Ended(f / t) {
			p.Apply(h.final[f*out:(f+1)*out], b.Final[f*in:(f+1)*in])
		}
	}
}

// Raw returns the last Batch's crop in the native format.
func (w *planes) Raw() (env.Spec, *env.Batch) {
	s := w.pre.in
	size := w.pre.crop.Size()
	s.H, s.W = size.Y, size.X
	if w.last == nil {
		return s, nil
	}
	obs, final := w.raw.Obs, w.raw.Final
	w.raw = *w.last
	w.raw.Obs = w.cropAll(obs, w.last.Obs, func(int) bool { return true })
	w.raw.Final = w.cropAll(final, w.last.Final, w.last.Ended)
	return s, &w.raw
}

// cropAll crops the frames of the wanted environments into buf, which grows to fit.
func (w *planes) cropAll(buf, native []byte, wanted func(i int) bool) []byte {
	in, out, t := w.pre.in.FrameLen(), w.cropper.size, w.pre.in.T
	frames := len(native) / in
	if cap(buf) < frames*out {
		buf = make([]byte, w.pre.in.N*t*out)
	}
	buf = buf[:frames*out]
	for f := range frames {
		if wanted(f / t) {
			w.cropper.apply(buf[f*out:(f+1)*out], native[f*in:(f+1)*in])
		}
	}
	return buf
}
