package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Estimate is a figure and its 95 % interval, all in the figure's unit. Lo and Hi are
// NaN where no interval is known: one run says nothing of how runs differ.
type Estimate struct{ Value, Lo, Hi float64 }

// Interval returns statistic(scores) of scores [runs][tasks] with the interval of the
// stratified percentile bootstrap (Agarwal et al. 2021, section 4.1): the 2.5 % and
// 97.5 % quantiles of the statistic over reps matrices of the same shape, whose runs are
// drawn with replacement within each task. It fails where Check does or reps is below 1.
func Interval(scores [][]float64, statistic func([][]float64) float64, reps int, seed uint64) (Estimate, error) {
	if err := checkAll(reps, scores); err != nil {
		return Estimate{}, err
	}
	drawn := like(scores)
	lo, hi := interval(len(scores), reps, seed, func(rng *rand.Rand) float64 {
		redraw(rng, [][][]float64{drawn}, scores)
		return statistic(drawn)
	})
	return Estimate{statistic(scores), lo, hi}, nil
}

// Difference returns statistic(x) - statistic(y) of two arms, each [runs][tasks], whose
// rows are paired: row i of both is of the same seed. The interval is that of Interval,
// with the same runs drawn in both arms, so that what a seed does to both cancels. It
// fails where Check does, the shapes differ or reps is below 1.
func Difference(x, y [][]float64, statistic func([][]float64) float64, reps int, seed uint64) (Estimate, error) {
	if err := checkAll(reps, x, y); err != nil {
		return Estimate{}, err
	}
	if err := checkPairs(len(x), len(y)); err != nil {
		return Estimate{}, err
	}
	a, b := like(x), like(y)
	lo, hi := interval(len(x), reps, seed, func(rng *rand.Rand) float64 {
		redraw(rng, [][][]float64{a, b}, x, y)
		return statistic(a) - statistic(b)
	})
	return Estimate{statistic(x) - statistic(y), lo, hi}, nil
}

// Bootstrap returns the 95 % interval of any figure of n things, such as episodes of
// many rows: the 2.5 % and 97.5 % quantiles of figure over reps draws of n indices below
// n with replacement. A draw whose figure is NaN is left out. NaN of fewer than 2 things,
// of no reps, or where more than half of the draws have no figure. figure must not keep
// or change drawn.
func Bootstrap(n int, figure func(drawn []int) float64, reps int, seed uint64) (lo, hi float64) {
	drawn := make([]int, n)
	return interval(n, reps, seed, func(rng *rand.Rand) float64 {
		for i := range drawn {
			drawn[i] = rng.IntN(n)
		}
		return figure(drawn)
	})
}

// interval returns the quantiles of what draw returns, of a sample of n runs.
func interval(n, reps int, seed uint64, draw func(*rand.Rand) float64) (lo, hi float64) {
	if n < 2 || reps < 1 {
		return math.NaN(), math.NaN()
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	known := make([]float64, 0, reps)
	for range reps {
		if v := draw(rng); !math.IsNaN(v) {
			known = append(known, v)
		}
	}
	if 2*len(known) < reps {
		return math.NaN(), math.NaN()
	}
	return Quantile(known, 0.025), Quantile(known, 0.975)
}

// redraw fills each matrix of to from its own one of from. Which runs are drawn differs
// from task to task and is the same in all matrices.
func redraw(rng *rand.Rand, to [][][]float64, from ...[][]float64) {
	for i := range to[0] {
		for t := range to[0][i] {
			run := rng.IntN(len(from[0]))
			for arm := range to {
				to[arm][i][t] = from[arm][run][t]
			}
		}
	}
}

// like returns a matrix of the same shape.
func like(scores [][]float64) [][]float64 {
	m := make([][]float64, len(scores))
	for i := range m {
		m[i] = make([]float64, len(scores[i]))
	}
	return m
}

// checkAll checks arms that are compared with each other.
func checkAll(reps int, arms ...[][]float64) error {
	if err := checkReps(reps); err != nil {
		return err
	}
	for i, scores := range arms {
		if err := Check(scores); err != nil {
			if len(arms) > 1 {
				return fmt.Errorf("arm %d of %d: %w", i+1, len(arms), err)
			}
			return err
		}
		if len(scores[0]) != len(arms[0][0]) {
			return fmt.Errorf("stats: arms of %d and %d tasks; compare them on the tasks that both have", len(arms[0][0]), len(scores[0]))
		}
	}
	return nil
}

func checkReps(reps int) error {
	if reps < 1 {
		return fmt.Errorf("stats: %d resamples; an interval needs 1 or more, and some thousands to be steady", reps)
	}
	return nil
}

// checkPairs checks the numbers of runs of arms whose rows are paired.
func checkPairs(x, y int) error {
	if x != y {
		return fmt.Errorf("stats: arms of %d and %d runs cannot be paired; keep the seeds that both have, in one order", x, y)
	}
	return nil
}
