package train

import (
	"testing"

	"glint/internal/app/config"
)

func TestCrossed(t *testing.T) {
	for _, tc := range []struct {
		before, now, every int64
		want               bool
	}{
		{0, 9, 10, false}, {0, 10, 10, true}, {10, 19, 10, false}, {19, 20, 10, true}, {5, 35, 10, true}, {7, 7, 1, false},
	} {
		if got := crossed(tc.before, tc.now, tc.every); got != tc.want {
			t.Errorf("a multiple of %d in (%d, %d]: %v, want %v", tc.every, tc.before, tc.now, got, tc.want)
		}
	}
}

func TestSheetsAreDue(t *testing.T) {
	tr := &training{cfg: config.Config{FramesEvery: 25_000}}
	for _, tc := range []struct {
		before, now int64
		want        bool
	}{
		{0, 25, false},
		{975, 1_000, true},
		{1_000, 1_001, false},
		{999, 1_002, true},
		{4_990, 5_003, true},
		{5_003, 24_999, false},
		{24_999, 25_001, true},
		{49_000, 50_000, true},
	} {
		if got := tr.sheetDue(tc.before, tc.now); got != tc.want {
			t.Errorf("from iteration %d to %d: %v, want %v", tc.before, tc.now, got, tc.want)
		}
	}
	tr.cfg.FramesEvery = 0
	if tr.sheetDue(0, 1_000_000) {
		t.Error("a sheet is due though none were asked for")
	}
}
