package app_test

import (
	"bytes"
	"image"
	"image/png"
	"path/filepath"
	"testing"

	"glint/internal/app"
	"glint/replay"
)

// TestViewOfUnknownTruth looks at datasets whose small objects are not known or have
// another size than the judge's: nothing may be judged.
func TestViewOfUnknownTruth(t *testing.T) {
	dir := t.TempDir()
	resized := func(c *app.Config) { c.Pixels.Resize = image.Pt(84, 84) }
	c := smallA2C("dojo")
	resized(&c)
	c.Steps, c.FramesEvery = 200, 0
	run := filepath.Join(dir, "run")
	train(t, c, run)
	for _, tc := range []struct {
		name   string
		change func(*app.Config)
		truth  bool
	}{{"resized", resized, false}, {"native", func(*app.Config) {}, true}} {
		t.Run(tc.name, func(t *testing.T) {
			data := filepath.Join(dir, tc.name)
			rec, err := app.Record(t.Context(), app.RecordOptions{
				Who: app.Who{Policy: "scripted"}, Env: "dojo", Steps: 400, Envs: 2, Seed: 1, Hold: 1, Out: data, Change: tc.change,
			}, quiet())
			if err != nil {
				t.Fatal(err)
			}
			d, err := replay.Open(data)
			if err != nil {
				t.Fatal(err)
			}
			if d.Meta().Truth != tc.truth || rec.Truth != tc.truth || (rec.Small > 0) != tc.truth {
				t.Errorf("the dataset says truth %v, the recorder %+v; want %v", d.Meta().Truth, rec, tc.truth)
			}
			res, err := app.View(t.Context(), app.ViewOptions{
				Checkpoint: run, Data: data, Steps: 1, Out: filepath.Join(dir, "view", tc.name), Change: func(*app.Config) {},
			}, quiet())
			if err != nil {
				t.Fatal(err)
			}
			if res.Frames != 0 || res.FalseKnives != nil || res.Kept != nil || res.MSE != nil {
				t.Errorf("the judge says %+v of what it cannot know", res)
			}
			if _, err := png.Decode(bytes.NewReader(read(t, res.Sheet))); err != nil {
				t.Errorf("the sheet: %v", err)
			}
		})
	}
}
