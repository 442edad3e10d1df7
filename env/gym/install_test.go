package gym_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glint/env/gym"
)

// fakePython writes an interpreter that answers the probe with a line.
func fakePython(t *testing.T, dir, name, answer string) {
	t.Helper()
	script := "#!/bin/sh\necho " + answer + "\n"
	if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
}

func TestInstallNamesWhatIsMissing(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer string // of python3, "" for no Python at all
		python string
		extras []string
		want   string
	}{
		{name: "no Python", want: "no Python found: install Python 3.10 to 3.14"},
		{name: "old", answer: "glint 3.8 True", want: "found Python 3.8, but 3.10 to 3.14 is needed"},
		{name: "too new", answer: "glint 3.99 True", want: "found Python 3.99, but 3.10 to 3.14 is needed"},
		{name: "no venv", answer: "glint 3.11 False", want: "Python 3.11 has no venv module: install it"},
		{name: "no interpreter", answer: "hello", python: "nosuchpython", want: "nosuchpython is no Python that runs"},
		{name: "unknown extra", extras: []string{"mujoco"}, want: `no extra "mujoco"; there are box2d, minigrid, remote, video`},
	} {
		t.Run(c.name, func(t *testing.T) {
			bin := t.TempDir()
			t.Setenv("PATH", bin)
			if c.answer != "" {
				fakePython(t, bin, "python3", c.answer)
			}
			cache := t.TempDir()
			_, err := gym.Install(t.Context(), gym.InstallOptions{Dir: cache, Python: c.python, Extras: c.extras})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Install: %v\nwant %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("the error is longer than a line: %q", err)
			}
			if _, err := gym.Python(cache); err == nil {
				t.Error("Python finds an environment after a failed Install")
			}
		})
	}
}

func TestInstallWithoutNetwork(t *testing.T) {
	if testing.Short() {
		t.Skip("makes a virtual environment")
	}
	t.Setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
	t.Setenv("PIP_RETRIES", "0")
	t.Setenv("PIP_NO_CACHE_DIR", "1")
	cache := t.TempDir()
	var said []string
	_, err := gym.Install(t.Context(), gym.InstallOptions{Dir: cache, Progress: func(s string) { said = append(said, s) }})
	if err == nil {
		t.Fatal("Install without a package index succeeded")
	}
	for _, none := range []string{"no Python found", "is needed", "no venv module"} {
		if strings.Contains(err.Error(), none) {
			if os.Getenv("CI") == "true" {
				t.Fatalf("this machine cannot make Python environments: %v", err)
			}
			t.Skipf("this machine cannot make Python environments: %v", err)
		}
	}
	if !strings.Contains(err.Error(), "no way to the Python package index") || strings.Contains(err.Error(), "\n") {
		t.Errorf("Install: %v, want one line about the network", err)
	}
	if len(said) == 0 || !strings.Contains(said[0], cache) {
		t.Errorf("Progress said %q, want the folder first", said)
	}
	if _, err := gym.Python(cache); err == nil {
		t.Error("Python finds an environment that was cut short")
	}
}
