package saliency

import (
	"fmt"
	"image"
	"math"
)

// Object is what a Calibrator takes for a game's small object.
type Object struct {
	// Config is a detector for it. Its Threshold is not measured; a Trial does that.
	Config DetectorConfig
	// Size is the width and height of its box, Value the value of its pixels and
	// Background that of most others.
	Size              image.Point
	Value, Background uint8
	// Flights is the number of stacks in which it was seen to move, Share its part of
	// all sightings of small moving things.
	Flights int
	Share   float64
	// Places are where it was seen.
	Places []Place
}

// Object returns what was seen most. It is ErrNothingMoves when nothing was.
func (c *Calibrator) Object() (Object, error) {
	var best kind
	for k, s := range c.kinds {
		if b := c.kinds[best]; b == nil || len(s.places) > len(b.places) || len(s.places) == len(b.places) && k.before(best) {
			best = k
		}
	}
	s := c.kinds[best]
	if s == nil {
		return Object{}, fmt.Errorf("%w: none in %d stacks", ErrNothingMoves, c.stacks)
	}
	all := 0
	for k, other := range c.kinds {
		if k.level == best.level && k.polarity == best.polarity {
			all += len(other.places)
		}
	}
	o := Object{
		Size: best.size, Value: middleValue(&s.values), Background: commonValue(&c.histogram),
		Flights: s.flights, Places: s.places, Share: float64(len(s.places)) / float64(all),
	}
	o.Config = DetectorConfigFor(core(s.mask, best.size), 0)
	o.Config.Level, o.Config.Polarity = uint8((int(o.Value)+int(o.Background))/2), best.polarity
	return o, nil
}

// before makes an order of kinds, so that equal counts give equal results.
func (k kind) before(o kind) bool {
	switch {
	case k.polarity != o.polarity:
		return k.polarity == Bright
	case k.level != o.level:
		return k.level < o.level
	case k.size.X != o.size.X:
		return k.size.X < o.size.X
	}
	return k.size.Y < o.size.Y
}

// core returns the size of the rectangle of a mask that holds the most lit pixels less
// the unlit ones; of several that whose area is nearest to the number of lit pixels.
func core(mask []int64, size image.Point) image.Point {
	var top, all int64
	for _, n := range mask {
		top, all = max(top, n), all+n
	}
	off := func(p image.Point) int64 { // of its area, in pixels times the largest count
		d := int64(p.X*p.Y)*top - all
		return max(d, -d)
	}
	best, most := size, int64(math.MinInt64)
	for h := 1; h <= size.Y; h++ {
		for w := 1; w <= size.X; w++ {
			p := image.Pt(w, h)
			if n := densest(mask, size, p, top); n > most || n == most && off(p) < off(best) {
				best, most = p, n
			}
		}
	}
	return best
}

// densest returns the most that a rectangle of size p holds: 2*n-top for each pixel lit
// n times.
func densest(mask []int64, size, p image.Point, top int64) int64 {
	most := int64(math.MinInt64)
	for y := 0; y+p.Y <= size.Y; y++ {
		for x := 0; x+p.X <= size.X; x++ {
			var sum int64
			for i := range p.X * p.Y {
				sum += 2*mask[(y+i/p.X)*size.X+x+i%p.X] - top
			}
			most = max(most, sum)
		}
	}
	return most
}

// commonValue returns the most frequent value, middleValue the median.
func commonValue(histogram *[256]int64) uint8 {
	best := 0
	for v, n := range histogram {
		if n > histogram[best] {
			best = v
		}
	}
	return uint8(best)
}

func middleValue(histogram *[256]int64) uint8 {
	var all, below int64
	for _, n := range histogram {
		all += n
	}
	for v, n := range histogram {
		if below += n; 2*below >= all {
			return uint8(v)
		}
	}
	return 255
}
