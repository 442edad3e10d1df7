package saliency

import "image"

// table is a summed-area table of counting pixels (Crow 1984, Summed-area tables for
// texture mapping): the count in a rectangle is a sum of four entries. A border of
// empty pixels around the plane spares the ring any look at the edges.
type table struct {
	cfg    DetectorConfig
	h, w   int
	border int
	stride int
	sums   []int32 // entry (y, x) counts the pixels above and to the left of it
	lit    [256]int32
	center float64 // 1 / pixels of the centre
	ring   float64 // Lambda / pixels of the ring
	before image.Point
}

func newTable(h, w int, c DetectorConfig) table {
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
		if (v > int(c.Level)) == (c.Polarity == Bright) {
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

// respond appends the places whose response reaches the threshold to hits, in
// reading order. With show it works out every response and hands it over; without,
// only where the centre alone could reach the threshold, as the ring never adds.
func (t *table) respond(hits []int32, show func(x, y int, response float64), places image.Point) []int32 {
	c := t.cfg
	for y := range places.Y {
		for x := range places.X {
			response := float64(t.count(x, y, x+c.Center.X, y+c.Center.Y)) * t.center
			if show == nil && response < c.Threshold {
				continue
			}
			response -= float64(t.around(x, y)) * t.ring
			if show != nil {
				show(x, y, response)
			}
			if response >= c.Threshold {
				hits = append(hits, int32(y*places.X+x))
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
