package env

import "context"

// FrameSink receives what an environment shows: a hash, a video, a page. Sinks
// are equal and the learner knows none of them.
type FrameSink interface {
	// WriteBatch consumes a Batch. It must not keep or change its slices.
	WriteBatch(s Spec, b *Batch) error
}

// Tee returns a Vec that shows every Batch of Reset and Step to the sinks before
// it returns it. An error of a sink is returned as the error of the call.
func Tee(v Vec, sinks ...FrameSink) Vec { return &tee{Vec: v, sinks: sinks} }

type tee struct {
	Vec
	sinks []FrameSink
}

func (t *tee) Reset(ctx context.Context, seeds []uint64) (*Batch, error) {
	b, err := t.Vec.Reset(ctx, seeds)
	return t.show(b, err)
}

func (t *tee) Step(ctx context.Context, actions []int) (*Batch, error) {
	b, err := t.Vec.Step(ctx, actions)
	return t.show(b, err)
}

func (t *tee) show(b *Batch, err error) (*Batch, error) {
	if err != nil {
		return nil, err
	}
	for _, s := range t.sinks {
		if err := s.WriteBatch(t.Spec(), b); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// Unwrap returns the Vec that the sinks watch.
func (t *tee) Unwrap() Vec { return t.Vec }

// As looks for an optional interface, such as Saver or Truther, in v and then in
// the Vecs it wraps, outermost first.
func As[I any](v Vec) (I, bool) {
	for {
		if i, ok := v.(I); ok {
			return i, true
		}
		w, ok := v.(interface{ Unwrap() Vec })
		if !ok {
			var zero I
			return zero, false
		}
		v = w.Unwrap()
	}
}
