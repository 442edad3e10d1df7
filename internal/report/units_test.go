package report_test

import (
	"flag"
	"image"
	"image/color"
	"math"
	"strings"
	"testing"

	"glint/internal/report"
)

var unitsOut = flag.String("units", "", "write an example of a sheet of units to this file, to look at it")

// units is a sheet of n made-up units; unit i brightens and darkens a spot of its own.
func units(h, w, n int) *report.UnitSheet {
	s := &report.UnitSheet{
		Title: "units", Subtitle: "of nothing", Shown: scene(h, w, image.Pt(w/2, h/3)), Legend: []string{strings.Repeat("long words ", 30)},
		Names: []string{"p5", "p50", "p95"},
	}
	for i := range n {
		u := report.Unit{Number: i, Values: []float64{-0.5, 0, 0.5}, Actor: float64(i), Critic: 1}
		for _, v := range u.Values {
			d := make([]float32, h*w)
			for k := range 9 {
				d[(i*31+k)%len(d)] = float32(v)
			}
			u.Changes = append(u.Changes, d)
		}
		s.Units = append(s.Units, u)
	}
	return s
}

func drawUnits(t *testing.T, s *report.UnitSheet) *image.RGBA {
	t.Helper()
	img, err := s.Draw()
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestUnitSheetSizes(t *testing.T) {
	for _, tc := range []struct {
		w, h, n       int
		width, height int
	}{{144, 64, 64, 2784, 5194}, {84, 84, 64, 3272, 5974}, {160, 160, 16, 2056, 4118}, {8, 8, 1, 1064, 932}} {
		img := drawUnits(t, units(tc.h, tc.w, tc.n))
		if got := img.Rect.Size(); got != image.Pt(tc.width, tc.height) {
			t.Errorf("%d units of %dx%d: a sheet of %v, want %dx%d", tc.n, tc.w, tc.h, got, tc.width, tc.height)
		}
	}
	if *unitsOut != "" {
		if err := units(64, 144, 64).WritePNG(*unitsOut); err != nil {
			t.Fatal(err)
		}
	}
}

// A unit that matters paints its spot, orange where brighter and blue where darker; one
// that does not leaves the ground white.
func TestUnitSheetShowsChanges(t *testing.T) {
	blue, orange := color.RGBA{8, 48, 107, 255}, color.RGBA{122, 46, 0, 255}
	s := units(64, 144, 1)
	with := drawUnits(t, s)
	// The scale has some pixels of both ends.
	for i := range s.Units[0].Changes {
		clear(s.Units[0].Changes[i])
	}
	without := drawUnits(t, s)
	scale := [2]int{count(without, blue), count(without, orange)}
	for i, c := range []color.RGBA{blue, orange} {
		if n := count(with, c) - scale[i]; n != 9*2*2 {
			t.Errorf("%d pixels of %v, want 9 of the frame, twice enlarged", n, c)
		}
	}
}

func TestUnitSheetRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*report.UnitSheet){
		"no units": func(s *report.UnitSheet) { s.Units = nil },
		"values":   func(s *report.UnitSheet) { s.Units[0].Values = nil },
		"pixels":   func(s *report.UnitSheet) { s.Units[0].Changes[1] = s.Units[0].Changes[1][1:] },
		"recon":    func(s *report.UnitSheet) { s.Shown.Recon = nil },
	} {
		s := units(8, 8, 2)
		spoil(s)
		if _, err := s.Draw(); err == nil {
			t.Errorf("%s: drawn", name)
		}
	}
	s := units(8, 8, 2)
	s.Units[0].Changes[0][0] = float32(math.NaN())
	drawUnits(t, s)
}
