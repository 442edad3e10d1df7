package stats_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"glint/internal/stats"
)

func TestImprovement(t *testing.T) {
	for _, tc := range []struct {
		name string
		x, y [][]float64
		want float64
	}{
		{"above", stats.Task([]float64{5, 6}), stats.Task([]float64{1, 2, 3}), 1},
		{"below", stats.Task([]float64{1}), stats.Task([]float64{2}), 0},
		{"ties", stats.Task([]float64{1, 1}), stats.Task([]float64{1, 1, 1}), 0.5},
		// 3 beats 1 and 2, ties with 3; 2 beats 1, ties with 2: 2.5 + 1.5 of 6.
		{"mixed", stats.Task([]float64{3, 2}), stats.Task([]float64{1, 2, 3}), 4.0 / 6},
		{"one task each", [][]float64{{1, 0}}, [][]float64{{0, 1}}, 0.5},
		{"tasks of unlike size", [][]float64{{1000, 1}}, [][]float64{{0, 2}}, 0.5},
	} {
		if e := must(t)(stats.Improvement(tc.x, tc.y, 10, 1)); !near(e.Value, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, e.Value, tc.want)
		}
	}
}

func TestImprovementProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for range 100 {
		tasks := 1 + rng.IntN(4)
		// Rounded, so that there are ties.
		x := each(random(rng, 2+rng.IntN(6), tasks), math.Round)
		y := each(random(rng, 2+rng.IntN(6), tasks), math.Round)
		xy, yx := must(t)(stats.Improvement(x, y, 50, 1)), must(t)(stats.Improvement(y, x, 50, 1))
		if !near(xy.Value+yx.Value, 1) || xy.Lo > xy.Hi || xy.Lo < 0 || xy.Hi > 1 {
			t.Fatalf("%+v, and the other way round %+v", xy, yx)
		}
		if e := must(t)(stats.Improvement(x, x, 1, 1)); !near(e.Value, 0.5) {
			t.Fatalf("an arm against itself: %v", e.Value)
		}
		if e := must(t)(stats.Improvement(shuffled(rng, x), shuffled(rng, y), 1, 1)); !near(e.Value, xy.Value) {
			t.Fatalf("another order of runs gives %v, not %v", e.Value, xy.Value)
		}
		better := each(x, func(v float64) float64 { return v })
		better[0][0]++
		if e := must(t)(stats.Improvement(better, y, 1, 1)); e.Value < xy.Value {
			t.Fatalf("a better score gives %v after %v", e.Value, xy.Value)
		}
		curved := must(t)(stats.Improvement(each(x, math.Exp), each(y, math.Exp), 50, 1))
		if curved != xy {
			t.Fatalf("only the order of scores counts, but %+v became %+v", xy, curved)
		}
	}
}

// Normal arms one standard deviation apart: P(X > Y) = Phi(1/sqrt(2)) = 0.7602.
func TestImprovementOfNormal(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	y := random(rng, 500, 1)
	x := each(random(rng, 500, 1), func(v float64) float64 { return v + 1 })
	if e := must(t)(stats.Improvement(x, y, 100, 1)); math.Abs(e.Value-0.7602) > 0.03 || e.Lo > 0.7602 || e.Hi < 0.7602 {
		t.Errorf("%+v, want 0.7602", e)
	}
}

// A profile falls from 1 to 0, and the area under it up to 1 is the mean of the scores
// that count as 1 at most.
func TestProfile(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	var taus []float64
	for i := range 15 {
		taus = append(taus, float64(i)/10)
	}
	for range 20 {
		scores := each(random(rng, 2+rng.IntN(6), 3), func(x float64) float64 { return math.Round(math.Abs(x)*10) / 10 })
		profile, err := stats.Profile(scores, taus)
		if err != nil {
			t.Fatal(err)
		}
		var area float64
		for i, share := range profile {
			if share < 0 || share > 1 || i > 0 && share > profile[i-1] {
				t.Fatalf("the profile rises or leaves 0 to 1 at %v: %v", taus[i], profile)
			}
			if i < 10 {
				area += share / 10
			}
		}
		if want := stats.Mean(each(scores, func(x float64) float64 { return min(x, 1) })); !near(area, want) {
			t.Fatalf("the area up to 1 is %v, want %v of %v", area, want, scores)
		}
	}
	// A score at tau is not above it.
	if at, err := stats.Profile([][]float64{{1, 2}}, []float64{0.5, 1, 2}); err != nil || !slices.Equal(at, []float64{1, 0.5, 0}) {
		t.Errorf("%v, %v", at, err)
	}
}

// differing returns two arms whose differences have this mean and standard deviation, and
// whose seeds do more to both than that.
func differing(mean, sd float64) (x, y [][]float64) {
	return stats.Task([]float64{70 + mean - sd/math.Sqrt2, mean + sd/math.Sqrt2}), stats.Task([]float64{70, 0})
}

func TestSeeds(t *testing.T) {
	for _, tc := range []struct {
		name     string
		mean, sd float64
		want     float64
	}{
		// TTestPower of statsmodels 0.14 says 10, 34, 787, 5 and 3.
		{"one deviation", 1, 1, 10},
		{"half a deviation", 1, 2, 34},
		{"a tenth", 0.1, 1, 787},
		{"two deviations", 2, 1, 5},
		{"five", 5, 1, 3},
		{"no spread", 1, 0, 2},
	} {
		x, y := differing(tc.mean, tc.sd)
		for _, arms := range [][2][][]float64{{x, y}, {y, x}} {
			if n, err := stats.Seeds(arms[0], arms[1]); err != nil || n != tc.want {
				t.Errorf("%s: %v, want %v (%v)", tc.name, n, tc.want, err)
			}
		}
	}
	tenths := 0.1 // a variable, so that the sum is rounded
	for _, same := range [][2][]float64{{{71, -1}, {70, 0}}, {{0.1, 0.2, 0.3}, {0.3, 0.1, 0.2}}, {{tenths + 0.2, tenths + 0.2}, {0.3, 0.3}}} {
		if n, err := stats.Seeds(stats.Task(same[0]), stats.Task(same[1])); err != nil || !math.IsInf(n, 1) {
			t.Errorf("equal means: %v (%v)", n, err)
		}
	}
	// What two tasks differ by is no spread of runs.
	if n, err := stats.Seeds([][]float64{{9, 1}, {10, 0}}, [][]float64{{7, 1}, {6, 2}}); err != nil || n != 2 {
		t.Errorf("tasks apart: %v (%v)", n, err)
	}
}

// With as many pairs as Seeds says, a t test finds the difference in 80 % of studies.
func TestSeedsGivePower(t *testing.T) {
	const spread = 1.5
	n, err := stats.Seeds(differing(0.7, spread))
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(17, 18))
	beyond := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(0.975)
	found := 0
	const studies = 4000
	for range studies {
		d := make([]float64, int(n))
		for i := range d {
			d[i] = 0.7 + spread*rng.NormFloat64()
		}
		if mean, sd := stat.MeanStdDev(d, nil); math.Abs(mean) > beyond*sd/math.Sqrt(n) {
			found++
		}
	}
	// The standard error of the share is 0.6 %.
	if share := float64(found) / studies; math.Abs(share-0.8) > 0.02 {
		t.Errorf("%v pairs find the difference in %.3f of studies", n, share)
	}
}

func TestPareto(t *testing.T) {
	for _, tc := range []struct {
		name   string
		points [][2]float64
		want   []int
	}{
		{"none", nil, nil},
		{"one", [][2]float64{{1, 1}}, []int{0}},
		{"dominated", [][2]float64{{1, 1}, {2, 2}, {0, 3}}, []int{1, 2}},
		{"better in one", [][2]float64{{1, 2}, {1, 3}, {0, 3}}, []int{1}},
		{"equal", [][2]float64{{1, 2}, {1, 2}, {0, 0}}, []int{0, 1}},
		{"infinite", [][2]float64{{math.Inf(1), 0}, {30, 1}, {20, 1}}, []int{0, 1}},
	} {
		if got, err := stats.Pareto(tc.points); err != nil || !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v (%v)", tc.name, got, tc.want, err)
		}
	}
}

// Whatever the points: those on the front, in the order of one figure, fall in the
// other, and each of the rest is no better in both than one on the front.
func TestParetoProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 20))
	for range 200 {
		points := make([][2]float64, 1+rng.IntN(30))
		for i := range points {
			points[i] = [2]float64{float64(rng.IntN(12)), float64(rng.IntN(12))}
		}
		front, err := stats.Pareto(points)
		if err != nil || len(front) == 0 {
			t.Fatalf("the front of %v is %v (%v)", points, front, err)
		}
		for i, p := range points {
			within := slices.ContainsFunc(front, func(k int) bool { return points[k][0] >= p[0] && points[k][1] >= p[1] })
			if !within {
				t.Fatalf("the front %v does not reach point %d of %v", front, i, points)
			}
		}
		for _, i := range front {
			for _, k := range front {
				if points[i][0] > points[k][0] && points[i][1] >= points[k][1] {
					t.Fatalf("of the front %v of %v, %d beats %d", front, points, i, k)
				}
			}
		}
	}
}
