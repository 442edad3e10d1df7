package saliency_test

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/env"
	"glint/saliency"
)

// TestDetectAgainstTable compares detectors of any shape on planes of any size with
// one that counts in a summed-area table and works out every response.
func TestDetectAgainstTable(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	found := 0
	for range 1000 {
		h, w := 1+rng.IntN(70), 1+rng.IntN(170)
		cfg := anyConfig(rng, h, w)
		d, err := saliency.NewDetector(cfg, h, w)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			plane := anyPlane(rng, h, w)
			want := detectByTable(cfg, h, w, plane)
			if diff := cmp.Diff(want, d.Detect(nil, plane, 3)); diff != "" {
				t.Fatalf("%+v on %dx%d: %s", cfg, h, w, diff)
			}
			found += len(want)
		}
	}
	if found < 500 {
		t.Errorf("only %d objects in all", found)
	}
}

// anyConfig draws a config that finds something now and then, and thresholds that
// some count meets exactly.
func anyConfig(rng *rand.Rand, h, w int) saliency.DetectorConfig {
	c := saliency.DetectorConfigFor(image.Pt(1+rng.IntN(min(w, 8)), 1+rng.IntN(min(h, 6))), 126)
	c.Gap = rng.IntN(3)
	c.Ring = c.Center.Add(image.Pt(2*c.Gap+rng.IntN(16), 2*c.Gap+1+rng.IntN(12)))
	if rng.IntN(8) == 0 { // a ring of more than 255 pixels, over every edge
		c.Ring = c.Ring.Add(image.Pt(200, 150))
	}
	c.Level = uint8(rng.IntN(256))
	c.Lambda = []float64{0, 0.1, 0.5, 1, 3, 4, 7.3, 1e6, math.Inf(1)}[rng.IntN(9)]
	c.Threshold = 1 - rng.Float64()
	if area := c.Center.X * c.Center.Y; rng.IntN(2) == 0 {
		c.Threshold = float64(1+rng.IntN(area)) / float64(area)
	}
	if rng.IntN(3) == 0 {
		c.Polarity = saliency.Dark
	}
	return c
}

// anyPlane draws blocks of two values, or noise, on a plain plane.
func anyPlane(rng *rand.Rand, h, w int) []byte {
	plane := make([]byte, h*w)
	background, object := byte(rng.Uint32()), byte(rng.Uint32())
	noise := []int{0, 0, 1, 4, 40}[rng.IntN(5)]
	for i := range plane {
		plane[i] = background
		if rng.IntN(100) < noise {
			plane[i] = object
		}
	}
	for range rng.IntN(12) {
		x, y := rng.IntN(w+4)-4, rng.IntN(h+4)-4
		block := image.Rect(x, y, x+1+rng.IntN(9), y+1+rng.IntN(7)).Intersect(image.Rect(0, 0, w, h))
		for y := block.Min.Y; y < block.Max.Y; y++ {
			for x := block.Min.X; x < block.Max.X; x++ {
				plane[y*w+x] = object
			}
		}
	}
	return plane
}

// detectByTable is the definition of Detect.
func detectByTable(c saliency.DetectorConfig, h, w int, plane []byte) []env.Box {
	t := newTable(h, w, c)
	t.fill(plane)
	places := image.Pt(w-c.Center.X+1, h-c.Center.Y+1)
	hits := t.respond(places)
	var boxes []env.Box
	for y := range places.Y {
		for x := range places.X {
			at := image.Pt(x, y)
			if !hits[at] {
				continue
			}
			if r := t.gather(hits, at); !t.reachesEdge(r) {
				boxes = append(boxes, env.Box{Rect: t.shrink(r), Frame: 3, Kind: saliency.Small})
			}
		}
	}
	return boxes
}

// table counts pixels in rectangles: a summed-area table of 32 bits, plainly written,
// with a border of empty pixels around the plane.
type table struct {
	cfg    saliency.DetectorConfig
	h, w   int
	border int
	stride int
	sums   []int32 // entry (y, x) counts the pixels above and to the left of it
	lit    [256]int32
	center float64 // 1 / pixels of the centre
	ring   float64 // Lambda / pixels of the ring
	before image.Point
}

func newTable(h, w int, c saliency.DetectorConfig) table {
	border := max(c.Ring.X, c.Ring.Y)
	inner := c.Center.Add(image.Pt(2*c.Gap, 2*c.Gap))
	t := table{
		cfg: c, h: h, w: w, border: border, stride: w + 2*border + 1,
		sums:   make([]int32, (w+2*border+1)*(h+2*border+1)),
		center: 1 / float64(c.Center.X*c.Center.Y),
		ring:   c.Lambda / float64(c.Ring.X*c.Ring.Y-inner.X*inner.Y),
		before: c.Ring.Sub(c.Center).Div(2),
	}
	for v := range t.lit {
		if (v > int(c.Level)) == (c.Polarity == saliency.Bright) {
			t.lit[v] = 1
		}
	}
	return t
}

// fill sums a plane [H,W].
func (t *table) fill(plane []byte) {
	left := t.border + 1
	for y := range t.h {
		above := t.sums[(y+t.border)*t.stride:][:t.stride]
		line := t.sums[(y+t.border+1)*t.stride:][:t.stride]
		var row int32
		for x, v := range plane[y*t.w : (y+1)*t.w] {
			row += t.lit[v]
			line[left+x] = above[left+x] + row
		}
		for x := left + t.w; x < t.stride; x++ {
			line[x] = above[x] + row
		}
	}
	last := t.sums[(t.h+t.border)*t.stride:][:t.stride]
	for y := t.h + t.border + 1; y <= t.h+2*t.border; y++ {
		copy(t.sums[y*t.stride:][:t.stride], last)
	}
}

// count returns the counting pixels in a rectangle of the plane, Max exclusive,
// which may reach over the edge by the border.
func (t *table) count(x0, y0, x1, y1 int) int32 {
	top := (y0+t.border)*t.stride + t.border
	bottom := (y1+t.border)*t.stride + t.border
	return t.sums[bottom+x1] - t.sums[bottom+x0] - t.sums[top+x1] + t.sums[top+x0]
}

func (t *table) countIn(r image.Rectangle) int32 {
	return t.count(r.Min.X, r.Min.Y, r.Max.X, r.Max.Y)
}

// respond returns the places whose response reaches the threshold.
func (t *table) respond(places image.Point) map[image.Point]bool {
	c, hits := t.cfg, map[image.Point]bool{}
	for y := range places.Y {
		for x := range places.X {
			response := float64(t.count(x, y, x+c.Center.X, y+c.Center.Y)) * t.center
			response -= float64(t.around(x, y)) * t.ring
			if response >= c.Threshold {
				hits[image.Pt(x, y)] = true
			}
		}
	}
	return hits
}

// around returns the counting pixels of the ring around the centre at (x, y).
func (t *table) around(x, y int) int32 {
	c := t.cfg
	rx, ry := x-t.before.X, y-t.before.Y
	ring := t.count(rx, ry, rx+c.Ring.X, ry+c.Ring.Y)
	return ring - t.count(x-c.Gap, y-c.Gap, x+c.Center.X+c.Gap, y+c.Center.Y+c.Gap)
}

// gather deletes the places connected to a hit and returns the bounding box of their
// centres.
func (t *table) gather(hits map[image.Point]bool, at image.Point) image.Rectangle {
	delete(hits, at)
	all := image.Rectangle{Min: at, Max: at.Add(t.cfg.Center)}
	for dy := -1; dy <= 1; dy++ {
		for dx := -1; dx <= 1; dx++ {
			if next := at.Add(image.Pt(dx, dy)); hits[next] {
				all = all.Union(t.gather(hits, next))
			}
		}
	}
	return all
}

// reachesEdge says whether a rectangle grown by the gap holds a counting pixel of the
// plane's outermost rows and columns.
func (t *table) reachesEdge(r image.Rectangle) bool {
	whole := image.Rect(0, 0, t.w, t.h)
	near := r.Inset(-t.cfg.Gap).Intersect(whole)
	within := near.Intersect(whole.Inset(1))
	return t.countIn(near) > t.countIn(within)
}

// shrink cuts rows and columns without a counting pixel off a rectangle.
func (t *table) shrink(r image.Rectangle) image.Rectangle {
	for t.count(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+1) == 0 {
		r.Min.Y++
	}
	for t.count(r.Min.X, r.Max.Y-1, r.Max.X, r.Max.Y) == 0 {
		r.Max.Y--
	}
	for t.count(r.Min.X, r.Min.Y, r.Min.X+1, r.Max.Y) == 0 {
		r.Min.X++
	}
	for t.count(r.Max.X-1, r.Min.Y, r.Max.X, r.Max.Y) == 0 {
		r.Max.X--
	}
	return r
}
