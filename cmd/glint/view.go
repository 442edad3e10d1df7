package main

import (
	"context"

	"glint/internal/app"
)

// viewCmd draws examples.
type viewCmd struct {
	place
	Checkpoint string `help:"Run or checkpoint to look at." required:"" placeholder:"RUN"`
	Data       string `help:"Recorded dataset to look at; else the checkpoint plays." placeholder:"DIR"`
	Steps      int    `help:"Steps of each of 4 games that are played to find examples." default:"500"`
	Out        string `help:"Folder of the pictures." default:"view"`
	JSON       bool   `help:"Print the result as one JSON object on the last line of stdout."`
}

// Run draws.
func (c *viewCmd) Run(ctx context.Context, o app.IO) error {
	o.JSON = c.JSON
	_, err := app.View(ctx, app.ViewOptions{
		Checkpoint: c.Checkpoint, Data: c.Data, Env: c.Env, Steps: c.Steps, Seed: c.Seed, Out: c.Out, Change: c.change,
	}, o)
	return err
}
