package app_test

import (
	"image"
	"path/filepath"
	"testing"

	"glint/env/pixels"
	"glint/internal/app"
	"glint/replay"
)

// TestRecordedCrop wants a dataset to say which part of the screen its frames show,
// whoever cut it out.
func TestRecordedCrop(t *testing.T) {
	const kungFu = "gym:ALE/KungFuMaster-v5"
	preset := pixels.PresetFor(kungFu).Config.Crop
	for _, tc := range []struct {
		name, env string
		crop      image.Rectangle // of the config; empty for none
		keep      bool            // the preset's crop
		want      image.Rectangle
	}{
		{name: "dojo", env: "dojo", keep: true, want: image.Rect(12, 98, 156, 162)},
		{name: "part of the dojo", env: "dojo", crop: image.Rect(10, 8, 74, 40), want: image.Rect(22, 106, 86, 138)},
		{name: "preset", env: kungFu, keep: true, want: preset},
		{name: "own", env: kungFu, crop: image.Rect(20, 90, 148, 154), want: image.Rect(20, 90, 148, 154)},
		{name: "corner", env: kungFu, crop: image.Rect(0, 0, 80, 100), want: image.Rect(0, 0, 80, 100)},
		{name: "whole", env: kungFu, want: image.Rectangle{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.env != "dojo" {
				needGym(t)
			}
			out := filepath.Join(t.TempDir(), "data")
			_, err := app.Record(t.Context(), app.RecordOptions{
				Who: app.Who{Policy: "random"}, Env: tc.env, Steps: 4, Envs: 2, Hold: 1, Out: out, Change: func(c *app.Config) {
					if !tc.keep {
						c.Pixels.Crop = tc.crop
					}
				},
			}, quiet())
			if err != nil {
				t.Fatal(err)
			}
			d, err := replay.Open(out)
			if err != nil {
				t.Fatal(err)
			}
			m := d.Meta()
			if want := (replay.Crop{X: tc.want.Min.X, Y: tc.want.Min.Y, W: tc.want.Dx(), H: tc.want.Dy()}); m.Crop != want {
				t.Errorf("crop %+v, want %+v", m.Crop, want)
			}
			if !tc.want.Empty() && (m.W != tc.want.Dx() || m.H != tc.want.Dy()) {
				t.Errorf("frames are %dx%d, want the crop's size", m.W, m.H)
			}
		})
	}
}
