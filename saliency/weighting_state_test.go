package saliency_test

import (
	"errors"
	"image"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"glint/env"
	"glint/saliency"
)

// Random weighs as many pixels as Knife, away from the boxes, and by Draw alone.
func TestRandomIsAControl(t *testing.T) {
	k := saliency.Knife{Factor: 10, Margin: 1, Empty: 0.5, Halo: 4, HaloX: 3, HaloY: 2}
	content := image.Rect(2, 1, 140, 62)
	in := saliency.Inputs{B: 4, T: 3, H: 64, W: 144, Content: content, Boxes: [][]env.Box{
		{{Rect: image.Rect(70, 31, 75, 33), Frame: 2}, {Rect: image.Rect(66, 31, 71, 33), Frame: 1}},
		nil,
		{{Rect: image.Rect(0, 0, 5, 3), Frame: 0}, {Rect: image.Rect(139, 58, 144, 60), Frame: 0}},
		{{Rect: image.Rect(-20, -20, -15, -18), Frame: 0}},
	}}
	knife, moved, again := weighed(t, k, in), weighed(t, saliency.NewRandom(k), in), weighed(t, saliency.NewRandom(k), in)
	if !slices.Equal(moved, again) {
		t.Error("equal Draw, other weights")
	}
	for _, v := range []float32{0, 0.5, 1, 4, 10} {
		if a, b := count(knife, v), count(moved, v); a != b {
			t.Errorf("%d pixels weigh %v, want the %d of knife", b, v, a)
		}
	}
	for i, v := range moved {
		if v > 1 && knife[i] > 1 {
			t.Fatalf("pixel %d of a box weighs %v", i, v)
		}
	}
	first, second := moved[1*64*144:2*64*144], moved[2*64*144:3*64*144]
	if slices.Index(first, 10) != slices.Index(second, 10) {
		t.Error("a box moves from frame to frame of a sample")
	}
	in.Draw++
	if slices.Equal(moved, weighed(t, saliency.NewRandom(k), in)) {
		t.Error("another Draw, the same weights")
	}
}

// Boxes that fill their frame leave no free place; the weights are there all the same.
func TestRandomWithoutRoom(t *testing.T) {
	in := saliency.Inputs{B: 1, T: 1, H: 8, W: 8, Boxes: [][]env.Box{{{Rect: image.Rect(0, 0, 8, 8)}}}}
	if got := weighed(t, saliency.NewRandom(saliency.DefaultKnife()), in); count(got, 10) != 64 {
		t.Errorf("weights %v, want 64 times 10", got)
	}
}

func weighed(tb testing.TB, w saliency.Weighting, in saliency.Inputs) []float32 {
	tb.Helper()
	dst := make([]float32, in.B*in.T*in.H*in.W)
	if err := w.Weights(dst, in); err != nil {
		tb.Fatal(err)
	}
	return dst
}

func count(w []float32, v float32) (n int) {
	for _, x := range w {
		if x == v {
			n++
		}
	}
	return n
}

// A weighting with a memory goes on from its state as if it had never stopped, and is
// not changed by batches that are only looked at.
func TestStatesGoOn(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var batches []saliency.Inputs
	for i := range 6 {
		in := scene(r, 3, 2, 16, 40, image.Rectangle{})
		in.Learn = true
		if i%3 > 0 {
			in.ValueGrad = nil
		}
		batches = append(batches, in)
	}
	for _, name := range []string{"rarity", "value", "knife*rarity*value"} {
		s := saliency.DefaultSettings()
		s.Normalize, s.Rarity.Memory = true, 3
		unbroken, _ := s.Weighting(name)
		broken, _ := s.Weighting(name)
		for i, in := range batches {
			want := weighed(t, unbroken, in)
			if !slices.Equal(weighed(t, broken, in), want) {
				t.Errorf("%s: batch %d weighs otherwise", name, i)
			}
			look := scene(r, 3, 2, 16, 40, image.Rectangle{})
			weighed(t, broken, look)
			states := saliency.States(broken)
			broken, _ = s.Weighting(name)
			if err := saliency.SetStates(broken, states); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestRarityForgets(t *testing.T) {
	c := saliency.Rarity{Cell: 1, Level: 31, Power: 1, Max: 1000, Memory: 2}
	w := saliency.NewRarity(c)
	in := saliency.Inputs{B: 1, T: 1, H: 16, W: 16, Plane: make([]byte, 256), Learn: true}
	in.Plane[8*16+8] = 200
	if got := weighed(t, w, in); got[8*16+8] != 256-9 {
		t.Errorf("the lit pixel weighs %v, want %v", got[8*16+8], 256-9)
	}
	clear(in.Plane)
	weighed(t, w, in) // (247/2 + 256) empty ones, half a lit one
	in.Learn = false
	in.Plane[8*16+8] = 200
	if got, want := weighed(t, w, in)[8*16+8], float32(247./2+256)*2; got != want {
		t.Errorf("after a batch without, it weighs %v, want %v", got, want)
	}
}

func TestValueKeepsTheMean(t *testing.T) {
	w := saliency.NewValue(saliency.Value{Floor: 0, Max: 100, Every: 2})
	in := saliency.Inputs{B: 2, T: 1, H: 1, W: 2, ValueGrad: []float32{0, 4, 2, 2}, Learn: true}
	if got, want := weighed(t, w, in), []float32{0, 2, 1, 1}; !slices.Equal(got, want) {
		t.Errorf("weights %v, want %v", got, want)
	}
	in.ValueGrad = nil
	if got, want := weighed(t, w, in), []float32{0.5, 1.5, 0.5, 1.5}; !slices.Equal(got, want) {
		t.Errorf("weights by the mean %v, want %v", got, want)
	}
	in.ValueGrad = make([]float32, 4)
	if got, want := weighed(t, w, in), []float32{1, 1, 1, 1}; !slices.Equal(got, want) {
		t.Errorf("weights without a gradient %v, want %v", got, want)
	}
	in.ValueGrad = make([]float32, 3)
	if err := w.Weights(make([]float32, 4), in); err == nil || !strings.Contains(err.Error(), "ValueGrad has 3") {
		t.Errorf("error %v, want one with the length", err)
	}
	err := saliency.NewValue(saliency.DefaultValue()).Weights(make([]float32, 4), saliency.Inputs{B: 2, T: 1, H: 1, W: 2})
	if !errors.Is(err, saliency.ErrNoCritic) {
		t.Errorf("error %v, want ErrNoCritic", err)
	}
}

// A perfect reconstruction leaves all pixels alike.
func TestNoError(t *testing.T) {
	in := saliency.Inputs{B: 1, T: 1, H: 2, W: 2, Recon: make([]float32, 4), Target: make([]float32, 4)}
	for _, c := range []struct {
		w    saliency.Weighting
		want float32
	}{{saliency.DefaultResidual(), 1}, {saliency.DefaultWorst(), 10}, {saliency.DefaultClip(), 0}, {saliency.Worst{Factor: 9}, 1}} {
		if got := weighed(t, c.w, in); count(got, c.want) != 4 {
			t.Errorf("%s: weights %v, want %v", c.w.Name(), got, c.want)
		}
	}
}

func TestSetStatesRefuses(t *testing.T) {
	s := saliency.DefaultSettings()
	two, _ := s.Weighting("rarity*value")
	one, _ := s.Weighting("rarity")
	if err := saliency.SetStates(one, saliency.States(two)); err == nil || !strings.Contains(err.Error(), "1 states") {
		t.Errorf("error %v, want one with the number of states", err)
	}
	if err := saliency.SetStates(one, [][]float64{{1, 2}}); err == nil || !strings.Contains(err.Error(), "2 numbers") {
		t.Errorf("error %v, want one with the length", err)
	}
}

// everyWeighting is all that a batch is timed with.
func everyWeighting() []string { return append(saliency.Names(), "knife*motion*rarity") }

func TestWeightsAllocateNothing(t *testing.T) {
	in := scene(rand.New(rand.NewPCG(7, 8)), 2, 4, 64, 144, image.Rectangle{})
	in.Learn = true
	dst := make([]float32, len(in.Plane))
	s := saliency.DefaultSettings()
	s.Normalize = true
	for _, name := range everyWeighting() {
		w, err := s.Weighting(name)
		if err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(10, func() { _ = w.Weights(dst, in) }); n != 0 {
			t.Errorf("%s: %v allocations a batch", name, n)
		}
	}
}

// BenchmarkWeights weighs batches of 32 observations of the published size and checks
// the weights, as an update does.
func BenchmarkWeights(b *testing.B) {
	in := scene(rand.New(rand.NewPCG(7, 8)), 32, 4, 64, 144, image.Rectangle{})
	in.Learn = true
	dst := make([]float32, len(in.Plane))
	for _, name := range append(everyWeighting(), "normalized") {
		b.Run(name, func(b *testing.B) {
			s := saliency.DefaultSettings()
			if name == "normalized" {
				name, s.Normalize = "uniform", true
			}
			w, err := s.Weighting(name)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := w.Weights(dst, in); err != nil {
					b.Fatal(err)
				}
				if err := saliency.Check(w, dst, in); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e3/float64(b.N), "ms/batch")
		})
	}
}
