package saliency_test

import (
	"errors"
	"image"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"glint/env"
	"glint/internal/kernel"
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
	if got := weighed(t, saliency.NewRandom(saliency.DefaultKnife()), in); count(got, 50) != 64 {
		t.Errorf("weights %v, want 64 times 50", got)
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
	defer kernel.SetThreads(1)
	for _, threads := range []int{1, 2} {
		kernel.SetThreads(threads)
		for i, name := range append(everyWeighting(), everyWeighting()...) {
			s := saliency.DefaultSettings()
			s.Normalize = i%2 == 0
			w, err := s.Weighting(name)
			if err != nil {
				t.Fatal(err)
			}
			allocated := 1.
			for try := 0; try < 50 && allocated > 0; try++ { // until every worker had its turn
				allocated = testing.AllocsPerRun(10, func() { _ = w.Weights(dst, in); _ = saliency.Check(w, dst, in) })
			}
			if allocated != 0 {
				t.Errorf("%s on %d threads: %v allocations a batch", name, threads, allocated)
			}
		}
	}
}

// The workers only choose who weighs a sample: the weights and what is remembered of
// three batches are the same bits for any number of them, also in products with
// weightings from elsewhere.
func TestSameBitsForAnyThreads(t *testing.T) {
	defer kernel.SetThreads(1)
	for _, content := range []image.Rectangle{{}, image.Rect(3, 2, 131, 13), image.Rect(0, 1, 144, 15)} {
		r := rand.New(rand.NewPCG(9, 10))
		var batches []saliency.Inputs
		for range 3 {
			in := scene(r, 13, 4, 16, 144, content)
			in.Learn = true
			batches = append(batches, in)
		}
		batches[1].ValueGrad = nil
		for _, name := range append(everyWeighting(), "residual*value*worst", "elsewhere") {
			var want []float32
			var states [][]float64
			for _, threads := range []int{1, 2, 8} {
				kernel.SetThreads(threads)
				s := saliency.DefaultSettings()
				s.Normalize, s.Residual.Power = true, 1.5
				w := saliency.Product(saliency.DefaultResidual(), foreign{at: 5000, v: 3}, saliency.Normalize(saliency.DefaultClip()))
				if name != "elsewhere" {
					w, _ = s.Weighting(name)
				}
				var got []float32
				for _, in := range batches {
					got = append(got, weighed(t, w, in)...)
				}
				if want == nil {
					want, states = got, saliency.States(w)
				}
				if !slices.Equal(got, want) || !slices.EqualFunc(saliency.States(w), states, slices.Equal[[]float64]) {
					t.Errorf("%s on %d threads: other weights or states", name, threads)
				}
			}
		}
	}
}

// Weightings of no memory may be used by several goroutines, on several threads.
func TestSharedWeightings(t *testing.T) {
	defer kernel.SetThreads(1)
	kernel.SetThreads(2)
	in := scene(rand.New(rand.NewPCG(11, 12)), 5, 2, 16, 40, image.Rectangle{})
	for _, w := range []saliency.Weighting{saliency.DefaultResidual(), saliency.DefaultWorst(), saliency.NewMotion(saliency.DefaultMotion())} {
		want := weighed(t, w, in)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if !slices.Equal(weighed(t, w, in), want) {
					t.Errorf("%s: other weights beside other goroutines", w.Name())
				}
			})
		}
		all.Wait()
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
