package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"glint/internal/stats"
)

// must returns an estimate, or fails the test.
func must(t *testing.T) func(stats.Estimate, error) stats.Estimate {
	t.Helper()
	return func(e stats.Estimate, err error) stats.Estimate {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
}

func unknown(e stats.Estimate) bool {
	return !math.IsNaN(e.Value) && math.IsNaN(e.Lo) && math.IsNaN(e.Hi)
}

func TestIntervalOfNormal(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	x := make([]float64, 400)
	for i := range x {
		x[i] = 10 + 2*rng.NormFloat64()
	}
	e := must(t)(stats.Interval(stats.Task(x), stats.Mean, 2000, 1))
	// The interval of a mean of 400 values of standard deviation 2 is 2*1.96*0.1.
	if w := e.Hi - e.Lo; math.Abs(w-0.392) > 0.05 {
		t.Errorf("the interval of %+v is %v wide, want 0.392", e, w)
	}
	if e.Value != stats.Mean(stats.Task(x)) || e.Lo >= e.Value || e.Hi <= e.Value {
		t.Errorf("the interval of %+v does not hold the mean", e)
	}
	if again := must(t)(stats.Interval(stats.Task(x), stats.Mean, 2000, 1)); again != e {
		t.Error("the same seed gives another interval")
	}
	if other := must(t)(stats.Interval(stats.Task(x), stats.Mean, 2000, 2)); other.Lo == e.Lo {
		t.Error("another seed gives the same interval")
	}
}

func TestIntervalCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	covered := 0
	const trials = 300
	for trial := range trials {
		x := make([]float64, 40)
		for i := range x {
			x[i] = rng.NormFloat64()
		}
		if e := must(t)(stats.Interval(stats.Task(x), stats.Mean, 300, uint64(trial))); e.Lo <= 0 && e.Hi >= 0 {
			covered++
		}
	}
	// Of 40 values the percentile bootstrap covers about 93.5 %.
	if share := float64(covered) / trials; share < 0.90 || share > 0.98 {
		t.Errorf("%.3f of the intervals hold the truth", share)
	}
}

// Of two runs that score 0 and 1 a resample's mean is 0, 1/2 or 1 with probability 1/4,
// 1/2 and 1/4, and the mean of ten such tasks a binomial of 20 draws over 20, whose
// quantiles at 2.5 % and 97.5 % are 6/20 and 14/20. Runs that are drawn as a whole would
// leave it at 0 to 1.
func TestIntervalDrawsWithinTasks(t *testing.T) {
	one := [][]float64{{0}, {1}}
	if e := must(t)(stats.Interval(one, stats.Mean, 2000, 1)); e != (stats.Estimate{Value: 0.5, Lo: 0, Hi: 1}) {
		t.Errorf("two runs: %+v", e)
	}
	ten := [][]float64{make([]float64, 10), {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}}
	if e := must(t)(stats.Interval(ten, stats.Mean, 20000, 1)); !near(e.Lo, 0.3) || !near(e.Hi, 0.7) {
		t.Errorf("ten tasks: %+v, want 0.3 to 0.7", e)
	}
	// Each task is constant, so that a resample within tasks changes nothing.
	for name, f := range statistics {
		e := must(t)(stats.Interval([][]float64{{-1, 0.5, 7}, {-1, 0.5, 7}}, f, 50, 1))
		if !near(e.Lo, e.Value) || !near(e.Hi, e.Value) {
			t.Errorf("%s of constant tasks: %+v", name, e)
		}
	}
}

// The paired interval holds no more than what the seeds do not share.
func TestDifferenceIsPaired(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	y := random(rng, 6, 3)
	x := each(y, func(v float64) float64 { return v + 0.25 })
	for name, f := range statistics {
		e := must(t)(stats.Difference(x, y, f, 500, 1))
		if name != "gap" && !(near(e.Value, 0.25) && near(e.Lo, 0.25) && near(e.Hi, 0.25)) {
			t.Errorf("%s: arms that are 0.25 apart for each seed: %+v", name, e)
		}
		if e := must(t)(stats.Difference(x, x, f, 500, 1)); e != (stats.Estimate{}) {
			t.Errorf("%s: an arm against itself: %+v", name, e)
		}
		to, fro := e, must(t)(stats.Difference(y, x, f, 500, 1))
		if !near(to.Value, -fro.Value) || !near(to.Lo, -fro.Hi) || !near(to.Hi, -fro.Lo) {
			t.Errorf("%s: %+v and the other way round %+v", name, to, fro)
		}
	}
}

func TestOneRunHasNoInterval(t *testing.T) {
	one, many := [][]float64{{1, 2}}, [][]float64{{1, 0}, {2, 2}, {3, 1}}
	for name, e := range map[string]stats.Estimate{
		"interval":      must(t)(stats.Interval(one, stats.IQM, 100, 1)),
		"difference":    must(t)(stats.Difference(one, one, stats.IQM, 100, 1)),
		"improvement":   must(t)(stats.Improvement(many, one, 100, 1)),
		"the other way": must(t)(stats.Improvement(one, many, 100, 1)),
	} {
		if !unknown(e) {
			t.Errorf("%s of one run: %+v", name, e)
		}
	}
	if n, err := stats.Seeds(one, one); err != nil || !math.IsNaN(n) {
		t.Errorf("seeds of one run: %v, %v", n, err)
	}
}

func TestBootstrap(t *testing.T) {
	x := []float64{4, 8, 1, 9, 3, 3}
	sum := func(drawn []int) float64 {
		var sum float64
		for _, i := range drawn {
			sum += x[i]
		}
		return sum / float64(len(x))
	}
	e := must(t)(stats.Interval(stats.Task(x), stats.Mean, 200, 9))
	if lo, hi := stats.Bootstrap(len(x), sum, 200, 9); !near(lo, e.Lo) || !near(hi, e.Hi) {
		t.Errorf("%v to %v, want what Interval gives, %+v", lo, hi, e)
	}
	// Draws without a figure are left out while they are few: a third of them here, and
	// then five of six.
	rarely := func(drawn []int) float64 {
		if drawn[0] < 2 {
			return math.NaN()
		}
		return float64(drawn[0])
	}
	if lo, hi := stats.Bootstrap(6, rarely, 300, 1); lo != 2 || hi != 5 {
		t.Errorf("%v to %v of 2 to 5", lo, hi)
	}
	often := func(drawn []int) float64 { return math.Sqrt(float64(drawn[0] - 5)) }
	for name, f := range map[string]func() (lo, hi float64){
		"mostly NaN": func() (float64, float64) { return stats.Bootstrap(6, often, 300, 1) },
		"one":        func() (float64, float64) { return stats.Bootstrap(1, sum, 300, 1) },
		"nothing":    func() (float64, float64) { return stats.Bootstrap(0, sum, 300, 1) },
		"no reps":    func() (float64, float64) { return stats.Bootstrap(6, sum, 0, 1) },
	} {
		if lo, hi := f(); !math.IsNaN(lo) || !math.IsNaN(hi) {
			t.Errorf("%s: %v to %v", name, lo, hi)
		}
	}
}

func TestErrors(t *testing.T) {
	good, bad := [][]float64{{1, 2}, {3, 4}}, [][]float64{{1, 2}, {math.NaN(), 4}}
	narrow, short := [][]float64{{1}, {3}}, [][]float64{{1, 2}}
	for _, tc := range []struct {
		name string
		x, y [][]float64
		reps int
		want string
	}{
		{"good", good, good, 10, ""},
		{"NaN in x", bad, good, 10, "arm 1 of 2: stats: run 1, task 0"},
		{"NaN in y", good, bad, 10, "arm 2 of 2: stats: run 1, task 0"},
		{"empty", good, nil, 10, "arm 2 of 2: stats: there are no scores"},
		{"tasks", good, narrow, 10, "arms of 2 and 1 tasks"},
		{"reps", good, good, 0, "0 resamples"},
	} {
		_, err := stats.Difference(tc.x, tc.y, stats.IQM, tc.reps, 1)
		checkError(t, "difference, "+tc.name, err, tc.want)
		_, err = stats.Improvement(tc.x, tc.y, tc.reps, 1)
		checkError(t, "improvement, "+tc.name, err, tc.want)
		if tc.reps > 0 {
			_, err = stats.Seeds(tc.x, tc.y)
			checkError(t, "seeds, "+tc.name, err, tc.want)
		}
	}
	_, err := stats.Difference(good, short, stats.IQM, 10, 1)
	checkError(t, "pairs", err, "2 and 1 runs cannot be paired")
	_, err = stats.Seeds(good, short)
	checkError(t, "pairs of seeds", err, "2 and 1 runs cannot be paired")
	_, err = stats.Interval(bad, stats.IQM, 10, 1)
	checkError(t, "interval", err, "run 1, task 0")
	_, err = stats.Interval(good, stats.IQM, 0, 1)
	checkError(t, "no reps", err, "0 resamples")
	_, err = stats.Profile(bad, []float64{0})
	checkError(t, "profile", err, "run 1, task 0")
	_, err = stats.Profile(good, []float64{0, math.NaN()})
	checkError(t, "tau", err, "tau 1")
	_, err = stats.Pareto([][2]float64{{1, 2}, {3, math.NaN()}})
	checkError(t, "Pareto", err, "point 1")
}
