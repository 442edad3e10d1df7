package stats

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Improvement returns the probability, 0 to 1, that a run of arm x scores more than one
// of arm y on the same task, in the mean over tasks; a tie counts half. That is the mean
// of U/(runs of x * runs of y) of Mann and Whitney (Agarwal et al. 2021, section 4.3).
// x [runs][tasks] and y need the same tasks and may differ in runs. The interval is that
// of Interval, with both arms drawn apart: pairs of seeds are not used. It fails where
// Check does, the tasks differ or reps is below 1.
func Improvement(x, y [][]float64, reps int, seed uint64) (Estimate, error) {
	if err := checkAll(reps, x, y); err != nil {
		return Estimate{}, err
	}
	a, b := like(x), like(y)
	lo, hi := interval(min(len(x), len(y)), reps, seed, func(rng *rand.Rand) float64 {
		redraw(rng, [][][]float64{a}, x)
		redraw(rng, [][][]float64{b}, y)
		return improvement(a, b)
	})
	return Estimate{improvement(x, y), lo, hi}, nil
}

func improvement(x, y [][]float64) float64 {
	var halves int
	for _, a := range x {
		for _, b := range y {
			for t := range a {
				switch {
				case a[t] > b[t]:
					halves += 2
				case a[t] == b[t]:
					halves++
				}
			}
		}
	}
	return float64(halves) / float64(2*len(x)*len(y)*len(x[0]))
}

// Profile returns the score distribution of scores [runs][tasks]: for each of taus, in
// the scores' unit, the share, 0 to 1, of all runs and tasks that score more than it
// (Agarwal et al. 2021, section 4.2). It fails where Check does or a tau is NaN.
func Profile(scores [][]float64, taus []float64) ([]float64, error) {
	if err := Check(scores); err != nil {
		return nil, err
	}
	profile := make([]float64, len(taus))
	for i, tau := range taus {
		if math.IsNaN(tau) {
			return nil, fmt.Errorf("stats: tau %d of the profile is NaN; give a score", i)
		}
		profile[i] = above(scores, tau)
	}
	return profile, nil
}

// above returns the share of scores above tau.
func above(scores [][]float64, tau float64) float64 {
	var more, all int
	for _, run := range scores {
		for _, x := range run {
			if all++; x > tau {
				more++
			}
		}
	}
	return float64(more) / float64(all)
}

// Seeds returns how many runs each of two arms, [runs][tasks], whose rows are paired by
// seed, would need for a two-sided test at 5 % to tell their means apart with a power of
// 80 %, if the differences d of the means over tasks spread as those of all runs do: the
// least n from 2 on with
//
//	n >= var(d) * (t(0.975) + t(0.8))² / mean(d)²
//
// where t are quantiles of Student's t with n-1 degrees of freedom: the size of a sample for
// a paired t test, to within one run of the exact one by the noncentral t. It is a rough
// guide: the difference and the spread of few runs are uncertain. +Inf where the means are
// equal, NaN where there is one pair. It fails where Check does or the shapes differ.
func Seeds(x, y [][]float64) (float64, error) {
	if err := checkAll(1, x, y); err != nil {
		return 0, err
	}
	if err := checkPairs(len(x), len(y)); err != nil {
		return 0, err
	}
	if len(x) < 2 {
		return math.NaN(), nil
	}
	d, size := make([]float64, len(x)), 0.0
	for i := range d {
		d[i] = mean(x[i]) - mean(y[i])
		size = max(size, math.Abs(mean(x[i]))+math.Abs(mean(y[i])))
	}
	mean, spread := stat.MeanVariance(d, nil)
	if math.Abs(mean) <= 1e-12*size { // by rounding alone
		return math.Inf(1), nil
	}
	need := func(p func(float64) float64) float64 {
		q := (p(0.975) + p(0.8)) / mean
		return spread * q * q
	}
	n := max(2, math.Ceil(need(distuv.UnitNormal.Quantile))) // the normal test needs no more
	for n < need(distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile) {
		n++
	}
	return n, nil
}

// Pareto returns, in rising order, the indices of the points on the Pareto front of two
// figures of which more is better, such as the PSNR of knives and of the background: no
// other point is as good in both and better in one. Equal points stand or fall together.
// It fails where a figure is NaN; infinite ones are numbers like others.
func Pareto(points [][2]float64) ([]int, error) {
	for i, p := range points {
		if math.IsNaN(p[0]) || math.IsNaN(p[1]) {
			return nil, fmt.Errorf("stats: point %d is (%v, %v); leave out what has no figure", i, p[0], p[1])
		}
	}
	var front []int
	for i, p := range points {
		beaten := false
		for _, q := range points {
			beaten = beaten || q != p && q[0] >= p[0] && q[1] >= p[1]
		}
		if !beaten {
			front = append(front, i)
		}
	}
	return front, nil
}
