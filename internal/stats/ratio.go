package stats

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
)

// Ratio is a figure of many things as two sums that add up, such as squared errors and
// pixels.
type Ratio struct {
	Sum float64 `json:"sum"`
	Of  float64 `json:"of"`
}

// Value returns the figure, NaN of nothing.
func (r Ratio) Value() float64 {
	if r.Of == 0 {
		return math.NaN()
	}
	return r.Sum / r.Of
}

// DifferenceOfRatios returns by how much arm x lies above arm y, each [runs][parts] of one
// figure, in the mean over runs of the figure of all their parts. Rows are paired as in
// Difference, and so are columns: column p of both arms is of the same things, such as the
// frames of an episode. The interval is that of Interval, with runs and parts drawn with
// replacement at once, the same ones in both arms (Owen, "The pigeonhole bootstrap", Annals
// of Applied Statistics 2007), so that it is of other runs and other things of their kind.
// It is no exact one: of 1,500 simulated studies of 5 runs and 40 parts, all normal, 84 % of
// the intervals held the truth where only runs differ, 94 % where only parts do, and 99.5 %
// where each part of each run differs on its own. It fails where the arms are empty, of
// unlike shapes, or reps is below 1.
func DifferenceOfRatios(x, y [][]Ratio, reps int, seed uint64) (Estimate, error) {
	if err := errors.Join(checkReps(reps), checkRatios(x, y)); err != nil {
		return Estimate{}, err
	}
	runs, parts := make([]int, len(x)), make([]int, len(x[0]))
	difference := func() float64 { return meanRatio(x, runs, parts) - meanRatio(y, runs, parts) }
	for i := range runs {
		runs[i] = i
	}
	for i := range parts {
		parts[i] = i
	}
	e := Estimate{Value: difference()}
	e.Lo, e.Hi = interval(len(x), reps, seed, func(rng *rand.Rand) float64 {
		for i := range runs {
			runs[i] = rng.IntN(len(runs))
		}
		for i := range parts {
			parts[i] = rng.IntN(len(parts))
		}
		return difference()
	})
	return e, nil
}

// meanRatio returns the mean over some runs of the figure of some parts.
func meanRatio(of [][]Ratio, runs, parts []int) (mean float64) {
	for _, run := range runs {
		var all Ratio
		for _, part := range parts {
			all.Sum += of[run][part].Sum
			all.Of += of[run][part].Of
		}
		mean += all.Value() / float64(len(runs))
	}
	return mean
}

func checkRatios(x, y [][]Ratio) error {
	if len(x) == 0 || len(x[0]) == 0 {
		return errors.New("stats: there are no ratios; give at least one run of one part")
	}
	if err := checkPairs(len(x), len(y)); err != nil {
		return err
	}
	for i := range x {
		if len(x[i]) != len(x[0]) || len(y[i]) != len(x[0]) {
			return fmt.Errorf("stats: run %d has %d and %d parts, run 0 has %d; keep those that all have", i, len(x[i]), len(y[i]), len(x[0]))
		}
	}
	return nil
}
