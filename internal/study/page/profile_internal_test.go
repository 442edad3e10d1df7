package page

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/plot/plotter"

	"glint/internal/study"
)

// A profile holds its share to the next figure where more is better, and has it since the
// last one where less is.
func TestStepsOfAProfile(t *testing.T) {
	x := []float64{3, 1, 3, 2}
	for _, tc := range []struct {
		better study.Better
		step   plotter.StepKind
		want   plotter.XYs
	}{
		{study.Higher, plotter.PostStep, plotter.XYs{{X: 0, Y: 1}, {X: 1, Y: 0.75}, {X: 2, Y: 0.5}, {X: 3, Y: 0}, {X: 3, Y: 0}, {X: 4, Y: 0}}},
		{study.Lower, plotter.PreStep, plotter.XYs{{X: 0, Y: 0}, {X: 1, Y: 0}, {X: 2, Y: 0.25}, {X: 3, Y: 0.5}, {X: 3, Y: 0.5}, {X: 4, Y: 1}}},
	} {
		line, err := steps(study.Judge{Better: tc.better}, x, 0, 4)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tc.want, line.XYs); diff != "" || line.StepStyle != tc.step {
			t.Errorf("%s: step %v, want %v; points (-want +got)\n%s", tc.better, line.StepStyle, tc.step, diff)
		}
	}
}
