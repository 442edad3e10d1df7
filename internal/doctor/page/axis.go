package page

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// extreme bounds what is drawn: numbers that are larger, and smaller ones on logarithmic axes,
// have no place.
const extreme = 1e100

// axis is a range of what it holds, of its logarithms to base 10 where it is logarithmic.
type axis struct {
	log    bool
	lo, hi float64
}

// newAxis returns the axis that holds nothing.
func newAxis(log bool) *axis { return &axis{log, math.Inf(1), math.Inf(-1)} }

// has says whether a number has a place on the axis.
func (a *axis) has(x float64) bool {
	return math.Abs(x) <= extreme && (!a.log || x >= 1/extreme)
}

// add makes the axis hold a number that has a place on it.
func (a *axis) add(x float64) {
	if a.log {
		x = math.Log10(x)
	}
	a.lo, a.hi = min(a.lo, x), max(a.hi, x)
}

// apply sets the range of a plot's axis, with a little room on both sides.
func (a *axis) apply(to *plot.Axis) {
	pad := (a.hi - a.lo) * 0.05
	if a.log {
		if pad < 0.01 { // less than half a power of ten is not worth a scale
			pad = 0.25
		}
		to.Min, to.Max = math.Pow(10, a.lo-pad), math.Pow(10, a.hi+pad)
		to.Scale, to.Tick.Marker = plot.LogScale{}, plot.TickerFunc(logTicks)
		return
	}
	if a.hi == a.lo {
		pad = max(math.Abs(a.lo)/2, 0.5)
	}
	to.Min, to.Max = a.lo-pad, a.hi+pad
}

// mostLabels is how many powers of ten at most have a label.
const mostLabels = 7

// logTicks marks a logarithmic axis: powers of ten or, where there are fewer than two of them,
// their multiples, too.
func logTicks(lo, hi float64) []plot.Tick {
	first, last := math.Ceil(math.Log10(lo)-1e-9), math.Floor(math.Log10(hi)+1e-9)
	every := max(1, math.Ceil((last-first+1)/mostLabels))
	var ticks []plot.Tick
	for e := first - 1; e <= last; e++ {
		for k := 1.; k < 10; k++ {
			t := plot.Tick{Value: k * math.Pow(10, e)}
			power := k == 1 && math.Mod(e-first, every) == 0
			if power || last <= first && (k == 1 || k == 2 || k == 5) || last < first {
				t.Label = short(t.Value)
			}
			if k == 1 || every == 1 {
				ticks = append(ticks, t)
			}
		}
	}
	return ticks
}

// short writes a number in three digits, and whole ones of some thousands in all.
func short(x float64) string {
	if a := math.Abs(x); a >= 1000 && a < 1e7 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}
