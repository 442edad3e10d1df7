package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"glint/internal/app"
	"glint/internal/app/view"
)

// viewCmd draws examples.
type viewCmd struct {
	place
	Checkpoint string `help:"Run or checkpoint to look at." required:"" placeholder:"RUN"`
	Data       string `help:"Recorded dataset to look at; else the checkpoint plays." placeholder:"DIR"`
	Film       string `help:"Film an episode instead: MP4 or GIF file with reconstruction, weights, error, value and policy. An MP4 needs ffmpeg." placeholder:"FILE"`
	Units      bool   `help:"Draw what each unit of the code does to the reconstruction instead."`
	Saliency   bool   `help:"Draw which pixels move the value and the policy instead."`
	Watch      bool   `help:"Draw the picture anew each time the run writes a checkpoint, until Ctrl-C."`
	Steps      *int   `help:"Steps of each of 4 games that are played to find examples, 500 by default; with --film the most steps of the film, by default the whole episode." placeholder:"N"`
	Out        string `help:"Folder of the pictures. Default view." placeholder:"DIR"`
	JSON       bool   `help:"Print the result as one JSON object on the last line of stdout."`
}

// Run draws.
func (c *viewCmd) Run(ctx context.Context, o app.IO) error {
	o.JSON = c.JSON
	if err := c.check(); err != nil {
		return err
	}
	v := view.Options{Checkpoint: c.Checkpoint, Data: c.Data, Env: c.Env, Seed: c.Seed, Out: cmp.Or(c.Out, "view"), Change: c.change}
	if c.Steps != nil {
		v.Steps = *c.Steps
	}
	if c.Watch {
		return view.Watch(ctx, v, view.WatchEvery, c.draw, o)
	}
	return c.draw(ctx, v, o)
}

// check refuses flags that mean nothing together.
func (c *viewCmd) check() error {
	var pictures []string
	for _, p := range []struct {
		flag  string
		given bool
	}{{"--film", c.Film != ""}, {"--units", c.Units}, {"--saliency", c.Saliency}} {
		if p.given {
			pictures = append(pictures, p.flag)
		}
	}
	switch {
	case c.Steps != nil && *c.Steps < 1:
		return &app.UsageError{Msg: fmt.Sprintf("--steps is %d", *c.Steps), Hint: "give 1 or more"}
	case c.Steps != nil && c.Data != "" && c.Film == "":
		return &app.UsageError{Msg: "--steps and --data exclude each other", Hint: "a dataset is read as a whole; --steps is of play, or of a film"}
	case c.Data != "" && (c.Sticky != nil || c.TokenFile != ""):
		return &app.UsageError{Msg: "--data excludes --sticky and --token-file", Hint: "they are of play; a dataset is read"}
	case len(pictures) > 1:
		return &app.UsageError{Msg: strings.Join(pictures, " and ") + " exclude each other", Hint: "call glint view once for each"}
	case c.Film != "" && c.Out != "":
		return &app.UsageError{Msg: "--film and --out exclude each other", Hint: "--film names the file of the film, --out a folder of pictures"}
	case c.Film != "" && c.Watch:
		return &app.UsageError{Msg: "--film and --watch exclude each other", Hint: "a film is of one checkpoint; watch the pictures, and film when it is worth it"}
	}
	return nil
}

// draw makes the picture or film that the flags ask for.
func (c *viewCmd) draw(ctx context.Context, v view.Options, o app.IO) (err error) {
	switch {
	case c.Film != "":
		_, err = view.Film(ctx, v, c.Film, o)
	case c.Units:
		_, err = view.Units(ctx, v, o)
	case c.Saliency:
		_, err = view.Saliency(ctx, v, o)
	default:
		_, err = view.Sheet(ctx, v, o)
	}
	return err
}
