package saliency

import (
	"fmt"

	"glint/env"
)

// Trial tries detectors that differ in their threshold alone on the stacks that a
// Calibrator has seen. A find that moves straight and evenly through a stack is believed,
// and a place where the Calibrator saw an object should be found.
type Trial struct {
	thresholds []float64
	detectors  []*Detector
	flight     *Flight
	h, w       int
	places     []Place // not looked at yet
	seen       int     // places looked at
	stacks     int
	fires      []int
	flying     []int
	hits       []int // places found
	found      []env.Box
}

// NewTrial makes a trial of detectors of an object on planes of h rows and w columns, at
// thresholds of 0.3 to 1 in steps of 0.05.
func NewTrial(o Object, fl FlightConfig, h, w int) (*Trial, error) {
	t := &Trial{h: h, w: w, places: o.Places}
	cfg := o.Config
	for percent := 30; percent <= 100; percent += 5 {
		cfg.Threshold = float64(percent) / 100
		d, err := NewDetector(cfg, h, w)
		if err != nil {
			return nil, err
		}
		if t.flight, err = NewFlight(fl, d); err != nil {
			return nil, err
		}
		t.thresholds, t.detectors = append(t.thresholds, cfg.Threshold), append(t.detectors, d)
	}
	n := len(t.thresholds)
	t.fires, t.flying, t.hits = make([]int, n), make([]int, n), make([]int, n)
	return t, nil
}

// Add looks at the next stack [T,H,W] that the Calibrator has seen. It panics when the
// stack does not end with a plane.
func (t *Trial) Add(stack []byte) {
	n := 0
	for n < len(t.places) && t.places[n].Stack == t.stacks {
		n++
	}
	for i, d := range t.detectors {
		t.found = d.DetectStack(t.found[:0], stack)
		t.fires[i] += len(t.found)
		t.flying[i] += t.flight.flying(t.found, len(stack)/(t.h*t.w))
		for _, p := range t.places[:n] {
			for _, b := range t.found {
				if b.Frame == p.Frame && b.Rect.Overlaps(p.Rect) {
					t.hits[i]++
					break
				}
			}
		}
	}
	t.places, t.seen = t.places[n:], t.seen+n
	t.stacks++
}

// Verdict is what a Trial says of one threshold.
type Verdict struct {
	Threshold float64
	// Flying is the share of the finds that fly, Seen the share of the Calibrator's
	// places that are found.
	Flying, Seen float64
}

// score is the harmonic mean of both shares.
func (v Verdict) score() float64 {
	if v.Flying+v.Seen == 0 {
		return 0
	}
	return 2 * v.Flying * v.Seen / (v.Flying + v.Seen)
}

// flat is how far below the best score a threshold is as good.
const flat = 0.01

// Best returns, of the thresholds whose score is as good as the best, that a third of
// the way up: a little less makes no difference, and an object beside something, which
// no Calibrator sees, fires the more the lower it is. Without a find that flies the
// error is ErrNothingMoves.
func (t *Trial) Best() (Verdict, error) {
	all := make([]Verdict, len(t.thresholds))
	best := 0
	for i, threshold := range t.thresholds {
		all[i] = Verdict{threshold, float64(t.flying[i]) / float64(max(1, t.fires[i])), float64(t.hits[i]) / float64(max(1, t.seen))}
		if all[i].score() > all[best].score() {
			best = i
		}
	}
	top := all[best].score()
	if top == 0 {
		return Verdict{}, fmt.Errorf("%w: no threshold finds what was seen", ErrNothingMoves)
	}
	from, to := best, best
	for from > 0 && all[from-1].score() >= top-flat {
		from--
	}
	for to+1 < len(all) && all[to+1].score() >= top-flat {
		to++
	}
	return all[from+(to-from)/3], nil
}
