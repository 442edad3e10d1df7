package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Check returns an error that says where scores [runs][tasks] are no matrix of finite
// numbers with at least one run and one task.
func Check(scores [][]float64) error {
	if len(scores) == 0 || len(scores[0]) == 0 {
		return errors.New("stats: there are no scores; give at least one run of one task")
	}
	for i, run := range scores {
		if len(run) != len(scores[0]) {
			return fmt.Errorf("stats: run %d has %d tasks, run 0 has %d; every run needs a score of every task", i, len(run), len(scores[0]))
		}
		for t, x := range run {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("stats: run %d, task %d: the score is %v; find out why, or leave the run out and say so", i, t, x)
			}
		}
	}
	return nil
}

// Task returns the scores of runs of one task as the matrix [len(x)][1].
func Task(x []float64) [][]float64 {
	scores := make([][]float64, len(x))
	for i := range x {
		scores[i] = x[i : i+1 : i+1]
	}
	return scores
}

// Mean returns the mean over tasks of the mean over runs, in the scores' unit.
func Mean(scores [][]float64) float64 { return mean(slices.Concat(scores...)) }

// IQM returns the interquartile mean over all runs and tasks, in the scores' unit: the
// mean of what is left when a quarter of the scores, rounded down, is dropped at each
// end. Agarwal et al. (2021), section 4.3, recommend it: it is less noisy than the
// median and no single score decides it.
func IQM(scores [][]float64) float64 {
	sorted := slices.Concat(scores...)
	slices.Sort(sorted)
	if len(sorted) == 0 || math.IsNaN(sorted[0]) { // NaN sorts first
		return math.NaN()
	}
	drop := len(sorted) / 4
	return mean(sorted[drop : len(sorted)-drop])
}

// Quantile returns the quantile of x at p, 0 to 1, in the unit of x: it interpolates
// linearly between order statistics, by definition 7 of Hyndman and Fan, "Sample
// Quantiles in Statistical Packages" (1996).
func Quantile(x []float64, p float64) float64 {
	sorted := slices.Sorted(slices.Values(x))
	if len(sorted) == 0 || math.IsNaN(sorted[0]) { // NaN sorts first
		return math.NaN()
	}
	at := p * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-1)
	j := min(i+1, len(sorted)-1)
	f := at - float64(i)
	return sorted[i]*(1-f) + sorted[j]*f
}

func mean(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	return stat.Mean(x, nil)
}
