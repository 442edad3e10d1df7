package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat"

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

// TestDifferenceOfRatiosDraws demands that runs are drawn and parts are, the same parts for
// all runs: the interval of the mean of n values is 2 * 1.96 deviations of theirs over the
// root of n wide.
func TestDifferenceOfRatiosDraws(t *testing.T) {
	const runs, parts = 40, 60
	rng := rand.New(rand.NewPCG(23, 24))
	drawn := func(n int) []float64 {
		all := make([]float64, n)
		for i := range all {
			all[i] = rng.NormFloat64()
		}
		return all
	}
	byRun, byPart := drawn(runs), drawn(parts)
	for _, tc := range []struct {
		name   string
		effect []float64
		of     func(run, part int) float64
	}{
		{"of the run", byRun, func(run, _ int) float64 { return byRun[run] }},
		{"of the part", byPart, func(_, part int) float64 { return byPart[part] }},
	} {
		x, y := make([][]stats.Ratio, runs), make([][]stats.Ratio, runs)
		for run := range runs {
			for part := range parts {
				x[run] = append(x[run], stats.Ratio{Sum: tc.of(run, part), Of: 1})
				y[run] = append(y[run], stats.Ratio{Sum: 0, Of: 1})
			}
		}
		e := must(t)(stats.DifferenceOfRatios(x, y, 2000, 1))
		want := 2 * 1.96 * math.Sqrt(stat.PopVariance(tc.effect, nil)/float64(len(tc.effect)))
		if w := e.Hi - e.Lo; math.Abs(w/want-1) > 0.1 {
			t.Errorf("an effect %s alone: the interval of %+v is %v wide, want %v", tc.name, e, w, want)
		}
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
