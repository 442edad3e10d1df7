package report_test

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"glint/internal/report"
)

// film lays out a film of six steps with three actions.
func film(t *testing.T, h, w int) *report.Film {
	t.Helper()
	f, err := report.NewFilm(report.Film{
		Title: "film", H: h, W: w, WeightTop: 10, Values: []float64{0, 1, 0.5, -0.3, 2, 1}, Actions: []string{"NOOP", "LEFT", "RIGHT"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func filmed(t *testing.T, f *report.Film, s report.Shot) *image.RGBA {
	t.Helper()
	img, err := f.Draw(&s)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// noise is a shot of a frame in which every number is another.
func noise(h, w, step int) report.Shot {
	r := rand.New(rand.NewPCG(1, 2))
	s := report.Shot{Example: scene(h, w, image.Pt(w/2, h/3)), Step: step, Policy: []float64{0.2, 0.7, 0.1}, Action: 1, Note: "step 1"}
	for i := range s.Recon {
		s.Recon[i], s.Weights[i] = r.Float32(), 10*r.Float32()
	}
	return s
}

func TestFilmSizes(t *testing.T) {
	for _, tc := range []struct{ w, h, width, height int }{
		{144, 64, 908, 742}, {160, 160, 1348, 642}, {160, 210, 1348, 742}, {84, 84, 1412, 658}, {1, 1, 1268, 622}, {20, 300, 640, 1522},
	} {
		f := film(t, tc.h, tc.w)
		if want := image.Pt(tc.width, tc.height); f.Size() != want {
			t.Errorf("frames of %dx%d make a film of %v, want %v", tc.w, tc.h, f.Size(), want)
		}
		s := noise(tc.h, tc.w, 5)
		s.Note = strings.Repeat("long ", 100)
		s.Recon[0], s.Weights[0] = float32(math.NaN()), float32(math.Inf(1))
		if img := filmed(t, f, s); img.Rect.Size() != f.Size() {
			t.Errorf("a frame of %v in a film of %v", img.Rect.Size(), f.Size())
		}
	}
	f, err := report.NewFilm(report.Film{H: 64, W: 144, WeightTop: 1})
	if err != nil || f.Size() != image.Pt(908, 516) {
		t.Errorf("without actor and critic: %v, error %v", f.Size(), err)
	}
}

// A game's own colours and all scales fit the palette of a GIF, so that nothing is
// dithered.
func TestFilmKeepsColours(t *testing.T) {
	f := film(t, 64, 144)
	gray := noise(64, 144, 3)
	gray.Original = nil
	for i := range gray.Plane {
		gray.Plane[i] = byte(i)
	}
	for name, s := range map[string]report.Shot{"indexed": noise(64, 144, 3), "gray": gray} {
		img := filmed(t, f, s)
		var b bytes.Buffer
		if err := report.GIF(&b, []image.Image{img}, 50*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		g, err := gif.DecodeAll(&b)
		if err != nil {
			t.Fatal(err)
		}
		for y := range img.Rect.Dy() {
			for x := range img.Rect.Dx() {
				if got := color.RGBAModel.Convert(g.Image[0].At(x, y)); got != img.RGBAAt(x, y) {
					t.Fatalf("%s: pixel %d, %d is %v, want %v", name, x, y, got, img.RGBAAt(x, y))
				}
			}
		}
	}
}

// The line grows with the steps and the bars are as long as the probabilities.
func TestFilmShowsWhatTheNetworkThinks(t *testing.T) {
	f := film(t, 64, 144)
	blue, orange := color.RGBA{11, 98, 196, 255}, color.RGBA{194, 86, 12, 255}
	size := f.Size()
	below := image.Rect(0, size.Y-220, size.X, size.Y)
	split := size.X * 3 / 5
	before := -1
	for step := range 6 {
		s := noise(64, 144, step)
		img := filmed(t, f, s)
		line := img.SubImage(image.Rect(0, below.Min.Y, split, below.Max.Y)).(*image.RGBA)
		n := count(shifted(line), blue)
		if n <= before {
			t.Errorf("step %d: a line of %d pixels, before it had %d", step, n, before)
		}
		before = n
		bars := shifted(img.SubImage(image.Rect(split, below.Min.Y, size.X, below.Max.Y)).(*image.RGBA))
		played, others := count(bars, orange), count(bars, blue)
		// 0.7 of the orange bar against 0.3 of the others; its name is orange too.
		if ratio := float64(played) / float64(others); ratio < 2.2 || ratio > 2.7 {
			t.Errorf("step %d: %d pixels of the chosen action's bar, %d of the others'", step, played, others)
		}
	}
	s := noise(64, 144, 2)
	s.Action = -1
	if bars := filmed(t, f, s).SubImage(image.Rect(split, below.Min.Y, size.X, below.Max.Y)).(*image.RGBA); count(shifted(bars), orange) != 0 {
		t.Error("an action that is not known was marked")
	}
}

// shifted moves a part of an image to the origin.
func shifted(img *image.RGBA) *image.RGBA {
	img.Rect = img.Rect.Sub(img.Rect.Min)
	return img
}

func TestFilmOfManyActions(t *testing.T) {
	names, policy := make([]string, 40), make([]float64, 40)
	policy[30] = 1
	f, err := report.NewFilm(report.Film{H: 8, W: 8, WeightTop: 1, Values: []float64{1}, Actions: names})
	if err != nil {
		t.Fatal(err)
	}
	s := report.Shot{Example: scene(8, 8), Policy: policy, Action: 30}
	img := filmed(t, f, s)
	if n := count(img, color.RGBA{194, 86, 12, 255}); n < 1000 {
		t.Errorf("%d pixels of the bar of the action beyond the last bar", n)
	}
	if len(policy) != 40 || policy[18] != 0 {
		t.Error("the caller's policy was changed")
	}
}

func TestFilmRefuses(t *testing.T) {
	if _, err := report.NewFilm(report.Film{}); err == nil {
		t.Error("a film of no pixels was laid out")
	}
	f := film(t, 64, 144)
	for name, spoil := range map[string]func(*report.Shot){
		"short":    func(s *report.Shot) { s.Recon = s.Recon[1:] },
		"small":    func(s *report.Shot) { s.H = 63 },
		"original": func(s *report.Shot) { s.Original = report.Gray([]byte{1}, 1, 1) },
		"step":     func(s *report.Shot) { s.Step = 6 },
		"policy":   func(s *report.Shot) { s.Policy = s.Policy[1:] },
	} {
		s := noise(64, 144, 0)
		spoil(&s)
		if _, err := f.Draw(&s); err == nil {
			t.Errorf("%s was drawn", name)
		}
	}
}
