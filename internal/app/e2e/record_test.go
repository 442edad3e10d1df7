package e2e_test

import (
	"fmt"
	"image"
	"path/filepath"
	"reflect"
	"testing"

	"glint/env/pixels"
	"glint/internal/app/config"
	"glint/internal/app/play"
	"glint/internal/app/record"
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
			_, err := record.Run(t.Context(), record.Options{
				Who: play.Who{Policy: "random"}, Env: tc.env, Steps: 4, Envs: 2, Out: out, Change: func(c *config.Config) {
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

// TestRecordMixture wants a mixture of a checkpoint and policies to be recorded, with
// the truth about the player, and steps that repeat frames to be left out.
func TestRecordMixture(t *testing.T) {
	dir := t.TempDir()
	c := smallA2C("dojo")
	c.Steps, c.FramesEvery = 250, 0
	run := filepath.Join(dir, "run")
	trained(t, c, run)
	rows := map[bool][]replay.Row{} // by whether they are distinct
	for steps, distinct := range map[int64]bool{1500: false, 300: true} {
		out := filepath.Join(dir, fmt.Sprintf("data-%v", distinct))
		res, err := record.Run(t.Context(), record.Options{
			Who: play.WhoOf("varied, "+run, false, 1), Env: "dojo", Steps: steps, Envs: 2, Seed: 3, Distinct: distinct, Out: out, Change: func(*config.Config) {},
		}, quiet())
		if err != nil {
			t.Fatal(err)
		}
		if res.Policy != run+",varied" || res.Steps != steps || distinct != (res.Duplicates > 0) {
			t.Errorf("recorded with distinct frames %v: %+v", distinct, res)
		}
		if rows[distinct] = readRows(t, out); len(rows[distinct]) != int(steps) {
			t.Fatalf("%d rows, want %d", len(rows[distinct]), steps)
		}
	}
	seen := map[string]bool{}
	var want []replay.Row
	for _, row := range rows[false] {
		last := row.Terminated || row.Truncated
		if last || row.Reward != 0 || !seen[string(row.Obs)] {
			want = append(want, row)
		}
		if !last {
			seen[string(row.Obs)] = true
			if s := row.State; s == nil || s.PlayerX < 40 || s.PlayerX > 100 || s.Lives < 1 {
				t.Fatalf("episode %d, step %d: state %+v", row.Episode, row.Step, s)
			}
		}
	}
	if len(want) < 300 {
		t.Fatalf("%d of 1500 rows are distinct, want 300", len(want))
	}
	for i, row := range rows[true] {
		if !reflect.DeepEqual(row, want[i]) {
			t.Fatalf("distinct row %d is step %d of episode %d, want step %d of episode %d", i, row.Step, row.Episode, want[i].Step, want[i].Episode)
		}
	}
}

func readRows(t *testing.T, dir string) []replay.Row {
	t.Helper()
	d, err := replay.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var rows []replay.Row
	for row, err := range d.Rows(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}
