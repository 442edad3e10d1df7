package report_test

import (
	"image"
	"image/color"
	"path/filepath"
	"strings"
	"testing"

	"glint/internal/report"
)

var (
	trueBox  = color.RGBA{0x0b, 0x62, 0xc4, 255}
	foundBox = color.RGBA{0xc2, 0x56, 0x0c, 255}
)

func findSheet() *report.FindSheet {
	find := func(there, found bool) report.Find {
		e := scene(64, 144, image.Pt(60, 20))
		f := report.Find{Original: e.Original, Plane: e.Plane, H: e.H, W: e.W, Caption: "in the open, step 3"}
		if there {
			f.True = e.Boxes
		}
		if found {
			f.Found = e.Boxes
		}
		return f
	}
	return &report.FindSheet{
		Title: "small objects", Subtitle: "recall 0.97",
		Groups: []report.FindGroup{
			{Name: "Hits", Finds: []report.Find{find(true, true), find(true, true), find(true, true)}},
			{Name: "Misses", Finds: []report.Find{find(true, false)}},
			{Name: "False fires"},
		},
	}
}

func TestFindSheet(t *testing.T) {
	draw := func(s *report.FindSheet) *image.RGBA {
		img, err := s.Draw()
		if err != nil {
			t.Fatal(err)
		}
		return img
	}
	img := draw(findSheet())
	// Each box is drawn on the original and on the plane: 4 true ones, 3 found.
	boxes := func(img *image.RGBA) (truth, found int) { return count(img, trueBox), count(img, foundBox) }
	truth, found := boxes(img)
	none := findSheet()
	for g := range none.Groups {
		for i := range none.Groups[g].Finds {
			none.Groups[g].Finds[i].True, none.Groups[g].Finds[i].Found = nil, nil
		}
	}
	legendTruth, legendFound := boxes(draw(none))
	// A box of 5x2 is drawn a pixel larger on each side, 3 times enlarged and 2 thick.
	if got, want := truth-legendTruth, 4*2*2*2*(21+12+4); got != want {
		t.Errorf("%d pixels of true boxes, want %d", got, want)
	}
	if got, want := found-legendFound, 3*2*2*2*(27+18+4); got != want {
		t.Errorf("%d pixels of found boxes, want %d", got, want)
	}
	if err := findSheet().WritePNG(filepath.Join(t.TempDir(), "finds.png")); err != nil {
		t.Error(err)
	}
}

func TestFindSheetWithoutOriginals(t *testing.T) {
	s := findSheet()
	s.Groups[0].Finds[0].Original = nil
	if _, err := s.Draw(); err != nil {
		t.Error(err)
	}
	if _, err := (&report.FindSheet{Title: "nothing"}).Draw(); err != nil {
		t.Errorf("no groups: %v", err)
	}
}

func TestFindSheetRefuses(t *testing.T) {
	for name, change := range map[string]func(*report.Find){
		"a plane of":     func(f *report.Find) { f.Plane = f.Plane[1:] },
		"an original of": func(f *report.Find) { f.Original = image.NewGray(image.Rect(0, 0, 3, 3)) },
	} {
		s := findSheet()
		change(&s.Groups[1].Finds[0])
		if _, err := s.Draw(); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "Misses") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
