package study

import (
	"math"

	"glint/internal/stats"
)

// reps is the number of resamples of an interval.
const reps = 2000

// figureOf sums up values over seeds.
func figureOf(seeds []*float64) Figure {
	f := Figure{Seeds: seeds}
	if e, err := stats.Interval(stats.Task(present(seeds)), stats.IQM, reps, 1); err == nil { // there is a value
		f.IQM, f.Lo, f.Hi = measured(e.Value), measured(e.Lo), measured(e.Hi)
	}
	return f
}

// compare adds how the values stand against the base's.
func (f *Figure) compare(base []*float64, better Better) {
	var x, y []float64 // of the seeds that both have
	for i, v := range f.Seeds {
		if v != nil && base[i] != nil {
			x, y = append(x, *v), append(y, *base[i])
		}
	}
	if d, err := stats.Difference(stats.Task(x), stats.Task(y), stats.IQM, reps, 1); err == nil {
		f.Difference = &Estimate{d.Value, measured(d.Lo), measured(d.Hi)}
	}
	x, y = present(f.Seeds), present(base)
	if better == Lower {
		x, y = y, x
	}
	if p, err := stats.Improvement(stats.Task(x), stats.Task(y), reps, 1); err == nil {
		f.Improvement = &Estimate{p.Value, measured(p.Lo), measured(p.Hi)}
	}
}

// measured returns a figure, nil where it is NaN.
func measured(x float64) *float64 {
	if math.IsNaN(x) {
		return nil
	}
	return &x
}
