package pixels

import (
	"context"
	"fmt"
	"image"

	"glint/env"
)

// TruthFunc finds the small objects in the raw bytes of one frame and appends their
// boxes to dst, with Frame set, in pixels of the whole screen.
type TruthFunc func(dst []env.Box, raw []byte, frame int) []env.Box

// truths is what a truther adds to planes.
type truths interface {
	Truth(dst []env.Box, i int) []env.Box
}

// truther is planes with true boxes.
type truther struct {
	*planes
	inner env.Truther // nil: decode the raw bytes
}

// Truth appends the true boxes in the frames of environment i, in pixels of the
// plane. Boxes with no pixel in the content are left out; the rest may reach over
// its edge.
func (t *truther) Truth(dst []env.Box, i int) []env.Box {
	from := len(dst)
	var move image.Point
	if t.inner != nil {
		dst = t.inner.Truth(dst, i)
	} else {
		dst = t.decodeAll(dst, t.aux[i])
		move = t.origin
	}
	content := t.pre.Content()
	kept := dst[:from]
	for _, b := range dst[from:] {
		if b.Rect = t.pre.Box(b.Rect.Sub(move)); b.Rect.Overlaps(content) {
			kept = append(kept, b)
		}
	}
	return kept
}

func (t *truther) decodeAll(dst []env.Box, raw []byte) []env.Box {
	n := t.pre.in.AuxLen
	for frame := 0; len(raw) > 0; frame++ {
		dst = t.decode(dst, raw[:n], frame)
		raw = raw[n:]
	}
	return dst
}

// sender is planes that can be stepped by halves.
type sender struct {
	*planes
	inner  env.Sender
	groups [2]half
}

func newSender(w *planes, inner env.Sender) *sender {
	s := w.Spec()
	n := s.N / 2
	return &sender{planes: w, inner: inner, groups: [2]half{newHalf(s, 0, n), newHalf(s, n, s.N-n)}}
}

// Send starts one step of a group and returns at once.
func (s *sender) Send(ctx context.Context, group int, actions []int) error {
	return s.inner.Send(ctx, group, actions)
}

// Recv waits for what Send started and projects it.
func (s *sender) Recv(ctx context.Context, group int) (*env.Batch, error) {
	b, err := s.inner.Recv(ctx, group)
	if err != nil {
		return nil, err
	}
	if group < 0 || group >= len(s.groups) {
		return nil, fmt.Errorf("pixels: group %d, valid are 0 and 1", group)
	}
	return s.project(&s.groups[group], b), nil
}
