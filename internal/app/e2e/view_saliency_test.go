package e2e_test

import (
	"bytes"
	"cmp"
	"image/png"
	"path/filepath"
	"slices"
	"testing"

	"glint/agent"
	"glint/internal/app/config"
	"glint/internal/app/view"
)

// pictured trains a run of a second on the dojo.
func pictured(t *testing.T, alone bool) string {
	t.Helper()
	run := filepath.Join(t.TempDir(), "run")
	c := small("dojo", agent.PPO)
	if c.Alone = alone; alone {
		c.Agent.Pretrain.Updates = 5
	}
	trained(t, c, run)
	return run
}

// TestViewSaliency draws slopes of play, and none of heads that never learned.
func TestViewSaliency(t *testing.T) {
	dir := t.TempDir()
	v := view.Options{Checkpoint: pictured(t, false), Steps: 150, Out: dir, Change: func(*config.Config) {}}
	res, err := view.Saliency(t.Context(), v, quiet())
	if err != nil {
		t.Fatal(err)
	}
	if res.Observations < 5 || *res.ValueRatio <= 0 || *res.PolicyRatio <= 0 {
		t.Errorf("%+v", res)
	}
	img, err := png.Decode(bytes.NewReader(read(t, res.Picture)))
	if err != nil || img.Bounds().Dx() != 2696 || filepath.Base(res.Picture) != "saliency.png" {
		t.Errorf("a picture of %v, error %v", img.Bounds(), err)
	}
	early, err := filepath.Glob(filepath.Join(v.Checkpoint, "ckpt", "*"))
	if err != nil || len(early) < 2 {
		t.Fatalf("checkpoints %v, error %v", early, err)
	}
	slices.SortFunc(early, func(a, b string) int { return cmp.Compare(len(a), len(b)) })
	for _, v.Checkpoint = range []string{pictured(t, true), early[0]} {
		if _, err := view.Saliency(t.Context(), v, quiet()); !usage(err, "use a checkpoint of glint train") {
			t.Errorf("%s: error %v", v.Checkpoint, err)
		}
	}
}
