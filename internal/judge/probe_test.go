package judge_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"glint/internal/judge"
)

// codes draws n codes of a width.
func codes(r *rand.Rand, n, width int) [][]float64 {
	x := make([][]float64, n)
	for i := range x {
		x[i] = make([]float64, width)
		for c := range x[i] {
			x[i][c] = r.NormFloat64()
		}
	}
	return x
}

// target makes what is to be read from codes.
func target(x [][]float64, of func(code []float64) float64) judge.Rows {
	rows := judge.Rows{X: x}
	for _, code := range x {
		rows.Y = append(rows.Y, of(code))
	}
	return rows
}

func TestProbesRead(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	linear := func(c []float64) float64 { return 70 + 20*c[0] - 9*c[3] }
	bent := func(c []float64) float64 { return 70 + 20*math.Tanh(2*c[0])*c[1] }
	above := func(c []float64) float64 {
		if c[2]+c[4] > 1.5 {
			return 1
		}
		return 0
	}
	for _, tc := range []struct {
		name     string
		probe    judge.Probe
		of       func([]float64) float64
		figure   func(a, t []float64) float64
		from, to float64
	}{
		{"ridge reads what is linear", judge.Ridge, linear, judge.R2, 0.99, 1},
		{"ridge does not read what is bent", judge.Ridge, bent, judge.R2, -0.3, 0.3},
		{"the network reads both", judge.MLP, linear, judge.R2, 0.97, 1},
		{"the network reads what is bent", judge.MLP, bent, judge.R2, 0.85, 1},
		{"logistic ranks", judge.Logistic, above, judge.AUROC, 0.99, 1},
		{"logistic decides on a rare class", judge.Logistic, above, judge.Accuracy, 0.93, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			fit, ask := target(codes(r, 800, 6), tc.of), target(codes(r, 400, 6), tc.of)
			answers, err := tc.probe(fit, ask.X)
			if err != nil {
				t.Fatal(err)
			}
			if got := tc.figure(answers, ask.Y); !(got >= tc.from && got <= tc.to) {
				t.Errorf("%v, want %v to %v", got, tc.from, tc.to)
			}
		})
	}
}

// TestRidgeEquation asks for the closed form: one scaled column of n values with
// deviation 1 has the slope sum(xy)/(n+1).
func TestRidgeEquation(t *testing.T) {
	fit := judge.Rows{X: [][]float64{{-1}, {1}, {-1}, {1}}, Y: []float64{-3, 3, -3, 3}}
	got, err := judge.Ridge(fit, [][]float64{{1}, {0}, {3}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{12. / 5, 0, 36. / 5} {
		if math.Abs(got[i]-want) > 1e-9 {
			t.Errorf("answer %d is %v, want %v", i, got[i], want)
		}
	}
}

// TestCrossFitKeepsEpisodesApart has codes that name their episode and targets that an
// episode shares: who has seen an episode knows all of it.
func TestCrossFitKeepsEpisodesApart(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const episodes, each = 20, 15
	var rows judge.Rows
	var of []uint64
	for e := range episodes {
		y := r.NormFloat64()
		for range each {
			code := make([]float64, episodes)
			code[e] = 1
			rows.X, rows.Y, of = append(rows.X, code), append(rows.Y, y), append(of, uint64(e))
		}
	}
	answers, err := judge.CrossFit(judge.Ridge, rows, of)
	if err != nil {
		t.Fatal(err)
	}
	if got := judge.R2(answers, rows.Y); got > 0 {
		t.Errorf("R2 %v of episodes that were not fitted on, want 0 or less", got)
	}
	seen, _ := judge.Ridge(rows, rows.X)
	if got := judge.R2(seen, rows.Y); got < 0.9 {
		t.Errorf("R2 %v of rows fitted on: the test cannot tell", got)
	}
	for _, p := range []judge.Probe{judge.Ridge, judge.Logistic, judge.MLP} {
		broken := rows
		broken.X = append([][]float64{{math.NaN()}}, rows.X[1:]...)
		if _, err := judge.CrossFit(p, broken, of); err == nil {
			t.Error("a code that is no number is not refused")
		}
	}
	if _, err := judge.CrossFit(judge.Ridge, rows, make([]uint64, len(of))); !errors.Is(err, judge.ErrTooFew) {
		t.Errorf("one episode: error %v, want ErrTooFew", err)
	}
}

func TestProbeFigures(t *testing.T) {
	scores, truth := []float64{1, 2, 2, 3, 0.5}, []float64{0, 1, 0, 1, 0}
	pairs := 0.0
	for i := range scores {
		for j := range scores {
			if truth[i] == 1 && truth[j] == 0 {
				switch {
				case scores[i] > scores[j]:
					pairs++
				case scores[i] == scores[j]:
					pairs += 0.5
				}
			}
		}
	}
	for name, got := range map[string][2]float64{
		"AUROC":        {judge.AUROC(scores, truth), pairs / 6},
		"R2":           {judge.R2([]float64{1, 2, 4}, []float64{1, 2, 3}), 0.5},
		"R2 of a mean": {judge.R2([]float64{2, 2, 2}, []float64{1, 2, 3}), 0},
		"accuracy":     {judge.Accuracy([]float64{1, 1, 1, -1}, []float64{1, 1, 0, 0}), 0.75},
	} {
		if math.Abs(got[0]-got[1]) > 1e-12 {
			t.Errorf("%s is %v, want %v", name, got[0], got[1])
		}
	}
	for _, v := range []float64{judge.AUROC([]float64{1, math.NaN()}, []float64{0, 1}), judge.AUROC(scores, make([]float64, 5)), judge.R2(scores, make([]float64, 5)), judge.Accuracy(scores, make([]float64, 5))} {
		if !math.IsNaN(v) {
			t.Errorf("a figure of one class is %v, want NaN", v)
		}
	}
}
