package e2e_test

import (
	"bytes"
	"errors"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/detect"
)

var wantDetect = []string{
	"precision", "recall", "f1", "false_frames", "frames", "threshold", "situations", "curve", "picture", "fires", "false_empty", "empty_frames",
}

func TestDetect(t *testing.T) {
	data, dir := recordDojo(t, "random", 1600, 3), t.TempDir()
	out := new(bytes.Buffer)
	d := detect.Options{Data: data, Out: filepath.Join(dir, "alone"), Curve: true}
	alone, err := detect.Run(t.Context(), d, app.IO{Stdout: out, Stderr: new(bytes.Buffer), JSON: true})
	if err != nil {
		t.Fatal(err)
	}
	haveKeys(t, out, wantDetect)
	// Figures of the dojo: all in the open are found, and nothing else.
	if *alone.Precision < 0.995 || *alone.Recall < 0.5 || alone.FalseEmpty != 0 || *alone.FalseFrames != 0 || *alone.Situations["open"].Recall != 1 {
		t.Errorf("the detector alone: precision %v, recall %v, %+v", *alone.Precision, *alone.Recall, alone)
	}
	objects := 0
	for _, s := range alone.Situations {
		objects += s.Objects
	}
	if objects != alone.Objects || alone.Frames < 6000 || alone.EmptyFrames >= alone.Frames {
		t.Errorf("%d objects by situation, %d in all, %d of %d frames empty", objects, alone.Objects, alone.EmptyFrames, alone.Frames)
	}
	last := math.Inf(1)
	for _, p := range alone.Curve {
		if *p.Recall > last {
			t.Errorf("recall rises to %v at threshold %v", *p.Recall, p.Threshold)
		}
		last = *p.Recall
		if p.Threshold == alone.Threshold && *p.Recall != *alone.Recall {
			t.Errorf("recall %v at %v on the curve, %v without", *p.Recall, p.Threshold, *alone.Recall)
		}
	}
	d.FillIn, d.Side, d.Curve = true, 4, false
	filled, err := detect.Run(t.Context(), d, quiet())
	if err != nil {
		t.Fatal(err)
	}
	if *filled.Recall < *alone.Recall+0.05 || *filled.Precision < 0.99 || filled.FalseEmpty != 0 {
		t.Errorf("with fill-in recall %v, precision %v; alone %v, %v", *filled.Recall, *filled.Precision, *alone.Recall, *alone.Precision)
	}
	f, err := os.Open(filled.Picture)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := png.Decode(f); err != nil {
		t.Error(err)
	}
}

func TestDetectWithoutTruth(t *testing.T) {
	data := recordDojo(t, "random", 400, 3)
	spec := filepath.Join(data, "spec.json")
	if err := os.WriteFile(spec, bytes.Replace(read(t, spec), []byte(`"truth": true`), []byte(`"truth": false`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	notes := new(bytes.Buffer)
	res, err := detect.Run(t.Context(), detect.Options{Data: data, Out: t.TempDir()}, app.IO{Stdout: new(bytes.Buffer), Stderr: notes, JSON: true})
	if err != nil {
		t.Fatal(err)
	}
	if res.Precision != nil || res.Recall != nil || res.FalseFrames != nil || res.Situations != nil || res.Truth {
		t.Errorf("figures without truth: %+v", res)
	}
	if res.Fires == 0 || res.FireRate <= 0 || res.Picture == "" {
		t.Errorf("%d fires, rate %v, picture %q", res.Fires, res.FireRate, res.Picture)
	}
	if !strings.Contains(notes.String(), "has no truth") {
		t.Errorf("notes do not say that there is no truth: %s", notes)
	}
}

func TestDetectCalibrates(t *testing.T) {
	data, dir := recordDojo(t, "random", 2000, 3), t.TempDir()
	res, err := detect.Run(t.Context(), detect.Options{Data: data, Out: dir, Calibrate: true}, quiet())
	if err != nil {
		t.Fatal(err)
	}
	c := res.Calibrated
	if math.Abs(*c.Own.Precision-*c.Preset.Precision) > 0.03 || math.Abs(*c.Own.Recall-*c.Preset.Recall) > 0.03 || !(c.Sure > 0 && c.Sure <= 1) {
		t.Errorf("calibrated: %+v, its figures %+v, the preset's %+v", c, c.Own, c.Preset)
	}
	loaded, err := config.Load(c.Config, config.Base{})
	if err != nil || loaded.Env != "dojo" || loaded.Detector.Threshold != c.Threshold || loaded.Detector.Center.X != c.Detector.Center[0] {
		t.Errorf("the config file holds %+v, error %v", loaded.Detector, err)
	}
	again, err := detect.Run(t.Context(), detect.Options{Data: data, Out: dir, Config: c.Config}, quiet())
	if err != nil || *again.Recall != *res.Recall {
		t.Errorf("with the config file: %+v, error %v", again, err)
	}
}

func TestDetectRefuses(t *testing.T) {
	data := recordDojo(t, "random", 40, 3)
	short := recordDojo(t, "random", 4, 3)
	for _, c := range []struct {
		name string
		d    detect.Options
		want string
	}{
		{"no dataset", detect.Options{Data: t.TempDir()}, "glint record"},
		{"side", detect.Options{Data: data, Side: -1}, "--side is -1"},
		{"unknown setting", detect.Options{Data: data, Detector: map[string]string{"lamda": "3"}}, "did you mean detector.lambda?"},
		{"wrong setting", detect.Options{Data: data, Detector: map[string]string{"threshold": "3.0"}}, "Threshold 3"},
		{"nothing moves", detect.Options{Data: short, Calibrate: true}, "record more steps"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.d.Out = t.TempDir()
			_, err := detect.Run(t.Context(), c.d, quiet())
			if usage := (*app.UsageError)(nil); !errors.As(err, &usage) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one of use with %q", err, c.want)
			}
		})
	}
}

func TestDetectBrokenShard(t *testing.T) {
	data := recordDojo(t, "random", 40, 3)
	foreign := filepath.Join(data, "part-00001.parquet")
	if err := os.WriteFile(foreign, []byte("no Parquet"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := detect.Options{Data: data, Out: t.TempDir()}
	if _, err := detect.Run(t.Context(), d, quiet()); err == nil || !strings.Contains(err.Error(), "part-00001.parquet") {
		t.Errorf("error %v, want the file's name", err)
	}
	d.SkipBad = true
	res, err := detect.Run(t.Context(), d, quiet())
	if err != nil || len(res.Skipped) != 1 || !strings.Contains(res.Skipped[0], "part-00001.parquet") || res.Frames == 0 {
		t.Errorf("skipped %v of %d frames, error %v", res.Skipped, res.Frames, err)
	}
}
