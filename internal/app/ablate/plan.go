package ablate

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/monitor"
	"glint/internal/app/rundir"
	"glint/internal/app/world"
	"glint/internal/names"
	"glint/internal/study"
)

// readPlan reads the plan that the options name and puts their flags over it.
func readPlan(a Options) (study.Plan, error) {
	text, ready := study.Ready(a.Plan)
	if !ready {
		b, err := os.ReadFile(a.Plan)
		if err != nil {
			return study.Plan{}, app.Usagef("give a file, or did you mean "+names.Nearest(a.Plan, study.ReadyNames())+"? Ready are "+strings.Join(study.ReadyNames(), ", "), "no plan %s", a.Plan)
		}
		text = string(b)
	}
	where := "plan " + a.Plan
	p := study.DefaultPlan()
	if err := decodePlan(where, text, &p); err != nil {
		return p, err
	}
	if err := absolute(p); err != nil {
		return p, err
	}
	p.Complete(rundir.Slug(strings.TrimSuffix(filepath.Base(a.Plan), ".toml")), text)
	if err := a.over(&p); err != nil {
		return p, err
	}
	if err := p.Validate(); err != nil {
		wrong, _ := errors.AsType[*study.PlanError](err)
		return p, app.Usagef(wrong.Hint, "%s: %s", where, wrong.Msg)
	}
	for _, arm := range p.Order {
		if err := checkArm(where, p, arm); err != nil {
			return p, err
		}
	}
	return p, nil
}

// absolute makes the runs that settings name independent of where a trial runs, which is the
// study folder.
func absolute(p study.Plan) error {
	for _, settings := range append(slices.Collect(maps.Values(p.Arms)), p.Settings) {
		for _, key := range []string{"critic", "from"} {
			path, _ := settings[key].(string)
			if path == "" {
				continue
			}
			abs, err := filepath.Abs(path)
			if err != nil {
				return fmt.Errorf("%s %s: %w", key, path, err)
			}
			settings[key] = abs
		}
	}
	return nil
}

// over puts the flags over a plan.
func (a Options) over(p *study.Plan) error {
	if p.Kind == study.Train && a.Data+a.HeldOut != "" {
		return app.Usagef("leave --data and --held-out away", "a trial of plan %s trains an agent, which plays", a.Plan)
	}
	p.Env = cmp.Or(a.Env, p.Env, config.DefaultEnv)
	if err := a.checkData(p); err != nil {
		return err
	}
	if a.Seeds != nil {
		p.Seeds = *a.Seeds
	}
	if a.Minutes != nil || a.Updates != nil || a.Steps != nil {
		p.Minutes, p.Updates, p.Steps = given(a.Minutes), given(a.Updates), given(a.Steps)
	}
	return nil
}

// checkData takes the game from a given dataset, and refuses an unknown one, and a dataset
// to judge that is of another game or the same recording.
func (a Options) checkData(p *study.Plan) error {
	game := p.Env
	if a.Data == "" {
		if err := world.Known(game); err != nil {
			return err
		}
	} else {
		data, err := world.OpenEnds(config.Data{Dir: a.Data})
		if err != nil {
			return err
		}
		game = data.Meta().Env
		p.Env = cmp.Or(a.Env, game)
	}
	if a.HeldOut == "" {
		return nil
	}
	held, err := world.OpenEnds(config.Data{Dir: a.HeldOut})
	if err != nil {
		return err
	}
	switch is := held.Meta().Env; {
	case is == game && (a.Data == "" || filepath.Clean(a.Data) != filepath.Clean(a.HeldOut)):
		return nil
	case a.Data == "":
		return app.Usagef("give --env "+is, "%s is of %s and cannot judge what trains on %s", a.HeldOut, is, game)
	}
	return app.Usagef("record other episodes of the same game, with another --seed", "%s cannot judge what trains on %s", a.HeldOut, a.Data)
}

// given returns what a flag says, zero where it was not given.
func given[T any](flag *T) (v T) {
	if flag != nil {
		v = *flag
	}
	return v
}

// decodePlan reads a plan and names the first key that is unknown, in the plan itself or
// in the settings of an arm.
func decodePlan(where, text string, p *study.Plan) error {
	err := toml.NewDecoder(strings.NewReader(text)).DisallowUnknownFields().Decode(p)
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) {
		return unknownKey(where, strict, 0, []string{
			"name", "question", "kind", "env", "judges", "base", "seeds", "minutes_per_trial", "updates_per_trial", "steps_per_trial", "critic_steps", "settings", "arm", "order",
			"data.steps", "data.held_out_steps", "data.envs", "data.seed", "data.held_out_seed", "eval.episodes", "eval.envs", "eval.seed",
		})
	}
	if err != nil {
		return config.TOMLError(where, err)
	}
	var arms struct {
		Settings config.Config `toml:"settings"`
		Arm      map[string]struct {
			About   string `toml:"about"`
			Control string `toml:"control"`
			config.Config
		} `toml:"arm"`
	}
	err = toml.NewDecoder(strings.NewReader(text)).DisallowUnknownFields().Decode(&arms)
	if !errors.As(err, &strict) {
		if err != nil {
			return config.TOMLError(where, err)
		}
		return nil
	}
	for table, depth := range map[string]int{"settings": 1, "arm": 2} {
		inside := &toml.StrictMissingError{}
		for _, e := range strict.Errors {
			if key := e.Key(); key[0] == table && len(key) > depth {
				inside.Errors = append(inside.Errors, e)
			}
		}
		if len(inside.Errors) > 0 {
			known := config.Keys()
			if table == "arm" {
				known = append(known, study.About, study.Control)
			}
			return unknownKey(where, inside, depth, known)
		}
	}
	return nil
}

// unknownKey names the first unknown key, of which depth parts lead to a table of
// settings, and the nearest known one.
func unknownKey(where string, strict *toml.StrictMissingError, depth int, known []string) error {
	row, _ := strict.Errors[0].Position()
	key := strict.Errors[0].Key()
	return app.Usagef("did you mean "+names.Nearest(strings.Join(key[depth:], "."), known)+"?", "%s, line %d: unknown key %s", where, row, strings.Join(key, "."))
}

// ofTrials are the settings that every trial gets from the study.
var ofTrials = []string{"env", "seed", "steps", "minutes", "threads", "frames_every", "alone", "data"}

// checkArm refuses an arm that a trial could not train.
func checkArm(where string, p study.Plan, arm string) error {
	merged := p.Merged(arm)
	for _, key := range ofTrials {
		if _, is := merged[key]; is {
			return app.Usagef("leave it away", "%s, arm %s: %s is the same for all arms and set by the plan and the flags of ablate", where, arm, key)
		}
	}
	if p.Kind == study.Pretrain {
		for _, key := range []string{"agent.pretrain.updates", "sticky", "gym"} {
			if holds(p.Arms[arm], key) {
				return app.Usagef("leave it away", "%s, arm %s: %s has no effect there: all arms train as long, on data recorded once", where, arm, key)
			}
		}
	}
	if p.Length() == 0 {
		p.SetLength(1) // any will do
	}
	c, err := trialConfig(p, arm, 1)
	if err == nil {
		err = c.Validate()
	}
	if err == nil && c.Critic != criticFolder {
		_, err = monitor.OpenCritic(c, "")
	}
	if err != nil {
		return app.Usagef("mend it in the plan", "%s, arm %s: %v", where, arm, err)
	}
	return nil
}

// holds says whether a table has a key, with dots for those of tables below.
func holds(table map[string]any, key string) bool {
	name, rest, more := strings.Cut(key, ".")
	v, is := table[name]
	if !is || !more {
		return is
	}
	below, _ := v.(map[string]any)
	return holds(below, rest)
}

// trialConfig returns the whole config of a trial, whose paths are relative to the study
// folder.
func trialConfig(p study.Plan, arm string, seed uint64) (config.Config, error) {
	b, err := toml.Marshal(p.Merged(arm))
	if err != nil {
		return config.Config{}, fmt.Errorf("arm %s: %w", arm, err)
	}
	adapt := func(c config.Config) config.Config { return c }
	if p.Kind == study.Pretrain {
		adapt = config.Config.Pretraining
	}
	c, err := config.Parse("arm "+arm, b, config.Base{Env: p.Env}, adapt)
	if err != nil {
		return c, err
	}
	c.Seed, c.Threads, c.FramesEvery, c.Minutes = seed, 1, 0, 0
	if p.Kind == study.Pretrain {
		c.Data.Dir, c.Agent.Pretrain.Updates = dataFolder, p.Updates
		if c.Critic == "" && c.AsksCritic() {
			c.Critic = criticFolder
		}
	} else {
		c.Steps = p.Steps
	}
	return c, nil
}

// tomlText writes settings as TOML, tables after each other.
func tomlText(v any) (string, error) {
	var b bytes.Buffer
	if err := toml.NewEncoder(&b).SetIndentTables(false).Encode(v); err != nil {
		return "", fmt.Errorf("writing settings: %w", err)
	}
	return b.String(), nil
}
