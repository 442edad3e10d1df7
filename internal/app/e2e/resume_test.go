package e2e_test

import (
	"bytes"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glint/agent"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/train"
)

// TestResumeIsExact stops a run in each of its phases and goes on with it: what the
// seed determines must equal that of a run nobody stopped, byte by byte.
func TestResumeIsExact(t *testing.T) {
	for _, tc := range []struct {
		name  string
		c     config.Config
		stops []int
	}{
		// 2 units of random play, 3 of the autoencoder, then one for each rollout.
		{"ppo", small("dojo", agent.PPO), []int{2, 6, 9}},
		// 7 units of random play, 3 of the autoencoder.
		{"a2c", smallA2C("dojo"), []int{5, 8, 9}},
	} {
		t.Run(tc.name, func(t *testing.T) { resumeIsExact(t, tc.c, tc.stops) })
	}
}

// TestResumeIsExactOnALE is the same on the real game, whose emulators live in
// processes of their own that every stop ends. Sticky actions are on.
func TestResumeIsExactOnALE(t *testing.T) {
	needGym(t)
	c := small("gym:ALE/KungFuMaster-v5", agent.PPO)
	if c.Sticky != 0.25 {
		t.Fatalf("sticky is %v, want 0.25", c.Sticky)
	}
	resumeIsExact(t, c, []int{2, 6, 9})
}

func smallA2C(env string) config.Config {
	c := small(env, agent.A2C)
	c.Agent.Horizon, c.Agent.Minibatch = 5, 20
	return c
}

// resumeIsExact compares an unbroken run with one that is stopped, and resumed, after
// its context was asked so often: once for each unit of work, and by the environment
// when it is reset or loaded.
func resumeIsExact(t *testing.T, c config.Config, stops []int) {
	dir := t.TempDir()
	unbroken, broken := filepath.Join(dir, "unbroken"), filepath.Join(dir, "broken")
	want := trained(t, c, unbroken)

	res, err := train.Run(&countdown{t.Context(), stops[0]}, c, broken, quiet())
	stopped := []train.Result{res}
	for _, units := range stops[1:] {
		if err != nil {
			t.Fatal(err)
		}
		res, err = train.Resume(&countdown{t.Context(), units}, broken, func(*config.Config) {}, quiet())
		stopped = append(stopped, res)
	}
	if err != nil {
		t.Fatal(err)
	}
	checkStops(t, stopped, c)
	got, err := train.Resume(t.Context(), broken, func(*config.Config) {}, quiet())
	if err != nil {
		t.Fatal(err)
	}

	if got.WeightsSHA256 != want.WeightsSHA256 {
		t.Errorf("weights differ: %s resumed, %s unbroken", got.WeightsSHA256, want.WeightsSHA256)
	}
	if got.Steps != want.Steps || got.Updates != want.Updates || got.Iterations != want.Iterations || got.Episodes != want.Episodes || got.AEPerStep != want.AEPerStep {
		t.Errorf("counters differ:\nresumed  %+v\nunbroken %+v", got, want)
	}
	if a, b := read(t, broken, "metrics.jsonl"), read(t, unbroken, "metrics.jsonl"); !bytes.Equal(a, b) {
		t.Errorf("metrics differ:\nresumed\n%s\nunbroken\n%s", a, b)
	}
	sheets, err := filepath.Glob(filepath.Join(unbroken, "frames", "*.png"))
	if err != nil || len(sheets) < 3 {
		t.Fatalf("the unbroken run has the sheets %q, want several (%v)", sheets, err)
	}
	for _, sheet := range sheets {
		name := filepath.Base(sheet)
		if !bytes.Equal(read(t, broken, "frames", name), read(t, sheet)) {
			t.Errorf("sheet %s differs", name)
		}
	}
}

// checkStops makes sure that a run was stopped in each of its phases.
func checkStops(t *testing.T, stopped []train.Result, c config.Config) {
	t.Helper()
	phases := map[string]bool{}
	for _, r := range stopped {
		switch {
		case !r.Interrupted:
			t.Errorf("the run ended at step %d before it was stopped", r.Steps)
		case r.Steps < c.Agent.Pretrain.Steps:
			phases["explore"] = true
		case r.Iterations <= c.Agent.Pretrain.Updates:
			phases["reconstruct"] = true
		default:
			phases["play"] = true
		}
	}
	if len(phases) != 3 {
		t.Errorf("the run was stopped in the phases %v, want all three: %+v", slices.Sorted(maps.Keys(phases)), stopped)
	}
}

// TestThreads holds that the number of cores changes no figure.
func TestThreads(t *testing.T) {
	c := small("dojo", agent.PPO)
	c.Steps, c.FramesEvery = 300, 0
	var hashes []string
	for _, threads := range []int{1, 2} {
		c.Threads = threads
		hashes = append(hashes, trained(t, c, filepath.Join(t.TempDir(), "run")).WeightsSHA256)
	}
	if hashes[0] != hashes[1] {
		t.Errorf("weights are %s on one core and %s on two", hashes[0], hashes[1])
	}
	c.Seed = 2
	if other := trained(t, c, filepath.Join(t.TempDir(), "run")).WeightsSHA256; other == hashes[0] {
		t.Error("another seed gives the same weights")
	}
}

// TestSummarySaysWhatWasJudged holds that one environment alone leaves no episode
// that the autoencoder did not train on.
func TestSummarySaysWhatWasJudged(t *testing.T) {
	for envs, want := range map[int]string{1: "episodes it trained on too", 2: "episodes the autoencoder never saw"} {
		c := small("dojo", agent.PPO)
		c.Steps, c.FramesEvery = 1500, 0
		c.SetEnvs(envs)
		out := new(bytes.Buffer)
		res, err := train.Run(t.Context(), c, filepath.Join(t.TempDir(), "run"), app.IO{Stdout: out, Stderr: io.Discard})
		if err != nil {
			t.Fatal(err)
		}
		if res.KnivesKept == nil {
			t.Fatalf("%d environments: nothing was judged", envs)
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("%d environments: the summary does not say %q:\n%s", envs, want, out)
		}
	}
}
