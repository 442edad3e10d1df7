package report_test

import (
	"flag"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glint/internal/report"
)

var out = flag.String("sheet", "", "write the example sheet to this file, to look at it")

// palette holds wall, floor, two fighters' colours and the knife, in the style
// of the game. The knife is not quite gray: no scale of a sheet has its colour.
var palette = []color.RGBA{
	{66, 72, 200, 255}, {180, 122, 48, 255}, {236, 236, 236, 255}, {0, 0, 0, 255}, {214, 92, 92, 255}, {74, 74, 76, 255},
}

// scene draws a made-up frame with two fighters and knives at the boxes.
func scene(h, w int, knives ...image.Point) report.Example {
	pix, plane := make([]byte, h*w), make([]byte, h*w)
	paint := func(x, y int, index, value byte) {
		if x >= 0 && y >= 0 && x < w && y < h {
			pix[y*w+x], plane[y*w+x] = index, value
		}
	}
	for y := h * 3 / 4; y < h; y++ {
		for x := range w {
			paint(x, y, 1, 0)
		}
	}
	for i, fx := range []int{w / 3, w * 3 / 4} {
		for y := h / 4; y < h*5/6; y++ {
			for x := fx - 4; x < fx+4; x++ {
				paint(x, y, byte(2+2*i), byte(150+60*i))
			}
		}
	}
	e := report.Example{H: h, W: w, Frame: 3, Frames: 4, Plane: plane}
	for _, k := range knives {
		for x := range 4 {
			paint(k.X+x, k.Y, 5, 125)
			paint(k.X+x+1, k.Y+1, 5, 125)
		}
		e.Boxes = append(e.Boxes, image.Rect(k.X, k.Y, k.X+5, k.Y+2))
	}
	e.Original = report.Indexed(pix, h, w, palette)
	decode(&e)
	return e
}

// decode makes up a blurred reconstruction and weights around the knives.
func decode(e *report.Example) {
	rng := rand.New(rand.NewPCG(1, 2))
	e.Recon, e.Weights = make([]float32, e.H*e.W), make([]float32, e.H*e.W)
	for i := range e.Recon {
		e.Weights[i] = 1
		sum, n := 0.0, 0.0
		for dy := -1; dy <= 1; dy++ {
			for dx := -1; dx <= 1; dx++ {
				if j := i + dy*e.W + dx; j >= 0 && j < len(e.Plane) {
					sum, n = sum+float64(e.Plane[j])/255, n+1
				}
			}
		}
		e.Recon[i] = float32(math.Max(0, sum/n+0.03*rng.NormFloat64()))
	}
	for _, b := range e.Boxes {
		r := b.Inset(-2).Intersect(image.Rect(0, 0, e.W, e.H))
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				e.Weights[y*e.W+x] = 10
			}
		}
	}
}

func sheet() *report.Sheet {
	a, b, c, d := scene(64, 144, image.Pt(60, 20)), scene(64, 144, image.Pt(90, 33), image.Pt(20, 12)),
		scene(64, 144), scene(64, 144, image.Pt(138, 20))
	a.Caption, a.Verdict = "knife · environment 0 · contrast 0.81", report.Kept
	b.Caption, b.Verdict = "two knives, environment 5, contrast 0.12", report.Lost
	c.Caption = "no knife, environment 2"
	d.Caption, d.Verdict = "knife at the edge, environment 7, contrast 0.55", report.Kept
	return &report.Sheet{
		Title:    "glint on dojo: PPO, knife weighting",
		Subtitle: "step 102,400   iteration 25,000   MSE 0.0021   knives kept 82 %   contrast 0.74   score 1,240",
		Examples: []report.Example{a, b, c, d},
	}
}

func TestSheetToLookAt(t *testing.T) {
	if *out == "" {
		t.Skip("no -sheet file named")
	}
	if err := sheet().WritePNG(*out); err != nil {
		t.Fatal(err)
	}
}

func draw(t *testing.T, s *report.Sheet) *image.RGBA {
	t.Helper()
	img, err := s.Draw()
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// count returns the pixels of a colour in an image.
func count(img *image.RGBA, c color.RGBA) int {
	n := 0
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			if img.RGBAAt(x, y) == c {
				n++
			}
		}
	}
	return n
}

func TestSheetShowsWholeKnife(t *testing.T) {
	e := scene(64, 144, image.Pt(60, 20))
	img := draw(t, &report.Sheet{Examples: []report.Example{e}})
	// 8 pixels of the knife, once at 4x4 and once at 8x8: nothing covers them.
	if n := count(img, palette[5]); n != 8*16+8*64 {
		t.Errorf("%d pixels of the knife's colour, want %d", n, 8*16+8*64)
	}
	if n := count(img, color.RGBA{0, 229, 255, 255}); n == 0 {
		t.Error("no box was drawn")
	}
	e.Boxes = nil
	plain := draw(t, &report.Sheet{Examples: []report.Example{e}})
	if n := count(plain, color.RGBA{0, 229, 255, 255}); n != 0 {
		t.Errorf("%d pixels of a box around nothing", n)
	}
	if plain.Rect.Dx() >= img.Rect.Dx() {
		t.Error("a sheet without objects has a column for them")
	}
}

func TestSheetVerdicts(t *testing.T) {
	blue, orange := color.RGBA{11, 98, 196, 255}, color.RGBA{194, 86, 12, 255}
	for verdict, want := range map[report.Verdict][2]bool{
		report.Unjudged: {false, false}, report.Kept: {true, false}, report.Lost: {false, true},
	} {
		e := scene(64, 144, image.Pt(60, 20))
		e.Verdict = verdict
		img := draw(t, &report.Sheet{Examples: []report.Example{e}})
		if got := [2]bool{count(img, blue) > 0, count(img, orange) > 0}; got != want {
			t.Errorf("verdict %d: blue and orange are %v, want %v", verdict, got, want)
		}
	}
}

func TestSheetSizes(t *testing.T) {
	long := strings.Repeat("very long ", 100)
	for _, size := range []image.Point{{84, 84}, {160, 210}, {1, 1}, {8, 8}, {1000, 700}, {20, 300}} {
		e := scene(size.Y, size.X, image.Pt(size.X/2, size.Y/2))
		e.Caption, e.Verdict = long, report.Lost
		e.Recon[0], e.Weights[0] = float32(math.NaN()), float32(math.Inf(1))
		s := &report.Sheet{Title: long, Subtitle: long, Examples: []report.Example{e, scene(size.Y, size.X)}}
		img := draw(t, s)
		if img.Rect.Dx() < 4*size.X || img.Rect.Dy() < 2*size.Y || img.Rect.Dx() > 4*max(641, size.X)+1000 {
			t.Errorf("%v: a sheet of %v", size, img.Rect.Size())
		}
	}
}

func TestSheetRefuses(t *testing.T) {
	short, wide := scene(64, 144), scene(64, 144)
	short.Recon = short.Recon[1:]
	wide.Original = report.Gray(make([]byte, 4), 2, 2)
	for name, s := range map[string]*report.Sheet{
		"empty": {}, "short": {Examples: []report.Example{short}}, "wide": {Examples: []report.Example{wide}},
	} {
		if _, err := s.Draw(); err == nil {
			t.Errorf("%s was drawn", name)
		}
		path := filepath.Join(t.TempDir(), "x.png")
		if err := s.WritePNG(path); err == nil {
			t.Errorf("%s was written", name)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s left a file", name)
		}
	}
}

func TestWritePNG(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.png")
	for _, v := range []byte{7, 9} { // the second replaces the first
		if err := report.WritePNG(path, report.Gray([]byte{v}, 1, 1)); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if got := img.At(0, 0); got != (color.Gray{Y: v}) {
			t.Errorf("read back %v, want %d", got, v)
		}
	}
	if es, _ := os.ReadDir(dir); len(es) != 1 {
		t.Errorf("the folder holds %v", es)
	}
	if err := report.WritePNG(filepath.Join(dir, "none", "x.png"), report.Gray([]byte{1}, 1, 1)); err == nil {
		t.Error("wrote into a folder that is not there")
	}
}

func BenchmarkSheet(b *testing.B) {
	s := sheet()
	for b.Loop() {
		if _, err := s.Draw(); err != nil {
			b.Fatal(err)
		}
	}
}

// A sheet of slopes shows them in place of weights and error, on one scale each.
func TestSheetOfSlopes(t *testing.T) {
	e := scene(64, 144, image.Pt(60, 20))
	e.Weights = nil
	bright := color.RGBA{252, 253, 191, 255} // the end of magma
	for i := range e.Slopes {
		e.Slopes[i] = make([]float32, 64*144)
	}
	e.Boxes = nil
	plain := count(draw(t, &report.Sheet{Slopes: true, Examples: []report.Example{e}}), bright)
	for k := range 100 {
		e.Slopes[1][k] = 3
	}
	e.Note = "value 1.25, a* is LEFT with 63 %"
	img := draw(t, &report.Sheet{Slopes: true, Examples: []report.Example{e}})
	if n := count(img, bright) - plain; n != 100*16 {
		t.Errorf("%d pixels of the largest slope, want those of 100", n)
	}
	e.Slopes[0] = e.Slopes[0][1:]
	if _, err := (&report.Sheet{Slopes: true, Examples: []report.Example{e}}).Draw(); err == nil {
		t.Error("a slope of too few pixels was drawn")
	}
}
