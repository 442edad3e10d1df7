package rundir

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/internal/app"
	"glint/internal/app/config"
)

func TestConfigComesBackFromItsRun(t *testing.T) {
	for _, env := range []string{"dojo", "gym:ALE/KungFuMaster-v5", "gym:MiniGrid-Empty-5x5-v0"} {
		c := config.Default(env, config.DefaultAlgo)
		c.Seed, c.Steps, c.Minutes, c.Agent.LR = 7, 123, 0, 3e-7
		c.Gym.Kwargs = map[string]any{"continuous": false, "size": int64(3)}
		dir := filepath.Join(t.TempDir(), "run")
		if err := makeRun(c, dir); err != nil {
			t.Fatal(err)
		}
		got, err := config.Load(filepath.Join(dir, config.File), config.Base{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c, got); diff != "" {
			t.Errorf("%s: config (-saved +read):\n%s", env, diff)
		}
	}
}

// TestFilesAreReplacedWhole wants the old content to stay whole under another name,
// which it does not where a file is written over.
func TestFilesAreReplacedWhole(t *testing.T) {
	c, dir := config.Default("dojo", config.DefaultAlgo), t.TempDir()
	for name, save := range map[string]func(seed uint64) error{
		config.File: func(seed uint64) error { c.Seed = seed; return SaveConfig(c, dir) },
		ResultFile:  func(seed uint64) error { return WriteJSON(filepath.Join(dir, ResultFile), seed) },
	} {
		path, old := filepath.Join(dir, name), filepath.Join(t.TempDir(), name)
		if err := save(7); err != nil {
			t.Fatal(err)
		}
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(os.Link(path, old), save(8)); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(old); err != nil || !bytes.Equal(b, before) {
			t.Errorf("%s was written over (%v)", name, err)
		}
		if b, err := os.ReadFile(path); err != nil || bytes.Equal(b, before) {
			t.Errorf("%s is not new (%v)", name, err)
		}
	}
	if names, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(names) > 0 {
		t.Errorf("%q are left (%v)", names, err)
	}
}

func TestNewRunOverwritesNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	c := config.Default("gym:ALE/Pong-v5", config.DefaultAlgo)
	for _, want := range []string{"pong-v5-ppo-seed1", "pong-v5-ppo-seed1-2", "pong-v5-ppo-seed1-3"} {
		dir, err := New(c, "")
		if err != nil || dir != filepath.Join("runs", want) {
			t.Fatalf("run %q, error %v; want runs/%s", dir, err, want)
		}
	}
	if err := os.WriteFile("mine", []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{"mine", filepath.Join("runs", "pong-v5-ppo-seed1")} {
		_, err := New(c, out)
		var usage *app.UsageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), "exists") {
			t.Errorf("--out %s: error %v, want that it exists", out, err)
		}
	}
	if b, err := os.ReadFile("mine"); err != nil || string(b) != "precious" {
		t.Errorf("the file holds %q, error %v", b, err)
	}
}

func TestSlug(t *testing.T) {
	for env, want := range map[string]string{
		"dojo": "dojo", "gym:ALE/KungFuMaster-v5": "kungfumaster-v5", "gym:CarRacing-v3": "carracing-v3",
		"tcp://host:7777/ALE/Pong-v5": "pong-v5", "gym:My Game!": "my-game-", "vnc://Host.example:5901": "host-example-5901",
	} {
		if got := Slug(env); got != want {
			t.Errorf("slug of %s is %q, want %q", env, got, want)
		}
	}
}
