package study

import (
	"glint/internal/report"
)

// reps is the number of resamples of an interval.
const reps = 2000

// figureOf sums up values over seeds.
func figureOf(seeds []*float64) Figure {
	f := Figure{Seeds: seeds}
	x := present(seeds)
	if len(x) == 0 {
		return f
	}
	iqm := report.IQM(x)
	f.IQM = &iqm
	f.Lo, f.Hi = interval(x, report.IQM)
	return f
}

// compare adds how the values stand against the base's.
func (f *Figure) compare(base []*float64, better Better) {
	var pairs []float64
	for i, v := range f.Seeds {
		if v != nil && base[i] != nil {
			pairs = append(pairs, *v-*base[i])
		}
	}
	if len(pairs) > 0 {
		d := Estimate{Value: report.IQM(pairs)}
		d.Lo, d.Hi = interval(pairs, report.IQM)
		f.Difference = &d
	}
	x, y := present(f.Seeds), present(base)
	if len(x) > 0 && len(y) > 0 {
		f.Improvement = &Estimate{Value: improvement(x, y, better)}
		if len(x) > 1 && len(y) > 1 {
			n := len(x)
			lo, hi := report.BootstrapStrata([][]float64{x, y}, func(both []float64) float64 { return improvement(both[:n], both[n:], better) }, reps, 1)
			f.Improvement.Lo, f.Improvement.Hi = &lo, &hi
		}
	}
}

// interval is the 95 % bootstrap interval of a statistic, nil of fewer than two values.
func interval(x []float64, stat func([]float64) float64) (lo, hi *float64) {
	if len(x) < 2 {
		return nil, nil
	}
	l, h := report.Bootstrap(x, stat, reps, 1)
	return &l, &h
}

// improvement is the share of pairs in which one of x is better than one of y; ties
// count half.
func improvement(x, y []float64, better Better) float64 {
	sum := 0.
	for _, a := range x {
		for _, b := range y {
			switch {
			case a == b:
				sum += 0.5
			case (a > b) == (better == Higher):
				sum++
			}
		}
	}
	return sum / float64(len(x)*len(y))
}
