package saliency

import (
	"errors"
	"fmt"
	"image"
	"math"

	"glint/env"
)

// FlightConfig says how objects are followed from frame to frame and where they are
// filled in. Distances are pixels, times are frames.
type FlightConfig struct {
	// Speed is the largest movement from one frame to the next.
	Speed float64 `toml:"speed"`
	// Off is how far a find may lie off the straight line through the others. Two
	// sprites of Kung-Fu Master's knife lie 1.4 apart.
	Off float64 `toml:"off"`
	// Found is the number of finds on a line from which on it is a flight, 2 or
	// more.
	Found int `toml:"found"`
	// Reach is the number of frames that a flight is carried on beyond a find, and
	// the longest gap between two.
	Reach int `toml:"reach"`
	// Slack is how far beside its expected place an object is looked for.
	Slack int `toml:"slack"`
	// Tolerance is the largest difference of a pixel from the object's own value
	// with which it is the object's.
	Tolerance uint8 `toml:"tolerance"`
	// Match is the share of the object's pixels that must be there, 0..1.
	Match float64 `toml:"match"`
	// Apart is the share of the pixels around the object that must not look like
	// it, 0..1: within a body of its own colour nothing is filled in.
	Apart float64 `toml:"apart"`
}

// DefaultFlightConfig follows the knives of Kung-Fu Master and the dojo and the balls
// of Pong and Breakout, none of which moves more than 4 pixels a frame. A thrower's
// arm has the colour of his knife and comes to 7 of its 8 pixels, so that all must
// be there.
func DefaultFlightConfig() FlightConfig {
	return FlightConfig{Speed: 4, Off: 1.5, Found: 3, Reach: 20, Slack: 1, Tolerance: 4, Match: 1, Apart: 0.5}
}

// Validate names the first field that makes no flight.
func (c FlightConfig) Validate() error {
	switch {
	case !(c.Speed > 0) || math.IsInf(c.Speed, 0):
		return fmt.Errorf("saliency: flight: Speed %v: want above 0", c.Speed)
	case !(c.Off >= 0) || math.IsInf(c.Off, 0):
		return fmt.Errorf("saliency: flight: Off %v: want at least 0", c.Off)
	case c.Found < 2:
		return fmt.Errorf("saliency: flight: Found %d: want at least 2, one find has no direction", c.Found)
	case c.Reach < 0:
		return fmt.Errorf("saliency: flight: Reach %d is negative", c.Reach)
	case c.Slack < 0:
		return fmt.Errorf("saliency: flight: Slack %d is negative", c.Slack)
	case !(c.Match > 0 && c.Match <= 1):
		return fmt.Errorf("saliency: flight: Match %v: want above 0, at most 1", c.Match)
	case !(c.Apart >= 0 && c.Apart <= 1):
		return fmt.Errorf("saliency: flight: Apart %v: want 0..1", c.Apart)
	}
	return nil
}

// same is the distance in pixels up to which two boxes of a frame are one object.
const same = 3

// Flight fills in what a Detector misses: an object that leaves a hand, passes a body
// or reaches the edge has something around it and does not fire, but it flies
// straight, so that the frames before and after say where it must be. There it is
// looked for by the values of its own pixels.
type Flight struct {
	cfg  FlightConfig
	h, w int
	lit  [256]bool

	finds  []find
	lines  []line
	look   look
	filled []env.Box
}

// find is one found object.
type find struct {
	x, y  float64 // centre
	size  image.Point
	frame int
	next  int // index of the next find on the same line, -1 at the end
}

// NewFlight fills in what the detector finds on planes of its size. Errors are those
// of Validate.
func NewFlight(cfg FlightConfig, d *Detector) (*Flight, error) {
	if d == nil {
		return nil, errors.New("saliency: flight: no detector")
	}
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Flight{cfg: cfg, h: d.filter.H, w: d.filter.W, lit: d.lit}, nil
}

// Config returns what the flight was made with.
func (f *Flight) Config() FlightConfig { return f.cfg }

// Fill appends to dst the boxes, of Kind Small, of objects that the detector missed
// in a sequence of frames, and not those it found. Each of the planes is [H,W]; found
// are the detector's boxes, frame by frame, Box.Frame is the index of the plane. The
// planes may be the frames of one stack or, better, those of neighbouring steps of an
// episode as well. It panics when a box is in no frame, out of order or beyond the
// plane.
func (f *Flight) Fill(dst []env.Box, planes [][]byte, found []env.Box) []env.Box {
	f.link(found, len(planes))
	f.filled = f.filled[:0]
	for i := range f.lines {
		if l := &f.lines[i]; l.n >= f.cfg.Found {
			f.follow(l, planes)
		}
	}
	return append(dst, f.filled...)
}

// follow fills in one flight: from its first find backwards, from its last forwards,
// and from both ends of each of its gaps.
func (f *Flight) follow(l *line, planes [][]byte) {
	f.look.learn(f, l, planes)
	f.carry(l, f.finds[l.first], -1, -1, planes)
	for at := l.first; ; {
		from := f.finds[at]
		if from.next < 0 {
			f.carry(l, from, 1, len(planes), planes)
			return
		}
		if to := f.finds[from.next]; to.frame > from.frame+1 {
			reached := f.carry(l, from, 1, to.frame, planes)
			f.carry(l, to, -1, reached, planes)
		}
		at = from.next
	}
}

// carry goes from a find frame by frame in one direction of time as far as the object
// is seen, but not into the frame end, and returns the first frame it gave up.
func (f *Flight) carry(l *line, from find, step, end int, planes [][]byte) int {
	x, y := from.x, from.y
	vx, vy := l.velocity()
	frame := from.frame + step
	for range f.cfg.Reach {
		if frame == end || frame < 0 || frame >= len(planes) {
			break
		}
		at, ok := f.look.near(f, planes[frame], x+float64(step)*vx, y+float64(step)*vy)
		if !ok {
			break
		}
		if !f.taken(at, frame) { // by a find that no line expected
			f.filled = append(f.filled, env.Box{Rect: at, Frame: frame, Kind: Small})
		}
		cx, cy := center(at)
		// Half way between seen and expected: what is seen is whole pixels.
		x, y = (x+float64(step)*vx+cx)/2, (y+float64(step)*vy+cy)/2
		frame += step
	}
	return frame
}

// taken says whether a frame has an object at a place already.
func (f *Flight) taken(r image.Rectangle, frame int) bool {
	x, y := center(r)
	for _, b := range f.filled {
		bx, by := center(b.Rect)
		if b.Frame == frame && math.Hypot(x-bx, y-by) <= same {
			return true
		}
	}
	for _, o := range f.finds {
		if o.frame == frame && math.Hypot(x-o.x, y-o.y) <= same {
			return true
		}
	}
	return false
}

// center returns the middle of a rectangle.
func center(r image.Rectangle) (x, y float64) {
	return float64(r.Min.X+r.Max.X) / 2, float64(r.Min.Y+r.Max.Y) / 2
}
