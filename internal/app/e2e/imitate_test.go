package e2e_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/eval"
	"glint/internal/app/play"
	"glint/internal/app/record"
	"glint/internal/app/train"
)

// smallImitation returns the settings of a training on demonstrations that takes seconds.
func smallImitation(t *testing.T, data string) config.Config {
	t.Helper()
	c, err := train.ImitateSettings(data, "", false)
	if err != nil {
		t.Fatal(err)
	}
	c.Agent.Autoencoder.Channels, c.Agent.Autoencoder.Code = []int{4, 8}, 16
	c.Agent.Pretrain.Steps, c.Agent.Pretrain.Updates, c.Agent.Pretrain.Batch = 400, 20, 16
	c.Steps, c.Minutes, c.Threads, c.FramesEvery = 3000, 0, 2, 40
	c.Data.ValShare = 0.3
	return c
}

// TestImitate learns from the scripted player, stops and goes on, and trains on from what
// was learned.
func TestImitate(t *testing.T) {
	dir, data := t.TempDir(), recordDojo(t, "scripted", 4500, 1)
	c := smallImitation(t, data)
	unbroken, broken := filepath.Join(dir, "unbroken"), filepath.Join(dir, "broken")
	out := new(bytes.Buffer)
	want, err := train.Run(t.Context(), c, unbroken, app.IO{Stdout: out, Stderr: new(bytes.Buffer)})
	if err != nil {
		t.Fatal(err)
	}
	a := want.Agreement
	if a == nil || a.Steps < 300 || a.Accuracy == nil || *a.Accuracy < 0.5 || want.ScoreMean != nil || want.KnivesKept == nil {
		t.Fatalf("the training says %+v of %+v", a, want)
	}
	var steps, right int
	for i, one := range a.Actions {
		n := 0
		for _, k := range one.Chosen {
			n += k
		}
		if n != one.Count {
			t.Errorf("%s was taken %d times, the confusion matrix has %d", one.Name, one.Count, n)
		}
		steps, right = steps+n, right+one.Chosen[i]
	}
	if steps != a.Steps || float64(right)/float64(steps) != *a.Accuracy {
		t.Errorf("the confusion matrix has %d of %d right, accuracy %v of %d steps", right, steps, *a.Accuracy, a.Steps)
	}
	for _, part := range []string{" steps of test episodes", "mean recall", "glint train --env dojo --from " + unbroken, "recall"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("the summary lacks %q:\n%s", part, out)
		}
	}
	res, err := train.Run(once{t.Context(), filepath.Join(broken, "metrics.jsonl"), `"loss/policy"`}, c, broken, quiet())
	if err != nil || !res.Interrupted || res.Updates <= 20 || res.Agreement != nil {
		t.Fatalf("stopped at %+v, error %v; want some updates", res, err)
	}
	got, err := train.ResumeImitate(t.Context(), broken, func(*config.Config) {}, quiet())
	if err != nil || got.WeightsSHA256 != want.WeightsSHA256 {
		t.Errorf("weights %s, want %s (%v)", got.WeightsSHA256, want.WeightsSHA256, err)
	}
	if a, b := read(t, broken, "metrics.jsonl"), read(t, unbroken, "metrics.jsonl"); !bytes.Equal(a, b) {
		t.Errorf("metrics differ:\nresumed\n%s\nunbroken\n%s", a, b)
	}
	if _, err := train.Resume(t.Context(), unbroken, func(*config.Config) {}, quiet()); err == nil || !strings.Contains(err.Error(), "glint imitate --resume") {
		t.Errorf("train --resume says %v, want the right verb", err)
	}
	startsFrom(t, unbroken)
}

// startsFrom trains on by play, with an interruption in its first stage.
func startsFrom(t *testing.T, run string) {
	t.Helper()
	dir := t.TempDir()
	c := small("dojo", "ppo")
	c.From = run
	want := trained(t, c, filepath.Join(dir, "unbroken"))
	broken := filepath.Join(dir, "broken")
	if res, err := train.Run(&countdown{t.Context(), 1}, c, broken, quiet()); err != nil || !res.Interrupted || res.Updates != 0 {
		t.Fatalf("stopped at %+v, error %v; want no update yet", res, err)
	}
	if got, err := train.Resume(t.Context(), broken, func(*config.Config) {}, quiet()); err != nil || got.WeightsSHA256 != want.WeightsSHA256 {
		t.Errorf("weights %s, want %s (%v)", got.WeightsSHA256, want.WeightsSHA256, err)
	}
	fresh := c
	fresh.From = ""
	if got := trained(t, fresh, filepath.Join(dir, "fresh")); got.WeightsSHA256 == want.WeightsSHA256 {
		t.Error("the other run's weights change nothing")
	}
	if _, err := eval.Run(t.Context(), eval.Options{Who: play.Who{Checkpoint: broken}, Episodes: 1, Envs: 1, Change: func(*config.Config) {}}, quiet()); err != nil {
		t.Errorf("eval: %v", err)
	}
}

func TestImitateRefuses(t *testing.T) {
	dir := t.TempDir()
	distinct := filepath.Join(dir, "distinct")
	if _, err := record.Run(t.Context(), record.Options{
		Who: play.WhoOf("scripted", false, 1), Env: "dojo", Steps: 200, Envs: 2, Seed: 1, Distinct: true, Out: distinct, Change: func(*config.Config) {},
	}, quiet()); err != nil {
		t.Fatal(err)
	}
	if _, err := notes(t, smallImitation(t, distinct)); err == nil || !strings.Contains(err.Error(), "record it without --dedup") {
		t.Errorf("a dataset without repeated steps: %v", err)
	}
	for text, want := range map[string]string{
		"[agent]\nalgo = \"ppo\"\n":           "agent.algo is ppo",
		"[agent]\nnormalize_adv = true\n":     "normalize_adv = false",
		"[agent]\nae_fresh = 0.5\n":           "ae_fresh must be 0",
		"patience = -1\n":                     "patience is -1",
		"[data]\ntest_share = 0.95\n":         "data.test_share is 0.95",
		"[agent.action_classes]\nbalance = 3": "cannot be a TOML integer",
	} {
		file := filepath.Join(dir, "imitate.toml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := train.ImitateSettings(distinct, file, false)
		if err == nil {
			err = c.Validate()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", text, err, want)
		}
	}
	if _, err := train.ImitateSettings(filepath.Join(dir, "none"), "", false); err == nil || !strings.Contains(err.Error(), "is no dataset") {
		t.Errorf("no dataset: %v", err)
	}
	c := small("dojo", "ppo")
	c.From = distinct
	if _, err := notes(t, c); err == nil || !strings.Contains(err.Error(), "is no run and no checkpoint") {
		t.Errorf("from a dataset: %v", err)
	}
}
