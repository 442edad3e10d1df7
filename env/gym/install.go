package gym

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// InstallOptions says where and from what to make the Python environment.
type InstallOptions struct {
	// Progress is told a line at a time what is going on; nil for nobody.
	Progress func(string)
	// Dir is where the environment's folder is made, "" for the user's cache folder.
	Dir string
	// Python is the interpreter to start from, "" for the first on the PATH that fits.
	Python string
	// Extras are sets of packages beyond Atari's: see Extras.
	Extras []string
}

// Install makes the Python environment and returns its interpreter. Packages are
// pinned with their hashes and come as wheels from the package index. What is
// there already is left alone, two Installs at once wait for each other, and one
// that is cut short leaves nothing that Python would take for whole.
func Install(ctx context.Context, o InstallOptions) (string, error) {
	say := o.Progress
	if say == nil {
		say = func(string) {}
	}
	for _, extra := range o.Extras {
		if !slices.Contains(Extras(), extra) {
			return "", fmt.Errorf("gym: no extra %q; there are %s", extra, strings.Join(Extras(), ", "))
		}
	}
	home, err := homeOf(o.Dir)
	if err != nil {
		return "", err
	}
	if len(missing(home, o.Extras)) == 0 {
		return interpreter(home), nil
	}
	unlock, err := lock(ctx, home+".lock", say)
	if err != nil {
		return "", err
	}
	defer unlock()
	sets := missing(home, o.Extras)
	if slices.Contains(sets, "base") {
		if err := create(ctx, home, o.Python, say); err != nil {
			return "", err
		}
	}
	for _, name := range sets {
		if err := pip(ctx, home, name, say); err != nil {
			return "", err
		}
	}
	return interpreter(home), nil
}

// create makes an empty virtual environment in place of a broken one.
func create(ctx context.Context, home, python string, say func(string)) error {
	python, err := system(ctx, python)
	if err != nil {
		return err
	}
	say("making a Python environment in " + home)
	if err := os.RemoveAll(home); err != nil {
		return fmt.Errorf("gym: removing a broken Python environment: %w", err)
	}
	out, err := exec.CommandContext(ctx, python, "-I", "-m", "venv", home).CombinedOutput()
	if err != nil {
		return fmt.Errorf("gym: %s -m venv failed: %s", python, lastLine(out, err))
	}
	return nil
}

// pip installs one set of requirements and leaves its marker.
func pip(ctx context.Context, home, name string, say func(string)) error {
	text, err := requirements.ReadFile("requirements/" + name + ".txt")
	if err != nil {
		return fmt.Errorf("gym: reading the requirements: %w", err)
	}
	file := filepath.Join(home, name+".txt")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return fmt.Errorf("gym: writing the requirements: %w", err)
	}
	cmd := exec.CommandContext(ctx, interpreter(home), "-I", "-m", "pip", "install", "--require-hashes", "--only-binary", ":all:",
		"--no-input", "--disable-pip-version-check", "--progress-bar", "off", "-r", file)
	var faults bytes.Buffer
	cmd.Stderr = &faults
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return fmt.Errorf("gym: starting pip: %w", err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if line := strings.TrimSpace(lines.Text()); strings.HasPrefix(line, "Collecting") || strings.HasPrefix(line, "Installing") {
			say(line)
		}
	}
	if err := cmd.Wait(); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("gym: installing the Python packages: %w", ctx.Err())
		}
		return explainPip(faults.String(), err)
	}
	if err := os.WriteFile(filepath.Join(home, marker(name)), nil, 0o600); err != nil {
		return fmt.Errorf("gym: finishing the Python environment: %w", err)
	}
	say("installed the " + name + " packages")
	return nil
}

// explainPip sums pip's errors up in one line.
func explainPip(faults string, err error) error {
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(faults, w) })
	}
	last := lastLine([]byte(faults), err)
	switch {
	case has("NewConnectionError", "NameResolutionError", "name resolution", "Failed to establish", "ConnectTimeout", "ProxyError", "Network is unreachable", "ReadTimeout"):
		return errors.New("gym: no way to the Python package index: check the network (pip honours HTTPS_PROXY and PIP_INDEX_URL) and run: glint env install")
	case has("DO NOT MATCH THE HASHES"):
		return errors.New("gym: a Python package is not the one that glint pins (its hash differs): nothing of it was installed; check what stands between you and the package index")
	case has("(from versions: none)"):
		return errors.New("gym: no way to the Python package index, or it has no builds for this system: check the network (pip honours HTTPS_PROXY and PIP_INDEX_URL) and run: glint env install")
	case has("No matching distribution", "Could not find a version"):
		return fmt.Errorf("gym: the package index has no build for this Python and system: %s", last)
	case has("No space left"):
		return errors.New("gym: the disk is full: free about 300 MB and run: glint env install")
	default:
		return fmt.Errorf("gym: pip failed: %s", last)
	}
}

// lastLine returns the last line of out that is not empty, or err.
func lastLine(out []byte, err error) string {
	text := strings.TrimSpace(string(out))
	if text == "" {
		return err.Error()
	}
	return strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:])
}

// lock waits until this process alone may change the environment.
func lock(ctx context.Context, path string, say func(string)) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("gym: making the cache folder: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("gym: locking the Python environment: %w", err)
	}
	for waited := false; ; waited = true {
		taken, err := tryLock(f)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("gym: locking the Python environment: %w", err), f.Close())
		}
		if taken {
			return func() { _ = f.Close() }, nil // closing unlocks
		}
		if !waited {
			say("waiting for another glint that is installing")
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("gym: waiting for another install: %w", ctx.Err()), f.Close())
		}
	}
}
