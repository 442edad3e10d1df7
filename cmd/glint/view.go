package main

import (
	"cmp"
	"context"
	"fmt"

	"glint/internal/app"
)

// viewCmd draws examples.
type viewCmd struct {
	place
	Checkpoint string `help:"Run or checkpoint to look at." required:"" placeholder:"RUN"`
	Data       string `help:"Recorded dataset to look at; else the checkpoint plays." placeholder:"DIR"`
	Film       string `help:"Film an episode instead: MP4 or GIF file with reconstruction, weights, error, value and policy. An MP4 needs ffmpeg." placeholder:"FILE"`
	Steps      *int   `help:"Steps of each of 4 games that are played to find examples, 500 by default; with --film the most steps of the film, by default the whole episode." placeholder:"N"`
	Out        string `help:"Folder of the pictures. Default view." placeholder:"DIR"`
	JSON       bool   `help:"Print the result as one JSON object on the last line of stdout."`
}

// Run draws.
func (c *viewCmd) Run(ctx context.Context, o app.IO) (err error) {
	o.JSON = c.JSON
	v := app.ViewOptions{Checkpoint: c.Checkpoint, Data: c.Data, Env: c.Env, Seed: c.Seed, Out: cmp.Or(c.Out, "view"), Change: c.change}
	if c.Steps != nil {
		if *c.Steps < 1 {
			return &app.UsageError{Msg: fmt.Sprintf("--steps is %d", *c.Steps), Hint: "give 1 or more"}
		}
		v.Steps = *c.Steps
	}
	if c.Film != "" && c.Out != "" {
		return &app.UsageError{Msg: "--film and --out exclude each other", Hint: "--film names the file of the film, --out a folder of pictures"}
	}
	if c.Film != "" {
		_, err = app.ViewFilm(ctx, v, c.Film, o)
	} else {
		_, err = app.View(ctx, v, o)
	}
	return err
}
