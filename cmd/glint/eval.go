package main

import (
	"context"

	"glint/internal/app"
)

// place is which environment and how many of them.
type place struct {
	Env       string   `help:"Environment; the checkpoint's where there is one." placeholder:"NAME"`
	Seed      uint64   `help:"Seed of the games." default:"1000"`
	Sticky    *float64 `help:"Probability that a frame repeats the last action. Default 0.25, or the checkpoint's." placeholder:"P"`
	Threads   *int     `help:"Cores that compute. Default all." placeholder:"N"`
	TokenFile string   `help:"File with the token of a remote server." placeholder:"FILE"`
}

func (p place) change(c *app.Config) {
	set(&c.Sticky, p.Sticky)
	set(&c.Threads, p.Threads)
	if p.TokenFile != "" {
		c.Gym.Token = p.TokenFile
	}
}

// evalCmd plays full games.
type evalCmd struct {
	place
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
	_, err := app.Eval(ctx, app.EvalOptions{
		Who: app.Who{Checkpoint: c.Checkpoint, Policy: c.Policy, Greedy: c.Greedy},
		Env: c.Env, Episodes: c.Episodes, Envs: c.Envs, Seed: c.Seed, Video: c.Video, Change: c.change,
	}, o)
	return err
}
