package stats_test

import (
	"math"
	"testing"

	"glint/internal/stats"
)

func TestConfusion(t *testing.T) {
	c := stats.NewConfusion(4)
	for _, pair := range [][3]int{{0, 0, 6}, {0, 1, 2}, {1, 1, 3}, {1, 0, 1}, {2, 0, 2}} { // true, chosen, times
		c[pair[0]][pair[1]] += pair[2]
	}
	nan := math.NaN()
	for _, f := range []struct {
		name      string
		got, want float64
	}{
		{"recall 0", c.Recall(0), 6. / 8},
		{"recall 1", c.Recall(1), 3. / 4},
		{"recall 2", c.Recall(2), 0},
		{"recall 3", c.Recall(3), nan},
		{"precision 0", c.Precision(0), 6. / 9},
		{"precision 1", c.Precision(1), 3. / 5},
		{"precision 2", c.Precision(2), nan},
		{"F1 0", c.F1(0), 12. / 17},
		{"F1 1", c.F1(1), 6. / 9},
		{"F1 2", c.F1(2), 0},
		{"F1 3", c.F1(3), nan},
		{"accuracy", c.Accuracy(), 9. / 14},
		{"balanced accuracy", c.BalancedAccuracy(), (6./8 + 3./4) / 3},
		{"macro-F1", c.MacroF1(), (12./17 + 6./9) / 3},
		{"of nothing", stats.NewConfusion(2).MacroF1(), nan},
	} {
		if math.Abs(f.got-f.want) > 1e-12 || math.IsNaN(f.got) != math.IsNaN(f.want) {
			t.Errorf("%s: %v, want %v", f.name, f.got, f.want)
		}
	}
}
