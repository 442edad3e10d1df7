package e2e_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/agent"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/saliency"
)

func TestDefaultConfigs(t *testing.T) {
	for _, env := range []string{"dojo", "gym:ALE/KungFuMaster-v5", "gym:ALE/Pong-v5", "gym:CarRacing-v3", "tcp://host:7777"} {
		for _, algo := range []string{agent.PPO, agent.A2C} {
			if err := config.Default(env, algo).Validate(); err != nil {
				t.Errorf("%s %s: %v", env, algo, err)
			}
		}
	}
}

func TestValidateNamesTheSetting(t *testing.T) {
	for _, tc := range []struct {
		want   string
		change func(*config.Config)
	}{
		{"env is empty", func(c *config.Config) { c.Env = "" }},
		{`preset is "atari", want game or general`, func(c *config.Config) { c.Preset = "atari" }},
		{"steps is -1", func(c *config.Config) { c.Steps = -1 }},
		{"minutes is -1", func(c *config.Config) { c.Minutes = -1 }},
		{"steps and minutes are both 0", func(c *config.Config) { c.Steps, c.Minutes = 0, 0 }},
		{"threads is 0", func(c *config.Config) { c.Threads = 0 }},
		{"sticky is 1.5", func(c *config.Config) { c.Sticky = 1.5 }},
		{"frames_every is -1", func(c *config.Config) { c.FramesEvery = -1 }},
		{"save_minutes is 0", func(c *config.Config) { c.SaveMinutes = 0 }},
		{`did you mean "knife"`, func(c *config.Config) { c.Weighting = "knive" }},
		{`did you mean "residual"`, func(c *config.Config) { c.Weighting = "knife*residal" }},
		{"knife: Halo -1", func(c *config.Config) { c.Knife.Halo = -1 }},
		{"no critic", func(c *config.Config) { c.Alone, c.Weighting = true, "knife*value" }},
		{"rarity: Cell 3", func(c *config.Config) { c.Rarity.Cell = 3 }},
		{"agent.lr is -1", func(c *config.Config) { c.Agent.LR = -1 }},
		{"agent.minibatch is 3", func(c *config.Config) { c.Agent.Minibatch = 3 }},
		{"agent.autoencoder.", func(c *config.Config) { c.Agent.Autoencoder.Code = 0 }},
	} {
		c := config.Default("dojo", agent.PPO)
		tc.change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("error %v, want %q", err, tc.want)
		}
	}
}

func TestLoadConfig(t *testing.T) {
	base := func(env, algo string, change func(*config.Config)) config.Config {
		c := config.Default(env, algo)
		change(&c)
		return c
	}
	for _, tc := range []struct {
		name, text, env, algo string
		want                  config.Config
	}{
		{"general preset", "env = 'gym:ALE/KungFuMaster-v5'\npreset = 'general'", "", "", base("gym:ALE/Unheard-v5", config.DefaultAlgo, func(c *config.Config) {
			c.Env, c.Preset = "gym:ALE/KungFuMaster-v5", config.PresetGeneral
		})},
		{"empty", "", "", "", base("dojo", config.DefaultAlgo, func(*config.Config) {})},
		{"zero means zero", "[agent]\nae_coef = 0\nentropy_coef = 0", "", "", base("dojo", config.DefaultAlgo, func(c *config.Config) {
			c.Agent.AECoef, c.Agent.EntropyCoef = 0, 0
		})},
		{"algorithm's own defaults", "[agent]\nalgo = 'ppo'\nlr = 0.1", "", "", base("dojo", agent.PPO, func(c *config.Config) { c.Agent.LR = 0.1 })},
		{"environment's own preset", "env = 'gym:ALE/Pong-v5'", "", "", base("gym:ALE/Pong-v5", config.DefaultAlgo, func(*config.Config) {})},
		{"flags go first", "env = 'gym:ALE/Pong-v5'\n[agent]\nalgo = 'a2c'", "dojo", "ppo", base("dojo", agent.PPO, func(*config.Config) {})},
		{"one end is enough", "steps = 9", "", "", base("dojo", config.DefaultAlgo, func(c *config.Config) { c.Steps, c.Minutes = 9, 0 })},
		{"both ends", "steps = 9\nminutes = 2.5", "", "", base("dojo", config.DefaultAlgo, func(c *config.Config) { c.Steps, c.Minutes = 9, 2.5 })},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := config.Load(write(t, tc.text), config.Base{Env: tc.env, Algo: tc.algo})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("config (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoadConfigRefuses(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"syntax", "steps = [", "line 1, column"},
		{"unknown setting", "\nstep = 5", "line 2: unknown setting step: did you mean steps?"},
		{"unknown setting of a table", "[agent]\nentropy = 5", "unknown setting agent.entropy: did you mean agent.entropy_coef?"},
		{"unknown setting of a weighting", "[rarity]\ncells = 5", "unknown setting rarity.cells: did you mean rarity.cell?"},
		{"unknown table of a weighting", "[motions]\nlevel = 5", "did you mean motion?"},
		{"unknown table", "[agnt]\nlr = 5", "did you mean agent?"},
		{"kind of value", "seed = 'one'", "seed cannot be a TOML string"},
		{"another file", "\x7fELF", "line 1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := config.Load(write(t, tc.text), config.Base{})
			var usage *app.UsageError
			if !errors.As(err, &usage) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want a UsageError with %q", err, tc.want)
			}
		})
	}
	if _, err := config.Load(filepath.Join(t.TempDir(), "none.toml"), config.Base{}); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("missing file: error %v", err)
	}
}

// write makes a config file.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSetEnvsKeepsTheMinibatches(t *testing.T) {
	for _, tc := range []struct{ envs, horizon, minibatch, n, want int }{
		{8, 128, 256, 16, 512}, // 4 minibatches stay 4
		{8, 128, 256, 1, 32},
		{8, 128, 256, 3, 96},
		{16, 5, 80, 4, 20},
		{4, 5, 10, 3, 15}, // 15 steps have no halves
	} {
		c := config.Default("dojo", agent.PPO)
		c.Agent.Envs, c.Agent.Horizon, c.Agent.Minibatch = tc.envs, tc.horizon, tc.minibatch
		c.SetEnvs(tc.n)
		if c.Agent.Envs != tc.n || c.Agent.Minibatch != tc.want {
			t.Errorf("%d environments, minibatch %d; want %d, %d", c.Agent.Envs, c.Agent.Minibatch, tc.n, tc.want)
		}
		if err := c.Agent.Validate(); err != nil {
			t.Error(err)
		}
	}
}

func TestLoadConfigOfWeightings(t *testing.T) {
	c, err := config.Load(write(t, "weighting = 'knife*motion'\nnormalize = true\n[knife]\nfactor = 50.0\nmargin = 0\nhalo = 15.7\nhalo_x = 3\nhalo_y = 2\n[motion]\nlevel = 9\n"), config.Base{})
	if err != nil {
		t.Fatal(err)
	}
	want := config.Default("dojo", config.DefaultAlgo)
	want.Weighting, want.Normalize, want.Motion.Level = "knife*motion", true, 9
	want.Knife = saliency.Knife{Factor: 50, Empty: 0.5, Halo: 15.7, HaloX: 3, HaloY: 2}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
}
