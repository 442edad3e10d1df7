package view

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/rundir"
	"glint/internal/ckpt"
)

// WatchEvery is how often a run's folder is looked at, unless a test is in a hurry.
const WatchEvery = 2 * time.Second

// Watch draws a picture, such as Sheet does, anew each time the run v.Checkpoint
// writes a checkpoint, until ctx ends, which is no error.
func Watch(ctx context.Context, v Options, every time.Duration, draw func(context.Context, Options, app.IO) error, o app.IO) error {
	run := v.Checkpoint
	if _, err := os.Stat(filepath.Join(run, config.File)); err != nil {
		return app.Usagef("give one that glint train made, such as runs/NAME, after the training has begun", "--watch wants the folder of a run, and %s is none", run)
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	var last checkpointSeen
	o.Notef("waiting for the first checkpoint of %s; Ctrl-C ends it", run)
	for {
		next, err := newestCheckpoint(run)
		if err != nil {
			return err
		}
		if next != (checkpointSeen{}) && next != last {
			v.Checkpoint = next.dir
			err := draw(ctx, v, o)
			if early, is := errors.AsType[headlessError](err); is {
				o.Notef("%s; waiting for a later one", early.Msg)
				last = next
				continue
			}
			if ctx.Err() == nil && err != nil {
				// Pruned or replaced while it was read, or truly bad?
				if now, again := newestCheckpoint(run); again != nil || now == next {
					return err
				}
				continue
			}
			last = next
			if ctx.Err() == nil {
				o.Notef("waiting for the checkpoint after step %s of %s; Ctrl-C ends it", filepath.Base(next.dir), run)
			}
		}
		select {
		case <-ctx.Done():
			o.Notef("no longer watching %s", run)
			return nil
		case <-tick.C:
		}
	}
}

// checkpointSeen tells a checkpoint from another, also from one of the same step that
// replaced it.
type checkpointSeen struct {
	dir  string
	made time.Time
}

// newestCheckpoint returns the checkpoint of a run with the highest step, none where
// there is none yet.
func newestCheckpoint(run string) (c checkpointSeen, err error) {
	entries, err := os.ReadDir(filepath.Dir(ckpt.Dir(run, 0)))
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("looking for checkpoints: %w", err)
	}
	most := int64(-1)
	for _, e := range entries {
		if step, err := strconv.ParseInt(e.Name(), 10, 64); err == nil && step > most {
			most = step
		}
	}
	if most < 0 {
		return c, nil
	}
	dir := ckpt.Dir(run, most)
	info, err := os.Stat(filepath.Join(dir, rundir.ManifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil // removed in the meantime
	}
	if err != nil {
		return c, fmt.Errorf("looking for checkpoints: %w", err)
	}
	return checkpointSeen{dir: dir, made: info.ModTime()}, nil
}
