package app

import (
	"bytes"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"glint/agent"
	"glint/autoencoder"
	"glint/env"
)

func TestShift(t *testing.T) {
	var s shift
	if d, g := s.means(); d != nil || g != nil {
		t.Errorf("no steps have means %v and %v", d, g)
	}
	s.note([]float64{0.6, 0.3, 0.1}, []float64{0.6, 0.3, 0.1})
	s.note([]float64{0.6, 0.3, 0.1}, []float64{0.5, 0.3, 0.2})
	s.note([]float64{1, 0, 0}, []float64{0, 0, 1})
	s.note([]float64{0.6, 0.4, 0}, []float64{0.4, 0.6, 0})
	d, g := s.means()
	if math.Abs(*d-(0+0.1+1+0.2)/4) > 1e-12 || *g != 0.5 {
		t.Errorf("mean distance %v and share %v, want 0.325 and 0.5", *d, *g)
	}
}

func TestSoftmax(t *testing.T) {
	p := softmax([]float32{700, 700 + float32(math.Log(3)), -700})
	if math.Abs(p[0]-0.25) > 1e-5 || math.Abs(p[1]-0.75) > 1e-5 || p[2] != 0 {
		t.Errorf("probabilities %v, want 1/4, 3/4, 0", p)
	}
}

// dojoErasure returns the dojo played at random by a network's erasure that was never
// trained.
func dojoErasure(t *testing.T, n int) (*game, *tallies, *erasure) {
	t.Helper()
	g, err := player(t.Context(), Who{Policy: "random"}, "dojo", n, 1, func(*Config) {}, IO{})
	if err != nil {
		t.Fatal(err)
	}
	tl := newTallies(n)
	if _, why, err := newErasure(g, tl, 1); why != "no network plays" || err != nil {
		t.Errorf("without a network: %q, error %v", why, err)
	}
	s, c := g.Spec(), autoencoder.DefaultConfig()
	c.Channels, c.Code = []int{4, 8}, 16
	m := autoencoder.Shape{T: s.T, H: s.H, W: s.W, Content: g.scene().content}
	if g.net, err = agent.NewNet(c, m, s.Actions, rand.New(rand.NewPCG(1, 1))); err != nil {
		t.Fatal(err)
	}
	e, why, err := newErasure(g, tl, 1)
	if e == nil || err != nil {
		t.Fatalf("no erasure: %s (%v)", why, err)
	}
	return g, tl, e
}

// TestErasure looks at what the network is asked about on the dojo.
func TestErasure(t *testing.T) {
	g, tl, e := dojoErasure(t, 2)
	s := g.Spec()
	b, err := g.Reset(t.Context(), []uint64{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	actions, waiting, controls := make([]int, 2), 0, 0
	for range 2000 {
		if err := e.Act(b, actions); err != nil {
			t.Fatal(err)
		}
		if len(e.waiting) > waiting {
			// The last one was put there by the last environment whose frame shows
			// something.
			at := len(e.waiting) - 1
			row := func(k int) []byte { return e.obs[(k*erasedAtOnce+at)*s.ObsLen():][:s.ObsLen()] }
			i := slices.IndexFunc([]int{0, 1}, func(i int) bool { return bytes.Equal(row(0), b.ObsOf(i)) })
			if i < 0 {
				t.Fatal("the network is asked about what was never seen")
			}
			truth := e.truther.Truth(nil, i)
			lost := wantErased(t, s, truth, row(0), row(1))
			if e.waiting[at].control {
				controls++
				if n := wantElsewhere(t, s, truth, row(0), row(2)); n < lost {
					t.Errorf("%d pixels are taken from other things, %d from knives", n, lost)
				}
			}
		}
		waiting = len(e.waiting)
		if b, err = g.Step(t.Context(), actions); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.flush(); err != nil {
		t.Fatal(err)
	}
	tl.counted = tl.now
	if controls < 20 {
		t.Errorf("%d controls were seen, want 20 or more", controls)
	}
}

// wantErased wants the boxes to be background and all else to be left, and returns the
// pixels that the last frame lost.
func wantErased(t *testing.T, s env.Spec, boxes []env.Box, before, after []byte) (lost int) {
	t.Helper()
	for p := range before {
		frame, at := p/s.FrameLen(), image.Pt(p%s.W, p%s.FrameLen()/s.W)
		in := slices.ContainsFunc(boxes, func(b env.Box) bool { return b.Frame == frame && at.In(b.Rect) })
		if in && after[p] != 0 || !in && after[p] != before[p] {
			t.Fatalf("frame %d, pixel %v is %d and was %d, in a box: %v", frame, at, after[p], before[p], in)
		}
		if frame == s.T-1 && after[p] != before[p] {
			lost++
		}
	}
	return lost
}

// wantElsewhere wants the boxes to be left, and returns the pixels that the last frame
// lost elsewhere.
func wantElsewhere(t *testing.T, s env.Spec, boxes []env.Box, before, after []byte) (lost int) {
	t.Helper()
	for p := range before {
		frame, at := p/s.FrameLen(), image.Pt(p%s.W, p%s.FrameLen()/s.W)
		if before[p] == after[p] {
			continue
		}
		if after[p] != 0 || slices.ContainsFunc(boxes, func(b env.Box) bool { return b.Frame == frame && at.In(b.Rect) }) {
			t.Fatalf("frame %d, pixel %v is %d and was %d", frame, at, after[p], before[p])
		}
		if frame == s.T-1 {
			lost++
		}
	}
	return lost
}

// TestErasureChange asks the network about equal and about different observations.
func TestErasureChange(t *testing.T) {
	_, _, e := dojoErasure(t, 1)
	obs := make([]byte, e.spec.ObsLen())
	for p := range obs {
		obs[p] = byte(p * 7 % 251)
	}
	same, other := new(tally), new(tally)
	box := func(side int) []env.Box {
		return []env.Box{{Rect: image.Rect(40, 10, 40+side, 10+side), Frame: e.spec.T - 1}}
	}
	for range 2 * erasedAtOnce {
		e.boxes = nil
		if err := e.add(obs, same); err != nil {
			t.Fatal(err)
		}
		e.boxes = box(30)
		if err := e.add(obs, other); err != nil {
			t.Fatal(err)
		}
	}
	if s := same.erased; s.steps != 2*erasedAtOnce || s.distance != 0 || s.greedy != 0 {
		t.Errorf("nothing erased moves the policy: %+v", s)
	}
	if s := other.erased; s.steps != 2*erasedAtOnce || s.distance <= 0 {
		t.Errorf("900 pixels erased do not move the policy: %+v", s)
	}
	if len(e.waiting) != 0 {
		t.Errorf("%d observations wait, want none", len(e.waiting))
	}
}
