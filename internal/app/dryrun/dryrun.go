// Package dryrun goes once, small, through all that a run does.
package dryrun

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/eval"
	"glint/internal/app/play"
	"glint/internal/app/train"
	"glint/internal/app/view"
)

// Run goes once, small, through all that a run does: every phase, a checkpoint, a
// resume, an evaluation with a film, a sheet. It leaves nothing behind.
func Run(ctx context.Context, c config.Config, o app.IO) (err error) {
	dir, err := os.MkdirTemp("", "glint-dry-run-")
	if err != nil {
		return fmt.Errorf("dry run: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	rollout := int64(c.Agent.Envs * c.Agent.Horizon)
	c.Agent.Pretrain.Steps, c.Agent.Pretrain.Updates = 1, 2
	c.Steps, c.Minutes = 3*rollout, 0
	quiet := app.IO{Stdout: io.Discard, Stderr: o.Stderr}
	run := filepath.Join(dir, "run")
	for _, part := range []struct {
		name string
		do   func() error
	}{
		{"training: random play, autoencoder, all three heads", func() error { _, err := train.Run(ctx, c, run, quiet); return err }},
		{"resuming from the checkpoint", func() error {
			_, err := train.Resume(ctx, run, func(c *config.Config) { c.Steps = 5 * rollout }, quiet)
			return err
		}},
		{"playing a full episode with a film", func() error {
			_, err := eval.Run(ctx, eval.Options{
				Who: play.Who{Checkpoint: run}, Episodes: 1, Envs: 1, Seed: c.Seed, Video: filepath.Join(dir, "film.gif"), Change: func(*config.Config) {},
			}, quiet)
			return err
		}},
		{"drawing examples", func() error {
			_, err := view.Sheet(ctx, view.Options{Checkpoint: run, Steps: 50, Seed: c.Seed, Out: dir, Change: func(*config.Config) {}}, quiet)
			return err
		}},
	} {
		if err := part.do(); err != nil {
			return fmt.Errorf("dry run: %s: %w", part.name, err)
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("dry run: stopped: %w", err)
		}
		if !o.JSON {
			_, _ = fmt.Fprintf(o.Stdout, "ok  %s\n", part.name)
		}
	}
	if o.JSON {
		return json.NewEncoder(o.Stdout).Encode(map[string]bool{"ok": true})
	}
	_, err = fmt.Fprintln(o.Stdout, "the run would go through; nothing was kept")
	return err
}
