package eval

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
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/play"
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
	p := app.Softmax([]float32{700, 700 + float32(math.Log(3)), -700})
	if math.Abs(p[0]-0.25) > 1e-5 || math.Abs(p[1]-0.75) > 1e-5 || p[2] != 0 {
		t.Errorf("probabilities %v, want 1/4, 3/4, 0", p)
	}
}

// dojoErasure returns the dojo played at random by a network's erasure that was never
// trained.
func dojoErasure(t *testing.T, n int) (*play.Game, *tallies, *erasure) {
	t.Helper()
	g, err := play.Open(t.Context(), play.Who{Policy: "random"}, "dojo", n, 1, func(*config.Config) {}, app.IO{})
	if err != nil {
		t.Fatal(err)
	}
	tl := newTallies(n)
	if _, why, err := newErasure(g, tl, 1); why != "no network plays" || err != nil {
		t.Errorf("without a network: %q, error %v", why, err)
	}
	s, c := g.Spec(), autoencoder.DefaultConfig()
	c.Channels, c.Code = []int{4, 8}, 16
	m := autoencoder.Shape{T: s.T, H: s.H, W: s.W, Content: g.Scene().Content}
	if g.Net, err = agent.NewNet(c, m, s.Actions, rand.New(rand.NewPCG(1, 1))); err != nil {
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

func TestErasureElsewhere(t *testing.T) {
	_, _, e := dojoErasure(t, 1)
	last := e.spec.T - 1
	e.boxes = []env.Box{{Rect: image.Rect(40, 10, 45, 12), Frame: last}, {Rect: image.Rect(30, 10, 35, 12), Frame: last - 1}}
	for _, tc := range []struct {
		x, y int
		want bool
	}{{0, 0, false}, {4, 0, false}, {5, 0, false}, {6, 0, true}, {-6, 1, true}, {0, 2, false}, {0, 3, true}, {99, 0, true}, {100, 0, false}, {-30, 0, true}, {-31, 0, false}, {0, -10, true}, {0, -11, false}} {
		if got := e.clear(image.Pt(tc.x, tc.y)); got != tc.want {
			t.Errorf("moved by %d, %d the boxes are clear: %v", tc.x, tc.y, got)
		}
	}
	obs := make([]byte, e.spec.ObsLen())
	paint := func(x, y int) {
		for k := range 5 {
			obs[(last*e.spec.H+y)*e.spec.W+x+k] = 9
		}
	}
	paint(40, 10)
	if move, ok := e.elsewhere(obs); ok {
		t.Errorf("moved by %v where there is nothing else", move)
	}
	for y := 5; y < 20; y++ { // around the box
		for x := 30; x < 60; x += 5 {
			paint(x, y)
		}
	}
	for range 50 {
		if move, ok := e.elsewhere(obs); !ok || !e.clear(move) || e.foreground(obs, move) < 5 {
			t.Errorf("moved by %v (%v) to %d pixels, want 5 or more, none of the box", move, ok, e.foreground(obs, move))
		}
	}
}

// without returns an observation with a box erased.
func without(s env.Spec, obs []byte, b env.Box) []byte {
	out := bytes.Clone(obs)
	for p := range out {
		if p/s.FrameLen() == b.Frame && image.Pt(p%s.W, p%s.FrameLen()/s.W).In(b.Rect) {
			out[p] = 0
		}
	}
	return out
}

// TestErasureChange asks the network about equal and about different observations.
func TestErasureChange(t *testing.T) {
	g, _, e := dojoErasure(t, 1)
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
	p, err := g.Net.NewPlayer(2)
	if err != nil {
		t.Fatal(err)
	}
	logits, _, err := p.Think(slices.Concat(obs, without(e.spec, obs, box(30)[0])))
	if err != nil {
		t.Fatal(err)
	}
	var want shift
	want.note(app.Softmax(logits[:len(logits)/2]), app.Softmax(logits[len(logits)/2:]))
	if s := other.erased; s.steps != 2*erasedAtOnce || s.distance <= 0 || math.Abs(s.distance/float64(s.steps)-want.distance) > 1e-6*want.distance {
		t.Errorf("900 pixels erased move the policy by %+v in all, want %+v each time", s, want)
	}
	if len(e.waiting) != 0 {
		t.Errorf("%d observations wait, want none", len(e.waiting))
	}
}
