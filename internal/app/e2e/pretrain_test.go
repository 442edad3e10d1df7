package e2e_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glint/env"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/eval"
	"glint/internal/app/play"
	"glint/internal/app/record"
	"glint/internal/app/train"
	"glint/internal/app/view"
	"glint/replay"
)

// recordDojo records play of the dojo and returns the dataset's folder.
func recordDojo(t *testing.T, policy string, steps int64, seed uint64) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	_, err := record.Run(t.Context(), record.Options{
		Who: play.WhoOf(policy, false, 4), Env: "dojo", Steps: steps, Envs: 4, Seed: seed, Out: dir, Change: func(*config.Config) {},
	}, quiet())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// smallAlone returns the settings of an autoencoder that trains alone for a second.
func smallAlone(t *testing.T, data string) config.Config {
	t.Helper()
	c, err := train.PretrainSettings(data, "", "", false)
	if err != nil {
		t.Fatal(err)
	}
	c.Agent.Autoencoder.Channels, c.Agent.Autoencoder.Code = []int{4, 8}, 16
	c.Agent.Pretrain.Updates, c.Agent.Pretrain.Batch, c.Minutes, c.Threads, c.FramesEvery = 150, 16, 0, 2, 100
	c.Agent.Pretrain.Steps = 200 // of random play, where there is no dataset
	return c
}

// TestPretrainResumesExactly stops a training in reading or random play and in
// updating.
func TestPretrainResumesExactly(t *testing.T) {
	for _, tc := range []struct {
		name, data string
		stops      []int // what their contexts are asked before they end
	}{
		// Going back asks once a row of a dataset and once an environment.
		{"dataset", recordDojo(t, "varied", 1200, 1), []int{3, 73}},
		{"random play", "", []int{2, 20}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			c := smallAlone(t, tc.data)
			unbroken, broken := filepath.Join(dir, "unbroken"), filepath.Join(dir, "broken")
			want := trained(t, c, unbroken)
			if want.Updates != 150 || want.HeldOutMSE == nil || len(want.Classes) != 2 || want.StoreRatio < 10 {
				t.Errorf("the training says %+v", want)
			}
			res, err := train.Run(&countdown{t.Context(), tc.stops[0]}, c, broken, quiet())
			if err != nil || !res.Interrupted || res.Updates != 0 {
				t.Fatalf("stopped at %+v, error %v; want no update yet", res, err)
			}
			res, err = train.ResumePretrain(&countdown{t.Context(), tc.stops[1]}, broken, func(*config.Config) {}, quiet())
			if err != nil || !res.Interrupted || res.Updates == 0 {
				t.Fatalf("stopped at %+v, error %v; want some updates", res, err)
			}
			got, err := train.ResumePretrain(t.Context(), broken, func(*config.Config) {}, quiet())
			if err != nil || got.WeightsSHA256 != want.WeightsSHA256 {
				t.Errorf("weights %s, want %s (%v)", got.WeightsSHA256, want.WeightsSHA256, err)
			}
			if a, b := read(t, broken, "metrics.jsonl"), read(t, unbroken, "metrics.jsonl"); !bytes.Equal(a, b) {
				t.Errorf("metrics differ:\nresumed\n%s\nunbroken\n%s", a, b)
			}
			checkAlone(t, unbroken)
		})
	}
}

// checkAlone does with a finished run what a user would.
func checkAlone(t *testing.T, run string) {
	t.Helper()
	rows := read(t, run, "metrics.jsonl")
	if last := lastLine(t, string(rows))["values"].(map[string]any); last["lr"].(float64) > 2e-5 {
		t.Errorf("the last row is %v, want lr near 0", last)
	}
	if !bytes.Contains(rows, []byte(`"heldout/mse":`)) {
		t.Error("heldout/mse was never measured")
	}
	if _, err := train.Resume(t.Context(), run, func(*config.Config) {}, quiet()); err == nil || !strings.Contains(err.Error(), "glint pretrain --resume") {
		t.Errorf("train --resume says %v, want the right verb", err)
	}
	longer, err := train.ResumePretrain(t.Context(), run, func(c *config.Config) { c.Agent.Pretrain.Updates = 200 }, quiet())
	if err != nil || longer.Updates != 200 {
		t.Errorf("gone on with to %+v, error %v", longer, err)
	}
	out := filepath.Join(t.TempDir(), "view")
	if _, err := view.Sheet(t.Context(), view.Options{Checkpoint: run, Steps: 20, Out: out, Change: func(*config.Config) {}}, quiet()); err != nil {
		t.Errorf("view: %v", err)
	}
	if _, err := eval.Run(t.Context(), eval.Options{Who: play.Who{Checkpoint: run}, Episodes: 1, Envs: 1, Change: func(*config.Config) {}}, quiet()); err != nil {
		t.Errorf("eval: %v", err)
	}
}

// notes pretrains and returns what was said on the way.
func notes(t *testing.T, c config.Config) (string, error) {
	t.Helper()
	said := new(bytes.Buffer)
	_, err := train.Run(t.Context(), c, filepath.Join(t.TempDir(), "run"), app.IO{Stdout: new(bytes.Buffer), Stderr: said})
	return said.String(), err
}

// TestPretrainSaysWhatIsMissing wants parts without an object, and truth that is not
// there, to be said.
func TestPretrainSaysWhatIsMissing(t *testing.T) {
	for _, tc := range []struct {
		name  string
		meta  func(*replay.Meta)
		boxes bool
		ends  int // length of an episode in steps
		want  string
	}{
		{"no knife", nil, false, 10, "no step to train on shows a small object"},
		{"no knife to judge", nil, true, 10, "no step to judge shows a small object"},
		{"one episode", nil, true, 1000, "no episode is left aside"},
		{"no truth", func(m *replay.Meta) { m.Truth = false }, false, 10, "the dataset has no truth"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			source := recordDojo(t, "random", 60, 2)
			c := smallAlone(t, rewrite(t, source, tc.meta, func(i int, row *replay.Row) {
				row.Episode, row.Step, row.Terminated, row.Boxes = uint64(i/tc.ends), uint64(i%tc.ends), false, nil
				if tc.boxes && i < 5 {
					row.Boxes = []env.Box{{Kind: "knife"}}
				}
			}))
			c.Agent.Pretrain.Updates = 2
			said, err := notes(t, c)
			if err != nil || !strings.Contains(said, tc.want) {
				t.Errorf("said %q, error %v; want %q", said, err, tc.want)
			}
		})
	}
}

// rewrite copies a dataset with changes and returns the copy's folder.
func rewrite(t *testing.T, from string, meta func(*replay.Meta), change func(i int, row *replay.Row)) string {
	t.Helper()
	d, err := replay.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	m, dir := d.Meta(), filepath.Join(t.TempDir(), "data")
	if meta != nil {
		meta(&m)
	}
	w, err := replay.Create(dir, m)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range readRows(t, from) {
		change(i, &row)
		if err := w.Add(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestPretrainOnBrokenShards wants a broken shard to be named, and to be left out
// when asked for.
func TestPretrainOnBrokenShards(t *testing.T) {
	data := recordDojo(t, "random", 200, 3)
	put(t, filepath.Join(data, "part-00001.parquet"), []byte("PAR1 is not all"))
	_, err := train.PretrainSettings(data, "", "", false)
	if err == nil || !strings.Contains(err.Error(), "part-00001.parquet") || !strings.Contains(err.Error(), "--skip-bad") {
		t.Errorf("error %v, want the shard named and --skip-bad", err)
	}
	c := smallAlone(t, recordDojo(t, "random", 200, 3))
	c.Agent.Pretrain.Updates = 2
	c.Data.Dir, c.Data.SkipBad = data, true
	if said, err := notes(t, c); err != nil || !strings.Contains(said, "left out") || !strings.Contains(said, "part-00001.parquet") {
		t.Errorf("said %q, error %v; want the shard named", said, err)
	}
	for _, name := range []string{"part-00000.parquet", "part-00001.parquet"} {
		if err := os.Remove(filepath.Join(data, name)); err != nil {
			t.Fatal(err)
		}
	}
	var usage *app.UsageError
	if _, err := train.PretrainSettings(data, "", "", true); !errors.As(err, &usage) {
		t.Errorf("a dataset without a shard: error %v, want a UsageError", err)
	}
	if _, err := train.PretrainSettings(filepath.Join(data, "none"), "", "", false); !errors.As(err, &usage) {
		t.Errorf("no dataset: error %v, want a UsageError", err)
	}
}

// A run goes on with its own dataset alone.
func TestPretrainKnowsItsDataset(t *testing.T) {
	data, run := recordDojo(t, "varied", 300, 1), filepath.Join(t.TempDir(), "run")
	c := smallAlone(t, data)
	c.Agent.Pretrain.Updates, c.FramesEvery = 25, 0
	trained(t, c, run)
	if err := os.RemoveAll(data); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(recordDojo(t, "varied", 300, 2), data); err != nil {
		t.Fatal(err)
	}
	longer := func(c *config.Config) { c.Agent.Pretrain.Updates = 50 }
	if _, err := train.ResumePretrain(t.Context(), run, longer, quiet()); err == nil || !strings.Contains(err.Error(), "is another one than the run began with") {
		t.Errorf("with another dataset of the same name: %v", err)
	}
	if again, err := train.PretrainSettings(data, "", filepath.Join(run, "config.toml"), false); err != nil || again.Data.ID != "" {
		t.Errorf("a new run by the old config has the dataset %q (%v)", again.Data.ID, err)
	}
}
