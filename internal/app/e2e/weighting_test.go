package e2e_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"glint/agent"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/train"
	"glint/internal/app/view"
)

// TestResumeIsExactByWeighting stops a run whose weighting has a memory, places drawn
// at random and weights that wait for reconstructions, and looks at it.
func TestResumeIsExactByWeighting(t *testing.T) {
	c := small("dojo", agent.PPO)
	c.Weighting, c.Normalize = "random*rarity*residual*value", true
	resumeIsExact(t, c, []int{2, 6, 9})
}

// TestOracleSaysSo holds that a training by truth cannot be mistaken for another, in
// what it says while it runs, in its result and in its config.
func TestOracleSaysSo(t *testing.T) {
	dir := t.TempDir()
	for weighting, truth := range map[string]bool{"oracle": true, "knife": false} {
		c := small("dojo", agent.PPO)
		c.Weighting, c.Steps = weighting, 300
		run, out, notes := filepath.Join(dir, weighting), new(bytes.Buffer), new(bytes.Buffer)
		res, err := train.Run(t.Context(), c, run, app.IO{Stdout: out, Stderr: notes})
		if err != nil {
			t.Fatal(err)
		}
		for what, says := range map[string]bool{
			"the result":  res.TruthInTraining,
			"the log":     strings.Contains(notes.String(), "TRUE BOXES"),
			"the summary": strings.Contains(out.String(), "true boxes were used in training"),
			"result.json": bytes.Contains(read(t, run, "result.json"), []byte(`"truth_in_training": true`)),
			"config.toml": bytes.Contains(read(t, run, "config.toml"), []byte("weighting = 'oracle'")),
		} {
			if says != truth {
				t.Errorf("weighting %s: %s says truth: %v, want %v", weighting, what, says, truth)
			}
		}
	}
	look := view.Options{Checkpoint: filepath.Join(dir, "oracle"), Steps: 20, Seed: 1, Out: dir, Change: func(*config.Config) {}}
	if _, err := view.Sheet(t.Context(), look, quiet()); err != nil {
		t.Error(err)
	}
}
