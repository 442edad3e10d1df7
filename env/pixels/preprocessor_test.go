package pixels_test

import (
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/env"
	"glint/env/dojo"
	"glint/env/pixels"
)

// palette has the wall, the knife and the white of Kung-Fu Master, and the wall a
// second time.
var palette = []color.RGBA{
	{R: 66, G: 72, B: 200, A: 255}, {R: 74, G: 74, B: 74, A: 255}, {R: 236, G: 236, B: 236, A: 255}, {R: 66, G: 72, B: 200, A: 255},
}

func indexSpec(h, w int) env.Spec {
	return env.Spec{Name: "fake", N: 1, T: 1, H: h, W: w, Format: env.Index, Palette: palette, Actions: 2, Repeat: 1}
}

// apply projects one frame and fails the test on any error.
func apply(tb testing.TB, s env.Spec, cfg pixels.Config, frame []byte) []byte {
	tb.Helper()
	p, err := pixels.New(s, cfg)
	if err != nil {
		tb.Fatal(err)
	}
	dst := make([]byte, p.Spec().FrameLen())
	for i := range dst {
		dst[i] = 0xEE
	}
	p.Apply(dst, frame)
	return dst
}

// topLeft cuts h rows of w out of the top left corner of a plane and fails the test
// when the rest is not 0.
func topLeft(tb testing.TB, plane []byte, stride, h, w int) []byte {
	tb.Helper()
	var out []byte
	for i, v := range plane {
		if i/stride < h && i%stride < w {
			out = append(out, v)
		} else if v != 0 {
			tb.Errorf("padding at row %d, column %d is %d", i/stride, i%stride, v)
		}
	}
	return out
}

func TestGoldens(t *testing.T) {
	gray := indexSpec(2, 4)
	gray.Format, gray.Palette = env.Gray, nil
	rgb := gray
	rgb.Format = env.RGB
	for _, c := range []struct {
		name  string
		spec  env.Spec
		cfg   pixels.Config
		frame []byte
		want  []byte
	}{
		{
			"foreground of indices, a background a row", indexSpec(2, 4),
			pixels.Config{Projection: pixels.Foreground},
			[]byte{0, 1, 0, 2, 2, 1, 2, 0},
			[]byte{0, 126, 0, 170, 0, 162, 0, 170},
		},
		{
			"equal colours count together", indexSpec(2, 4),
			pixels.Config{Projection: pixels.Foreground},
			[]byte{0, 2, 2, 3, 3, 0, 3, 1},
			[]byte{0, 170, 170, 0, 0, 0, 0, 126},
		},
		{
			"leftmost of equals", indexSpec(2, 4),
			pixels.Config{Projection: pixels.Foreground},
			[]byte{1, 0, 0, 1, 0, 1, 1, 0},
			[]byte{0, 126, 126, 0, 0, 126, 126, 0},
		},
		{
			"foreground of gray", gray,
			pixels.Config{Projection: pixels.Foreground},
			[]byte{10, 10, 7, 255, 1, 0, 0, 2},
			[]byte{0, 0, 3, 245, 1, 0, 0, 2},
		},
		{
			"foreground of colours", rgb,
			pixels.Config{Projection: pixels.Foreground},
			[]byte{9, 9, 9, 1, 2, 3, 1, 2, 3, 1, 2, 4, 0, 0, 255, 0, 255, 0, 0, 255, 0, 0, 255, 0},
			[]byte{8, 0, 0, 1, 255, 0, 0, 0},
		},
		{
			"luma of colours", rgb,
			pixels.Config{Projection: pixels.Luma},
			[]byte{255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255, 66, 72, 200, 74, 74, 74, 0, 0, 0, 1, 1, 1},
			[]byte{255, 76, 150, 29, 85, 74, 0, 1},
		},
		{
			"luma of indices", indexSpec(2, 4),
			pixels.Config{Projection: pixels.Luma},
			[]byte{0, 1, 2, 3, 0, 0, 0, 0},
			[]byte{85, 74, 236, 85, 85, 85, 85, 85},
		},
		{
			"none", gray,
			pixels.Config{Projection: pixels.None},
			[]byte{1, 2, 3, 4, 5, 6, 7, 8},
			[]byte{1, 2, 3, 4, 5, 6, 7, 8},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := topLeft(t, apply(t, c.spec, c.cfg, c.frame), 8, c.spec.H, c.spec.W)
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestCropAndResize(t *testing.T) {
	s := indexSpec(4, 6)
	s.Format, s.Palette = env.Gray, nil
	frame := make([]byte, s.FrameLen())
	for i := range frame {
		frame[i] = byte(10 * i)
	}
	cfg := pixels.Config{Crop: image.Rect(1, 2, 5, 4), Projection: pixels.None}
	got := topLeft(t, apply(t, s, cfg, frame), 8, 2, 4)
	if d := cmp.Diff([]byte{130, 140, 150, 160, 190, 200, 210, 220}, got); d != "" {
		t.Errorf("crop: %s", d)
	}
	cfg.Resize = image.Pt(2, 1)
	got = topLeft(t, apply(t, s, cfg, frame), 8, 1, 2)
	if d := cmp.Diff([]byte{165, 185}, got); d != "" {
		t.Errorf("mean of 2x2 pixels: %s", d)
	}
}

// Small bright things stay as bright as they are, also in blocks that reach over the
// edge.
func TestPool(t *testing.T) {
	s := indexSpec(5, 21)
	s.Format, s.Palette = env.Gray, nil
	frame := make([]byte, s.FrameLen())
	frame[0*21+3], frame[1*21+2], frame[4*21+20], frame[2*21+9], frame[3*21+8] = 7, 9, 200, 4, 3
	cfg := pixels.Config{MaxPixels: 34, Projection: pixels.Foreground}
	want := make([]byte, 3*11)
	want[1], want[1*11+4], want[2*11+10] = 9, 4, 200
	if d := cmp.Diff(want, topLeft(t, apply(t, s, cfg, frame), 16, 3, 11)); d != "" {
		t.Error(d)
	}
}

func TestGeometry(t *testing.T) {
	crop := image.Rect(12, 98, 156, 162)
	for _, c := range []struct {
		name       string
		cfg        pixels.Config
		h, w       int
		content    image.Rectangle
		stages     string
		box, moved image.Rectangle
	}{
		{
			"whole",
			pixels.Config{},
			216, 160, image.Rect(0, 0, 160, 210), "luma 210x160 > pad 216x160",
			image.Rect(3, 4, 5, 6), image.Rect(3, 4, 5, 6),
		},
		{
			"84x84",
			pixels.Config{Resize: image.Pt(84, 84)},
			88, 88, image.Rect(0, 0, 84, 84), "luma 210x160 > resize 84x84 > pad 88x88",
			image.Rect(100, 100, 102, 104), image.Rect(52, 40, 54, 42),
		},
		{
			"native crop",
			pixels.Config{Crop: crop},
			64, 144, image.Rect(0, 0, 144, 64), "crop 64x144 > luma 64x144",
			image.Rect(10, 100, 15, 102), image.Rect(-2, 2, 3, 4),
		},
		{
			"limit",
			pixels.Config{MaxPixels: 10_000},
			120, 88, image.Rect(0, 0, 87, 114), "luma 210x160 > resize 114x87 > pad 120x88",
			image.Rect(0, 0, 160, 210), image.Rect(0, 0, 87, 114),
		},
		{
			"limit of a foreground",
			pixels.Config{MaxPixels: 10_000, Projection: pixels.Foreground},
			112, 80, image.Rect(0, 0, 80, 105), "foreground 210x160 > pool 105x80 > pad 112x80",
			image.Rect(-1, 3, 3, 5), image.Rect(-1, 1, 2, 3),
		},
		{
			"blocks over the edge",
			pixels.Config{MaxPixels: 3_600, Projection: pixels.Foreground},
			56, 40, image.Rect(0, 0, 40, 53), "foreground 210x160 > pool 53x40 > pad 56x40",
			image.Rect(0, 0, 160, 210), image.Rect(0, 0, 40, 53),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			content := byte(0)
			if c.cfg.Projection == "" {
				c.cfg.Projection, content = pixels.Luma, 85
			}
			p, err := pixels.New(indexSpec(210, 160), c.cfg)
			if err != nil {
				t.Fatal(err)
			}
			s := p.Spec()
			if s.H != c.h || s.W != c.w || s.Format != env.Plane || s.Palette != nil || s.Format.Channels() != 1 {
				t.Errorf("Spec is %+v, want %dx%d planes", s, c.h, c.w)
			}
			if p.Content() != c.content || p.String() != c.stages || p.Box(c.box) != c.moved {
				t.Errorf("content %v, stages %q, box %v; want %v, %q, %v", p.Content(), p, p.Box(c.box), c.content, c.stages, c.moved)
			}
			plane := apply(t, indexSpec(210, 160), c.cfg, make([]byte, 210*160))
			for i, v := range topLeft(t, plane, c.w, c.content.Max.Y, c.content.Max.X) {
				if v != content {
					t.Fatalf("content pixel %d is %d, want %d", i, v, content)
				}
			}
		})
	}
}

// noise returns a frame of n random palette indices with a frequent one.
func noise(n int) []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	frame := make([]byte, n)
	for i := range frame {
		frame[i] = byte(max(0, rng.IntN(8)-4))
	}
	return frame
}

func TestFormatsAgree(t *testing.T) {
	frame := noise(64 * 144)
	colours := make([]byte, 0, 3*len(frame))
	for _, p := range frame {
		c := palette[p]
		colours = append(colours, c.R, c.G, c.B)
	}
	index := indexSpec(64, 144)
	rgb := index
	rgb.Format, rgb.Palette = env.RGB, nil
	for _, pr := range []pixels.Projection{pixels.Foreground, pixels.Luma} {
		cfg := pixels.Config{Crop: image.Rect(3, 1, 140, 60), Resize: image.Pt(70, 30), Projection: pr}
		if d := cmp.Diff(apply(t, index, cfg, frame), apply(t, rgb, cfg, colours)); d != "" {
			t.Errorf("%s of palette indices and of their colours differ: %s", pr, d)
		}
	}
}

func TestErrorsNameTheField(t *testing.T) {
	rgb := indexSpec(10, 10)
	rgb.Format, rgb.Palette = env.RGB, nil
	bare := indexSpec(10, 10)
	bare.Palette = nil
	for _, c := range []struct {
		spec env.Spec
		cfg  pixels.Config
		want string
	}{
		{rgb, pixels.Config{}, "Projection"},
		{rgb, pixels.Config{Projection: "forground"}, "use one of foreground, luma"},
		{rgb, pixels.Config{Projection: pixels.Auto}, "call Decide first"},
		{rgb, pixels.Config{Projection: pixels.None}, "needs gray pixels"},
		{bare, pixels.Config{Projection: pixels.Luma}, "without a palette"},
		{rgb, pixels.Config{Projection: pixels.Luma, Crop: image.Rect(0, 0, 11, 5)}, "Crop"},
		{rgb, pixels.Config{Projection: pixels.Luma, Crop: image.Rect(3, 3, 3, 5)}, "Crop"},
		{rgb, pixels.Config{Projection: pixels.Luma, Resize: image.Pt(8, 0)}, "Resize"},
		{rgb, pixels.Config{Projection: pixels.Luma, Resize: image.Pt(1_000_000, 1_000_000)}, "at most 4096 a side"},
		{rgb, pixels.Config{Projection: pixels.Luma, Resize: image.Pt(4096, 1025)}, "4194304 pixels in all"},
		{rgb, pixels.Config{Projection: pixels.Luma, MaxPixels: -1}, "MaxPixels"},
		{env.Spec{Format: env.Gray}, pixels.Config{Projection: pixels.Luma}, "no pixels"},
	} {
		if _, err := pixels.New(c.spec, c.cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("New(%+v): error %v, want one with %q", c.cfg, err, c.want)
		}
	}
}

func TestApplyAllocatesNothing(t *testing.T) {
	s := indexSpec(210, 160)
	for _, format := range []env.Format{env.Index, env.RGB} {
		s.Format = format
		p, err := pixels.New(s, pixels.Config{Crop: image.Rect(1, 1, 150, 100), Projection: pixels.Foreground})
		if err != nil {
			t.Fatal(err)
		}
		dst, src := make([]byte, p.Spec().FrameLen()), make([]byte, s.FrameLen())
		if n := testing.AllocsPerRun(10, func() { p.Apply(dst, src) }); n != 0 {
			t.Errorf("%s: %v allocations a frame", format, n)
		}
	}
}

func BenchmarkApply(b *testing.B) {
	for _, c := range []struct {
		name   string
		format env.Format
		cfg    pixels.Config
	}{
		{"foreground of indices", env.Index, pixels.Config{Crop: image.Rect(12, 98, 156, 162), Projection: pixels.Foreground}},
		{"foreground of colours", env.RGB, pixels.Config{Crop: image.Rect(12, 98, 156, 162), Projection: pixels.Foreground}},
		{"luma of indices", env.Index, pixels.Config{Crop: image.Rect(12, 98, 156, 162), Projection: pixels.Luma}},
		{"resize to 84x84", env.Index, pixels.Config{Resize: image.Pt(84, 84), Projection: pixels.Luma}},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := indexSpec(210, 160)
			s.Format = c.format
			p, err := pixels.New(s, c.cfg)
			if err != nil {
				b.Fatal(err)
			}
			dst, src := make([]byte, p.Spec().FrameLen()), make([]byte, s.FrameLen())
			for i := range src { // a wall with three fighters
				if x := i / s.Format.Channels() % s.W; x%50 >= 40 {
					src[i] = byte(x % 3)
				}
			}
			for b.Loop() {
				p.Apply(dst, src)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/1e3/float64(b.N), "us/frame")
		})
	}
}

// BenchmarkApplyDojo projects whole screens of a game that looks like Kung-Fu Master,
// with that one's preset.
func BenchmarkApplyDojo(b *testing.B) {
	d := dojo.DefaultOptions()
	d.Crop = image.Rectangle{}
	inner, err := dojo.Open(d)
	if err != nil {
		b.Fatal(err)
	}
	p, err := pixels.New(inner.Spec(), pixels.PresetFor("gym:ALE/KungFuMaster-v5").Config)
	if err != nil {
		b.Fatal(err)
	}
	batch, err := inner.Reset(b.Context(), []uint64{1})
	rng := rand.New(rand.NewPCG(1, 2))
	var frames []byte
	for range 50 {
		if err != nil {
			b.Fatal(err)
		}
		frames = append(frames, batch.Obs[len(batch.Obs)-inner.Spec().FrameLen():]...)
		batch, err = inner.Step(b.Context(), []int{rng.IntN(inner.Spec().Actions)})
	}
	dst, size := make([]byte, p.Spec().FrameLen()), inner.Spec().FrameLen()
	for i := 0; b.Loop(); i++ {
		p.Apply(dst, frames[i%50*size:][:size])
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/1e3/float64(b.N), "us/frame")
}

func ExamplePreprocessor() {
	p, err := pixels.New(indexSpec(210, 160), pixels.PresetFor("gym:ALE/KungFuMaster-v5").Config)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p)
	fmt.Println(p.Spec().H, p.Spec().W, p.Content())
	// Output:
	// crop 64x144 > foreground 64x144
	// 64 144 (0,0)-(144,64)
}
