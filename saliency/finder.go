package saliency

import (
	"fmt"

	"glint/env"
)

// FinderConfig is a detector with the fill-in of what it misses.
type FinderConfig struct {
	Detector DetectorConfig
	Flight   FlightConfig
	// Side is the number of steps before and after one whose frames help to fill it
	// in; 0 for those of its own stack alone.
	Side int
}

// DefaultSide is a good FinderConfig.Side for stacks of 4 frames: 16 frames before
// and after, the longest time that a thrower of Kung-Fu Master hides his knife among
// others.
const DefaultSide = 4

// Finder finds the small objects in the steps of one game as they come, and fills in
// what its Detector misses from the steps before and after. So it answers Side steps
// late; with Side 0 at once.
type Finder struct {
	detector *Detector
	flight   *Flight
	t, side  int
	steps    []step // a ring
	next     int    // where the next step goes
	held     int    // steps in the ring
	due      int    // steps that were not given back yet, the latest ones of the ring

	planes [][]byte

	all   []env.Box
	boxes []env.Box
	given []byte // the stack that boxes belong to
}

// step is the stack of a step with what the detector finds there.
type step struct {
	stack []byte // [T,H,W]
	found []env.Box
}

// NewFinder makes a finder for stacks of t planes of h rows and w columns. Errors name
// what does not fit.
func NewFinder(cfg FinderConfig, t, h, w int) (*Finder, error) {
	if t < 1 || cfg.Side < 0 {
		return nil, fmt.Errorf("saliency: stacks of %d planes with %d steps at each side: want 1 or more, 0 or more", t, cfg.Side)
	}
	d, err := NewDetector(cfg.Detector, h, w)
	if err != nil {
		return nil, err
	}
	fl, err := NewFlight(cfg.Flight, d)
	if err != nil {
		return nil, err
	}
	f := &Finder{detector: d, flight: fl, t: t, side: cfg.Side, steps: make([]step, 2*cfg.Side+1)}
	for i := range f.steps {
		f.steps[i].stack = make([]byte, t*h*w)
	}
	return f, nil
}

// Add takes the stack [T,H,W] of the next step. When the step of Side steps ago is due,
// ok is true: its boxes, found and filled in, may be used until the next call, and so
// may Stack. The caller keeps what else belongs to that step. It panics when the stack
// has another size.
func (f *Finder) Add(stack []byte) (boxes []env.Box, ok bool) {
	f.push(stack)
	f.due++
	if f.due <= f.side {
		return nil, false
	}
	return f.give(), true
}

// Stack returns the stack [T,H,W] of the step whose boxes were returned last, until the
// next call of Add.
func (f *Finder) Stack() []byte { return f.given }

// Due returns how many of the latest steps were not given back yet.
func (f *Finder) Due() int { return f.due }

// push takes a stack into the ring.
func (f *Finder) push(stack []byte) {
	s := &f.steps[f.next]
	if len(stack) != len(s.stack) {
		panic("saliency: the stack is not of the finder's size")
	}
	copy(s.stack, stack)
	s.found = f.detector.DetectStack(s.found[:0], stack)
	f.next = (f.next + 1) % len(f.steps)
	f.held = min(f.held+1, len(f.steps))
}

// at returns held step i, 0 for the earliest.
func (f *Finder) at(i int) *step {
	return &f.steps[(f.next-f.held+i+len(f.steps))%len(f.steps)]
}

// Rest returns the boxes of the next step that is still due at the end of an episode;
// ok is false after the last one, and the finder is ready for another episode.
func (f *Finder) Rest() (boxes []env.Box, ok bool) {
	if f.due == 0 {
		f.held = 0
		return nil, false
	}
	return f.give(), true
}

// give returns the boxes of the earliest step that is due.
func (f *Finder) give() []env.Box {
	due := f.held - f.due // its place among those held
	from := max(0, due-f.side)
	f.planes, f.all, f.boxes = f.planes[:0], f.all[:0], f.boxes[:0]
	for i := from; i < f.held; i++ {
		s := f.at(i)
		for _, b := range s.found {
			b.Frame += len(f.planes)
			f.all = append(f.all, b)
		}
		size := len(s.stack) / f.t
		for t := range f.t {
			f.planes = append(f.planes, s.stack[t*size:(t+1)*size])
		}
	}
	f.given = f.at(due).stack
	f.due--
	if len(f.all) > 0 {
		f.all = f.flight.Fill(f.all, f.planes, f.all)
	}
	start := (due - from) * f.t
	for _, b := range f.all {
		if b.Frame -= start; b.Frame >= 0 && b.Frame < f.t {
			f.boxes = append(f.boxes, b)
		}
	}
	return f.boxes
}
