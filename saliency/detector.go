package saliency

import (
	"errors"
	"fmt"
	"image"

	"glint/env"
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
	h, w   int
	places image.Point // where the centre fits: columns and rows of places
	sums   table
	hits   []int32 // places over the threshold in reading order
	marks  []bool  // [places] of hits that belong to no box yet
	stack  []int32
}

// NewDetector makes a detector for planes of h rows and w columns. Errors are those
// of Validate and a plane smaller than the centre.
func NewDetector(cfg DetectorConfig, h, w int) (*Detector, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	places := image.Pt(w-cfg.Center.X+1, h-cfg.Center.Y+1)
	if places.X <= 0 || places.Y <= 0 {
		return nil, fmt.Errorf("saliency: a plane of %dx%d (rows x columns) has no room for a centre of %v", h, w, cfg.Center)
	}
	d := &Detector{cfg: cfg, h: h, w: w, places: places}
	return d.Clone(), nil
}

// Clone returns a detector of the same settings with memory of its own, to be used by
// another goroutine.
func (d *Detector) Clone() *Detector {
	n := d.places.X * d.places.Y
	return &Detector{
		cfg: d.cfg, h: d.h, w: d.w, places: d.places, sums: newTable(d.h, d.w, d.cfg),
		hits: make([]int32, 0, n), marks: make([]bool, n), stack: make([]int32, 0, n),
	}
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
	d.hits = d.sums.respond(d.hits[:0], nil, d.places)
	for _, at := range d.hits {
		d.marks[at] = true
	}
	for _, at := range d.hits {
		if !d.marks[at] {
			continue
		}
		if r := d.gather(at); !d.reachesEdge(r) {
			dst = append(dst, env.Box{Rect: d.shrink(r), Frame: frame, Kind: Small})
		}
	}
	return dst
}

// DetectStack appends the boxes of all frames of a stack [T,H,W] to dst, frame by
// frame as Detect does. It panics when the stack does not end with a plane.
func (d *Detector) DetectStack(dst []env.Box, stack []byte) []env.Box {
	size := d.h * d.w
	for f := 0; f*size < len(stack); f++ {
		dst = d.Detect(dst, stack[f*size:min((f+1)*size, len(stack))], f)
	}
	return dst
}

// Response writes the response [H,W] to the plane [H,W] into dst for pictures: each
// at its centre's middle pixel (of two, the left or upper one). Places where the
// centre does not fit are 0.
func (d *Detector) Response(dst []float32, plane []byte) error {
	if len(dst) != d.h*d.w {
		return errors.New("saliency: Response: dst is not of the plane's size")
	}
	clear(dst)
	d.load(plane)
	middle := (d.cfg.Center.Y-1)/2*d.w + (d.cfg.Center.X-1)/2
	d.hits = d.sums.respond(d.hits[:0], func(x, y int, r float64) { dst[y*d.w+x+middle] = float32(r) }, d.places)
	return nil
}

func (d *Detector) load(plane []byte) {
	if len(plane) != d.h*d.w {
		panic("saliency: the plane is not of the detector's size")
	}
	d.sums.fill(plane)
}

// gather takes the places connected to a hit off the marks and returns the bounding
// box of their centres.
func (d *Detector) gather(at int32) image.Rectangle {
	var all image.Rectangle
	d.marks[at] = false
	d.stack = append(d.stack[:0], at)
	for len(d.stack) > 0 {
		last := len(d.stack) - 1
		at, d.stack = d.stack[last], d.stack[:last]
		x, y := int(at)%d.places.X, int(at)/d.places.X
		all = all.Union(image.Rect(x, y, x+d.cfg.Center.X, y+d.cfg.Center.Y))
		for ny := max(0, y-1); ny <= min(d.places.Y-1, y+1); ny++ {
			for nx := max(0, x-1); nx <= min(d.places.X-1, x+1); nx++ {
				if n := ny*d.places.X + nx; d.marks[n] {
					d.marks[n] = false
					d.stack = append(d.stack, int32(n))
				}
			}
		}
	}
	return all
}

// reachesEdge says whether a rectangle grown by the gap holds a counting pixel of the
// plane's outermost rows and columns.
func (d *Detector) reachesEdge(r image.Rectangle) bool {
	whole := image.Rect(0, 0, d.w, d.h)
	near := r.Inset(-d.cfg.Gap).Intersect(whole)
	within := near.Intersect(whole.Inset(1))
	return d.sums.countIn(near) > d.sums.countIn(within)
}

// shrink cuts rows and columns without a counting pixel off a rectangle.
func (d *Detector) shrink(r image.Rectangle) image.Rectangle {
	for d.sums.count(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+1) == 0 {
		r.Min.Y++
	}
	for d.sums.count(r.Min.X, r.Max.Y-1, r.Max.X, r.Max.Y) == 0 {
		r.Max.Y--
	}
	for d.sums.count(r.Min.X, r.Min.Y, r.Min.X+1, r.Max.Y) == 0 {
		r.Min.X++
	}
	for d.sums.count(r.Max.X-1, r.Min.Y, r.Max.X, r.Max.Y) == 0 {
		r.Max.X--
	}
	return r
}
