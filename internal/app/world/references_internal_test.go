package world

import (
	"testing"

	"glint/internal/app"
)

func TestReferences(t *testing.T) {
	for env, r := range References {
		if low, high := r.Normalised(r.Low), r.Normalised(r.High); low != 0 || high != 1 || r.High <= r.Low {
			t.Errorf("%s: the known players stand at %v and %v, want 0 and 1", env, low, high)
		}
	}
	for x, want := range map[float64]float64{-0.001: 0, 0.254: 25, 1.5: 150, -0.2: -20} {
		if got := app.Share(x); got != want || got == 0 && 1/got < 0 {
			t.Errorf("share of %v is %v, want %v", x, got, want)
		}
	}
}
