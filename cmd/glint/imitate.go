package main

import (
	"context"

	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/train"
)

// imitateCmd trains on demonstrations. Pointers tell a flag that was given from one that
// was not.
type imitateCmd struct {
	Data    string `help:"Recorded dataset to learn from, with all steps of its episodes. Some episodes are held out and judged." placeholder:"DIR"`
	Config  string `help:"TOML file with settings, below the flags; config.toml of any run of imitate is one." placeholder:"FILE"`
	Out     string `help:"Folder of the run; it must not exist. Default: a fresh one in runs/." placeholder:"DIR"`
	Resume  string `help:"Go on with a run or from one of its checkpoints, exactly." placeholder:"RUN"`
	SkipBad bool   `help:"Leave out, and name, the shards of the dataset that cannot be read."`
	JSON    bool   `help:"Print the result as one JSON object on the last line of stdout."`

	Steps       *int64   `help:"End after so many steps were shown; the dataset begins anew at its end." placeholder:"N"`
	Minutes     *float64 `help:"End after so many minutes. Default 5." placeholder:"M"`
	Seed        *uint64  `help:"Seed of everything random. Default 1." placeholder:"S"`
	Patience    *int     `help:"End after so many judgements without a lower validation loss, and keep the best checkpoint; 0 for no such end. Default 0." placeholder:"N"`
	Threads     *int     `help:"Cores that compute. Default all." placeholder:"N"`
	Weighting   *string  `help:"Weighting of the autoencoder's loss. Default knife." placeholder:"NAME"`
	ValShare    *float64 `help:"Share of the dataset's episodes that are judged while it trains. Default 0.1." placeholder:"P"`
	TestShare   *float64 `help:"Share of the dataset's episodes that the result is tested on. Default 0.1." placeholder:"P"`
	Balance     *string  `help:"Balance of the actions: none, batches (each action has its share of every rollout) or weights (in the loss, 1 / frequency). Default none." placeholder:"NAME"`
	FramesEvery *int64   `help:"Iterations between two example sheets; 0 for none. Default 25000." placeholder:"N"`
	learning
}

// Run trains.
func (c *imitateCmd) Run(ctx context.Context, o app.IO) error {
	o.JSON = c.JSON
	if c.Resume != "" {
		if err := onlyResume(c.Resume, c.fixed()); err != nil {
			return err
		}
		_, err := train.ResumeImitate(ctx, c.Resume, c.change, o)
		return err
	}
	if c.Data == "" {
		return &app.UsageError{Msg: "there is nothing to imitate", Hint: "give a dataset by --data, such as one by: glint record --policy scripted --out DIR"}
	}
	cfg, err := train.ImitateSettings(c.Data, c.Config, c.SkipBad)
	if err != nil {
		return err
	}
	set(&cfg.Seed, c.Seed)
	set(&cfg.Weighting, c.Weighting)
	if err := c.over(&cfg); err != nil {
		return err
	}
	set(&cfg.Data.ValShare, c.ValShare)
	set(&cfg.Data.TestShare, c.TestShare)
	set(&cfg.Agent.ActionClasses.Balance, c.Balance)
	c.change(&cfg)
	_, err = train.Run(ctx, cfg, c.Out, o)
	return err
}

// fixed returns the flags given that a resumed run does not allow.
func (c *imitateCmd) fixed() []string {
	return flagsGiven(append([]flag{
		{"--data", c.Data != ""},
		{"--config", c.Config != ""},
		{"--out", c.Out != ""},
		{"--skip-bad", c.SkipBad},
		{"--seed", c.Seed != nil},
		{"--weighting", c.Weighting != nil},
		{"--val-share", c.ValShare != nil},
		{"--test-share", c.TestShare != nil},
		{"--balance", c.Balance != nil},
	}, c.given()...))
}

// change makes the changes that a resumed run allows as well.
func (c *imitateCmd) change(cfg *config.Config) {
	set(&cfg.Threads, c.Threads)
	set(&cfg.Patience, c.Patience)
	set(&cfg.FramesEvery, c.FramesEvery)
	setEnd(cfg, c.Steps, c.Minutes)
}
