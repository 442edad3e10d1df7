package app

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/agent"
)

func TestConfigComesBackFromItsRun(t *testing.T) {
	for _, env := range []string{"dojo", "gym:ALE/KungFuMaster-v5", "gym:MiniGrid-Empty-5x5-v0"} {
		c := DefaultConfig(env, agent.PPO)
		c.Seed, c.Steps, c.Minutes, c.Agent.LR = 7, 123, 0, 3e-7
		c.Gym.Kwargs = map[string]any{"continuous": false, "size": int64(3)}
		dir := filepath.Join(t.TempDir(), "run")
		if err := makeRun(c, dir); err != nil {
			t.Fatal(err)
		}
		got, err := LoadConfig(filepath.Join(dir, configFile), Base{})
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
	c, dir := DefaultConfig("dojo", agent.PPO), t.TempDir()
	for name, save := range map[string]func(seed uint64) error{
		configFile: func(seed uint64) error { c.Seed = seed; return saveConfig(c, dir) },
		resultFile: func(seed uint64) error { return writeJSON(filepath.Join(dir, resultFile), seed) },
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
	c := DefaultConfig("gym:ALE/Pong-v5", agent.PPO)
	for _, want := range []string{"pong-v5-ppo-seed1", "pong-v5-ppo-seed1-2", "pong-v5-ppo-seed1-3"} {
		dir, err := newRun(c, "")
		if err != nil || dir != filepath.Join("runs", want) {
			t.Fatalf("run %q, error %v; want runs/%s", dir, err, want)
		}
	}
	if err := os.WriteFile("mine", []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{"mine", filepath.Join("runs", "pong-v5-ppo-seed1")} {
		_, err := newRun(c, out)
		var usage *UsageError
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
		if got := slug(env); got != want {
			t.Errorf("slug of %s is %q, want %q", env, got, want)
		}
	}
}

func TestUnchanged(t *testing.T) {
	c := DefaultConfig("dojo", agent.PPO)
	c.Agent.LR = 0.25
	settled, err := c.settled()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		change func(*Config)
		want   string // in the error, empty for none
	}{
		{"nothing", func(*Config) {}, ""},
		{"the end", func(c *Config) { c.Steps, c.Minutes = 99, 9 }, ""},
		{"the cores", func(c *Config) { c.Threads++ }, ""},
		{"the token", func(c *Config) { c.Gym.Token = "file" }, ""},
		{"a rate", func(c *Config) { c.Agent.LR = 0.5 }, "agent.lr = 0.5, it trained with lr = 0.25"},
		{"the seed", func(c *Config) { c.Seed = 2 }, "seed = 2, it trained with seed = 1"},
		{"the network", func(c *Config) { c.Agent.Autoencoder.Code = 32 }, "agent.autoencoder.code = 32"},
		{"the game", func(c *Config) { c.Env = "gym:ALE/Pong-v5" }, "env = 'gym:ALE/Pong-v5'"},
	} {
		changed := c
		tc.change(&changed)
		err := changed.unchanged(settled, "run")
		if (tc.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want %q", tc.name, err, tc.want)
		}
	}
}

// A checkpoint of a version that did not have a setting goes on without it and in no
// other way.
func TestUnchangedByANewSetting(t *testing.T) {
	c := DefaultConfig("dojo", agent.PPO)
	settled, err := c.settled()
	if err != nil {
		t.Fatal(err)
	}
	older := settled
	for _, line := range []string{"clip_final = 1.0\n", "overlap = true\n", "ae_fresh = 0.7\n"} {
		if older = strings.Replace(older, line, "", 1); strings.Contains(older, line) || len(older) == len(settled) {
			t.Fatalf("no %s in\n%s", line, settled)
		}
	}
	if err := earlier(c).unchanged(older, "run"); err != nil {
		t.Errorf("without: %v", err)
	}
	for want, change := range map[string]func(*Config){
		"agent.clip_final = 0.5, it trained with clip_final = 1.0": func(c *Config) { c.Agent.ClipFinal = 0.5 },
		"agent.overlap = true, it trained with overlap = false":    func(c *Config) { c.Agent.Overlap = true },
	} {
		changed := earlier(c)
		change(&changed)
		if err := changed.unchanged(older, "run"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("another value: error %v, want %q", err, want)
		}
	}
}

func TestCrossed(t *testing.T) {
	for _, tc := range []struct {
		before, now, every int64
		want               bool
	}{
		{0, 9, 10, false}, {0, 10, 10, true}, {10, 19, 10, false}, {19, 20, 10, true}, {5, 35, 10, true}, {7, 7, 1, false},
	} {
		if got := crossed(tc.before, tc.now, tc.every); got != tc.want {
			t.Errorf("a multiple of %d in (%d, %d]: %v, want %v", tc.every, tc.before, tc.now, got, tc.want)
		}
	}
}

func TestSheetsAreDue(t *testing.T) {
	tr := &training{cfg: Config{FramesEvery: 25_000}}
	for _, tc := range []struct {
		before, now int64
		want        bool
	}{
		{0, 25, false},
		{975, 1_000, true},
		{1_000, 1_001, false},
		{999, 1_002, true},
		{4_990, 5_003, true},
		{5_003, 24_999, false},
		{24_999, 25_001, true},
		{49_000, 50_000, true},
	} {
		if got := tr.sheetDue(tc.before, tc.now); got != tc.want {
			t.Errorf("from iteration %d to %d: %v, want %v", tc.before, tc.now, got, tc.want)
		}
	}
	tr.cfg.FramesEvery = 0
	if tr.sheetDue(0, 1_000_000) {
		t.Error("a sheet is due though none were asked for")
	}
}

func TestReferences(t *testing.T) {
	for env, r := range references {
		if low, high := r.normalised(r.low), r.normalised(r.high); low != 0 || high != 1 || r.high <= r.low {
			t.Errorf("%s: the known players stand at %v and %v, want 0 and 1", env, low, high)
		}
	}
	for x, want := range map[float64]float64{-0.001: 0, 0.254: 25, 1.5: 150, -0.2: -20} {
		if got := share(x); got != want || got == 0 && 1/got < 0 {
			t.Errorf("share of %v is %v, want %v", x, got, want)
		}
	}
}

func TestGameName(t *testing.T) {
	for name, want := range map[string]string{
		"dojo": "dojo", "gym:ALE/Pong-v5": "gym:ALE/Pong-v5",
		"tcp://host:7777": "gym:ALE/KungFuMaster-v5", "tcp://host:7777/ALE/Pong-v5": "gym:ALE/Pong-v5",
	} {
		if got := gameName(name); got != want {
			t.Errorf("the game of %s is %s, want %s", name, got, want)
		}
	}
}
