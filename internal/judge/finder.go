package judge

import (
	"image"
	"math"
)

// The frozen detector.
const (
	lambda    = 4.0
	threshold = 0.7
	gap       = 1
	reach     = 3.0 // pixels between a find and the centre of the box it hits
)

// wider is how much larger the ring's outer edge is than the centre: 13x8 around a
// knife's 4x2.
var wider = image.Pt(9, 6)

// point is a place in a plane between pixels: the middle of the first pixel is
// (0.5, 0.5).
type point struct{ x, y float64 }

// finder finds one kind of object in pictures of values 0..1.
type finder struct {
	core    image.Point
	level   float32
	content image.Rectangle
	w       int
	sums    []int // [h+1,w+1] of the content: pixels that count above and left
	over    []bool
	places  image.Point
}

func newFinder(o Object, content image.Rectangle, w int) *finder {
	places := content.Size().Sub(o.Core).Add(image.Pt(1, 1))
	return &finder{
		// Half of 126 is 63, and a pixel counts when it is above that.
		core: o.Core, level: float32(o.Contrast/2) / 255, content: content, w: w,
		sums: make([]int, (content.Dx()+1)*(content.Dy()+1)),
		over: make([]bool, places.X*places.Y), places: places,
	}
}

// find appends the finds in a picture [H,W] to dst.
func (f *finder) find(dst []point, picture []float32) []point {
	f.sum(picture)
	for y := range f.places.Y {
		for x := range f.places.X {
			f.over[y*f.places.X+x] = f.response(x, y) >= threshold
		}
	}
	for y := range f.places.Y {
		for x := range f.places.X {
			var g group
			f.collect(&g, x, y)
			if g.n > 0 && !f.reachesEdge(g.bounds) {
				dst = append(dst, point{
					x: float64(g.x)/float64(g.n) + float64(f.core.X)/2 + float64(f.content.Min.X),
					y: float64(g.y)/float64(g.n) + float64(f.core.Y)/2 + float64(f.content.Min.Y),
				})
			}
		}
	}
	return dst
}

// group is a set of places that touch.
type group struct {
	x, y, n int             // sums of their coordinates and their number
	bounds  image.Rectangle // around their centres
}

// collect takes a place and all that touch it off the list and adds them to a group.
func (f *finder) collect(g *group, x, y int) {
	if x < 0 || y < 0 || x >= f.places.X || y >= f.places.Y || !f.over[y*f.places.X+x] {
		return
	}
	f.over[y*f.places.X+x] = false
	g.x, g.y, g.n = g.x+x, g.y+y, g.n+1
	g.bounds = g.bounds.Union(image.Rectangle{Max: f.core}.Add(image.Pt(x, y)))
	for dy := -1; dy <= 1; dy++ {
		for dx := -1; dx <= 1; dx++ {
			f.collect(g, x+dx, y+dy)
		}
	}
}

// reachesEdge says whether anything on the edge of the content counts in a rectangle
// or touches it.
func (f *finder) reachesEdge(r image.Rectangle) bool {
	whole := image.Rectangle{Max: f.content.Size()}
	near := r.Inset(-gap).Intersect(whole)
	return f.count(near) > f.count(near.Intersect(whole.Inset(1)))
}

func (f *finder) sum(picture []float32) {
	width := f.content.Dx() + 1
	for y := range f.content.Dy() {
		row := 0
		for x := range f.content.Dx() {
			if picture[(y+f.content.Min.Y)*f.w+x+f.content.Min.X] > f.level {
				row++
			}
			f.sums[(y+1)*width+x+1] = f.sums[y*width+x+1] + row
		}
	}
}

// response is that of the centre whose top left pixel is (x, y) of the content. The
// ring, which can only take away, is not looked at where the centre alone is below
// the threshold.
func (f *finder) response(x, y int) float64 {
	center := image.Rectangle{Max: f.core}.Add(image.Pt(x, y))
	alone := float64(f.count(center)) / float64(area(center))
	if alone < threshold {
		return alone
	}
	inner := center.Inset(-gap)
	corner := center.Min.Sub(wider.Div(2))
	outer := image.Rectangle{Min: corner, Max: corner.Add(f.core).Add(wider)}
	ring := float64(f.count(outer)-f.count(inner)) / float64(area(outer)-area(inner))
	return alone - lambda*ring
}

// count returns the pixels that count in a rectangle; outside the content none do.
func (f *finder) count(r image.Rectangle) int {
	r = r.Intersect(image.Rectangle{Max: f.content.Size()})
	width := f.content.Dx() + 1
	at := func(x, y int) int { return f.sums[y*width+x] }
	return at(r.Max.X, r.Max.Y) - at(r.Min.X, r.Max.Y) - at(r.Max.X, r.Min.Y) + at(r.Min.X, r.Min.Y)
}

func area(r image.Rectangle) int { return r.Dx() * r.Dy() }

// hits pairs finds with the judge's boxes, the nearest pair first, and counts the
// pairs within reach.
func (j *Judge) hits(found []point) int {
	boxes, finds := make([]bool, len(j.boxes)), make([]bool, len(found))
	for n := 0; ; n++ {
		best, bestBox, bestFind := math.Inf(1), 0, 0
		for b, box := range j.boxes {
			for k, p := range found {
				if d := p.distance(box); !boxes[b] && !finds[k] && d < best {
					best, bestBox, bestFind = d, b, k
				}
			}
		}
		if best > reach {
			return n
		}
		boxes[bestBox], finds[bestFind] = true, true
	}
}

// distance is from a find to the centre of a box, in pixels.
func (p point) distance(box image.Rectangle) float64 {
	return math.Hypot(p.x-float64(box.Min.X+box.Max.X)/2, p.y-float64(box.Min.Y+box.Max.Y)/2)
}
