package main

import (
	"context"

	"glint/internal/app"
	"glint/internal/app/probe"
)

// probeCmd judges what a code keeps.
type probeCmd struct {
	Checkpoint string `help:"Run or checkpoint to judge." required:"" placeholder:"RUN"`
	Data       string `help:"Recorded dataset to judge it on. Episodes that it was trained on are left out." required:"" placeholder:"DIR"`
	Against    string `help:"Run or checkpoint to compare with, such as one of --weighting uniform." placeholder:"RUN"`
	SkipBad    bool   `help:"Leave out, and name, the shards of the dataset that cannot be read."`
	JSON       bool   `help:"Print the result as one JSON object on the last line of stdout."`
}

// Run judges.
func (c *probeCmd) Run(ctx context.Context, o app.IO) error {
	o.JSON = c.JSON
	_, err := probe.Run(ctx, probe.Options{Checkpoint: c.Checkpoint, Data: c.Data, Against: c.Against, SkipBad: c.SkipBad}, o)
	return err
}
