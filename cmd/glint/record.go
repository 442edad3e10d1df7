package main

import (
	"context"

	"glint/internal/app"
	"glint/internal/app/play"
	"glint/internal/app/record"
)

// recordCmd records play.
type recordCmd struct {
	place
	opening
	Policy string  `help:"Who plays: random, varied (random in changing styles), scripted (dojo), person (you, in a page of a browser), a run or checkpoint, or several with commas, of whom each episode draws one." default:"random"`
	Steps  int64   `help:"Steps recorded over all environments." default:"10000"`
	Envs   *int    `help:"Games played side by side. Default 8, or 1 for a person." placeholder:"N"`
	FPS    float64 `help:"Frames a second that a person plays at." default:"60"`
	Hold   int     `help:"Longest time, in steps, that the random policy keeps an action." default:"8"`
	Dedup  bool    `help:"Leave out steps whose frames are recorded already, unless they bring a reward or end an episode, and play on for others."`
	Greedy bool    `help:"A checkpoint takes the most probable action instead of drawing one."`
	Out    string  `help:"New folder of the dataset." required:"" placeholder:"DIR"`
	JSON   bool    `help:"Print the result as one JSON object on the last line of stdout."`
}

// Run records.
func (c *recordCmd) Run(ctx context.Context, o app.IO) error {
	o.JSON = c.JSON
	who := play.WhoOf(c.Policy, c.Greedy, c.Hold)
	env, change, err := c.over(c.place, who.Checkpoint)
	if err != nil {
		return err
	}
	envs := 8
	if who.Policy == "person" {
		envs = 1
	}
	set(&envs, c.Envs)
	_, err = record.Run(ctx, record.Options{
		Who: who, Env: env, Steps: c.Steps, Envs: envs, Seed: c.Seed, Rate: c.FPS, Distinct: c.Dedup, Out: c.Out, Change: change,
	}, o)
	return err
}
