package app_test

import (
	"testing"

	"glint/internal/app"
)

func TestShare(t *testing.T) {
	for x, want := range map[float64]float64{-0.001: 0, 0.254: 25, 1.5: 150, -0.2: -20} {
		if got := app.Share(x); got != want || got == 0 && 1/got < 0 {
			t.Errorf("share of %v is %v, want %v", x, got, want)
		}
	}
}
