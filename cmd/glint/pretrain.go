package main

import (
	"context"

	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/train"
)

// pretrainCmd trains the autoencoder alone. Pointers tell a flag that was given from
// one that was not.
type pretrainCmd struct {
	Data      string `help:"Recorded dataset to train on. Its episodes are split: some are judged and not trained on." placeholder:"DIR"`
	Env       string `help:"Environment to train on in random play, where there is no dataset." placeholder:"NAME"`
	Config    string `help:"TOML file with settings, below the flags; config.toml of any run of pretrain is one." placeholder:"FILE"`
	Out       string `help:"Folder of the run; it must not exist. Default: a fresh one in runs/." placeholder:"DIR"`
	Resume    string `help:"Go on with a run or from one of its checkpoints, exactly." placeholder:"RUN"`
	SkipBad   bool   `help:"Leave out, and name, the shards of the dataset that cannot be read."`
	JSON      bool   `help:"Print the result as one JSON object on the last line of stdout."`
	TokenFile string `help:"File with the token of a remote server, or with the password of a screen." placeholder:"FILE"`

	Minutes     *float64 `help:"End after so many minutes of updates. Default 5." placeholder:"M"`
	Updates     *int64   `help:"End after so many updates." placeholder:"N"`
	Seed        *uint64  `help:"Seed of everything random. Default 1." placeholder:"S"`
	Patience    *int     `help:"End after so many judgements without a lower validation loss, and keep the best checkpoint; 0 for no such end. Default 0." placeholder:"N"`
	Threads     *int     `help:"Cores that compute. Default all." placeholder:"N"`
	Weighting   *string  `help:"Weighting of the loss, or several as in knife*motion. Default knife." placeholder:"NAME"`
	Critic      *string  `help:"Run of glint train whose critic the weighting value asks." placeholder:"RUN"`
	ValShare    *float64 `help:"Share of the dataset's episodes that are judged. Default 0.1." placeholder:"P"`
	FramesEvery *int64   `help:"Iterations between two example sheets; 0 for none. Default 25000." placeholder:"N"`
	learning
}

// Run trains.
func (c *pretrainCmd) Run(ctx context.Context, o app.IO) error {
	o.JSON = c.JSON
	if c.Resume != "" {
		if err := onlyResume(c.Resume, c.fixed()); err != nil {
			return err
		}
		_, err := train.ResumePretrain(ctx, c.Resume, c.change, o)
		return err
	}
	if c.Data != "" && c.Env != "" {
		return &app.UsageError{Msg: "--data and --env exclude each other", Hint: "give one of them"}
	}
	cfg, err := train.PretrainSettings(c.Data, c.Env, c.Config, c.SkipBad)
	if err != nil {
		return err
	}
	set(&cfg.Seed, c.Seed)
	set(&cfg.Weighting, c.Weighting)
	set(&cfg.Critic, c.Critic)
	if err := c.over(&cfg); err != nil {
		return err
	}
	set(&cfg.Data.ValShare, c.ValShare)
	c.change(&cfg)
	_, err = train.Run(ctx, cfg, c.Out, o)
	return err
}

// fixed returns the flags given that a resumed run does not allow.
func (c *pretrainCmd) fixed() []string {
	return flagsGiven(append([]flag{
		{"--data", c.Data != ""},
		{"--env", c.Env != ""},
		{"--config", c.Config != ""},
		{"--out", c.Out != ""},
		{"--skip-bad", c.SkipBad},
		{"--seed", c.Seed != nil},
		{"--weighting", c.Weighting != nil},
		{"--critic", c.Critic != nil},
		{"--val-share", c.ValShare != nil},
	}, c.given()...))
}

// change makes the changes that a resumed run allows as well.
func (c *pretrainCmd) change(cfg *config.Config) {
	set(&cfg.Threads, c.Threads)
	set(&cfg.Patience, c.Patience)
	set(&cfg.FramesEvery, c.FramesEvery)
	cfg.SetSecret(c.TokenFile)
	// One end is enough: a flag for one takes the other's default away.
	if c.Updates != nil && c.Minutes == nil {
		cfg.Minutes = 0
	}
	if c.Minutes != nil && c.Updates == nil {
		cfg.Agent.Pretrain.Updates = 0
	}
	set(&cfg.Minutes, c.Minutes)
	set(&cfg.Agent.Pretrain.Updates, c.Updates)
}
