// Package rundir keeps the folders of runs: their names, files, locks and checkpoints.
package rundir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/ckpt"
	"glint/internal/kernel"
	"glint/internal/report"
)

// The files and folders of a run that have their names here.
const (
	ManifestFile = "manifest.json" // of a checkpoint
	ResultFile   = "result.json"
	FramesDir    = "frames"
	runsDir      = "runs"
)

// New makes the folder of a new run: out, or a fresh name in runs/. An existing
// folder is refused and left alone.
func New(c config.Config, out string) (string, error) {
	if out != "" {
		if err := Free(out); err != nil {
			return "", err
		}
		return out, makeRun(c, out)
	}
	how := c.Agent.Algo
	if c.Alone || c.Imitate {
		how = c.Verb()
	}
	name := fmt.Sprintf("%s-%s-seed%d", Slug(c.Env), how, c.Seed)
	for i := 1; ; i++ {
		dir := filepath.Join(runsDir, name)
		if i > 1 {
			dir += "-" + strconv.Itoa(i)
		}
		err := makeRun(c, dir)
		if !errors.Is(err, fs.ErrExist) {
			return dir, err
		}
	}
}

// Free refuses the folder of a new run that exists.
func Free(out string) error {
	if _, err := os.Lstat(out); out != "" && err == nil {
		return app.Usagef("choose another --out, or go on with it by --resume "+out, "run folder %s exists", out)
	}
	return nil
}

// makeRun makes the folder, which must be new, and saves the config in it.
func makeRun(c config.Config, dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("making the run folder: %w", err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return fmt.Errorf("making the run folder: %w", err)
	}
	if err := os.Mkdir(filepath.Join(dir, FramesDir), 0o755); err != nil {
		return fmt.Errorf("making the run folder: %w", err)
	}
	return SaveConfig(c, dir)
}

// SaveConfig writes the resolved config with the revision and the CPU level.
func SaveConfig(c config.Config, dir string) error {
	b, err := toml.Marshal(c)
	if err != nil {
		return fmt.Errorf("saving the config: %w", err)
	}
	head := fmt.Sprintf("# glint %s, kernels %s\n\n", app.Revision(), kernel.Level())
	if err := report.ReplaceFile(filepath.Join(dir, config.File), append([]byte(head), b...)); err != nil {
		return fmt.Errorf("saving the config: %w", err)
	}
	return nil
}

// Slug turns an environment's name into a part of a file name.
func Slug(env string) string {
	if host, ok := strings.CutPrefix(env, "vnc://"); ok {
		env = host
	} else if i := strings.LastIndexAny(env, "/:"); i >= 0 {
		env = env[i+1:]
	}
	return strings.ToLower(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '-'
	}, env))
}

// Locate finds a checkpoint: path is one, or a run, whose newest whole one counts.
// It returns the run folder as well.
func Locate(path string) (run string, r *ckpt.Reader, err error) {
	const hint = "give a folder that glint train made, such as runs/NAME or runs/NAME/ckpt/STEP"
	if _, err := os.Stat(path); err != nil {
		return "", nil, app.Usagef(hint, "no run or checkpoint at %s", path)
	}
	dir := path
	if _, err := os.Stat(filepath.Join(path, config.File)); err == nil {
		if dir, err = ckpt.Latest(path); errors.Is(err, ckpt.ErrNone) {
			return "", nil, app.Usagef("start anew by: glint train --config "+filepath.Join(path, config.File), "%v", err)
		} else if err != nil {
			return "", nil, err
		}
	}
	if _, err := os.Stat(filepath.Join(dir, ManifestFile)); err != nil {
		return "", nil, app.Usagef(hint, "%s is no run and no checkpoint", path)
	}
	if r, err = ckpt.Open(dir); err != nil {
		return "", nil, err
	}
	run = filepath.Join(dir, "..", "..")
	if _, err := os.Stat(filepath.Join(run, config.File)); err != nil {
		return "", nil, app.Usagef("keep it there as RUN/ckpt/STEP: the run knows the settings", "checkpoint %s is not in the folder of its run", path)
	}
	return run, r, nil
}

// WriteJSON writes v, indented, to a file of the run.
func WriteJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := report.ReplaceFile(path, append(b, '\n')); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
