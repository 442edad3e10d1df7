package probe

import (
	"image"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"glint/env"
	"glint/internal/app/world"
	"glint/internal/judge"
	"glint/replay"
)

func TestHeights(t *testing.T) {
	nan := math.NaN()
	for _, tc := range []struct {
		name string
		y    []float64
		want []float64
	}{
		{"two", []float64{31, nan, 54, 32, 53}, []float64{0, nan, 1, 0, 1}},
		{"one", []float64{31, 33, 38}, []float64{nan, nan, nan}},
		{"three", []float64{10, 30, 50}, []float64{nan, nan, nan}},
		{"none", []float64{nan}, []float64{nan}},
	} {
		if d := cmp.Diff(tc.want, heights(tc.y), cmpopts.EquateNaNs()); d != "" {
			t.Errorf("%s: %s", tc.name, d)
		}
	}
}

func TestDirection(t *testing.T) {
	at := func(frame, x, y int) env.Box {
		return env.Box{Frame: frame, Rect: image.Rect(x, y, x+5, y+2)}
	}
	for _, tc := range []struct {
		name  string
		other env.Box
		want  string
	}{
		{"further right in the next frame", at(2, 54, 30), "flies right"},
		{"further right in the frame before", at(0, 54, 30), "flies left"},
		{"further left in the next frame", at(2, 46, 31), "flies left"},
		{"two frames on", at(3, 54, 30), ""},
		{"too far", at(2, 57, 30), ""},
		{"another height", at(2, 54, 33), ""},
		{"at the same place", at(2, 50, 30), ""},
	} {
		if got := direction([]env.Box{at(1, 50, 30), tc.other}, 1, at(1, 50, 30).Rect); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestTargets(t *testing.T) {
	nan := math.NaN()
	s := world.Scene{
		Plane: env.Spec{T: 4, H: 64, W: 144}, Raw: env.Spec{H: 64, W: 144}, Content: image.Rect(0, 0, 144, 64),
		Objects: []judge.Object{{Kind: "knife"}},
	}
	box := func(frame, x int) env.Box {
		return env.Box{Kind: "knife", Frame: frame, Rect: image.Rect(x, 30, x+5, 32)}
	}
	var got targets
	for _, row := range []replay.Row{
		{},
		{Boxes: []env.Box{box(3, 50)}, State: &replay.State{PlayerX: 70}},
		{Boxes: []env.Box{box(3, 50), box(3, 90)}},
		{Boxes: []env.Box{box(2, 50)}},
		{Boxes: []env.Box{box(3, 142)}}, // partly outside
		{Boxes: []env.Box{{Kind: "puck", Frame: 3, Rect: image.Rect(50, 30, 55, 32)}}},
	} {
		got.add(row, s)
	}
	want := targets{
		present: []float64{0, 1, 1, nan, nan, nan}, x: []float64{nan, 52.5, nan, nan, nan, nan}, y: []float64{nan, 31, nan, nan, nan, nan},
		player: []float64{nan, 70, nan, nan, nan, nan},
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(targets{}), cmpopts.EquateNaNs()); d != "" {
		t.Error(d)
	}
}

func TestBlocks(t *testing.T) {
	s := env.Spec{H: 8, W: 16}
	frame := make([]byte, 8*16)
	frame[5*16+9] = 64 // row 5, column 9: the second block of the second row
	if d := cmp.Diff([]float64{0, 0, 0, 2}, blocks(frame, s)); d != "" {
		t.Error(d)
	}
}
