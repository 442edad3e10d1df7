package main

import (
	"context"
	"strings"

	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/eval"
	"glint/internal/app/play"
)

// place is which environment and how many of them.
type place struct {
	Env       string   `help:"Environment; the checkpoint's where there is one." placeholder:"NAME"`
	Seed      uint64   `help:"Seed of the games." default:"1000"`
	Sticky    *float64 `help:"Probability that a frame repeats the last action. Default 0.25, or the checkpoint's." placeholder:"P"`
	Threads   *int     `help:"Cores that compute. Default all." placeholder:"N"`
	TokenFile string   `help:"File with the token of a remote server, or with the password of a screen." placeholder:"FILE"`
}

func (p place) change(c *config.Config) {
	set(&c.Sticky, p.Sticky)
	set(&c.Threads, p.Threads)
	c.SetSecret(p.TokenFile)
}

// opening is a config file for an environment that no checkpoint describes.
type opening struct {
	Config string `help:"TOML file whose env, [pixels], [gym] and [vnc] say what is opened; of a checkpoint's screen only [vnc] counts." placeholder:"FILE"`
}

// over returns the environment's name and the changes of its config: the file's below
// those of the flags.
func (s opening) over(p place, checkpoint string) (string, func(*config.Config), error) {
	if s.Config == "" {
		return p.Env, p.change, nil
	}
	file, err := config.Load(s.Config, config.Base{Env: p.Env})
	if checkpoint != "" {
		if !strings.HasPrefix(p.Env, "vnc:") {
			return "", nil, &app.UsageError{Msg: "--config and a checkpoint exclude each other", Hint: "a checkpoint plays with the settings it was trained with, but for the keys of a screen: give --env vnc://HOST:PORT as well"}
		}
		return p.Env, func(c *config.Config) { c.VNC = file.VNC; p.change(c) }, err
	}
	return file.Env, func(c *config.Config) {
		c.Pixels, c.Gym, c.VNC, c.Sticky = file.Pixels, file.Gym, file.VNC, file.Sticky
		p.change(c)
	}, err
}

// evalCmd plays full games.
type evalCmd struct {
	place
	opening
	Checkpoint string `help:"Run or checkpoint that plays." placeholder:"RUN"`
	Policy     string `help:"Who plays without a checkpoint: random, varied (random in changing styles), or scripted on the dojo." placeholder:"NAME"`
	Episodes   int    `help:"Full games to play." default:"30"`
	Envs       int    `help:"Games played side by side." default:"8"`
	Greedy     bool   `help:"Take the most probable action instead of drawing one."`
	Video      string `help:"MP4 or GIF file of the first game; an MP4 needs ffmpeg." placeholder:"FILE"`
	JSON       bool   `help:"Print the result as one JSON object on the last line of stdout."`
}

// Run plays.
func (c *evalCmd) Run(ctx context.Context, o app.IO) error {
	o.JSON = c.JSON
	if (c.Checkpoint == "") == (c.Policy == "") {
		return &app.UsageError{Msg: "who plays is not said", Hint: "give either --checkpoint RUN or --policy random|scripted"}
	}
	env, change, err := c.over(c.place, c.Checkpoint)
	if err != nil {
		return err
	}
	_, err = eval.Run(ctx, eval.Options{
		Who: play.Who{Checkpoint: c.Checkpoint, Policy: c.Policy, Greedy: c.Greedy},
		Env: env, Episodes: c.Episodes, Envs: c.Envs, Seed: c.Seed, Video: c.Video, Change: change,
	}, o)
	return err
}
