package config

import (
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"glint/internal/app"
)

// Settled returns, as TOML, the settings that a run keeps for good: all but where
// it ends and what changes no figure.
func (c Config) Settled() (string, error) {
	c.Steps, c.Minutes, c.Threads, c.FramesEvery, c.SaveMinutes, c.Patience = 0, 0, 0, 0, 0, 0
	c.Gym.Token, c.Gym.Workers, c.VNC.Password = "", 0, ""
	if c.Alone {
		c.Agent.Pretrain.Updates = 0
	}
	b, err := toml.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("saving the config: %w", err)
	}
	return string(b), nil
}

// Earlier makes of the defaults those by which a run is read: a setting that it does not
// name is of a later version than the run, which did without.
func Earlier(c Config) Config {
	c.Agent.Overlap, c.Agent.AEFresh = false, 0
	return c
}

// Unchanged refuses a config that differs from the settled one of a checkpoint,
// naming the first setting that does.
func (c Config) Unchanged(settled, run string) error {
	was := Earlier(Base{c.Env, c.Agent.Algo, c.Preset}.Defaults())
	if err := toml.Unmarshal([]byte(settled), &was); err != nil {
		return fmt.Errorf("the checkpoint's config: %w", err)
	}
	settled, err := was.Settled()
	if err != nil {
		return err
	}
	now, err := c.Settled()
	if err != nil || now == settled {
		return err
	}
	old, lines := strings.Split(settled, "\n"), strings.Split(now, "\n")
	section := ""
	for i, line := range lines {
		if name, ok := strings.CutPrefix(line, "["); ok {
			section = strings.TrimSuffix(name, "]") + "."
		}
		if i >= len(old) || line != old[i] {
			was := "without it"
			if i < len(old) && old[i] != "" {
				was = strings.TrimSpace(old[i])
			}
			return app.Usagef("put it back, or start a new run by: glint "+c.Verb()+" --config "+run+"/"+File,
				"the config of %s was changed since its checkpoint: %s%s, it trained with %s", run, section, strings.TrimSpace(line), was)
		}
	}
	return app.Usagef("put it back", "the config of %s was changed since its checkpoint: settings are missing", run)
}
