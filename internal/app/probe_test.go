package app_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glint/internal/app"
)

var wantProbe = []string{
	"contrast", "kept", "false_knives", "mse", "knife_mse", "detected", "auroc", "r2_x", "r2_y", "r2_x_mlp", "acc_y", "r2_player",
	"mse_ratio", "frames", "intervals", "controls", "against", "truth_in_training",
}

func TestProbe(t *testing.T) {
	dir, data, fresh := t.TempDir(), recordDojo(t, "varied", 1200, 1), recordDojo(t, "varied", 1600, 9)
	run, flat := filepath.Join(dir, "run"), filepath.Join(dir, "flat")
	c := smallAlone(t, data)
	train(t, c, run)
	c.Weighting = "uniform"
	train(t, c, flat)

	out := new(bytes.Buffer)
	res, err := app.Probe(t.Context(), app.ProbeOptions{Checkpoint: run, Data: fresh, Against: flat}, app.IO{Stdout: out, Stderr: new(bytes.Buffer), JSON: true})
	if err != nil {
		t.Fatal(err)
	}
	haveKeys(t, out, wantProbe)
	if res.Frames < 6000 || res.Episodes < 2 || res.Visible == 0 || res.Kept == nil || res.MSERatio == nil || *res.MSERatio <= 0 {
		t.Errorf("the probe says %+v", res)
	}
	if in := res.Intervals["mse"]; !(in[0] < *res.MSE && *res.MSE < in[1]) {
		t.Errorf("the error %v is not within its interval %v", *res.MSE, in)
	}
	if got := *res.MSE / *res.Against.MSE; got != *res.MSERatio {
		t.Errorf("ratio %v of errors %v and %v", *res.MSERatio, *res.MSE, *res.Against.MSE)
	}
	if res.R2Player == nil || res.Controls["pixels"].R2Player == nil || res.Controls["random_encoder"].AUROC == nil {
		t.Errorf("readings %+v, controls %+v", res.Readings, res.Controls)
	}
	visible := 0
	for _, place := range []string{"open", "body", "hand", "edge"} {
		visible += res.Groups[place].Visible
	}
	if visible != res.Visible {
		t.Errorf("%d knives by what is around them, %d in all: %+v", visible, res.Visible, res.Groups)
	}

	// Of the dataset that it was trained on, only what was left aside is judged.
	said := new(bytes.Buffer)
	own, err := app.Probe(t.Context(), app.ProbeOptions{Checkpoint: run, Data: data}, app.IO{Stdout: out, Stderr: said})
	if err != nil || own.Steps == 0 || own.Steps > 1200/2 || !strings.Contains(said.String(), "left aside") {
		t.Errorf("on its own dataset: %+v, error %v; %s", own, err, said)
	}
}

// TestProbeWithoutTruth wants the error of the frames all the same.
func TestProbeWithoutTruth(t *testing.T) {
	data := recordDojo(t, "random", 400, 3)
	run := filepath.Join(t.TempDir(), "run")
	train(t, smallAlone(t, data), run)
	blind := recordDojo(t, "random", 400, 4)
	spec := filepath.Join(blind, "spec.json")
	if err := os.WriteFile(spec, bytes.Replace(read(t, spec), []byte(`"truth": true`), []byte(`"truth": false`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	said := new(bytes.Buffer)
	res, err := app.Probe(t.Context(), app.ProbeOptions{Checkpoint: run, Data: blind}, app.IO{Stdout: new(bytes.Buffer), Stderr: said})
	if err != nil {
		t.Fatal(err)
	}
	if res.MSE == nil || res.Kept != nil || res.FalseKnives != nil || res.AUROC != nil || res.Groups != nil {
		t.Errorf("without truth: %+v", res)
	}
	if !strings.Contains(said.String(), "has no truth") {
		t.Errorf("notes do not say that there is no truth: %s", said)
	}
	for _, p := range []app.ProbeOptions{
		{Checkpoint: run, Data: t.TempDir()},
		{Checkpoint: t.TempDir(), Data: data},
	} {
		var usage *app.UsageError
		if _, err := app.Probe(t.Context(), p, quiet()); !errors.As(err, &usage) {
			t.Errorf("%+v: error %v, want one of use", p, err)
		}
	}
}
