package report

import (
	"math"
	"testing"
)

// Ticks are round, hold the values between them and are few.
func TestTicks(t *testing.T) {
	for _, r := range [][2]float64{{0, 1}, {-0.3, 2}, {12, 13}, {5, 5}, {0, 0}, {-1e6, 3}, {1e-9, 2e-9}, {999, 1001}, {-7, -7}} {
		ticks := ticksOf(r[0], r[1])
		if n := len(ticks); n < 2 || n > chartTicks+2 {
			t.Errorf("%v: %d ticks %v", r, n, ticks)
			continue
		}
		if ticks[0] > r[0] || ticks[len(ticks)-1] < r[1] {
			t.Errorf("%v: ticks %v do not hold it", r, ticks)
		}
		step := ticks[1] - ticks[0]
		lead := step / math.Pow(10, math.Floor(math.Log10(step)+1e-9))
		if d := min(math.Abs(lead-1), math.Abs(lead-2), math.Abs(lead-5), math.Abs(lead-10)); d > 1e-3 {
			t.Errorf("%v: a step of %v", r, step)
		}
	}
}
