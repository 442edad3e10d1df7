package main

import (
	"glint/internal/app"
	"glint/internal/app/config"
)

// learning are the flags that say how a training learns.
type learning struct {
	LR           *float64 `help:"Learning rate." name:"lr" placeholder:"X"`
	Schedule     *string  `help:"How the learning rate goes on: constant, linear, cosine or step. Default linear." placeholder:"NAME"`
	Stepsize     *int64   `help:"Updates from one fall of --schedule step to the next. Default 1000." placeholder:"N"`
	LRGamma      *float64 `help:"Factor of each fall of --schedule step. Default 0.1." name:"lr-gamma" placeholder:"X"`
	MicroBatches *int     `help:"Parts that a batch is computed in, one after the other, with less memory; the same result, but that train rounds ae_fresh down to a multiple of N samples. Default 1." placeholder:"N"`
}

// over puts the flags given over the settings of the stage that the training is for. It
// refuses those of another schedule.
func (l learning) over(cfg *config.Config) error {
	rate, parts := &cfg.Agent.Rate, &cfg.Agent.MicroBatches
	if cfg.Alone {
		rate, parts = &cfg.Agent.Pretrain.Rate, &cfg.Agent.Pretrain.MicroBatches
	}
	set(&rate.LR, l.LR)
	set(&rate.Schedule, l.Schedule)
	set(&rate.Stepsize, l.Stepsize)
	set(&rate.LRGamma, l.LRGamma)
	set(parts, l.MicroBatches)
	if (l.Stepsize != nil || l.LRGamma != nil) && rate.Schedule != "step" {
		return &app.UsageError{
			Msg:  "--stepsize and --lr-gamma change nothing of --schedule " + rate.Schedule,
			Hint: "give --schedule step with them, or leave them out",
		}
	}
	return nil
}

// given lists the flags.
func (l learning) given() []flag {
	return []flag{
		{"--lr", l.LR != nil},
		{"--schedule", l.Schedule != nil},
		{"--stepsize", l.Stepsize != nil},
		{"--lr-gamma", l.LRGamma != nil},
		{"--micro-batches", l.MicroBatches != nil},
	}
}
