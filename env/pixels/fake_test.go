package pixels_test

import (
	"context"
	"image"

	"glint/env"
)

// fake is two environments of two frames of 6x8 indices. A knife of 2x1 pixels
// stands where its two raw bytes say, and every third step ends environment 1.
type fake struct {
	spec  env.Spec
	steps int
	batch *env.Batch
}

func newFake() *fake {
	s := indexSpec(6, 8)
	s.N, s.T, s.Repeat, s.AuxLen = 2, 2, 2, 2
	return &fake{spec: s, batch: env.NewBatch(s)}
}

func (f *fake) Spec() env.Spec { return f.spec }

func (f *fake) Close() error { return nil }

func (f *fake) Reset(context.Context, []uint64) (*env.Batch, error) {
	f.steps = 0
	f.show(f.batch, 0)
	return f.batch, nil
}

func (f *fake) Step(_ context.Context, actions []int) (*env.Batch, error) {
	if err := f.spec.CheckActions(actions); err != nil {
		return nil, err
	}
	f.steps++
	f.show(f.batch, 0)
	return f.batch, nil
}

// show draws the environments from the first on that b has room for.
func (f *fake) show(b *env.Batch, first int) {
	clear(b.Obs)
	clear(b.Final)
	for i := range b.Reward {
		b.Reward[i] = float64(f.steps)
		b.Terminated[i] = first+i == 1 && f.steps%3 == 2
		for t := range f.spec.T {
			x, y := (f.steps+t)%6, 1+first+i
			copy(b.AuxOf(i)[2*t:], []byte{byte(x), byte(y)})
			at := t*f.spec.FrameLen() + y*f.spec.W + x
			copy(b.ObsOf(i)[at:], []byte{1, 1})
			if b.Terminated[i] {
				b.FinalOf(i)[at] = 2
			}
		}
	}
}

// decode reads the boxes that show draws.
func decode(dst []env.Box, raw []byte, frame int) []env.Box {
	x, y := int(raw[0]), int(raw[1])
	return append(dst, env.Box{Rect: image.Rect(x, y, x+2, y+1), Frame: frame, Kind: "knife"})
}

// fakeSender is a fake that can be stepped by halves.
type fakeSender struct {
	*fake
	groups [2]*env.Batch
}

func newFakeSender() *fakeSender {
	f := &fakeSender{fake: newFake()}
	s := f.spec
	s.N = 1
	f.groups = [2]*env.Batch{env.NewBatch(s), env.NewBatch(s)}
	return f
}

func (f *fakeSender) Send(context.Context, int, []int) error {
	f.steps++
	return nil
}

func (f *fakeSender) Recv(_ context.Context, group int) (*env.Batch, error) {
	f.show(f.groups[group], group)
	return f.groups[group], nil
}
