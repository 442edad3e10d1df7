package view

import (
	"image"
	"math"
	"testing"

	"glint/agent"
	"glint/env"
	"glint/internal/app/monitor"
	"glint/internal/app/world"
)

// The ratio compares the pixels of the boxes of a frame with all of its content.
func TestSlopeRatio(t *testing.T) {
	m := &monitor.Monitor{Scene: world.Scene{Plane: env.Spec{T: 2, H: 8, W: 8, Format: env.Plane}, Content: image.Rect(0, 0, 8, 4)}}
	s := &sample{sight: sight{Monitor: m}}
	slope := make([]float32, 2*64)
	for i := range slope {
		slope[i] = 1
	}
	for _, i := range []int{64 + 1*8 + 2, 64 + 1*8 + 3} { // frame 1, row 1
		slope[i] = 7
	}
	slope[64+7*8] = 1000 // in the padding
	e := agent.Example{Boxes: []env.Box{{Frame: 0, Rect: image.Rect(0, 0, 8, 8)}, {Frame: 1, Rect: image.Rect(2, 1, 4, 2)}, {Frame: 1, Rect: image.Rect(2, 1, 4, 2)}}}
	if got, want := s.ratio(slope, e, 1), 7/(44./32); math.Abs(got-want) > 1e-6 {
		t.Errorf("a ratio of %v, want %v", got, want)
	}
	if got := s.ratio(slope, e, 0); got != 1 {
		t.Errorf("an even slope has a ratio of %v", got)
	}
	if got := s.ratio(make([]float32, 128), e, 1); got != 0 {
		t.Errorf("no slope has a ratio of %v", got)
	}
}
