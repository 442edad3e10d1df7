package main

import (
	"context"
	"os"

	"glint/internal/app"
)

// recordCmd records play.
type recordCmd struct {
	place
	Policy string `help:"Who plays: random, scripted (dojo), or a run or checkpoint." default:"random"`
	Steps  int64  `help:"Steps over all environments." default:"10000"`
	Envs   int    `help:"Games played side by side." default:"8"`
	Hold   int    `help:"Longest time, in steps, that random play keeps an action." default:"8"`
	Greedy bool   `help:"A checkpoint takes the most probable action instead of drawing one."`
	Out    string `help:"New folder of the dataset." required:"" placeholder:"DIR"`
	JSON   bool   `help:"Print the result as one JSON object on the last line of stdout."`
}

// Run records.
func (c *recordCmd) Run(ctx context.Context, o app.IO) error {
	o.JSON = c.JSON
	who := app.Who{Policy: c.Policy}
	if _, err := os.Stat(c.Policy); err == nil && c.Policy != "random" && c.Policy != "scripted" {
		who = app.Who{Checkpoint: c.Policy, Greedy: c.Greedy}
	}
	_, err := app.Record(ctx, app.RecordOptions{
		Who: who, Env: c.Env, Steps: c.Steps, Envs: c.Envs, Seed: c.Seed, Hold: c.Hold, Out: c.Out, Change: c.change,
	}, o)
	return err
}
