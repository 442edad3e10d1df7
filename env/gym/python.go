package gym

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// The versions of Python that the pinned packages have wheels for.
const (
	oldestMinor = 10
	newestMinor = 14
)

//go:embed requirements/*.txt
var requirements embed.FS

// errNotInstalled is what Python gives before Install.
var errNotInstalled = errors.New("the Python environment is not installed; run: glint env install")

// Extras returns the names that InstallOptions.Extras may hold: packages that
// some environments need beyond Atari's, those of scripts/remote, and an ffmpeg for films.
func Extras() []string { return []string{"box2d", "minigrid", "remote", "video"} }

// FFmpeg returns the ffmpeg that Install put into the environment in dir, "" for its
// default, as the extra "video".
func FFmpeg(dir string) (string, error) {
	home, err := homeOf(dir)
	if err != nil {
		return "", err
	}
	if len(missing(home, []string{"video"})) == 0 {
		for _, lib := range []string{"lib/python*", "Lib"} {
			if found, err := filepath.Glob(filepath.Join(home, lib, "site-packages/imageio_ffmpeg/binaries/ffmpeg-*")); err == nil && len(found) > 0 {
				return found[0], nil
			}
		}
	}
	return "", errors.New("gym: the extra packages for video are not installed; run: glint env install --extra video")
}

// Python returns the interpreter that Install made in dir, "" for its default.
func Python(dir string) (string, error) {
	home, err := homeOf(dir)
	if err != nil {
		return "", err
	}
	if len(missing(home, nil)) > 0 {
		return "", fmt.Errorf("gym: %w", errNotInstalled)
	}
	return interpreter(home), nil
}

// homeOf returns the folder of the Python environment: its name holds the hash of
// the requirements, so that another glint with other packages has another one.
func homeOf(dir string) (string, error) {
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("gym: finding the cache folder: %w", err)
		}
		dir = filepath.Join(cache, "glint")
	}
	base, err := requirements.ReadFile("requirements/base.txt")
	if err != nil {
		return "", fmt.Errorf("gym: reading the requirements: %w", err)
	}
	sum := sha256.Sum256(base)
	return filepath.Join(dir, "python-"+hex.EncodeToString(sum[:6])), nil
}

// missing returns the sets of requirements that are not there, of base and extras.
// Without an interpreter, which an update of the system's Python may take away,
// these are all that were there, too.
func missing(home string, extras []string) []string {
	_, err := os.Stat(interpreter(home))
	runs := err == nil
	var sets []string
	for _, name := range append([]string{"base"}, Extras()...) {
		_, err := os.Stat(filepath.Join(home, marker(name)))
		there, wanted := err == nil, name == "base" || slices.Contains(extras, name)
		if wanted && !there || !runs && (wanted || there) {
			sets = append(sets, name)
		}
	}
	return sets
}

// marker is the file that says that a set of requirements is there.
func marker(name string) string {
	text, err := requirements.ReadFile("requirements/" + name + ".txt")
	if err != nil {
		return ".installed-" + name
	}
	sum := sha256.Sum256(text)
	return ".installed-" + name + "-" + hex.EncodeToString(sum[:6])
}

func interpreter(home string) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(home, "Scripts", "python.exe")
	}
	return filepath.Join(home, "bin", "python")
}

// system returns a Python that can make the environment: the named one, or the
// first that fits on the PATH.
func system(ctx context.Context, named string) (string, error) {
	candidates := []string{named}
	if named == "" {
		candidates = []string{"python3", "python"}
		for m := newestMinor; m >= oldestMinor; m-- {
			candidates = append(candidates, fmt.Sprintf("python3.%d", m))
		}
	}
	var old []string
	noVenv := ""
	for _, name := range candidates {
		switch version, venv, err := probe(ctx, name); {
		case err != nil:
			continue
		case version == "":
			continue
		case !fits(version):
			old = append(old, version)
		case !venv:
			noVenv = version
		default:
			return name, nil
		}
	}
	works := fmt.Sprintf("3.%d to 3.%d", oldestMinor, newestMinor)
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("gym: looking for Python: %w", ctx.Err())
	case noVenv != "":
		return "", fmt.Errorf("gym: Python %s has no venv module: install it (on Debian and Ubuntu: apt install python3-venv)", noVenv)
	case len(old) > 0:
		slices.Sort(old)
		return "", fmt.Errorf("gym: found Python %s, but %s is needed: install one of these, or name one by: glint env install --python FILE", strings.Join(slices.Compact(old), ", "), works)
	case named != "":
		return "", fmt.Errorf("gym: %s is no Python that runs; Python %s is needed", named, works)
	default:
		return "", fmt.Errorf("gym: no Python found: install Python %s (on Debian and Ubuntu: apt install python3 python3-venv)", works)
	}
}

// probe asks an interpreter for its version and whether it can make environments.
func probe(ctx context.Context, name string) (version string, venv bool, err error) {
	const ask = `import sys
try:
    import venv, ensurepip
    ok = True
except ImportError:
    ok = False
print("glint", "%d.%d" % sys.version_info[:2], ok)`
	out, err := exec.CommandContext(ctx, name, "-I", "-c", ask).Output()
	if err != nil {
		return "", false, err
	}
	words := strings.Fields(string(out))
	if len(words) != 3 || words[0] != "glint" {
		return "", false, nil
	}
	return words[1], words[2] == "True", nil
}

func fits(version string) bool {
	var major, minor int
	if _, err := fmt.Sscanf(version, "%d.%d", &major, &minor); err != nil {
		return false
	}
	return major == 3 && minor >= oldestMinor && minor <= newestMinor
}
