package saliency

import (
	"errors"
	"fmt"
	"image"
	"math/bits"

	"glint/env"
	"glint/internal/kernel"
)

// Small is the Kind of the boxes that a Detector makes: it knows no names.
const Small = "small"

// Polarity says which side of DetectorConfig.Level is the object.
type Polarity string

// The polarities.
const (
	// Bright objects are above the level.
	Bright Polarity = "bright"
	// Dark objects are at or below it.
	Dark Polarity = "dark"
)

// maxRing is the largest number of pixels that can be counted.
const maxRing = 1<<16 - 1

// DetectorConfig describes one centre-surround kernel. A pixel of the plane counts 1
// when it is above Level and 0 otherwise, the other way round for Dark. The response
// at a place is
//
//	mean of the centre - Lambda * mean of the ring
//
// where the ring is a rectangle around the centre without the centre and Gap pixels
// around that. What lies outside the plane counts 0.
type DetectorConfig struct {
	// Level is the value above which a pixel belongs to something.
	Level uint8 `toml:"level"`
	// Center is the width and height of the centre.
	Center image.Point `toml:"center"`
	// Gap is the number of pixels around the centre that count for nothing.
	Gap int `toml:"gap"`
	// Ring is the width and height of the outer edge of the ring. Where it does not
	// lie evenly around the centre the odd pixel is on the right and below.
	Ring image.Point `toml:"ring"`
	// Lambda is how many times the ring weighs against the centre. Small values let
	// a fist or a head fire, 4 does not.
	Lambda float64 `toml:"lambda"`
	// Threshold is the response from which on there is an object, up to 1.
	Threshold float64 `toml:"threshold"`
	// Polarity is the side of Level that counts.
	Polarity Polarity `toml:"polarity"`
}

// DefaultDetectorConfig finds the knives of Kung-Fu Master and the dojo.
func DefaultDetectorConfig() DetectorConfig { return DetectorConfigFor(image.Pt(4, 2), 126) }

// DetectorConfigFor finds bright objects whose core is so many pixels wide and high
// and which stand out from the background by contrast: the level is half of that,
// and the ring grows with the object.
func DetectorConfigFor(core image.Point, contrast uint8) DetectorConfig {
	return DetectorConfig{
		Level: contrast / 2, Center: core, Gap: 1, Ring: core.Add(image.Pt(9, 6)),
		Lambda: 4, Threshold: 0.7, Polarity: Bright,
	}
}

// Validate names the first field that makes no detector.
func (c DetectorConfig) Validate() error {
	inner := c.Center.Add(image.Pt(2*c.Gap, 2*c.Gap))
	switch {
	case c.Center.X <= 0 || c.Center.Y <= 0:
		return fmt.Errorf("saliency: Center %v: want a width and a height above 0", c.Center)
	case c.Gap < 0:
		return fmt.Errorf("saliency: Gap %d is negative", c.Gap)
	case c.Ring.X < inner.X || c.Ring.Y < inner.Y || c.Ring == inner:
		return fmt.Errorf("saliency: Ring %v leaves no pixel around a centre of %v with a gap of %d", c.Ring, c.Center, c.Gap)
	case c.Ring.X > maxRing/c.Ring.Y:
		return fmt.Errorf("saliency: Ring %v: want at most %d pixels in all", c.Ring, maxRing)
	case !(c.Lambda >= 0):
		return fmt.Errorf("saliency: Lambda %v: want at least 0", c.Lambda)
	case !(c.Threshold > 0 && c.Threshold <= 1):
		return fmt.Errorf("saliency: Threshold %v: want above 0, at most 1", c.Threshold)
	case c.Polarity != Bright && c.Polarity != Dark:
		return fmt.Errorf("saliency: Polarity %q is unknown: use %q or %q", c.Polarity, Bright, Dark)
	}
	return nil
}

// Detector finds small things with nothing around them on planes [H,W].
type Detector struct {
	cfg    DetectorConfig
	filter kernel.Surround
	rule   rule
	lit    [256]bool // bytes that count
	table  []uint16  // sums of the plane at hand
	marks  []uint16  // places that may fire
	hits   []int32   // places that fire in reading order
	free   []bool    // [places] of hits that belong to no box yet
	stack  []int32
}

// NewDetector makes a detector for planes of h rows and w columns. Errors are those
// of Validate and a plane smaller than the centre.
func NewDetector(cfg DetectorConfig, h, w int) (*Detector, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if w < cfg.Center.X || h < cfg.Center.Y {
		return nil, fmt.Errorf("saliency: a plane of %dx%d (rows x columns) has no room for a centre of %v", h, w, cfg.Center)
	}
	d := Detector{cfg: cfg, filter: kernel.Surround{
		H: h, W: w, CenterH: cfg.Center.Y, CenterW: cfg.Center.X, Gap: cfg.Gap, RingH: cfg.Ring.Y, RingW: cfg.Ring.X,
	}}
	center, ring := d.filter.Area()
	d.rule = newRule(cfg, center, ring)
	for v := range d.lit {
		d.lit[v] = (v > int(cfg.Level)) == (cfg.Polarity == Bright)
	}
	return d.Clone(), nil
}

// Clone returns a detector of the same settings with memory of its own, to be used by
// another goroutine.
func (d *Detector) Clone() *Detector {
	c, n := *d, d.filter.Rows()*d.filter.Cols()
	c.table, c.marks = make([]uint16, d.filter.TableLen()), make([]uint16, d.filter.Rows()*d.filter.Words())
	c.hits, c.free, c.stack = make([]int32, 0, n), make([]bool, n), make([]int32, 0, n)
	return &c
}

// Config returns what the detector was made with.
func (d *Detector) Config() DetectorConfig { return d.cfg }

// Detect appends a box for every small object on the plane [H,W] to dst, with the
// given frame number and Kind Small. Places over the threshold that touch belong to
// one object; its box is the bounding box of the pixels that count in their centres.
// What touches the edge of the plane, itself or through the gap, is left out: it may
// be the tip of something large. The order is that of reading. It allocates only
// where dst has no room, and panics when the plane's length is wrong.
func (d *Detector) Detect(dst []env.Box, plane []byte, frame int) []env.Box {
	d.load(plane)
	d.fire()
	for _, at := range d.hits {
		if !d.free[at] {
			continue
		}
		if r := d.gather(at); !d.reachesEdge(plane, r) {
			dst = append(dst, env.Box{Rect: d.shrink(plane, r), Frame: frame, Kind: Small})
		}
	}
	return dst
}

// DetectStack appends the boxes of all frames of a stack [T,H,W] to dst, frame by
// frame as Detect does. It panics when the stack does not end with a plane.
func (d *Detector) DetectStack(dst []env.Box, stack []byte) []env.Box {
	size := d.filter.H * d.filter.W
	for f := 0; f*size < len(stack); f++ {
		dst = d.Detect(dst, stack[f*size:min((f+1)*size, len(stack))], f)
	}
	return dst
}

// Response writes the response [H,W] to the plane [H,W] into dst for pictures: each
// at its centre's middle pixel (of two, the left or upper one). Places where the
// centre does not fit are 0.
func (d *Detector) Response(dst []float32, plane []byte) error {
	if len(dst) != d.filter.H*d.filter.W {
		return errors.New("saliency: Response: dst is not of the plane's size")
	}
	clear(dst)
	d.load(plane)
	first := (d.cfg.Center.Y-1)/2*d.filter.W + (d.cfg.Center.X-1)/2
	for y := range d.filter.Rows() {
		for x := range d.filter.Cols() {
			dst[first+y*d.filter.W+x] = float32(d.rule.response(d.filter.Counts(d.table, y, x)))
		}
	}
	return nil
}

func (d *Detector) load(plane []byte) {
	if len(plane) != d.filter.H*d.filter.W {
		panic("saliency: the plane is not of the detector's size")
	}
	d.filter.Sum(d.table, plane, d.cfg.Level, d.cfg.Polarity == Dark)
}

// fire lists the places that fire and frees them.
func (d *Detector) fire() {
	d.hits = d.hits[:0]
	d.filter.Mark(d.marks, d.table, d.rule.least, d.rule.most)
	words, cols := d.filter.Words(), d.filter.Cols()
	for i, word := range d.marks {
		for ; word != 0; word &= word - 1 {
			y, x := i/words, i%words*kernel.PlacesPerWord+bits.TrailingZeros16(word)
			if d.rule.fires(d.filter.Counts(d.table, y, x)) {
				d.hits = append(d.hits, int32(y*cols+x))
				d.free[y*cols+x] = true
			}
		}
	}
}

// gather takes the places connected to a hit, which are free no more, and returns the
// bounding box of their centres.
func (d *Detector) gather(at int32) image.Rectangle {
	var all image.Rectangle
	rows, cols := d.filter.Rows(), d.filter.Cols()
	d.free[at] = false
	d.stack = append(d.stack[:0], at)
	for len(d.stack) > 0 {
		last := len(d.stack) - 1
		at, d.stack = d.stack[last], d.stack[:last]
		x, y := int(at)%cols, int(at)/cols
		all = all.Union(image.Rect(x, y, x+d.cfg.Center.X, y+d.cfg.Center.Y))
		for ny := max(0, y-1); ny <= min(rows-1, y+1); ny++ {
			for nx := max(0, x-1); nx <= min(cols-1, x+1); nx++ {
				if n := ny*cols + nx; d.free[n] {
					d.free[n] = false
					d.stack = append(d.stack, int32(n))
				}
			}
		}
	}
	return all
}

// reachesEdge says whether a rectangle grown by the gap holds a counting pixel of the
// plane's outermost rows and columns.
func (d *Detector) reachesEdge(plane []byte, r image.Rectangle) bool {
	h, w := d.filter.H, d.filter.W
	near := r.Inset(-d.cfg.Gap)
	for _, edge := range []image.Rectangle{
		image.Rect(0, 0, w, 1), image.Rect(0, h-1, w, h), image.Rect(0, 0, 1, h), image.Rect(w-1, 0, w, h),
	} {
		if d.holds(plane, near.Intersect(edge)) {
			return true
		}
	}
	return false
}

// shrink cuts rows and columns without a counting pixel off a rectangle, which holds
// one.
func (d *Detector) shrink(plane []byte, r image.Rectangle) image.Rectangle {
	for !d.holds(plane, image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+1)) {
		r.Min.Y++
	}
	for !d.holds(plane, image.Rect(r.Min.X, r.Max.Y-1, r.Max.X, r.Max.Y)) {
		r.Max.Y--
	}
	for !d.holds(plane, image.Rect(r.Min.X, r.Min.Y, r.Min.X+1, r.Max.Y)) {
		r.Min.X++
	}
	for !d.holds(plane, image.Rect(r.Max.X-1, r.Min.Y, r.Max.X, r.Max.Y)) {
		r.Max.X--
	}
	return r
}

// holds says whether a rectangle of the plane holds a counting pixel.
func (d *Detector) holds(plane []byte, r image.Rectangle) bool {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for _, v := range plane[y*d.filter.W+r.Min.X : y*d.filter.W+r.Max.X] {
			if d.lit[v] {
				return true
			}
		}
	}
	return false
}
