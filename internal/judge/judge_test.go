package judge_test

import (
	"image"
	"math"
	"strings"
	"testing"

	"glint/env"
	"glint/internal/judge"
)

// The plane of the tests: 72x144 of which the lowest 8 rows are padding.
const planeH, planeW = 72, 144

var (
	content = image.Rect(0, 0, 144, 64)
	knife   = judge.Object{Kind: "knife", Size: image.Pt(5, 2), Core: image.Pt(4, 2), Contrast: 126}
	at      = image.Rect(70, 31, 75, 33) // of the knife in most tests
)

// picture holds values 0..1.
type picture []float32

func blank() picture { return make(picture, planeH*planeW) }

func (p picture) block(r image.Rectangle, v float32) picture {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			p[y*planeW+x] = v
		}
	}
	return p
}

// knife draws two rows of four pixels, the lower one a pixel to the left.
func (p picture) knife(x, y int, v float32) picture {
	return p.block(image.Rect(x+1, y, x+5, y+1), v).block(image.Rect(x, y+1, x+4, y+2), v)
}

func (p picture) plane() []byte {
	out := make([]byte, len(p))
	for i, v := range p {
		out[i] = byte(math.Round(255 * float64(v)))
	}
	return out
}

func box(r image.Rectangle) env.Box { return env.Box{Rect: r, Kind: "knife"} }

// full is the value of a knife.
const full = float32(126) / 255

func judgeOf(tb testing.TB, truth, recon picture, boxes ...env.Box) judge.Figures {
	tb.Helper()
	j, err := judge.New(planeH, planeW, content, []judge.Object{knife})
	if err != nil {
		tb.Fatal(err)
	}
	if err := j.Add(truth.plane(), recon, boxes); err != nil {
		tb.Fatal(err)
	}
	return j.Result()
}

func TestReconstructions(t *testing.T) {
	one := func() picture { return blank().knife(70, 31, full) }
	body := image.Rect(60, 10, 80, 60)
	for _, c := range []struct {
		name                     string
		truth, recon             picture
		box                      image.Rectangle
		contrast, kept, detected float64
	}{
		{"a perfect copy", one(), one(), at, 1, 1, 1},
		{"nothing", one(), blank(), at, 0, 0, 0},
		{"half the contrast is kept but not found", one(), blank().knife(70, 31, full/2), at, 0.5, 1, 0},
		{"just below half", one(), blank().knife(70, 31, full*0.49), at, 0.49, 0, 0},
		{"on a gray ground only the difference counts", one(), blank().block(content, 0.2).knife(70, 31, full), at, 1 - 0.2/float64(full), 1, 1},
		{"darker than its surroundings", one(), blank().block(content, full).knife(70, 31, 0), at, -1, 0, 0},
		{"a fat blob", one(), blank().block(at.Inset(-3), full), at, 0, 0, 0},
		{"three pixels beside", one(), blank().knife(73, 31, full), at, 0.25, 0, 1},
		{"four pixels beside", one(), blank().knife(74, 31, full), at, 0, 0, 0},
		{"a brighter body hides it in the truth", blank().block(body, full).knife(70, 31, full), one(), at, math.NaN(), math.NaN(), math.NaN()},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := judgeOf(t, c.truth, c.recon, box(c.box))
			near(t, "Contrast", f.Contrast, c.contrast)
			near(t, "Kept", f.Kept, c.kept)
			near(t, "Detected", f.Detected, c.detected)
			near(t, "FalseKnives", f.FalseKnives, math.NaN())
			if f.Frames != 1 || f.Knives != 1 || f.EmptyFrames != 0 {
				t.Errorf("counts of %+v, want one frame with one knife", f)
			}
		})
	}
}

func near(tb testing.TB, name string, got, want float64) {
	tb.Helper()
	if math.IsNaN(got) != math.IsNaN(want) || math.Abs(got-want) > 1e-6 {
		tb.Errorf("%s is %v, want %v", name, got, want)
	}
}

func TestFalseKnives(t *testing.T) {
	j, err := judge.New(planeH, planeW, content, []judge.Object{knife})
	if err != nil {
		t.Fatal(err)
	}
	truth := append(blank().plane(), blank().plane()...)
	truth = append(truth, truth...)
	var recon picture
	recon = append(recon, blank()...)                                       // nothing
	recon = append(recon, blank().knife(20, 20, full)...)                   // an invented knife
	recon = append(recon, blank().block(image.Rect(0, 40, 4, 60), full)...) // what enters at the edge is no knife
	recon = append(recon, blank().knife(20, 66, full)...)                   // padding is not looked at
	if err := j.Add(truth, recon, nil); err != nil {
		t.Fatal(err)
	}
	f := j.Result()
	near(t, "FalseKnives", f.FalseKnives, 0.25)
	near(t, "Kept", f.Kept, math.NaN())
	if f.Frames != 4 || f.EmptyFrames != 4 || f.Knives != 0 {
		t.Errorf("counts of %+v, want four empty frames", f)
	}
}

// TestPartialAndOther shows which boxes are judged: none that reaches over the edge
// of the content, none of another kind, but their frames are not knife-less.
func TestPartialAndOther(t *testing.T) {
	for _, b := range []env.Box{
		box(image.Rect(-1, 31, 4, 33)), box(image.Rect(70, 63, 75, 65)), {Rect: at, Kind: "fire"},
	} {
		f := judgeOf(t, blank().knife(70, 31, full), blank().knife(20, 20, full), b)
		if f.Knives != 0 || f.EmptyFrames != 0 || !math.IsNaN(f.Contrast) || !math.IsNaN(f.FalseKnives) {
			t.Errorf("%+v: figures %+v, want nothing judged", b, f)
		}
	}
}

func TestOneToOne(t *testing.T) {
	second := at.Add(image.Pt(0, 20))
	truth := blank().knife(70, 31, full).knife(70, 51, full)
	f := judgeOf(t, truth, blank().knife(70, 31, full), box(at), box(second))
	near(t, "Detected", f.Detected, 0.5)
	near(t, "TruthRate", f.TruthRate, 1)
	// Two boxes within reach of one find: it hits only one of them.
	f = judgeOf(t, blank().knife(70, 31, full), blank().knife(70, 31, full), box(at), box(at.Add(image.Pt(1, 0))))
	near(t, "TruthRate", f.TruthRate, 0.5)
}

func TestErrorsOfContentOnly(t *testing.T) {
	recon := blank().block(image.Rect(0, 64, 144, 72), 1) // wrong in the padding alone
	f := judgeOf(t, blank(), recon)
	near(t, "MSE", f.MSE, 0)
	near(t, "KnifeMSE", f.KnifeMSE, math.NaN())
	f = judgeOf(t, blank().knife(70, 31, full), blank(), box(at))
	near(t, "MSE", f.MSE, 8*float64(full)*float64(full)/(64*144))
	near(t, "KnifeMSE", f.KnifeMSE, 8*float64(full)*float64(full)/10)
	near(t, "Background", f.Background, 0)
	f = judgeOf(t, blank().knife(70, 31, full), blank().knife(70, 31, full).knife(20, 20, full), box(at))
	near(t, "KnifeMSE", f.KnifeMSE, 0)
	near(t, "Background", f.Background, 8*float64(full)*float64(full)/(64*144-10))
}

// TestBackgroundIsOutsideEveryBox has boxes that overlap, reach over the edge or are of
// another kind, all of whose pixels are wrong, and one wrong pixel elsewhere.
func TestBackgroundIsOutsideEveryBox(t *testing.T) {
	fire := env.Box{Rect: image.Rect(20, 20, 30, 25), Kind: "fire"}
	boxes := []env.Box{box(at), box(at.Add(image.Pt(2, 0))), box(image.Rect(-1, 31, 4, 33)), box(image.Rect(100, 63, 105, 65)), fire}
	recon := blank()
	inside := 0
	for y := range content.Dy() {
		for x := range content.Dx() {
			for _, b := range boxes {
				if image.Pt(x, y).In(b.Rect) {
					recon[y*planeW+x] = 1
					inside++
					break
				}
			}
		}
	}
	recon[5*planeW+5] = 1
	j, err := judge.New(planeH, planeW, content, []judge.Object{knife})
	if err != nil {
		t.Fatal(err)
	}
	// A frame before, with the same box, must leave nothing behind.
	for i := range boxes {
		boxes[i].Frame = 1
	}
	if err := j.Add(append(blank(), blank()...).plane(), append(blank(), recon...), append(boxes, box(at))); err != nil {
		t.Fatal(err)
	}
	near(t, "the pixels for one that is wrong", 1/j.Result().Background, float64(2*64*144-inside-10))
	// By rounding alone it must not fall below 0.
	recon = blank()
	for i := range boxes {
		boxes[i].Frame = 0
		for y := range planeH {
			for x := range planeW {
				if image.Pt(x, y).In(boxes[i].Rect) {
					recon[y*planeW+x] = 0.1 + float32(x)/997
				}
			}
		}
	}
	if f := judgeOf(t, blank(), recon, boxes...); f.Background < 0 || f.Background > 1e-12 {
		t.Errorf("Background is %v where nothing is wrong outside the boxes", f.Background)
	}
}

func TestFramesAreApart(t *testing.T) {
	truth := append(blank(), blank().knife(70, 31, full)...)
	b := box(at)
	b.Frame = 1
	f := judgeOf(t, truth, truth, b)
	near(t, "Detected", f.Detected, 1)
	near(t, "FalseKnives", f.FalseKnives, 0)
	if f.Frames != 2 || f.EmptyFrames != 1 || f.Visible != 1 {
		t.Errorf("counts of %+v, want one empty frame and one with a knife", f)
	}
}

func TestNothing(t *testing.T) {
	j, err := judge.New(planeH, planeW, image.Rectangle{}, []judge.Object{knife})
	if err != nil {
		t.Fatal(err)
	}
	f := j.Result()
	for name, v := range map[string]float64{
		"Contrast": f.Contrast, "Kept": f.Kept, "Detected": f.Detected, "FalseKnives": f.FalseKnives, "MSE": f.MSE, "KnifeMSE": f.KnifeMSE, "Background": f.Background, "TruthRate": f.TruthRate,
	} {
		near(t, name, v, math.NaN())
	}
}

func TestErrors(t *testing.T) {
	for want, try := range map[string]func() error{
		"content": func() error {
			_, err := judge.New(planeH, planeW, image.Rect(0, 0, 145, 64), nil)
			return err
		},
		"object": func() error {
			_, err := judge.New(planeH, planeW, content, []judge.Object{{Kind: "knife", Core: image.Pt(4, 2)}})
			return err
		},
		"multiple": func() error {
			j, _ := judge.New(planeH, planeW, content, nil)
			return j.Add(make([]byte, 5), make([]float32, 5), nil)
		},
		"does not have": func() error {
			j, _ := judge.New(planeH, planeW, content, nil)
			return j.Add(blank().plane(), blank(), []env.Box{{Frame: 1}})
		},
	} {
		if err := try(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	j, err := judge.New(planeH, planeW, content, []judge.Object{knife})
	if err != nil {
		b.Fatal(err)
	}
	recon := blank().knife(70, 31, full)
	plane, boxes := recon.plane(), []env.Box{box(at)}
	for b.Loop() {
		if err := j.Add(plane, recon, boxes); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N), "us/frame")
}
