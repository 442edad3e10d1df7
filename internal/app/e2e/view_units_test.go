package e2e_test

import (
	"bytes"
	"image"
	"image/png"
	"path/filepath"
	"testing"

	"glint/internal/app/config"
	"glint/internal/app/view"
)

// TestViewUnits draws units from a dataset, and of a run whose actor and critic never
// learned without them.
func TestViewUnits(t *testing.T) {
	dir, data := t.TempDir(), recordDojo(t, "scripted", 600, 1)
	for _, alone := range []bool{false, true} {
		run := pictured(t, alone)
		v := view.Options{Checkpoint: run, Data: data, Out: dir, Change: func(*config.Config) {}}
		res, err := view.Units(t.Context(), v, quiet())
		if err != nil {
			t.Fatal(err)
		}
		if len(res.Units) != 16 || res.Observations < 10 || (res.Units[0].Actor == nil) != alone || (res.Units[0].Critic == nil) != alone {
			t.Errorf("alone %v: %+v", alone, res)
		}
		img, err := png.Decode(bytes.NewReader(read(t, res.Picture)))
		if want := image.Pt(1864, 2440); err != nil || filepath.Base(res.Picture) != "units.png" || !alone && img.Bounds().Size() != want {
			t.Errorf("a picture of %v, error %v; want %v", img.Bounds().Size(), err, want)
		}
	}
}
