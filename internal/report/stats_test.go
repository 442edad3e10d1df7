package report_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"glint/internal/report"
)

func TestStatistics(t *testing.T) {
	for _, tc := range []struct {
		name              string
		x                 []float64
		mean, median, iqm float64
	}{
		{"one", []float64{5}, 5, 5, 5},
		{"three", []float64{9, 1, 2}, 4, 2, 4},
		{"four", []float64{4, 1, 100, 3}, 27, 3.5, 3.5},
		// Two of ten are dropped at each end: the mean of 3 to 8.
		{"ten", []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 1000}, 104.5, 5.5, 5.5},
		{"unsorted", []float64{0, 10, 0, 10, 2, 4, 6, 8}, 5, 5, 5},
	} {
		before := append([]float64(nil), tc.x...)
		if got := report.Mean(tc.x); got != tc.mean {
			t.Errorf("%s: mean %v, want %v", tc.name, got, tc.mean)
		}
		if got := report.Median(tc.x); got != tc.median {
			t.Errorf("%s: median %v, want %v", tc.name, got, tc.median)
		}
		if got := report.IQM(tc.x); got != tc.iqm {
			t.Errorf("%s: IQM %v, want %v", tc.name, got, tc.iqm)
		}
		for i := range before {
			if before[i] != tc.x[i] {
				t.Fatalf("%s: the input was changed to %v", tc.name, tc.x)
			}
		}
	}
	for _, v := range []float64{report.Mean(nil), report.Median(nil), report.IQM(nil)} {
		if !math.IsNaN(v) {
			t.Errorf("a figure of nothing is %v", v)
		}
	}
}

func TestBootstrapOfNormal(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	x := make([]float64, 400)
	for i := range x {
		x[i] = 10 + 2*rng.NormFloat64()
	}
	lo, hi := report.Bootstrap(x, report.Mean, 2000, 1)
	// The interval of a mean of 400 values of standard deviation 2 is 2*1.96*0.1.
	if w := hi - lo; math.Abs(w-0.392) > 0.05 {
		t.Errorf("the interval %v to %v is %v wide, want 0.392", lo, hi, w)
	}
	if m := report.Mean(x); lo >= m || hi <= m {
		t.Errorf("the interval %v to %v does not hold the mean %v", lo, hi, m)
	}
	lo2, hi2 := report.Bootstrap(x, report.Mean, 2000, 1)
	if lo2 != lo || hi2 != hi {
		t.Error("the same seed gives another interval")
	}
	if lo3, _ := report.Bootstrap(x, report.Mean, 2000, 2); lo3 == lo {
		t.Error("another seed gives the same interval")
	}
}

func TestBootstrapCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	covered := 0
	const trials = 300
	for trial := range trials {
		x := make([]float64, 40)
		for i := range x {
			x[i] = rng.NormFloat64()
		}
		if lo, hi := report.Bootstrap(x, report.Mean, 300, uint64(trial)); lo <= 0 && hi >= 0 {
			covered++
		}
	}
	// Of 40 values the percentile bootstrap covers about 93.5 %.
	if share := float64(covered) / trials; share < 0.90 || share > 0.98 {
		t.Errorf("%.3f of the intervals hold the truth", share)
	}
}

func TestBootstrapStrataKeepsGroups(t *testing.T) {
	// Each group is constant, so a resample within groups changes nothing.
	lo, hi := report.BootstrapStrata([][]float64{{1, 1, 1}, {}, {5}}, report.Mean, 50, 1)
	if lo != 2 || hi != 2 {
		t.Errorf("interval %v to %v, want 2 to 2", lo, hi)
	}
	if lo, _ := report.Bootstrap(nil, report.Mean, 50, 1); !math.IsNaN(lo) {
		t.Errorf("an interval of nothing starts at %v", lo)
	}
	if lo, _ := report.Bootstrap([]float64{1}, report.Mean, 0, 1); !math.IsNaN(lo) {
		t.Errorf("an interval without resamples starts at %v", lo)
	}
}
