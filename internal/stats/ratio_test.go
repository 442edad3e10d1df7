package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"glint/internal/stats"
)

// TestDifferenceOfRatios has what a run and what a part does to both arms cancel, and
// says how much of either is left in the interval.
func TestDifferenceOfRatios(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	arms := func(gain, runSpread, partSpread, noise float64) (x, y [][]stats.Ratio) {
		const runs, parts = 8, 60
		level := make([]float64, parts)
		for p := range level {
			level[p] = partSpread * rng.NormFloat64()
		}
		for range runs {
			run := runSpread * rng.NormFloat64()
			var a, b []stats.Ratio
			for p := range parts {
				of := float64(1 + rng.IntN(9))
				a = append(a, stats.Ratio{Sum: of * (gain + level[p] + run + noise*rng.NormFloat64()), Of: of})
				b = append(b, stats.Ratio{Sum: of * (level[p] + run), Of: of})
			}
			x, y = append(x, a), append(y, b)
		}
		return x, y
	}
	x, y := arms(0.25, 3, 5, 0)
	if e := must(t)(stats.DifferenceOfRatios(x, y, 500, 1)); !near(e.Value, 0.25) || !near(e.Lo, 0.25) || !near(e.Hi, 0.25) {
		t.Errorf("with the same frames and seeds only the gain of 0.25 is left, not %+v", e)
	}
	x, y = arms(0.25, 0, 0, 1)
	e, twin := must(t)(stats.DifferenceOfRatios(x, y, 500, 1)), must(t)(stats.DifferenceOfRatios(y, x, 500, 1))
	// 480 values of deviation 1 and unlike weight: a deviation of some 0.055.
	if w := e.Hi - e.Lo; math.Abs(e.Value-0.25) > 0.2 || w < 0.1 || w > 0.6 || e.Lo > e.Value || e.Hi < e.Value {
		t.Errorf("a gain of 0.25 with noise is %+v", e)
	}
	if !near(e.Value, -twin.Value) || !near(e.Lo, -twin.Hi) || !near(e.Hi, -twin.Lo) {
		t.Errorf("%+v and the other way round %+v", e, twin)
	}
	if e := must(t)(stats.DifferenceOfRatios(x[:1], y[:1], 100, 1)); !math.IsNaN(e.Lo) || !math.IsNaN(e.Hi) {
		t.Errorf("one run has the interval %+v", e)
	}
}

// TestDifferenceOfRatiosPools demands that parts weigh by what they hold.
func TestDifferenceOfRatiosPools(t *testing.T) {
	x := [][]stats.Ratio{{{Sum: 9, Of: 9}, {Sum: 0, Of: 1}}, {{Sum: 0, Of: 9}, {Sum: 1, Of: 1}}}
	y := [][]stats.Ratio{{{Of: 9}, {Of: 1}}, {{Of: 9}, {Of: 1}}}
	if e := must(t)(stats.DifferenceOfRatios(x, y, 10, 1)); !near(e.Value, (0.9+0.1)/2) {
		t.Errorf("%v, want the mean of 0.9 and 0.1", e.Value)
	}
	if v := (stats.Ratio{Sum: 1}).Value(); !math.IsNaN(v) {
		t.Errorf("one of nothing is %v", v)
	}
}

func TestDifferenceOfRatiosErrors(t *testing.T) {
	good := [][]stats.Ratio{{{1, 2}, {3, 4}}, {{1, 2}, {3, 4}}}
	for _, tc := range []struct {
		name string
		x, y [][]stats.Ratio
		reps int
		want string
	}{
		{"good", good, good, 10, ""},
		{"empty", nil, good, 10, "no ratios"},
		{"runs", good, good[:1], 10, "2 and 1 runs cannot be paired"},
		{"parts", good, [][]stats.Ratio{{{1, 2}, {3, 4}}, {{1, 2}}}, 10, "run 1 has 2 and 1 parts"},
		{"reps", good, good, 0, "0 resamples"},
	} {
		_, err := stats.DifferenceOfRatios(tc.x, tc.y, tc.reps, 1)
		checkError(t, tc.name, err, tc.want)
	}
}
