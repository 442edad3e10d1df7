package saliency_test

import (
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/env"
	"glint/saliency"
)

func TestNames(t *testing.T) {
	for _, name := range append(saliency.Names(), "knife*motion", "rarity*residual*value") {
		w, err := saliency.DefaultSettings().Weighting(name)
		if err != nil || w.Name() != name {
			t.Errorf("Weighting(%q) = %v, %v", name, w, err)
		}
	}
	for wrong, want := range map[string]string{
		"knive": `did you mean "knife"`, "Uniform": `did you mean "uniform"`, "k": `did you mean "knife"`, "unifrom": `did you mean "uniform"`,
		"knife*moton": `did you mean "motion"`, "knife*": `no weighting ""`, "": `no weighting ""`,
		"knife*motion*knife": "names knife twice", "oracle*motion*knife": "take one of them", "random * oracle": "take one of them",
	} {
		if _, err := saliency.DefaultSettings().Weighting(wrong); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Weighting(%q): error %v, want one with %q", wrong, err, want)
		}
	}
}

func TestSettingsReachTheirWeighting(t *testing.T) {
	in := scene(rand.New(rand.NewPCG(3, 4)), 3, 2, 16, 40, image.Rectangle{})
	base := saliency.DefaultSettings()
	for name, change := range map[string]func(s *saliency.Settings){
		"knife": func(s *saliency.Settings) { s.Knife.Factor = 7 }, "random": func(s *saliency.Settings) { s.Knife.Factor = 7 },
		"oracle": func(s *saliency.Settings) { s.Knife.Factor = 7 }, "motion": func(s *saliency.Settings) { s.Motion.Factor = 7 },
		"rarity": func(s *saliency.Settings) { s.Rarity.Power = 1 }, "residual": func(s *saliency.Settings) { s.Residual.Floor = 7 },
		"worst": func(s *saliency.Settings) { s.Worst.Factor = 7 }, "clip": func(s *saliency.Settings) { s.Clip.Error = 0.3 },
		"value": func(s *saliency.Settings) { s.Value.Floor = 0 }, "uniform*knife": func(s *saliency.Settings) { s.Normalize = true },
	} {
		s := base
		change(&s)
		if slices.Equal(weightsOf(t, base, name, in), weightsOf(t, s, name, in)) {
			t.Errorf("%s weighs the same with another setting", name)
		}
	}
}

func weightsOf(tb testing.TB, s saliency.Settings, name string, in saliency.Inputs) []float32 {
	tb.Helper()
	w, err := s.Weighting(name)
	if err != nil {
		tb.Fatal(err)
	}
	dst := make([]float32, in.B*in.T*in.H*in.W)
	if err := w.Weights(dst, in); err != nil {
		tb.Fatal(err)
	}
	return dst
}

func TestSettingsNameTheField(t *testing.T) {
	for want, change := range map[string]func(s *saliency.Settings){
		"knife: Factor -1":     func(s *saliency.Settings) { s.Knife.Factor = -1 },
		"motion: Factor NaN":   func(s *saliency.Settings) { s.Motion.Factor = math.NaN() },
		"motion: Margin -1":    func(s *saliency.Settings) { s.Motion.Margin = -1 },
		"rarity: Cell 3":       func(s *saliency.Settings) { s.Rarity.Cell = 3 },
		"rarity: Cell 0":       func(s *saliency.Settings) { s.Rarity.Cell = 0 },
		"rarity: Cell 64":      func(s *saliency.Settings) { s.Rarity.Cell = 64 },
		"rarity: Level 128":    func(s *saliency.Settings) { s.Rarity.Level = 128 },
		"rarity: Power -1":     func(s *saliency.Settings) { s.Rarity.Power = -1 },
		"rarity: Max 0":        func(s *saliency.Settings) { s.Rarity.Max = 0 },
		"rarity: Memory 0":     func(s *saliency.Settings) { s.Rarity.Memory = 0 },
		"residual: Power NaN":  func(s *saliency.Settings) { s.Residual.Power = math.NaN() },
		"residual: Floor -1":   func(s *saliency.Settings) { s.Residual.Floor = -1 },
		"residual: Max -1":     func(s *saliency.Settings) { s.Residual.Max = -1 },
		"worst: Factor -1":     func(s *saliency.Settings) { s.Worst.Factor = -1 },
		"worst: Share 1.5":     func(s *saliency.Settings) { s.Worst.Share = 1.5 },
		"clip: Error -0.1":     func(s *saliency.Settings) { s.Clip.Error = -0.1 },
		"value: Floor 2":       func(s *saliency.Settings) { s.Value.Floor = 2 },
		"value: Max +Inf":      func(s *saliency.Settings) { s.Value.Max = math.Inf(1) },
		"value: Every 0":       func(s *saliency.Settings) { s.Value.Every = 0 },
		"knife: HaloX 5000":    func(s *saliency.Settings) { s.Knife.HaloX = 5000 },
		"knife: Empty 1e+07":   func(s *saliency.Settings) { s.Knife.Empty = 1e7 },
		"knife: want 0 to 1e+": func(s *saliency.Settings) { s.Knife.Halo = -1 },
	} {
		s := saliency.DefaultSettings()
		change(&s)
		_, err := s.Weighting("uniform")
		if want, _, _ = strings.Cut(want, " want"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

func TestNeeds(t *testing.T) {
	s := saliency.DefaultSettings()
	for name, want := range map[string]saliency.Needs{
		"uniform": {}, "knife": {Boxes: true}, "random": {Boxes: true}, "oracle": {Boxes: true, Truth: true},
		"motion": {Plane: true}, "rarity": {Plane: true}, "residual": {Recon: true}, "worst": {Recon: true}, "clip": {Recon: true},
		"value": {ValueEvery: 8}, "motion*oracle*value*clip": {Plane: true, Boxes: true, Truth: true, Recon: true, ValueEvery: 8},
	} {
		for _, s.Normalize = range []bool{false, true} {
			w, err := s.Weighting(name)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, saliency.NeedsOf(w)); d != "" {
				t.Errorf("%s needs (-want +got):\n%s", name, d)
			}
		}
	}
	if got, want := saliency.NeedsOf(foreign{}), (saliency.Needs{Plane: true, Boxes: true}); got != want {
		t.Errorf("a weighting that says nothing needs %+v, want %+v", got, want)
	}
}

// foreign is a weighting from elsewhere, which gives one pixel a weight of its own.
type foreign struct {
	at int
	v  float32
}

func (foreign) Name() string { return "foreign" }

func (f foreign) Weights(dst []float32, _ saliency.Inputs) error {
	for i := range dst {
		dst[i] = 1
	}
	dst[f.at] = f.v
	return nil
}

func TestCheckNamesThePixel(t *testing.T) {
	in := saliency.Inputs{B: 3, T: 2, H: 4, W: 6, Boxes: make([][]env.Box, 3)}
	dst := make([]float32, 3*2*4*6)
	at := ((2*2+1)*4+3)*6 + 5 // the very last one
	for _, v := range []float32{-1, -1e-30, float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))} {
		for _, at := range []int{at, at - 2} {
			w := foreign{at, v}
			for _, err := range []error{
				saliency.Normalize(w).Weights(dst, in),
				func() error { _ = w.Weights(dst, in); return saliency.Check(w, dst, in) }(),
			} {
				if err == nil || !strings.Contains(err.Error(), "foreign") || !strings.Contains(err.Error(), "sample 2, frame 1, pixel (") || !strings.Contains(err.Error(), ",3)") {
					t.Errorf("weight %v: error %v, want one with the weighting, sample, frame and pixel", v, err)
				}
			}
		}
	}
	for _, v := range []float32{0, float32(math.Copysign(0, -1)), 1e6} {
		w := foreign{at, v}
		if err := saliency.Normalize(w).Weights(dst, in); err != nil {
			t.Errorf("weight %v: %v", v, err)
		}
		if mean := sumOf(dst) / float64(len(dst)); math.Abs(mean-1) > 1e-5 {
			t.Errorf("weight %v: mean %v, want 1", v, mean)
		}
	}
}

func sumOf(w []float32) (total float64) {
	for _, v := range w {
		total += float64(v)
	}
	return total
}
