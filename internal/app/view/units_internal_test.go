package view

import (
	"image"
	"math"
	"testing"

	"glint/agent"
	"glint/env"
	"glint/internal/app/config"
	"glint/internal/app/monitor"
	"glint/internal/app/world"
)

// A unit that the decoder does not read changes nothing; the others do, most where they
// are furthest from their value in the observation.
func TestUnits(t *testing.T) {
	run := tinyRun(t)
	s, err := newSample(t.Context(), Options{Checkpoint: run, Steps: 200, Seed: 1, Change: func(*config.Config) {}}, false, silent())
	if err != nil {
		t.Fatal(err)
	}
	const dead = 5
	expand := s.net.Autoencoder.Decoder()[0].Value.Float32s() // [flat,16]
	for i := dead; i < len(expand); i += 16 {
		expand[i] = 0
	}
	var res UnitsResult
	sheet, err := s.units(&res)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Units) != 16 || len(sheet.Units) != 16 || res.Observations != len(s.gallery.Small)+len(s.gallery.Empty) || res.Observations < 20 {
		t.Fatalf("%d units of %d observations", len(res.Units), res.Observations)
	}
	before := math.Inf(1)
	for i, u := range res.Units {
		d := sheet.Units[i]
		if d.Number != u.Unit || u.P5 > u.P50 || u.P50 > u.P95 || u.P95-u.P5 > before || *u.Critic < 0 || *u.Actor < 0 {
			t.Errorf("unit %d drawn as %d: %+v after a range of %v", u.Unit, d.Number, u, before)
		}
		before = u.P95 - u.P5
		moved := 0.0
		for _, change := range d.Changes {
			for _, v := range change {
				moved = max(moved, math.Abs(float64(v)))
			}
		}
		if u.Unit == dead && (moved > 1e-5 || u.Change > 1e-6) {
			t.Errorf("the unit that nobody reads moves the picture by %v", moved)
		}
		if u.Unit != dead && u.P95-u.P5 > 0.1 && (moved < 1e-4 || u.Change == 0) {
			t.Errorf("unit %d of range %v moves the picture by %v", u.Unit, u.P95-u.P5, moved)
		}
	}
	if n := len(sheet.Shown.Boxes); n == 0 {
		t.Error("the observation shows no small object")
	}
}

// The observation is the one with most small objects in the frame that is shown, of
// equal ones that with least around them.
func TestMostSmall(t *testing.T) {
	s := &sample{sight: sight{Monitor: &monitor.Monitor{Scene: world.Scene{Plane: env.Spec{T: 4, H: 8, W: 8, Format: env.Plane}, Content: image.Rect(0, 0, 8, 8)}}}}
	crowd := byte(0)
	box := func(frames ...int) agent.Example {
		e := agent.Example{Obs: make([]byte, 4*64)}
		for i := range e.Obs {
			e.Obs[i] = crowd
		}
		for _, f := range frames {
			e.Boxes = append(e.Boxes, env.Box{Frame: f, Rect: image.Rect(1, 1, 3, 3)})
		}
		return e
	}
	if at := s.mostSmall([]agent.Example{box(), box(0, 1, 2, 3), box(2, 3, 3), box(3, 3), box()}); at != 2 {
		t.Errorf("observation %d, want 2", at)
	}
	crowd = 1
	crowded := []agent.Example{box(3), box(3)}
	crowd = 0
	if at := s.mostSmall(append(crowded, box(3), box(3))); at != 2 {
		t.Errorf("observation %d, want 2, the first with nothing around its object", at)
	}
	if at := s.mostSmall([]agent.Example{box(), box()}); at != 0 {
		t.Errorf("observation %d of those without any, want 0", at)
	}
}
