package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"glint/internal/ckpt"
	"glint/internal/kernel"
	"glint/internal/report"
)

// The files and folders of a run that this package writes itself.
const (
	configFile   = "config.toml"
	manifestFile = "manifest.json" // of a checkpoint
	resultFile   = "result.json"
	framesDir    = "frames"
	runsDir      = "runs"
)

// newRun makes the folder of a new run: out, or a fresh name in runs/. An existing
// folder is refused and left alone.
func newRun(c Config, out string) (string, error) {
	if out != "" {
		if err := free(out); err != nil {
			return "", err
		}
		return out, makeRun(c, out)
	}
	how := c.Agent.Algo
	if c.Alone || c.Imitate {
		how = c.verb()
	}
	name := fmt.Sprintf("%s-%s-seed%d", slug(c.Env), how, c.Seed)
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

// free refuses the folder of a new run that exists.
func free(out string) error {
	if _, err := os.Lstat(out); out != "" && err == nil {
		return usagef("choose another --out, or go on with it by --resume "+out, "run folder %s exists", out)
	}
	return nil
}

// makeRun makes the folder, which must be new, and saves the config in it.
func makeRun(c Config, dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("making the run folder: %w", err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return fmt.Errorf("making the run folder: %w", err)
	}
	if err := os.Mkdir(filepath.Join(dir, framesDir), 0o755); err != nil {
		return fmt.Errorf("making the run folder: %w", err)
	}
	return saveConfig(c, dir)
}

// saveConfig writes the resolved config with the revision and the CPU level.
func saveConfig(c Config, dir string) error {
	b, err := toml.Marshal(c)
	if err != nil {
		return fmt.Errorf("saving the config: %w", err)
	}
	head := fmt.Sprintf("# glint %s, kernels %s\n\n", revision(), kernel.Level())
	if err := report.ReplaceFile(filepath.Join(dir, configFile), append([]byte(head), b...)); err != nil {
		return fmt.Errorf("saving the config: %w", err)
	}
	return nil
}

// program says what computes.
func program() string {
	return fmt.Sprintf("glint %s, kernels %s, %s", revision(), kernel.Level(), runtime.Version())
}

// revision returns the version control revision the program was built from.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "of unknown revision"
	}
	rev, dirty := "of unknown revision", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			rev = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = " with changes"
		}
	}
	return rev + dirty
}

// slug turns an environment's name into a part of a file name.
func slug(env string) string {
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

// locate finds a checkpoint: path is one, or a run, whose newest whole one counts.
// It returns the run folder as well.
func locate(path string) (run string, r *ckpt.Reader, err error) {
	const hint = "give a folder that glint train made, such as runs/NAME or runs/NAME/ckpt/STEP"
	if _, err := os.Stat(path); err != nil {
		return "", nil, usagef(hint, "no run or checkpoint at %s", path)
	}
	dir := path
	if _, err := os.Stat(filepath.Join(path, configFile)); err == nil {
		if dir, err = ckpt.Latest(path); errors.Is(err, ckpt.ErrNone) {
			return "", nil, usagef("start anew by: glint train --config "+filepath.Join(path, configFile), "%v", err)
		} else if err != nil {
			return "", nil, err
		}
	}
	if _, err := os.Stat(filepath.Join(dir, manifestFile)); err != nil {
		return "", nil, usagef(hint, "%s is no run and no checkpoint", path)
	}
	if r, err = ckpt.Open(dir); err != nil {
		return "", nil, err
	}
	run = filepath.Join(dir, "..", "..")
	if _, err := os.Stat(filepath.Join(run, configFile)); err != nil {
		return "", nil, usagef("keep it there as RUN/ckpt/STEP: the run knows the settings", "checkpoint %s is not in the folder of its run", path)
	}
	return run, r, nil
}

// writeJSON writes v, indented, to a file of the run.
func writeJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := report.ReplaceFile(path, append(b, '\n')); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
