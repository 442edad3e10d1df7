package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glint/agent"
	"glint/internal/app/config"
	"glint/internal/app/train"
)

// TestPretrainAsksCritic trains an autoencoder alone by the gradient of another run's
// critic, which may be gone when it goes on.
func TestPretrainAsksCritic(t *testing.T) {
	dir, data := t.TempDir(), recordDojo(t, "varied", 600, 1)
	taught, newborn := filepath.Join(dir, "taught"), filepath.Join(dir, "newborn")
	trained(t, small("dojo", agent.PPO), taught)
	trained(t, smallAlone(t, data), newborn)

	c := smallAlone(t, data)
	c.Weighting = "value"
	if _, err := notes(t, c); err == nil || !strings.Contains(err.Error(), "name a run of glint train as critic") {
		t.Errorf("without a critic: %v", err)
	}
	c.Critic = newborn
	if _, err := notes(t, c); err == nil || !strings.Contains(err.Error(), "has learned nothing of rewards") {
		t.Errorf("a critic that has learned nothing: %v", err)
	}
	c.Critic = taught
	want := trained(t, c, filepath.Join(dir, "unbroken"))
	flat := c
	flat.Weighting, flat.Critic = "uniform", ""
	if got := trained(t, flat, filepath.Join(dir, "flat")); got.WeightsSHA256 == want.WeightsSHA256 {
		t.Error("the critic changes nothing")
	}

	broken := filepath.Join(dir, "broken")
	if res, err := train.Run(&countdown{t.Context(), 24}, c, broken, quiet()); err != nil || !res.Interrupted || res.Updates == 0 {
		t.Fatalf("stopped at %+v, error %v; want some updates", res, err)
	}
	if err := os.RemoveAll(taught); err != nil {
		t.Fatal(err)
	}
	got, err := train.ResumePretrain(t.Context(), broken, func(*config.Config) {}, quiet())
	if err != nil || got.WeightsSHA256 != want.WeightsSHA256 {
		t.Errorf("weights %s, want %s (%v)", got.WeightsSHA256, want.WeightsSHA256, err)
	}
	checkAlone(t, broken)

	c.Weighting = "knife"
	if _, err := notes(t, c); err == nil || !strings.Contains(err.Error(), "only the weighting value") {
		t.Errorf("a critic that nobody asks: %v", err)
	}
}

// TestCriticOfOtherPixels refuses a critic that sees other planes than the data make.
func TestCriticOfOtherPixels(t *testing.T) {
	other := small("dojo", agent.PPO)
	other.Pixels.Resize.X, other.Pixels.Resize.Y = 72, 32
	run := filepath.Join(t.TempDir(), "run")
	trained(t, other, run)
	c := smallAlone(t, recordDojo(t, "varied", 300, 1))
	c.Weighting, c.Critic = "value", run
	if _, err := notes(t, c); err == nil || !strings.Contains(err.Error(), "the critic sees 4x32x72") {
		t.Errorf("other planes: %v", err)
	}
}
