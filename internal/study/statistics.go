package study

import (
	"maps"
	"math"
	"slices"

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
	if n, err := stats.Seeds(stats.Task(x), stats.Task(y)); err == nil && !math.IsNaN(n) && !math.IsInf(n, 0) {
		f.Needed = &n
	}
	x, y = Known(f.Seeds), Known(base)
	if better == Lower {
		x, y = y, x // less of the arm is more of the base
	}
	f.Improvement = estimate(stats.Improvement(stats.Task(x), stats.Task(y), reps, 1))
}

// pairedReps is fewer: each resample adds up all episodes.
const pairedReps = 2000

// paired returns by how much the trials of an arm lie above those of the base with the same
// seeds, in the same frames; nil where they do not tell, or were judged on other episodes.
func paired(arm, base []*Outcome, judge string) *Estimate {
	var x, y [][]stats.Ratio
	var episodes []uint64
	for i := range arm {
		if arm[i] == nil || base[i] == nil {
			continue
		}
		if episodes == nil {
			episodes = slices.Sorted(maps.Keys(base[i].Ratios))
		}
		a, b := parts(arm[i], episodes, judge), parts(base[i], episodes, judge)
		if a == nil || b == nil {
			return nil
		}
		x, y = append(x, a), append(y, b)
	}
	e := estimate(stats.DifferenceOfRatios(x, y, pairedReps, 1))
	if e == nil || math.IsNaN(e.Value) {
		return nil
	}
	return e
}

// parts returns what the episodes add to a figure, nil where one does not tell or there are
// others.
func parts(o *Outcome, episodes []uint64, judge string) (all []stats.Ratio) {
	if len(o.Ratios) != len(episodes) {
		return nil
	}
	for _, e := range episodes {
		r, ok := o.Ratios[e][judge]
		if !ok {
			return nil
		}
		all = append(all, r)
	}
	return all
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
