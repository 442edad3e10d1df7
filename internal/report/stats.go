package report

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Mean returns the mean of x, NaN of nothing.
func Mean(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	return stat.Mean(x, nil)
}

// Median returns the median of x, NaN of nothing.
func Median(x []float64) float64 {
	return quantile(slices.Sorted(slices.Values(x)), 0.5)
}

// IQM returns the interquartile mean of x: the mean of what is left when a
// quarter of the values, rounded down, is dropped at each end. It is the figure
// that Agarwal et al., "Deep Reinforcement Learning at the Edge of the
// Statistical Precipice" (2021), recommend for scores. NaN of nothing.
func IQM(x []float64) float64 {
	sorted := slices.Sorted(slices.Values(x))
	drop := len(sorted) / 4
	return Mean(sorted[drop : len(sorted)-drop])
}

// Bootstrap returns the 95 % confidence interval of stat(x) by the percentile
// bootstrap: the 2.5 % and 97.5 % quantiles of stat over reps resamples of x.
// Equal seeds give equal intervals. NaN of nothing or no reps, or where more than half
// of the resamples have no statistic; the others are left out.
func Bootstrap(x []float64, stat func([]float64) float64, reps int, seed uint64) (lo, hi float64) {
	return BootstrapStrata([][]float64{x}, stat, reps, seed)
}

// BootstrapStrata is Bootstrap for values that come in groups, such as the seeds
// of several games: each resample draws every group anew from itself alone, and
// stat sees the groups one after the other.
func BootstrapStrata(groups [][]float64, stat func([]float64) float64, reps int, seed uint64) (lo, hi float64) {
	n := len(slices.Concat(groups...))
	if n == 0 || reps < 1 {
		return math.NaN(), math.NaN()
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	results := make([]float64, reps)
	resample := make([]float64, 0, n)
	for r := range results {
		resample = resample[:0]
		for _, g := range groups {
			for range g {
				resample = append(resample, g[rng.IntN(len(g))])
			}
		}
		results[r] = stat(resample)
	}
	// A resample may lack what the statistic needs.
	known := slices.DeleteFunc(results, math.IsNaN)
	if 2*len(known) < reps {
		return math.NaN(), math.NaN()
	}
	slices.Sort(known)
	return quantile(known, 0.025), quantile(known, 0.975)
}

// quantile interpolates linearly between the order statistics of sorted values:
// definition 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages"
// (1996).
func quantile(sorted []float64, p float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := p * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-1)
	j := min(i+1, len(sorted)-1)
	f := at - float64(i)
	return sorted[i]*(1-f) + sorted[j]*f
}
