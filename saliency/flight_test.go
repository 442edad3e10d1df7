package saliency_test

import (
	"fmt"
	"image"
	"math"
	"slices"
	"strings"
	"testing"

	"glint/env"
	"glint/saliency"
)

// throw draws n frames of a knife that flies from a place at a velocity past what
// scene draws, and returns them with its true boxes. Before frame begin it is not
// there.
func throw(n, begin int, x, y, vx, vy float64, scene func(picture)) (planes [][]byte, truth []env.Box) {
	for t := range n {
		p := blank()
		scene(p)
		at := image.Pt(int(math.Floor(x+vx*float64(t-begin))), int(math.Floor(y+vy*float64(t-begin))))
		box := image.Rectangle{Min: at, Max: at.Add(image.Pt(5, 2))}
		if t >= begin && box.In(image.Rect(0, 0, planeW, planeH)) {
			p.knife(at.X, at.Y)
			truth = append(truth, env.Box{Rect: box, Frame: t, Kind: saliency.Small})
		}
		planes = append(planes, p)
	}
	return planes, truth
}

// detect finds what a detector alone finds.
func detect(t testing.TB, planes [][]byte) (*saliency.Detector, []env.Box) {
	t.Helper()
	d, err := saliency.NewDetector(saliency.DefaultDetectorConfig(), planeH, planeW)
	if err != nil {
		t.Fatal(err)
	}
	var found []env.Box
	for f, p := range planes {
		found = d.Detect(found, p, f)
	}
	return d, found
}

func newFlight(t testing.TB, d *saliency.Detector, cfg saliency.FlightConfig) *saliency.Flight {
	t.Helper()
	f, err := saliency.NewFlight(cfg, d)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// sameKnives wants the same knives in the same frames. Of a knife half in the ring of
// a body the detector's own box may lack a column.
func sameKnives(t *testing.T, truth, got []env.Box) {
	t.Helper()
	got = byFrame(got)
	if len(got) != len(truth) {
		t.Fatalf("%d boxes, want %d", len(got), len(truth))
	}
	for i, b := range got {
		if w := truth[i]; b.Frame != w.Frame || b.Kind != w.Kind || !b.Rect.In(w.Rect) || b.Rect.Dx() < w.Rect.Dx()-1 {
			t.Errorf("%+v, want %+v", b, w)
		}
	}
}

func byFrame(boxes []env.Box) []env.Box {
	return slices.SortedStableFunc(slices.Values(boxes), func(a, b env.Box) int { return a.Frame - b.Frame })
}

func TestFlightFillsIn(t *testing.T) {
	nobody := func(picture) {}
	body := func(p picture) { p.fighter(60, 20) }
	for _, c := range []struct {
		name   string
		n      int
		x, y   float64
		vx, vy float64
		scene  func(picture)
	}{
		{"passing a body to the right", 60, 30, 31, 1.25, 0, body},
		{"passing a body to the left", 60, 110, 31, -1.25, 0, body},
		{"passing a body aslant", 36, 40, 20, 1.5, 0.75, body},
		{"fast", 20, 25, 31, 3.5, 0, body},
		{"upwards", 40, 66, 61, 0.25, -1.5, body},
		{"leaving a hand", 30, 76, 31, 1.25, 0, body},
		{"into a body", 24, 30, 31, 1.25, 0, body},
		{"to the edge", 20, 118, 31, 1.25, 0, nobody},
		{"from the edge", 20, 0, 31, 1.25, 0, nobody},
	} {
		t.Run(c.name, func(t *testing.T) {
			planes, truth := throw(c.n, 0, c.x, c.y, c.vx, c.vy, c.scene)
			d, found := detect(t, planes)
			filled := newFlight(t, d, saliency.DefaultFlightConfig()).Fill(nil, planes, found)
			if len(filled) == 0 {
				t.Error("nothing was filled in")
			}
			sameKnives(t, truth, append(found, filled...))
		})
	}
}

func TestFlightFillsInNothing(t *testing.T) {
	// An arm that holds a thing like the knife but for two pixels, in its colour.
	arm := func(p picture) {
		p.block(image.Rect(40, 28, 50, 62), 170).block(image.Rect(50, 31, 63, 33), 126)
		p[31*planeW+62], p[31*planeW+61] = 0, 0
	}
	body := func(p picture) { p.block(image.Rect(85, 20, 100, 50), 126) }
	for _, c := range []struct {
		name     string
		n, begin int
		x, y     float64
		scene    func(picture)
	}{
		{"nothing is there", 20, 20, 0, 31, arm},
		{"before it left", 30, 20, 60, 31, arm},
		{"in a body of its colour", 60, 0, 50, 31, body},
	} {
		t.Run(c.name, func(t *testing.T) {
			planes, truth := throw(c.n, c.begin, c.x, c.y, 1.25, 0, c.scene)
			d, found := detect(t, planes)
			filled := newFlight(t, d, saliency.DefaultFlightConfig()).Fill(nil, planes, found)
			for _, b := range filled {
				if !slices.Contains(truth, b) {
					t.Errorf("frame %d: %v is no knife", b.Frame, b.Rect)
				}
			}
		})
	}
}

func TestFlightNeedsFinds(t *testing.T) {
	planes, _ := throw(8, 0, 40, 31, 1.25, 0, func(p picture) { p.fighter(47, 20) })
	d, found := detect(t, planes)
	cfg := saliency.DefaultFlightConfig()
	f := newFlight(t, d, cfg)
	if got := f.Fill(nil, planes, found[:min(2, len(found))]); len(got) > 0 {
		t.Errorf("%v from 2 finds, want 3 or more to be needed", got)
	}
	if got := f.Fill(nil, planes, nil); len(got) > 0 {
		t.Errorf("%v from no find", got)
	}
	if got := f.Fill(nil, nil, nil); len(got) > 0 {
		t.Errorf("%v in no frame", got)
	}
}

func TestFlightReach(t *testing.T) {
	planes, _ := throw(60, 0, 30, 31, 1.25, 0, func(p picture) { p.fighter(60, 20) })
	d, found := detect(t, planes)
	for _, reach := range []int{0, 1, 3} {
		cfg := saliency.DefaultFlightConfig()
		cfg.Reach = reach
		if got := len(newFlight(t, d, cfg).Fill(nil, planes, found)); got != 2*reach {
			t.Errorf("%d boxes with a reach of %d, want as many after the finds before the body and before those after it", got, reach)
		}
	}
}

func TestFlightPanics(t *testing.T) {
	planes, _ := throw(4, 0, 40, 31, 1.25, 0, func(picture) {})
	d, found := detect(t, planes)
	f := newFlight(t, d, saliency.DefaultFlightConfig())
	beyond := []env.Box{{Rect: image.Rect(140, 31, 145, 33), Frame: 0}}
	for name, bad := range map[string][]env.Box{
		"no such frame": {{Rect: found[0].Rect, Frame: 4}}, "before the first": {{Rect: found[0].Rect, Frame: -1}},
		"out of order": {found[1], found[0]}, "beyond": beyond,
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f.Fill(nil, planes, bad)
		})
	}
}

func TestFlightConfig(t *testing.T) {
	d, _ := detect(t, nil)
	for field, change := range map[string]func(*saliency.FlightConfig){
		"Speed": func(c *saliency.FlightConfig) { c.Speed = math.NaN() },
		"Off":   func(c *saliency.FlightConfig) { c.Off = -1 },
		"Found": func(c *saliency.FlightConfig) { c.Found = 1 },
		"Reach": func(c *saliency.FlightConfig) { c.Reach = -1 },
		"Slack": func(c *saliency.FlightConfig) { c.Slack = -1 },
		"Match": func(c *saliency.FlightConfig) { c.Match = 0 },
		"Apart": func(c *saliency.FlightConfig) { c.Apart = math.NaN() },
	} {
		cfg := saliency.DefaultFlightConfig()
		change(&cfg)
		if _, err := saliency.NewFlight(cfg, d); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: error %v", field, err)
		}
	}
	if _, err := saliency.NewFlight(saliency.DefaultFlightConfig(), nil); err == nil {
		t.Error("no error without a detector")
	}
}

func BenchmarkFlight(b *testing.B) {
	planes, _ := throw(36, 0, 30, 31, 1.25, 0, func(p picture) { p.fighter(60, 20) })
	d, found := detect(b, planes)
	f := newFlight(b, d, saliency.DefaultFlightConfig())
	dst := make([]env.Box, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		dst = f.Fill(dst[:0], planes, found)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(planes)), "ns/frame")
}

func ExampleFlight() {
	// A knife that passes a fighter.
	planes, _ := throw(50, 0, 30, 31, 1.25, 0, func(p picture) { p.fighter(60, 20) })
	d, err := saliency.NewDetector(saliency.DefaultDetectorConfig(), planeH, planeW)
	if err != nil {
		fmt.Println(err)
		return
	}
	flight, err := saliency.NewFlight(saliency.DefaultFlightConfig(), d)
	if err != nil {
		fmt.Println(err)
		return
	}
	var found []env.Box
	for f, plane := range planes {
		found = d.Detect(found, plane, f)
	}
	fmt.Println(len(found), "found,", len(flight.Fill(nil, planes, found)), "filled in")
	// Output: 29 found, 21 filled in
}
