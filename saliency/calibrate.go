package saliency

import (
	"errors"
	"fmt"
	"image"
)

// CalibratorConfig says what a Calibrator takes for a small object that moves.
// Distances are pixels.
type CalibratorConfig struct {
	// MaxSide is the largest width and height of an object.
	MaxSide int
	// MinPixels is the smallest number of its pixels.
	MinPixels int
	// Margin is how far around it, beyond the pixels that touch it, nothing else may
	// be, and Noise how much the values there may differ.
	Margin int
	Noise  uint8
	// Speed is the largest movement along rows or columns from one frame to the next.
	Speed int
	// Travel is the least movement over the frames in which it is seen.
	Travel int
	// Crowd is the number of things of one size that move alike in the same frames
	// from which on they are no objects but a background that scrolls.
	Crowd int
}

// DefaultCalibratorConfig returns MaxSide 8, MinPixels 4, Margin 3, Noise 8, Speed 6,
// Travel 2 and Crowd 3.
func DefaultCalibratorConfig() CalibratorConfig {
	return CalibratorConfig{MaxSide: 8, MinPixels: 4, Margin: 3, Noise: 8, Speed: 6, Travel: 2, Crowd: 3}
}

// Validate names the first field that describes no object.
func (c CalibratorConfig) Validate() error {
	for _, f := range []struct {
		name string
		v    int
	}{{"MaxSide", c.MaxSide}, {"MinPixels", c.MinPixels}, {"Margin", c.Margin}, {"Speed", c.Speed}, {"Travel", c.Travel}, {"Crowd", c.Crowd}} {
		if f.v < 1 {
			return fmt.Errorf("saliency: calibrating: %s %d: want at least 1", f.name, f.v)
		}
	}
	return nil
}

// ErrNothingMoves is returned by Calibrator.Object when nothing small and isolated was
// seen to move.
var ErrNothingMoves = errors.New("saliency: nothing small and isolated moves in the frames")

// seedFrames is the number of frames in which something must be seen to move.
const seedFrames = 3

// levels are the values at which a plane is cut into objects and rest.
var levels = []uint8{16, 32, 48, 64, 80, 96, 128, 160, 192, 224}

// Calibrator finds out, without labels, what the small objects of a game look like: it
// cuts planes at many levels, on both sides, and gathers what is small, has nothing
// around it and moves evenly through the frames of a stack.
type Calibrator struct {
	cfg       CalibratorConfig
	h, w      int
	kinds     map[kind]*sightings
	histogram [256]int64 // of the planes' values
	stacks    int

	islands islands
	seen    [][]island // of each frame of a stack
	flights []flight   // of a stack
}

// kind is what sightings are sorted by.
type kind struct {
	level    uint8
	polarity Polarity
	size     image.Point
}

// sightings are what was seen of a kind.
type sightings struct {
	flights int // stacks in which one moved
	places  []Place
	values  [256]int64 // of their pixels
	mask    []int64    // [size.Y,size.X] how often each pixel was lit
}

// Place is where something is: in a frame of a stack, counted from the first.
type Place struct {
	Stack, Frame int
	Rect         image.Rectangle
}

// flight is an island that moves, from a frame on.
type flight struct {
	from    int
	islands []*island
}

// moved is its first movement.
func (f flight) moved() image.Point { return f.islands[1].rect.Min.Sub(f.islands[0].rect.Min) }

// NewCalibrator makes a calibrator for planes of h rows and w columns.
func NewCalibrator(cfg CalibratorConfig, h, w int) (*Calibrator, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if h < 1 || w < 1 {
		return nil, fmt.Errorf("saliency: calibrating: planes of %dx%d (rows x columns)", h, w)
	}
	return &Calibrator{cfg: cfg, h: h, w: w, kinds: map[kind]*sightings{}, islands: newIslands(h, w)}, nil
}

// Add looks at a stack [T,H,W] of successive frames, of 3 or more. It refuses others.
func (c *Calibrator) Add(stack []byte) error {
	size := c.h * c.w
	frames := len(stack) / size
	if frames < seedFrames || frames*size != len(stack) {
		return fmt.Errorf("saliency: calibrating: a stack of %d bytes holds no %d planes of %dx%d or more", len(stack), seedFrames, c.h, c.w)
	}
	c.stacks++
	var values [256]int
	for _, v := range stack {
		values[v]++
	}
	for v, n := range values {
		c.histogram[v] += int64(n)
	}
	for len(c.seen) < frames {
		c.seen = append(c.seen, nil)
	}
	for _, level := range levels {
		lit := map[Polarity]int{Dark: sum(values[:int(level)+1]), Bright: sum(values[int(level)+1:])}
		for _, p := range []Polarity{Bright, Dark} {
			if lit[p] == 0 || 2*lit[p] > len(stack) {
				continue // what is lit is the background
			}
			for f := range frames {
				c.seen[f] = c.islands.find(c.seen[f][:0], c.cfg, stack[f*size:(f+1)*size], level, p == Dark)
			}
			c.gather(stack, frames, level, p)
		}
	}
	return nil
}

func sum(counts []int) int {
	n := 0
	for _, c := range counts {
		n += c
	}
	return n
}

// gather counts what moves through the frames of a stack.
func (c *Calibrator) gather(stack []byte, frames int, level uint8, p Polarity) {
	c.flights = c.flights[:0]
	for f := 0; f+seedFrames <= frames; f++ {
		for i := range c.seen[f] {
			first := &c.seen[f][i]
			if first.taken {
				continue
			}
			if islands := c.flight(f, frames, first); len(islands) >= seedFrames {
				for _, o := range islands {
					o.taken = true
				}
				c.flights = append(c.flights, flight{f, islands})
			}
		}
	}
	for _, fl := range c.flights {
		if c.crowd(fl) >= c.cfg.Crowd {
			continue
		}
		s := c.sightings(kind{level, p, fl.islands[0].rect.Size()})
		s.flights++
		for k, o := range fl.islands {
			s.places = append(s.places, Place{Stack: c.stacks - 1, Frame: fl.from + k, Rect: o.rect})
			c.learn(s, stack[(fl.from+k)*c.h*c.w:], o.rect, level, p)
		}
	}
}

// crowd returns how many flights of the stack at hand are like one, itself among them.
func (c *Calibrator) crowd(one flight) int {
	n := 0
	for _, o := range c.flights {
		if o.from == one.from && o.islands[0].rect.Size() == one.islands[0].rect.Size() && o.moved() == one.moved() {
			n++
		}
	}
	return n
}

// flight follows an island from frame f on as long as there is one like it where an
// even movement takes it; it returns nil when that is no movement.
func (c *Calibrator) flight(f, frames int, first *island) []*island {
	var best []*island
	for i := range c.seen[f+1] {
		second := &c.seen[f+1][i]
		v := second.rect.Min.Sub(first.rect.Min)
		if !second.like(first) || max(v.X, -v.X, v.Y, -v.Y) > c.cfg.Speed {
			continue
		}
		way := []*island{first, second}
		for g := f + 2; g < frames; g++ {
			next := c.expected(g, way)
			if next == nil {
				break
			}
			way = append(way, next)
		}
		moved := way[len(way)-1].rect.Min.Sub(first.rect.Min)
		if len(way) > len(best) && max(moved.X, -moved.X, moved.Y, -moved.Y) >= c.cfg.Travel {
			best = way
		}
	}
	return best
}

// expected returns the island of a frame that goes on with a flight, within a pixel of
// where its last movement leads, or nil.
func (c *Calibrator) expected(frame int, way []*island) *island {
	last, before := way[len(way)-1], way[len(way)-2]
	at := last.rect.Min.Add(last.rect.Min.Sub(before.rect.Min))
	for i := range c.seen[frame] {
		o := &c.seen[frame][i]
		if off := o.rect.Min.Sub(at); o.like(last) && max(off.X, -off.X, off.Y, -off.Y) <= 1 {
			return o
		}
	}
	return nil
}

func (c *Calibrator) sightings(k kind) *sightings {
	s := c.kinds[k]
	if s == nil {
		s = &sightings{mask: make([]int64, k.size.X*k.size.Y)}
		c.kinds[k] = s
	}
	return s
}

// learn takes the pixels of an island on a plane.
func (c *Calibrator) learn(s *sightings, plane []byte, r image.Rectangle, level uint8, p Polarity) {
	i := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for _, v := range plane[y*c.w+r.Min.X : y*c.w+r.Max.X] {
			if (v > level) == (p == Bright) {
				s.values[v]++
				s.mask[i]++
			}
			i++
		}
	}
}
