package main

import (
	"context"
	"path/filepath"
	"strings"

	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/dryrun"
	"glint/internal/app/train"
)

// trainCmd trains. Pointers tell a flag that was given from one that was not: flags
// go before the config file, which goes before the defaults.
type trainCmd struct {
	Env       string `help:"Environment: dojo, gym:ID such as gym:ALE/KungFuMaster-v5, tcp://HOST:PORT/ID, vnc://HOST:PORT+PORT with the port of a rewarder. Default dojo." placeholder:"NAME"`
	Algo      string `help:"ppo or a2c. Default ppo." placeholder:"NAME"`
	Preset    string `help:"Which defaults: game, those for this game where glint knows it, or general, those for any game. Default game." placeholder:"NAME"`
	Config    string `help:"TOML file with settings, below the flags; config.toml of any run of train is one." placeholder:"FILE"`
	Out       string `help:"Folder of the run; it must not exist. Default: a fresh one in runs/." placeholder:"DIR"`
	From      string `help:"Begin with the weights of another run, of train or imitate." placeholder:"RUN"`
	Resume    string `help:"Go on with a run or from one of its checkpoints, exactly. Going on from an older checkpoint replaces the later ones." placeholder:"RUN"`
	Dash      string `help:"Address of the dashboard; only off is there yet." default:"off" placeholder:"off"`
	DryRun    bool   `help:"Go once through all that a run does, small, and leave nothing behind."`
	JSON      bool   `help:"Print the result as one JSON object on the last line of stdout."`
	TokenFile string `help:"File with the token of a remote server, or with the password of a screen." placeholder:"FILE"`

	Steps       *int64   `help:"End after so many steps over all environments." placeholder:"N"`
	Minutes     *float64 `help:"End after so many minutes of training. Default 5." placeholder:"M"`
	Seed        *uint64  `help:"Seed of everything random. Default 1." placeholder:"S"`
	Envs        *int     `help:"Environments in lock step." placeholder:"N"`
	Threads     *int     `help:"Cores that compute. Default all." placeholder:"N"`
	FramesEvery *int64   `help:"Iterations between two example sheets; 0 for none. Default 25000." placeholder:"N"`
	Sticky      *float64 `help:"Probability that a frame repeats the last action. Default 0.25." placeholder:"P"`
	Weighting   *string  `help:"Weighting of the autoencoder's loss: uniform, knife, motion, rarity, residual, worst, clip, value, random, oracle, or a product such as knife*motion. Default knife." placeholder:"NAME"`
	learning
}

// Run trains.
func (c *trainCmd) Run(ctx context.Context, o app.IO) error {
	o.JSON = c.JSON
	if c.Dash != "off" {
		return &app.UsageError{Msg: "there is no dashboard yet", Hint: "leave --dash away or give --dash off"}
	}
	if c.Resume != "" {
		if err := onlyResume(c.Resume, c.fixed()); err != nil {
			return err
		}
		_, err := train.Resume(ctx, c.Resume, c.change, o)
		return err
	}
	cfg, err := c.settings()
	if err != nil {
		return err
	}
	if c.DryRun {
		return dryrun.Run(ctx, cfg, o)
	}
	_, err = train.Run(ctx, cfg, c.Out, o)
	return err
}

// fixed returns the flags given that a resumed run does not allow.
func (c *trainCmd) fixed() []string {
	return flagsGiven(append([]flag{
		{"--env", c.Env != ""},
		{"--algo", c.Algo != ""},
		{"--preset", c.Preset != ""},
		{"--config", c.Config != ""},
		{"--out", c.Out != ""},
		{"--from", c.From != ""},
		{"--dry-run", c.DryRun},
		{"--seed", c.Seed != nil},
		{"--envs", c.Envs != nil},
		{"--sticky", c.Sticky != nil},
		{"--weighting", c.Weighting != nil},
	}, c.given()...))
}

// settings returns the defaults, below the config file, below the flags.
func (c *trainCmd) settings() (config.Config, error) {
	cfg, err := train.Settings(config.Base{Env: c.Env, Algo: c.Algo, Preset: c.Preset}, c.Config)
	if err != nil {
		return cfg, err
	}
	set(&cfg.Seed, c.Seed)
	set(&cfg.Sticky, c.Sticky)
	if err := c.over(&cfg); err != nil {
		return cfg, err
	}
	set(&cfg.Weighting, c.Weighting)
	if c.From != "" {
		cfg.From = c.From
	}
	if c.Envs != nil {
		cfg.SetEnvs(*c.Envs)
	}
	c.change(&cfg)
	return cfg, nil
}

// change makes the changes that a resumed run allows as well.
func (c *trainCmd) change(cfg *config.Config) {
	set(&cfg.Threads, c.Threads)
	set(&cfg.FramesEvery, c.FramesEvery)
	cfg.SetSecret(c.TokenFile)
	setEnd(cfg, c.Steps, c.Minutes)
}

// setEnd sets the end of a training. One is enough: a flag for one takes the other's
// default away.
func setEnd(cfg *config.Config, steps *int64, minutes *float64) {
	if steps != nil && minutes == nil {
		cfg.Minutes = 0
	}
	if minutes != nil && steps == nil {
		cfg.Steps = 0
	}
	set(&cfg.Steps, steps)
	set(&cfg.Minutes, minutes)
}

// flag is the name of a flag, and whether it was given.
type flag struct {
	name  string
	given bool
}

// flagsGiven returns the names of the flags that were given, in their order.
func flagsGiven(all []flag) (given []string) {
	for _, f := range all {
		if f.given {
			given = append(given, f.name)
		}
	}
	return given
}

// onlyResume refuses flags beside --resume that a run which goes on does not allow.
func onlyResume(run string, fixed []string) error {
	if len(fixed) == 0 {
		return nil
	}
	return &app.UsageError{
		Msg:  "a run goes on with the settings it began with, so --resume excludes " + strings.Join(fixed, " and "),
		Hint: "leave them away, or start a new run by --config " + filepath.Join(run, "config.toml"),
	}
}

// set overwrites a setting by a flag that was given.
func set[T any](dst, flag *T) {
	if flag != nil {
		*dst = *flag
	}
}
