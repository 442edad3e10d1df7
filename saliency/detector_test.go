package saliency_test

import (
	"fmt"
	"image"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/env"
	"glint/saliency"
)

const planeH, planeW = 64, 144

// picture is a plane that tests draw on.
type picture []byte

func blank() picture { return make(picture, planeH*planeW) }

// block fills a rectangle.
func (p picture) block(r image.Rectangle, v byte) picture {
	r = r.Intersect(image.Rect(0, 0, planeW, planeH))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			p[y*planeW+x] = v
		}
	}
	return p
}

// knife draws two rows of four pixels, the lower one a pixel to the left, in the box
// of 5x2 whose top left pixel is (x, y).
func (p picture) knife(x, y int) picture {
	return p.block(image.Rect(x+1, y, x+5, y+1), 126).block(image.Rect(x, y+1, x+4, y+2), 126)
}

// fighter draws a body of 10x34 with a head and a short arm that ends in a fist of
// 4x3.
func (p picture) fighter(x, y int) picture {
	return p.block(image.Rect(x, y+8, x+10, y+34), 170).block(image.Rect(x+2, y, x+8, y+7), 150).
		block(image.Rect(x+10, y+12, x+12, y+14), 170).block(image.Rect(x+12, y+12, x+16, y+15), 150)
}

func boxes(rs ...image.Rectangle) []env.Box {
	var out []env.Box
	for _, r := range rs {
		out = append(out, env.Box{Rect: r, Frame: 2, Kind: saliency.Small})
	}
	return out
}

func TestDetect(t *testing.T) {
	knife := func(x, y int) image.Rectangle { return image.Rect(x, y, x+5, y+2) }
	inverse := func(p picture) picture {
		for i := range p {
			p[i] = 255 - p[i]
		}
		return p
	}
	dark := saliency.DefaultDetectorConfig()
	dark.Polarity, dark.Level = saliency.Dark, 255-64
	loose := saliency.DefaultDetectorConfig()
	loose.Lambda = 0
	ball := saliency.DetectorConfigFor(image.Pt(2, 4), 219)
	def := saliency.DefaultDetectorConfig()
	for _, c := range []struct {
		name  string
		cfg   saliency.DetectorConfig
		plane picture
		want  []env.Box
	}{
		{"nothing", def, blank(), nil},
		{"a knife", def, blank().knife(70, 31), boxes(knife(70, 31))},
		{"two knives in reading order", def, blank().knife(90, 50).knife(20, 10), boxes(knife(20, 10), knife(90, 50))},
		{"a block of the centre's size", def, blank().block(image.Rect(70, 31, 74, 33), 64), boxes(image.Rect(70, 31, 74, 33))},
		{"too faint", def, blank().block(image.Rect(70, 31, 74, 33), 63), nil},
		{"too small", def, blank().block(image.Rect(70, 31, 72, 33), 255), nil},
		{"too large", def, blank().block(image.Rect(70, 31, 80, 36), 255), nil},
		{"a fighter and his fist", def, blank().fighter(60, 20), nil},
		{"a knife on a fighter", def, blank().fighter(60, 20).knife(62, 35), nil},
		{"a knife in a fighter's hand", def, blank().fighter(60, 20).knife(76, 31), nil},
		{"a knife beside a fighter", def, blank().fighter(60, 20).knife(100, 31), boxes(knife(100, 31))},
		{"two pixels from the edge", def, blank().knife(2, 2), boxes(knife(2, 2))},
		{"at the left edge", def, blank().knife(0, 31), nil},
		{"at the right edge", def, blank().knife(planeW-5, 31), nil},
		{"in the lower corner", def, blank().knife(planeW-5, planeH-2), nil},
		{"a large thing that comes in", def, blank().block(image.Rect(0, 40, 4, 60), 255), nil},
		{"without a ring anything fires", loose, blank().block(image.Rect(70, 20, 90, 40), 255), boxes(image.Rect(70, 20, 90, 40))},
		{"a ball", ball, blank().block(image.Rect(70, 30, 72, 34), 219), boxes(image.Rect(70, 30, 72, 34))},
		{"dark on bright", dark, inverse(blank().knife(70, 31)), boxes(knife(70, 31))},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := saliency.NewDetector(c.cfg, planeH, planeW)
			if err != nil {
				t.Fatal(err)
			}
			before := boxes(image.Rect(1, 2, 3, 4))
			want := append(before, c.want...)
			for range 2 { // the second time finds whatever scratch the first one left
				if d := cmp.Diff(want, d.Detect(before[:1:1], c.plane, 2)); d != "" {
					t.Error(d)
				}
			}
		})
	}
}

// A stack's boxes are those of its frames, each with its number.
func TestDetectStack(t *testing.T) {
	d, err := saliency.NewDetector(saliency.DefaultDetectorConfig(), planeH, planeW)
	if err != nil {
		t.Fatal(err)
	}
	var stack []byte
	want := []env.Box{{Kind: "before"}}
	for frame, plane := range []picture{blank().knife(70, 31), blank(), blank().knife(75, 31).knife(20, 10)} {
		stack = append(stack, plane...)
		want = d.Detect(want, plane, frame)
	}
	if got := d.DetectStack([]env.Box{{Kind: "before"}}, stack); len(got) != 4 || !cmp.Equal(want, got) {
		t.Error(cmp.Diff(want, got))
	}
	defer func() {
		if recover() == nil {
			t.Error("half a plane at the end was taken")
		}
	}()
	d.DetectStack(nil, stack[:len(stack)-planeW])
}

// TestResponse compares with the definition, summed pixel by pixel.
func TestResponse(t *testing.T) {
	cfg := saliency.DefaultDetectorConfig()
	d, err := saliency.NewDetector(cfg, planeH, planeW)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	plane := blank()
	for i := range plane {
		plane[i] = byte(rng.IntN(80))
	}
	got := make([]float32, len(plane))
	if err := d.Response(got, plane); err != nil {
		t.Fatal(err)
	}
	whole := image.Rect(0, 0, planeW, planeH)
	for y := range planeH {
		for x := range planeW {
			center := image.Rect(x-1, y, x+3, y+2) // (x, y) is its middle
			want := 0.0
			if center.In(whole) {
				outer := image.Rect(x-5, y-3, x+8, y+5)
				want = mean(plane, center, image.Rectangle{}) - cfg.Lambda*mean(plane, outer, center.Inset(-cfg.Gap))
			}
			if diff := float64(got[y*planeW+x]) - want; diff > 1e-6 || diff < -1e-6 {
				t.Fatalf("response at (%d, %d) is %v, want %v", x, y, got[y*planeW+x], want)
			}
		}
	}
	if err := d.Response(got[1:], plane); err == nil {
		t.Error("a dst of the wrong size was accepted")
	}
}

// mean is the share of pixels above 63 in a rectangle without a hole.
func mean(plane picture, r, hole image.Rectangle) float64 {
	n, all := 0, 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			p := image.Pt(x, y)
			if p.In(hole) {
				continue
			}
			all++
			if p.In(image.Rect(0, 0, planeW, planeH)) && plane[y*planeW+x] > 63 {
				n++
			}
		}
	}
	return float64(n) / float64(all)
}

func TestDetectorConfigErrors(t *testing.T) {
	for want, change := range map[string]func(*saliency.DetectorConfig){
		"Center":    func(c *saliency.DetectorConfig) { c.Center.Y = 0 },
		"Gap":       func(c *saliency.DetectorConfig) { c.Gap = -1 },
		"Ring":      func(c *saliency.DetectorConfig) { c.Ring = image.Pt(6, 4) },
		"65535":     func(c *saliency.DetectorConfig) { c.Ring = image.Pt(256, 257) },
		"Lambda":    func(c *saliency.DetectorConfig) { c.Lambda = -1 },
		"Threshold": func(c *saliency.DetectorConfig) { c.Threshold = 0 },
		"Polarity":  func(c *saliency.DetectorConfig) { c.Polarity = "grey" },
		"no room":   func(c *saliency.DetectorConfig) { c.Center, c.Ring = image.Pt(200, 2), image.Pt(210, 8) },
	} {
		cfg := saliency.DefaultDetectorConfig()
		change(&cfg)
		if _, err := saliency.NewDetector(cfg, planeH, planeW); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

func TestDetectAllocatesNothing(t *testing.T) {
	d, err := saliency.NewDetector(saliency.DefaultDetectorConfig(), planeH, planeW)
	if err != nil {
		t.Fatal(err)
	}
	plane, dst := blank().knife(70, 31).fighter(20, 20), make([]env.Box, 0, 8)
	if n := testing.AllocsPerRun(10, func() { dst = d.Detect(dst[:0], plane, 0) }); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func BenchmarkDetect(b *testing.B) {
	d, err := saliency.NewDetector(saliency.DefaultDetectorConfig(), planeH, planeW)
	if err != nil {
		b.Fatal(err)
	}
	plane, dst := blank().knife(120, 31).fighter(20, 20).fighter(70, 20), make([]env.Box, 0, 8)
	for b.Loop() {
		dst = d.Detect(dst[:0], plane, 0)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/1e3/float64(b.N), "us/frame")
}

func ExampleDetector() {
	d, err := saliency.NewDetector(saliency.DefaultDetectorConfig(), planeH, planeW)
	if err != nil {
		fmt.Println(err)
		return
	}
	plane := blank().fighter(60, 20).knife(100, 31)
	for _, box := range d.Detect(nil, plane, 0) {
		fmt.Println(box.Kind, box.Rect)
	}
	// Output: small (100,31)-(105,33)
}
