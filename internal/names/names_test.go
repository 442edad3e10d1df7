package names_test

import (
	"testing"

	"glint/internal/names"
)

func TestNearest(t *testing.T) {
	known := []string{"train", "eval", "view", "record"}
	for wrong, want := range map[string]string{
		"trian": "train", "evaluate": "eval", "viw": "view", "records": "record", "view": "view",
		"": "eval", // of equals the first
	} {
		if got := names.Nearest(wrong, known); got != want {
			t.Errorf("nearest to %q is %q, want %q", wrong, got, want)
		}
	}
}
