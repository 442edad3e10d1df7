package gym

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestPythonThatIsGone takes the interpreter away that an environment links to, as an
// update of the system does: it counts as missing, with what else was installed.
func TestPythonThatIsGone(t *testing.T) {
	cache := t.TempDir()
	home, err := homeOf(cache)
	if err != nil {
		t.Fatal(err)
	}
	python := filepath.Join(cache, "python")
	if err := os.MkdirAll(filepath.Dir(interpreter(home)), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{python, filepath.Join(home, marker("base")), filepath.Join(home, marker("box2d"))} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(python, interpreter(home)); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	if found, err := Python(cache); err != nil || found != interpreter(home) {
		t.Errorf("Python: %q, %v", found, err)
	}
	if sets := missing(home, []string{"minigrid"}); !slices.Equal(sets, []string{"minigrid"}) {
		t.Errorf("missing: %q", sets)
	}
	if err := os.Remove(python); err != nil {
		t.Fatal(err)
	}
	if found, err := Python(cache); !errors.Is(err, errNotInstalled) {
		t.Errorf("Python of a dangling link: %q, %v", found, err)
	}
	if sets := missing(home, nil); !slices.Equal(sets, []string{"base", "box2d"}) {
		t.Errorf("missing after the interpreter: %q", sets)
	}
	t.Setenv("PATH", cache)
	if found, err := Install(t.Context(), InstallOptions{Dir: cache}); err == nil || !strings.Contains(err.Error(), "no Python found") {
		t.Errorf("Install leaves the dangling link: %q, %v", found, err)
	}
}
