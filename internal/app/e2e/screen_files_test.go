package e2e_test

import (
	"bytes"
	"errors"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glint/env/vnc/vnctest"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/eval"
	"glint/internal/app/play"
	"glint/internal/app/train"
)

// TestRunKeepsScore goes on with a run, and plays what came out in another place, after the
// files were changed that its scores and ends were read by.
func TestRunKeepsScore(t *testing.T) {
	s := vnctest.Start(t, vnctest.Options{Size: image.Pt(64, 48), Draw: bars, Pause: 2 * time.Millisecond})
	c, file, dir := screen(s), learnBars(t), t.TempDir()
	picture := filepath.Join(filepath.Dir(file), "01-a.png")
	c.VNC.Score = []config.Score{{File: file}}
	c.VNC.End = config.End{Pictures: []string{picture}, Crop: "14x12+4+4"}
	run := filepath.Join(dir, "run")
	was := map[string][]byte{"score-1.json": read(t, file), "end-1.png": read(t, picture)}
	trained(t, c, run)
	for name, want := range was {
		if got := read(t, filepath.Join(run, "screen", name)); !bytes.Equal(got, want) {
			t.Errorf("the run's copy %s differs from what it was copied from", name)
		}
	}

	if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(picture); err != nil {
		t.Fatal(err)
	}
	moved := filepath.Join(dir, "moved")
	if err := os.Rename(run, moved); err != nil {
		t.Fatal(err)
	}
	stderr := new(bytes.Buffer)
	o := app.IO{Stdout: new(bytes.Buffer), Stderr: stderr}
	more := func(steps int64) error {
		_, err := train.Resume(t.Context(), moved, func(c *config.Config) { c.Steps = steps }, o)
		return err
	}
	if err := more(c.Steps + 16); err != nil {
		t.Errorf("resumed: %v", err)
	}
	e := eval.Options{Who: play.Who{Checkpoint: moved}, Episodes: 1, Envs: 1, Change: func(*config.Config) {}}
	if _, err := eval.Run(t.Context(), e, o); err != nil {
		t.Errorf("eval: %v", err)
	}
	if n := strings.Count(stderr.String(), "score 1: read in "); n != 2 {
		t.Errorf("a score was read in %d of 2 plays:\n%s", n, stderr)
	}

	again, err := config.Load(filepath.Join(moved, "config.toml"), config.Base{})
	if err != nil {
		t.Fatal(err)
	}
	var usage *app.UsageError
	if _, err := train.Run(t.Context(), again, filepath.Join(dir, "new"), quiet()); !errors.As(err, &usage) || !strings.Contains(err.Error(), picture) {
		t.Errorf("a new run without the picture: %v, want its name", err)
	}
	lost := filepath.Join(moved, "screen", "end-1.png")
	if err := os.Remove(lost); err != nil {
		t.Fatal(err)
	}
	if err := more(c.Steps + 32); !errors.As(err, &usage) || !strings.Contains(err.Error(), "copy it to "+lost) {
		t.Errorf("without a copy: %v, want where to copy it to", err)
	}
}
