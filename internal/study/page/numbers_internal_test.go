package page

import (
	"testing"

	"glint/internal/study"
)

// TestDifferenceTellsItsEndsApart: a verdict stands on an interval that leaves out 0, and
// its reader must see that it does.
func TestDifferenceTellsItsEndsApart(t *testing.T) {
	at := func(x float64) *float64 { return &x }
	for _, test := range []struct {
		e           study.Estimate
		value, span string
	}{
		{study.Estimate{Value: 0.0000071, Lo: at(0.0000036), Hi: at(0.0000097)}, "+0.000007", " (0.000004 to 0.000010)"},
		{study.Estimate{Value: -0.705, Lo: at(-0.81), Hi: at(-0.61)}, "−0.705", " (−0.810 to −0.610)"},
		{study.Estimate{Value: 0.0002, Lo: at(0.0002), Hi: at(0.0002)}, "0.000", " (0.000 to 0.000)"},
		{study.Estimate{Value: 0.02}, "+0.020", ""},
	} {
		if value, span := (numbers{3}).difference(&test.e); value != test.value || span != test.span {
			t.Errorf("difference %v: %q%q, want %q%q", test.e.Value, value, span, test.value, test.span)
		}
	}
}
