package report_test

import (
	"image"
	"image/color"
	"strings"
	"testing"

	"glint/internal/report"
)

// speck is a black frame of 64 x 144 with a white pixel at a point.
func speck(at image.Point) image.Image {
	pix := make([]byte, 64*144)
	pix[at.Y*144+at.X] = 255
	return report.Gray(pix, 64, 144)
}

// coloured counts pixels of a colour in an area.
func coloured(img image.Image, area image.Rectangle, c color.RGBA) (n int) {
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			if color.RGBAModel.Convert(img.At(x, y)) == c {
				n++
			}
		}
	}
	return n
}

func TestGridCirclesAndEnlarges(t *testing.T) {
	at := image.Pt(100, 20)
	box := []image.Rectangle{{Min: at, Max: at.Add(image.Pt(4, 2))}}
	g := report.Grid{Columns: []string{"original", "arm"}, Rows: []report.GridRow{
		{Name: "object", Panels: []report.Panel{{Image: speck(at), Boxes: box}, {Image: speck(at), Boxes: box, Below: "0.90, kept"}}},
		{Name: "none", Panels: []report.Panel{{Image: speck(at)}, {Image: speck(at)}}},
	}}
	img, err := g.Draw()
	if err != nil {
		t.Fatal(err)
	}
	// A line of 36 for the heads and one above each row; frames are doubled.
	frame := image.Rect(0, 72, 288, 72+128)
	inset := image.Rect(0, 72+128+6, 288, 72+128+6+128)
	white, cyan := color.RGBA{255, 255, 255, 255}, color.RGBA{0, 0xe8, 0xff, 255}
	for _, shift := range []int{0, 300} {
		by := image.Pt(shift, 0)
		if n := coloured(img, frame.Add(by), white); n != 2*2 {
			t.Errorf("the pixel is drawn by %d, want 4", n)
		}
		// An inset shows a quarter of the width at eight times.
		if n := coloured(img, inset.Add(by), white); n != 8*8 {
			t.Errorf("the enlarged pixel is drawn by %d, want 64", n)
		}
		for name, area := range map[string]image.Rectangle{"frame": frame, "inset": inset} {
			if n := coloured(img, area.Add(by), cyan); n < 40 {
				t.Errorf("the ring in the %s has %d pixels", name, n)
			}
		}
	}
	below := image.Rect(0, inset.Max.Y+36, 600, img.Bounds().Max.Y)
	if n := coloured(img, below, cyan); n != 0 {
		t.Errorf("a frame without an object has a ring of %d pixels", n)
	}
	if n := coloured(img, below, white); n <= 8 {
		t.Error("the second row is missing")
	}
}

func TestGridRingHidesNothing(t *testing.T) {
	for _, at := range []image.Point{{0, 0}, {140, 62}, {70, 30}} {
		box := image.Rectangle{Min: at, Max: at.Add(image.Pt(4, 2))}
		pix := make([]byte, 64*144)
		for y := box.Min.Y; y < box.Max.Y; y++ {
			for x := box.Min.X; x < box.Max.X; x++ {
				pix[y*144+x] = 200
			}
		}
		g := report.Grid{Columns: []string{"x"}, Rows: []report.GridRow{{Panels: []report.Panel{{Image: report.Gray(pix, 64, 144), Boxes: []image.Rectangle{box}}}}}}
		img, err := g.Draw()
		if err != nil {
			t.Fatal(err)
		}
		frame := image.Rect(1, 73, 287, 72+127) // without its outline
		if n, want := coloured(img, frame, color.RGBA{200, 200, 200, 255}), 8*4; at.X == 70 && n != want || n < want/2 {
			t.Errorf("at %v %d pixels of the object are left, want %d", at, n, want)
		}
	}
}

// TestGridOfManyColours demands that a frame of more colours than a palette holds keeps
// them.
func TestGridOfManyColours(t *testing.T) {
	pix := make([]byte, 3*64*144)
	for i := range 64 * 144 {
		pix[3*i], pix[3*i+1] = byte(i%144), byte(i/144*4)
	}
	img, err := (&report.Grid{Columns: []string{"x"}, Rows: []report.GridRow{{Panels: []report.Panel{{Image: report.RGB(pix, 64, 144)}}}}}).Draw()
	if err != nil {
		t.Fatal(err)
	}
	if got := color.RGBAModel.Convert(img.At(2*96+1, 72+2*32+1)); got != (color.RGBA{96, 128, 0, 255}) {
		t.Errorf("a pixel is drawn %v", got)
	}
}

func TestGridRefuses(t *testing.T) {
	for want, g := range map[string]report.Grid{
		"without columns": {},
		"0 panels":        {Columns: []string{"a"}, Rows: []report.GridRow{{Name: "r"}}},
		"without pixels":  {Columns: []string{"a"}, Rows: []report.GridRow{{Name: "r", Panels: []report.Panel{{}}}}},
	} {
		if _, err := g.Draw(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
