package score_test

import (
	"strconv"
	"strings"
	"testing"

	"glint/env/score"
)

// TestTracker follows scores of four digits, of which gains of up to 1,000 are plausible and
// others must be read three times.
func TestTracker(t *testing.T) {
	for _, c := range []struct {
		name, frames string // "?" is a frame that is not read
		gain         int64  // of all
		zeroed       int
		score        int64
	}{
		{"rises", "0 0 100 100 300 1300", 1300, 0, 1300},
		{"begins anywhere", "5000 5000 5200", 200, 0, 5200},
		{"not read", "100 ? ? 300 ? 300 400", 300, 0, 400},
		{"not read at first", "? ? 700 800", 100, 0, 800},
		{"over the end", "9900 9990 30", 130, 0, 30},
		{"too much at once", "100 5100 5100", 0, 0, 100},
		{"confirmed", "100 5100 5100 5100 5200", 5100, 0, 5200},
		{"confirmed between frames that are not read", "100 5100 ? 5100 ? 5100", 5000, 0, 5100},
		{"misread now and then", "100 8100 100 8100 100 8100 8100 100", 0, 0, 100},
		{"implausible ones that differ", "100 5100 6100 7100", 0, 0, 100},
		{"falls", "800 500 500 500 600", -200, 0, 600},
		{"falls for a moment", "800 500 500 800 900", 100, 0, 900},
		{"new game", "800 900 0 0 0 50", 150, 1, 50},
		{"zeros for a moment", "800 0 0 900", 100, 0, 900},
		{"misread as plausible", "100 800 100 100 100", 0, 0, 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			tracker := score.NewTracker(score.TrackerOptions{Range: 10_000, Jump: 1000, Confirm: 3})
			for range 2 { // a restart forgets everything
				gain, zeroed := int64(0), 0
				for frame := range strings.FieldsSeq(c.frames) {
					v, err := strconv.ParseInt(frame, 10, 64)
					g, z := tracker.Add(score.Reading{Value: v, Known: err == nil})
					if gain += g; z {
						zeroed++
					}
				}
				if got, known := tracker.Score(); gain != c.gain || zeroed != c.zeroed || got != c.score || !known {
					t.Errorf("%s: gained %d, new games %d, score %d; want %d, %d, %d", c.frames, gain, zeroed, got, c.gain, c.zeroed, c.score)
				}
				tracker.Restart()
				if _, known := tracker.Score(); known {
					t.Error("the score is known after a restart")
				}
			}
		})
	}
}
