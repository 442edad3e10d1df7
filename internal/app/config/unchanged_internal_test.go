package config

import (
	"strings"
	"testing"

	"glint/agent"
)

func TestUnchanged(t *testing.T) {
	c := Default("dojo", agent.PPO)
	c.Agent.LR = 0.25
	settled, err := c.Settled()
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
		err := changed.Unchanged(settled, "run")
		if (tc.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want %q", tc.name, err, tc.want)
		}
	}
}

// A checkpoint of a version that did not have a setting goes on without it and in no
// other way.
func TestUnchangedByANewSetting(t *testing.T) {
	c := Default("dojo", agent.PPO)
	settled, err := c.Settled()
	if err != nil {
		t.Fatal(err)
	}
	older := settled
	for _, line := range []string{"clip_final = 1.0\n", "overlap = true\n", "ae_fresh = 0.7\n"} {
		if older = strings.Replace(older, line, "", 1); strings.Contains(older, line) || len(older) == len(settled) {
			t.Fatalf("no %s in\n%s", line, settled)
		}
	}
	if err := Earlier(c).Unchanged(older, "run"); err != nil {
		t.Errorf("without: %v", err)
	}
	for want, change := range map[string]func(*Config){
		"agent.clip_final = 0.5, it trained with clip_final = 1.0": func(c *Config) { c.Agent.ClipFinal = 0.5 },
		"agent.overlap = true, it trained with overlap = false":    func(c *Config) { c.Agent.Overlap = true },
	} {
		changed := Earlier(c)
		change(&changed)
		if err := changed.Unchanged(older, "run"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("another value: error %v, want %q", err, want)
		}
	}
}

func TestGameName(t *testing.T) {
	for name, want := range map[string]string{
		"dojo": "dojo", "gym:ALE/Pong-v5": "gym:ALE/Pong-v5",
		"tcp://host:7777": "gym:ALE/KungFuMaster-v5", "tcp://host:7777/ALE/Pong-v5": "gym:ALE/Pong-v5",
	} {
		if got := GameName(name); got != want {
			t.Errorf("the game of %s is %s, want %s", name, got, want)
		}
	}
}
