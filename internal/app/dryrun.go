package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// DryRun goes once, small, through all that a run does: every phase, a checkpoint, a
// resume, an evaluation with a film, a sheet. It leaves nothing behind.
func DryRun(ctx context.Context, c Config, o IO) (err error) {
	dir, err := os.MkdirTemp("", "glint-dry-run-")
	if err != nil {
		return fmt.Errorf("dry run: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	rollout := int64(c.Agent.Envs * c.Agent.Horizon)
	c.Agent.Pretrain.Steps, c.Agent.Pretrain.Updates = 1, 2
	c.Steps, c.Minutes = 3*rollout, 0
	quiet := IO{Stdout: io.Discard, Stderr: o.Stderr}
	run := filepath.Join(dir, "run")
	for _, part := range []struct {
		name string
		do   func() error
	}{
		{"training: random play, autoencoder, all three heads", func() error { _, err := Train(ctx, c, run, quiet); return err }},
		{"resuming from the checkpoint", func() error {
			_, err := Resume(ctx, run, func(c *Config) { c.Steps = 5 * rollout }, quiet)
			return err
		}},
		{"playing a full episode with a film", func() error {
			_, err := Eval(ctx, EvalOptions{
				Who: Who{Checkpoint: run}, Episodes: 1, Envs: 1, Seed: c.Seed, Video: filepath.Join(dir, "film.gif"), Change: func(*Config) {},
			}, quiet)
			return err
		}},
		{"drawing examples", func() error {
			_, err := View(ctx, ViewOptions{Checkpoint: run, Steps: 50, Seed: c.Seed, Out: dir, Change: func(*Config) {}}, quiet)
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
