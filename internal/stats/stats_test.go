package stats_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/internal/stats"
)

// statistics are all that take a matrix of scores.
var statistics = map[string]func([][]float64) float64{
	"mean": stats.Mean,
	"iqm":  stats.IQM,
}

// random returns normal scores [runs][tasks] around 1, with the tasks' levels apart.
func random(rng *rand.Rand, runs, tasks int) [][]float64 {
	scores := make([][]float64, runs)
	for i := range scores {
		scores[i] = make([]float64, tasks)
		for t := range scores[i] {
			scores[i][t] = 1 + float64(t) + rng.NormFloat64()
		}
	}
	return scores
}

// each returns the matrix with f of every score.
func each(scores [][]float64, f func(float64) float64) [][]float64 {
	out := make([][]float64, len(scores))
	for i, run := range scores {
		for _, x := range run {
			out[i] = append(out[i], f(x))
		}
	}
	return out
}

// shuffled returns the scores with the runs of each task in another order.
func shuffled(rng *rand.Rand, scores [][]float64) [][]float64 {
	out := each(scores, func(x float64) float64 { return x })
	for t := range out[0] {
		rng.Shuffle(len(out), func(i, j int) { out[i][t], out[j][t] = out[j][t], out[i][t] })
	}
	return out
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-12 }

func TestStatistics(t *testing.T) {
	for _, tc := range []struct {
		name      string
		scores    [][]float64
		mean, iqm float64
	}{
		{"one", [][]float64{{0.5}}, 0.5, 0.5},
		{"three runs", [][]float64{{9}, {1}, {2}}, 4, 4},
		// One of four is dropped at each end.
		{"four runs", stats.Task([]float64{4, 1, 100, 3}), 27, 3.5},
		// Two of ten are dropped at each end: the mean of 3 to 8.
		{"ten runs", stats.Task([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 1000}), 104.5, 5.5},
		{"tasks", [][]float64{{0, 1, 8}, {0, 3, 0}}, 2, 1},
		{"two tasks", [][]float64{{-1, 1}}, 0, 0},
	} {
		before := each(tc.scores, func(x float64) float64 { return x })
		for name, want := range map[string]float64{"mean": tc.mean, "iqm": tc.iqm} {
			if got := statistics[name](tc.scores); !near(got, want) {
				t.Errorf("%s: %s %v, want %v", tc.name, name, got, want)
			}
		}
		if diff := cmp.Diff(before, tc.scores); diff != "" {
			t.Errorf("%s: the input was changed:\n%s", tc.name, diff)
		}
	}
	for name, f := range statistics {
		if v := f(nil); !math.IsNaN(v) {
			t.Errorf("%s of nothing is %v", name, v)
		}
		if v := f([][]float64{{1}, {2}, {3}, {math.NaN()}}); !math.IsNaN(v) {
			t.Errorf("%s with a NaN is %v", name, v)
		}
	}
}

func TestQuantile(t *testing.T) {
	x := []float64{9, 1, 4, 2}
	for p, want := range map[float64]float64{0: 1, 0.5: 3, 1: 9, 0.25: 1.75, 1.0 / 3: 2} {
		if got := stats.Quantile(x, p); !near(got, want) {
			t.Errorf("quantile at %v is %v, want %v", p, got, want)
		}
	}
	if !slices.Equal(x, []float64{9, 1, 4, 2}) {
		t.Errorf("the input was changed to %v", x)
	}
	for _, x := range [][]float64{nil, {1, math.NaN(), 3}} {
		if v := stats.Quantile(x, 1); !math.IsNaN(v) {
			t.Errorf("a quantile of %v is %v", x, v)
		}
	}
}

// The order of runs says nothing, a change of unit changes nothing else, and a better
// score is never worse.
func TestStatisticsProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		scores := random(rng, 1+rng.IntN(9), 1+rng.IntN(5))
		other := shuffled(rng, scores)
		scaled := each(scores, func(x float64) float64 { return 3*x - 5 })
		better := each(scores, func(x float64) float64 { return x })
		better[rng.IntN(len(better))][rng.IntN(len(better[0]))] += rng.Float64()
		for name, f := range statistics {
			v := f(scores)
			if got := f(other); !near(got, v) {
				t.Fatalf("%s is %v of %v and %v of %v", name, v, scores, got, other)
			}
			if up := f(better) - v; up < -1e-12 {
				t.Fatalf("%s moves by %v from %v to %v", name, up, scores, better)
			}
			if got := f(scaled); !near(got, 3*v-5) {
				t.Fatalf("%s is %v of %v and %v of %v", name, v, scores, got, scaled)
			}
		}
	}
}

func TestCheckSaysWhere(t *testing.T) {
	for _, tc := range []struct {
		name   string
		scores [][]float64
		want   string
	}{
		{"good", [][]float64{{1, 2}, {3, 4}}, ""},
		{"no runs", nil, "no scores"},
		{"no tasks", [][]float64{{}, {}}, "no scores"},
		{"ragged", [][]float64{{1, 2}, {3, 4}, {5}}, "run 2 has 1 tasks, run 0 has 2"},
		{"NaN", [][]float64{{1, 2}, {3, math.NaN()}}, "run 1, task 1: the score is NaN"},
		{"infinite", [][]float64{{math.Inf(-1), 2}}, "run 0, task 0: the score is -Inf"},
	} {
		checkError(t, tc.name, stats.Check(tc.scores), tc.want)
	}
}

// checkError demands an error that holds want, or none where want is empty.
func checkError(t *testing.T, name string, err error, want string) {
	t.Helper()
	if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("%s: error %v, want %q", name, err, want)
	}
}
