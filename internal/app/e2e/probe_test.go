package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/internal/app"
	"glint/internal/app/probe"
	"glint/internal/stats"
)

var wantProbe = []string{
	"contrast", "kept", "false_knives", "mse", "knife_mse", "detected", "auroc", "r2_x", "r2_y", "r2_x_mlp", "acc_y", "r2_player",
	"mse_ratio", "frames", "intervals", "controls", "against", "truth_in_training", "places_in_training",
}

func TestProbe(t *testing.T) {
	dir, data, fresh := t.TempDir(), recordDojo(t, "varied", 1200, 1), recordDojo(t, "varied", 1600, 9)
	run, flat := filepath.Join(dir, "run"), filepath.Join(dir, "flat")
	c := smallAlone(t, data)
	trained(t, c, run)
	c.Weighting = "uniform"
	trained(t, c, flat)

	out := new(bytes.Buffer)
	res, err := probe.Run(t.Context(), probe.Options{Checkpoint: run, Data: fresh, Against: flat}, app.IO{Stdout: out, Stderr: new(bytes.Buffer), JSON: true})
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

	sumsOfEpisodes(t, res)
	brief, err := probe.Run(t.Context(), probe.Options{Checkpoint: run, Data: fresh, Brief: true}, quiet())
	if d := cmp.Diff(res.Figures, brief.Figures); err != nil || d != "" || len(brief.Intervals)+len(brief.Controls) > 0 {
		t.Errorf("in brief: %s (%v)", d, err)
	}
	if d := cmp.Diff(res.Ratios, brief.Ratios); d != "" {
		t.Errorf("in brief the ratios are others: %s", d)
	}

	// Of the dataset that it was trained on, only what was left aside is judged.
	said := new(bytes.Buffer)
	own, err := probe.Run(t.Context(), probe.Options{Checkpoint: run, Data: data}, app.IO{Stdout: out, Stderr: said})
	if err != nil || own.Steps == 0 || own.Steps > 1200/2 || !strings.Contains(said.String(), "left aside") || !own.PlacesInTraining {
		t.Errorf("on its own dataset: %+v, error %v; %s", own, err, said)
	}
}

// sumsOfEpisodes demands that what episodes tell adds up to the figures.
func sumsOfEpisodes(t *testing.T, res probe.Result) {
	t.Helper()
	for key, want := range map[string]*float64{
		"contrast": res.Contrast, "kept": res.Kept, "detected": res.Detected, "false_knives": res.FalseKnives,
		"mse": res.MSE, "knife_mse": res.KnifeMSE, "background_mse": res.Background,
	} {
		var all stats.Ratio
		for _, of := range res.Ratios {
			all.Sum, all.Of = all.Sum+of[key].Sum, all.Of+of[key].Of
		}
		if want == nil || !(math.Abs(all.Value()-*want) <= 1e-9*math.Abs(*want)) {
			t.Errorf("%s of all episodes is %v, the figure %v", key, all.Value(), want)
		}
	}
	if len(res.Ratios) != res.Episodes {
		t.Errorf("%d episodes tell ratios, %d were judged", len(res.Ratios), res.Episodes)
	}
}

// TestProbeWithoutTruth wants the error of the frames all the same.
func TestProbeWithoutTruth(t *testing.T) {
	data := recordDojo(t, "random", 400, 3)
	run := filepath.Join(t.TempDir(), "run")
	trained(t, smallAlone(t, data), run)
	blind := recordDojo(t, "random", 400, 4)
	spec := filepath.Join(blind, "spec.json")
	if err := os.WriteFile(spec, bytes.Replace(read(t, spec), []byte(`"truth": true`), []byte(`"truth": false`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	said := new(bytes.Buffer)
	res, err := probe.Run(t.Context(), probe.Options{Checkpoint: run, Data: blind}, app.IO{Stdout: new(bytes.Buffer), Stderr: said})
	if err != nil {
		t.Fatal(err)
	}
	if res.MSE == nil || res.Kept != nil || res.FalseKnives != nil || res.AUROC != nil || res.Groups != nil {
		t.Errorf("without truth: %+v", res)
	}
	for e, of := range res.Ratios {
		if _, ok := of["mse"]; !ok || len(of) != 1 {
			t.Errorf("without truth episode %d tells %v", e, of)
		}
	}
	if !strings.Contains(said.String(), "has no truth") {
		t.Errorf("notes do not say that there is no truth: %s", said)
	}
	for _, p := range []probe.Options{
		{Checkpoint: run, Data: t.TempDir()},
		{Checkpoint: t.TempDir(), Data: data},
	} {
		var usage *app.UsageError
		if _, err := probe.Run(t.Context(), p, quiet()); !errors.As(err, &usage) {
			t.Errorf("%+v: error %v, want one of use", p, err)
		}
	}
}

// TestProbeKnowsWhatWasTrainedOn wants the episodes trained on to be left out of a copy of
// the dataset too, and where they were trained on by what it is compared with.
func TestProbeKnowsWhatWasTrainedOn(t *testing.T) {
	dir, data := t.TempDir(), recordDojo(t, "varied", 1200, 1)
	run, elsewhere, moved := filepath.Join(dir, "run"), filepath.Join(dir, "elsewhere"), filepath.Join(dir, "moved")
	c, other := smallAlone(t, data), smallAlone(t, recordDojo(t, "varied", 800, 2))
	c.Agent.Pretrain.Updates, other.Agent.Pretrain.Updates = 20, 20
	trained(t, c, run)
	trained(t, other, elsewhere)
	if err := os.CopyFS(moved, os.DirFS(data)); err != nil {
		t.Fatal(err)
	}
	all, err := probe.Run(t.Context(), probe.Options{Checkpoint: elsewhere, Data: data}, quiet())
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]probe.Options{
		"a copy":     {Checkpoint: run, Data: moved},
		"the second": {Checkpoint: elsewhere, Against: run, Data: data},
	} {
		res, err := probe.Run(t.Context(), p, quiet())
		if err != nil || res.Steps == 0 || res.Steps > all.Steps/2 {
			t.Errorf("%s: %d steps judged of %d, error %v", name, res.Steps, all.Steps, err)
		}
	}
}

// TestProbeStopsAndSkips wants an end on a broken shard, its name with --skip-bad, and an
// end by the context.
func TestProbeStopsAndSkips(t *testing.T) {
	data := recordDojo(t, "varied", 800, 1)
	run := filepath.Join(t.TempDir(), "run")
	c := smallAlone(t, recordDojo(t, "varied", 800, 2))
	c.Agent.Pretrain.Updates = 20
	trained(t, c, run)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := probe.Run(ctx, probe.Options{Checkpoint: run, Data: data}, quiet()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
	whole, err := probe.Run(t.Context(), probe.Options{Checkpoint: run, Data: data}, quiet())
	if err != nil {
		t.Fatal(err)
	}
	b := read(t, data, "part-00000.parquet")
	for i := range 64 {
		b[len(b)/2+i] ^= 0x5a // its end is whole, so that only reading tells
	}
	put(t, filepath.Join(data, "part-00001.parquet"), b)
	if _, err := probe.Run(t.Context(), probe.Options{Checkpoint: run, Data: data}, quiet()); err == nil || !strings.Contains(err.Error(), "part-00001") {
		t.Errorf("error %v, want one that names the shard", err)
	}
	said := new(bytes.Buffer)
	res, err := probe.Run(t.Context(), probe.Options{Checkpoint: run, Data: data, SkipBad: true}, app.IO{Stdout: new(bytes.Buffer), Stderr: said})
	if err != nil || res.Steps != whole.Steps || len(res.Skipped) != 1 || !strings.Contains(said.String(), "part-00001") {
		t.Errorf("%d of %d steps, skipped %v, error %v: %s", res.Steps, whole.Steps, res.Skipped, err, said)
	}
}
