package main

import (
	"context"
	"io"
	"os"
	"runtime"

	"glint/internal/app"
	"glint/internal/app/ablate"
)

// ablateCmd compares settings over seeds.
type ablateCmd struct {
	Plan    string `help:"TOML file with arms, or a plan that comes with glint: weighting, capacity, projection, encoder-gradient, agent." required:"" placeholder:"FILE|NAME"`
	Env     string `help:"Environment to record from or to train in. Default the plan's, or dojo." xor:"where" placeholder:"NAME"`
	Data    string `help:"Recorded dataset to train on. Default: one is recorded." xor:"where" placeholder:"DIR"`
	HeldOut string `help:"Recorded dataset of other episodes to judge. Default: one is recorded." placeholder:"DIR"`
	Out     string `help:"Folder of the study; one that was stopped goes on. Default studies/PLAN-ENV." placeholder:"DIR"`
	Jobs    *int   `help:"Trials side by side, each on one thread. Default: one a core." placeholder:"N"`
	JSON    bool   `help:"Print the result as one JSON object on the last line of stdout."`

	Seeds           *int     `help:"Trials of each arm, with seeds 1 to N. Default the plan's." placeholder:"N"`
	MinutesPerTrial *float64 `help:"Length of a trial, turned once into updates or steps by timing an arm. Default the plan's." xor:"length" placeholder:"M"`
	UpdatesPerTrial *int64   `help:"Length of a trial that trains the autoencoder alone." xor:"length" placeholder:"N"`
	StepsPerTrial   *int64   `help:"Length of a trial that trains an agent." xor:"length" placeholder:"N"`
}

// Run compares.
func (c *ablateCmd) Run(ctx context.Context, o app.IO) error {
	o.JSON = c.JSON
	jobs := runtime.NumCPU()
	if c.Jobs != nil {
		jobs = *c.Jobs
	}
	_, err := ablate.Run(ctx, ablate.Options{
		Plan: c.Plan, Env: c.Env, Data: c.Data, HeldOut: c.HeldOut, Out: c.Out, Jobs: jobs,
		Seeds: c.Seeds, Minutes: c.MinutesPerTrial, Updates: c.UpdatesPerTrial, Steps: c.StepsPerTrial,
	}, o)
	return err
}

// trialCmd is one trial of a study, which ablate starts.
type trialCmd struct {
	Spec string `help:"What to do; the result goes beside it." required:"" placeholder:"FILE"`
	Tied bool   `help:"Stop, and save, when standard input ends."`
}

// Run trains and judges.
func (c *trialCmd) Run(ctx context.Context, o app.IO) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if c.Tied {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin) // any end of it is the end
			stop()
		}()
	}
	return ablate.Trial(ctx, c.Spec, o)
}
