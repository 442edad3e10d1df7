package stats_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"glint/internal/stats"
)

// goldenReps and the band around an interval's ends set what counts as equal to
// rliable. An end found from R resamples is at a level that is off by sqrt(p(1-p)/R) in
// the mean, p = 0.025. Ours from 20,000 and rliable's from 40,000 are then apart by
// 0.00135; the levels that the file holds beside an end are 0.005 away, 3.7 of those.
const goldenReps = 20000

// answer is a figure and rliable's quantiles of it, at 2, 2.5, 3, 97, 97.5 and 98 %.
type answer struct {
	Value float64
	Bands [6]float64
}

// Every figure is rliable's, but for the number of seeds, which is statsmodels'. `make golden` computes the answers anew with
// scripts/golden/scores.py, which names its versions in the file.
func TestRliable(t *testing.T) {
	text, err := os.ReadFile("testdata/rliable.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Taus  []float64
		Cases map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) != 3 {
		t.Errorf("%d cases", len(file.Cases))
	}
	for name, c := range file.Cases {
		t.Run(name, func(t *testing.T) { checkCase(t, c, file.Taus) })
	}
}

func checkCase(t *testing.T, file map[string]json.RawMessage, taus []float64) {
	read := func(key string, to any) {
		t.Helper()
		if err := json.Unmarshal(file[key], to); err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		delete(file, key)
	}
	check := func(key string, got stats.Estimate, err error) {
		t.Helper()
		var want answer
		read(key, &want)
		b := want.Bands
		const round = 1e-12
		if err != nil || !(math.Abs(got.Value-want.Value) <= round) {
			t.Errorf("%s: %v, want %v (%v)", key, got.Value, want.Value, err)
		}
		if !(got.Lo >= b[0]-round && got.Lo <= b[2]+round && got.Hi >= b[3]-round && got.Hi <= b[5]+round) {
			t.Errorf("%s: interval %v to %v, want %v to %v within %v", key, got.Lo, got.Hi, b[1], b[4], b)
		}
	}
	var x, y, z [][]float64
	var seeds float64
	read("x", &x)
	read("y", &y)
	read("z", &z)
	read("seeds", &seeds)
	for name, f := range statistics {
		e, err := stats.Interval(x, f, goldenReps, 1)
		check(name, e, err)
		e, err = stats.Difference(x, y, f, goldenReps, 1)
		check("paired "+name, e, err)
	}
	e, err := stats.Improvement(x, z, goldenReps, 1)
	check("improvement", e, err)
	var shares []float64
	read("profile", &shares)
	if profile, err := stats.Profile(x, taus); err != nil || !slices.EqualFunc(profile, shares, near) {
		t.Errorf("the profile is %v, want %v (%v)", profile, shares, err)
	}
	// statsmodels' is exact, ours an approximation to within one seed.
	if n, err := stats.Seeds(x, y); err != nil || !(math.Abs(n-seeds) <= 1) {
		t.Errorf("%v seeds, want %v within 1 (%v)", n, seeds, err)
	}
	for key := range file {
		t.Errorf("%s was not compared", key)
	}
}
