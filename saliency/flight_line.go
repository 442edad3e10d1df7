package saliency

import (
	"image"
	"math"

	"glint/env"
)

// seedGap is the longest time in frames between the first two finds of a line: later
// ones have a direction to be expected by.
const seedGap = 3

// line is a straight flight at constant velocity through n finds, by least squares
// over the frames t, counted from the first find's.
type line struct {
	first, last         int // indices of finds
	n                   int
	from                int // frame of the first find
	t, tt, x, tx, y, ty float64
}

// add takes a find into the line.
func (l *line) add(p find) {
	t := float64(p.frame - l.from)
	l.n++
	l.t, l.tt = l.t+t, l.tt+t*t
	l.x, l.tx = l.x+p.x, l.tx+t*p.x
	l.y, l.ty = l.y+p.y, l.ty+t*p.y
}

// velocity is in pixels a frame; of a single find it is 0.
func (l *line) velocity() (vx, vy float64) {
	n := float64(l.n)
	spread := n*l.tt - l.t*l.t
	if spread == 0 {
		return 0, 0
	}
	return (n*l.tx - l.t*l.x) / spread, (n*l.ty - l.t*l.y) / spread
}

// at returns the place that the line has in a frame.
func (l *line) at(frame int) (x, y float64) {
	vx, vy := l.velocity()
	t := float64(frame-l.from) - l.t/float64(l.n)
	return l.x/float64(l.n) + vx*t, l.y/float64(l.n) + vy*t
}

// link sorts the boxes into lines: each goes on with the line that expects it
// nearest, or begins a new one.
func (f *Flight) link(found []env.Box, frames int) {
	f.finds, f.lines = f.finds[:0], f.lines[:0]
	whole := image.Rect(0, 0, f.w, f.h)
	for i, b := range found {
		if b.Frame < 0 || b.Frame >= frames || !b.Rect.In(whole) || i > 0 && b.Frame < found[i-1].Frame {
			panic("saliency: flight: a box lies in no frame, beyond the plane or out of order")
		}
		x, y := center(b.Rect)
		p := find{x: x, y: y, size: b.Rect.Size(), frame: b.Frame, next: -1}
		best, at := math.Inf(1), -1
		for k := range f.lines {
			if off, ok := f.continues(&f.lines[k], p); ok && off < best {
				best, at = off, k
			}
		}
		f.finds = append(f.finds, p)
		if at < 0 {
			f.lines = append(f.lines, line{first: i, from: p.frame})
			at = len(f.lines) - 1
		} else {
			f.finds[f.lines[at].last].next = i
		}
		f.lines[at].last = i
		f.lines[at].add(p)
	}
}

// continues says whether a find may be the next of a line, and how far it is from
// where the line expects it.
func (f *Flight) continues(l *line, p find) (off float64, ok bool) {
	last := f.finds[l.last]
	gap := p.frame - last.frame
	if gap < 1 || gap > f.cfg.Reach+1 {
		return 0, false
	}
	moved := math.Hypot(p.x-last.x, p.y-last.y)
	if moved > f.cfg.Speed*float64(gap) {
		return 0, false
	}
	if l.n == 1 {
		return moved, gap <= seedGap
	}
	x, y := l.at(p.frame)
	off = math.Hypot(p.x-x, p.y-y)
	// The velocity is as uncertain as the places over the time they span.
	unsure := float64(gap) / float64(last.frame-l.from)
	return off, off <= f.cfg.Off*(1+unsure)
}

// slowest is the speed in pixels a frame below which a line is something at rest.
const slowest = 0.25

// flying returns how many of the boxes found in a few successive frames are on lines of
// something that moves.
func (f *Flight) flying(found []env.Box, frames int) int {
	f.link(found, frames)
	n := 0
	for i := range f.lines {
		l := &f.lines[i]
		if vx, vy := l.velocity(); l.n >= f.cfg.Found && math.Hypot(vx, vy) >= slowest {
			n += l.n
		}
	}
	return n
}
