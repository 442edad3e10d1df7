package study

import (
	"math"

	"glint/internal/stats"
)

// reps is the number of resamples of an interval.
const reps = 10_000

// figureOf sums up values over seeds.
func figureOf(seeds []*float64) Figure {
	f := Figure{Seeds: seeds}
	if e := estimate(stats.Interval(stats.Task(Known(seeds)), stats.IQM, reps, 1)); e != nil {
		f.IQM, f.Lo, f.Hi = &e.Value, e.Lo, e.Hi
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
	f.Difference = estimate(stats.Difference(stats.Task(x), stats.Task(y), stats.IQM, reps, 1))
	x, y = Known(f.Seeds), Known(base)
	if better == Lower {
		x, y = y, x // less of the arm is more of the base
	}
	f.Improvement = estimate(stats.Improvement(stats.Task(x), stats.Task(y), reps, 1))
}

// estimate returns an estimate as a result has it, nil where there are no values: all
// that is in an outcome are finite numbers.
func estimate(e stats.Estimate, err error) *Estimate {
	if err != nil {
		return nil
	}
	r := Estimate{Value: e.Value}
	if !math.IsNaN(e.Lo) && !math.IsNaN(e.Hi) {
		r.Lo, r.Hi = &e.Lo, &e.Hi
	}
	return &r
}
