package app_test

import (
	"bytes"
	"image/png"
	"path/filepath"
	"testing"

	"glint/agent"
	"glint/internal/app"
)

// pictured trains a run of a second on the dojo.
func pictured(t *testing.T, alone bool) string {
	t.Helper()
	run := filepath.Join(t.TempDir(), "run")
	c := small("dojo", agent.PPO)
	if c.Alone = alone; alone {
		c.Agent.Pretrain.Updates = 5
	}
	train(t, c, run)
	return run
}

// TestViewSaliency draws slopes of play, and none of heads that never learned.
func TestViewSaliency(t *testing.T) {
	dir := t.TempDir()
	v := app.ViewOptions{Checkpoint: pictured(t, false), Steps: 150, Out: dir, Change: func(*app.Config) {}}
	res, err := app.ViewSaliency(t.Context(), v, quiet())
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
	v.Checkpoint = pictured(t, true)
	if _, err := app.ViewSaliency(t.Context(), v, quiet()); !usage(err, "use a run of glint train") {
		t.Errorf("error %v", err)
	}
}
