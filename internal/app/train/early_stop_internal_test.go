package train

import (
	"encoding/json"
	"math"
	"testing"

	"glint/agent"
)

// An action that is next to impossible has a finite −log π, where its probability rounds to 0.
func TestLogLossOfTheImpossible(t *testing.T) {
	a := new(asker)
	a.clear(2)
	a.note([]float32{2000, 0}, 0, 1)
	if got := a.logLoss([]float64{1, 1}); got != 2000 {
		t.Errorf("the loss of a logit 2000 below the other is %v, want 2000", got)
	}
}

// Losses that are not finite are never a new low, and the lowest can always be saved.
func TestLower(t *testing.T) {
	tr := training{trainer: new(agent.Trainer)}
	for _, x := range []float64{1, 2, 3} { // without patience nothing is counted
		if tr.lower(x) || tr.low != nil {
			t.Fatalf("without patience the lowest of %v is noted as %+v", x, tr.low)
		}
	}
	tr.cfg.Patience = 2
	for i, c := range []struct {
		loss              float64
		better, impatient bool
	}{
		{math.Inf(1), false, false},
		{math.NaN(), false, false},
		{5, true, false},
		{math.Inf(-1), false, false},
		{4, true, false},
		{math.NaN(), false, false},
		{math.Inf(1), false, true},
	} {
		better := tr.lower(c.loss)
		if better != c.better || tr.impatient() != c.impatient {
			t.Errorf("judgement %d, %v: a new low %v, the end %v; want %v and %v", i, c.loss, better, tr.impatient(), c.better, c.impatient)
		}
		if _, err := json.Marshal(tr.low); err != nil {
			t.Errorf("judgement %d, %v: %v", i, c.loss, err)
		}
	}
	if tr.low == nil || tr.low.Loss != 4 {
		t.Errorf("the lowest is %+v, want 4", tr.low)
	}
}
