package score

import (
	"image"
	"math"
)

// sample is the ink of a labelled picture.
type sample struct {
	name string
	text string
	ink  []float32 // [H,W]
}

// blankClass is what an empty cell counts as, beside the ten digits.
const blankClass = 10

// layout is how labelled numbers stand in cells.
type layout struct {
	grid
	right bool // numbers of several lengths end in the same cell, and do not begin in it
}

// first returns the cell of a sample's first digit.
func (l layout) first(s sample) int {
	if l.right {
		return l.Count - len(s.text)
	}
	return 0
}

// class returns what a sample shows in a cell.
func (l layout) class(s sample, cell int) int {
	cell -= l.first(s)
	if cell < 0 || cell >= len(s.text) {
		return blankClass
	}
	return int(s.text[cell] - '0')
}

// fit finds the cells: those by which the same digit looks the same everywhere, and others
// look otherwise. w is the width of the crop. Large crops are searched coarsely first.
func fit(samples []sample, w int) layout {
	shortest, count := math.MaxInt, 0
	for _, s := range samples {
		shortest, count = min(shortest, len(s.text)), max(count, len(s.text))
	}
	size := image.Pt(w, len(samples[0].ink)/w)
	by := image.Pt((w+maxColumns-1)/maxColumns, (size.Y+maxRows-1)/maxRows)
	f := newFitter(samples, size, by, 1)
	for _, right := range []bool{true, false} {
		if right || shortest < count { // else both are the same
			f.sweep(layout{grid{Count: count}, right}, 1, interval{0, float64(f.w)}, interval{minPitch, float64(f.w)})
		}
	}
	if f.found.Count == 0 {
		return f.found
	}
	l, k := f.found, float64(by.X)
	l.X, l.Pitch = l.X*k, l.Pitch*k
	if f = newFitter(samples, size, image.Pt(1, by.Y), 1); by.X > 1 {
		f.sweep(l, 1, interval{l.X - k, l.X + k}, interval{l.Pitch - k, l.Pitch + k})
		l = f.found
	}
	f = newFitter(samples, size, image.Pt(1, by.Y), strict)
	f.sweep(l, 1, interval{l.X - 3, l.X + 3}, interval{l.Pitch - 2, l.Pitch + 2})
	if count > 1 { // the picture may have been scaled
		l = f.found
		f.sweep(l, 1.0/16, interval{l.X - 2, l.X + 2}, interval{l.Pitch - 1, l.Pitch + 1})
	}
	return f.centred()
}

const (
	minPitch   = 3 // the least width of a digit, in pixels
	maxColumns = 160
	maxRows    = 16
	// strict is how much more scatter within a class counts in the end than that between
	// classes: cells a little off may part digits better, but show the same one in
	// several ways.
	strict = 10
)

type interval struct{ from, to float64 }

// fitter looks for the best layout.
type fitter struct {
	samples []sample // shrunk
	w       int
	within  float64 // what scatter within a class counts
	found   layout
	best    float64
}

// newFitter makes samples of a size smaller by whole factors, as means of blocks.
func newFitter(samples []sample, size, by image.Point, within float64) *fitter {
	f := &fitter{w: size.X / by.X, within: within, best: math.Inf(-1)}
	for _, s := range samples {
		small := make([]float32, f.w*(size.Y/by.Y))
		for i := range small {
			x, y := i%f.w*by.X, i/f.w*by.Y
			for k := range by.X * by.Y {
				small[i] += s.ink[(y+k/by.X)*size.X+x+k%by.X]
			}
			small[i] /= float32(by.X * by.Y)
		}
		f.samples = append(f.samples, sample{text: s.text, ink: small})
	}
	return f
}

// better is how much better a layout must be to be taken for more than a tie.
const better = 1.002

// sweep tries first columns and pitches, these in steps.
func (f *fitter) sweep(l layout, step float64, xs, pitches interval) {
	for l.Pitch = max(minPitch, pitches.from); l.Pitch <= pitches.to; l.Pitch += step {
		for x := max(0, xs.from); x <= xs.to; x++ {
			if l.X = x; !f.widen(&l) {
				break
			}
			if v := f.value(l); v > f.best*better || math.IsInf(f.best, -1) {
				f.found, f.best = l, v
			}
		}
	}
}

// widen makes the cells as wide as pitch and crop let them be, and says whether most of a
// pitch has place.
func (f *fitter) widen(l *layout) bool {
	last := l.left(l.Count - 1)
	l.Width = min(int(l.Pitch), f.w-last)
	return float64(l.Width) >= l.Pitch/2 && l.Width >= minPitch
}

// centred moves the cells into the midst of the places that are as good, so that digits keep
// off their edges.
func (f *fitter) centred() layout {
	l := f.found
	ties := 0
	for {
		next := l
		next.X++
		if !f.widen(&next) || next.Width < f.found.Width || f.value(next)*better < f.best {
			break
		}
		l = next
		ties++
	}
	l.X = f.found.X + float64(ties/2)
	f.widen(&l)
	return l
}

// value is how much the digits differ by which a layout cuts, less how much equal ones do:
// the scatter between classes less that within them, in squares of ink.
func (f *fitter) value(l layout) float64 {
	size := len(f.samples[0].ink) / f.w * l.Width
	var sums [blankClass + 1][]float64
	var counts [blankClass + 1]int
	all, squares, n := make([]float64, size), 0.0, 0
	for _, s := range f.samples {
		for cell := range l.Count {
			c := l.class(s, cell)
			if sums[c] == nil {
				sums[c] = make([]float64, size)
			}
			counts[c]++
			n++
			at, left := 0, l.left(cell)
			for y := 0; y < len(s.ink); y += f.w {
				for _, v := range s.ink[y+left : y+left+l.Width] {
					sums[c][at] += float64(v)
					squares += float64(v) * float64(v)
					at++
				}
			}
		}
	}
	explained, common := 0.0, 0.0
	for c, sum := range sums {
		for i, v := range sum {
			explained += v * v / float64(counts[c])
			all[i] += v
		}
	}
	for _, v := range all {
		common += v * v / float64(n)
	}
	return (explained - common) - f.within*(squares-explained)
}
