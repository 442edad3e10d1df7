package main

import (
	"context"

	"glint/internal/app"
	"glint/internal/app/bench"
	"glint/internal/app/envs"
)

// benchCmd measures speed.
type benchCmd struct {
	Step    benchStepCmd    `cmd:"" help:"Time one update of the published model: three heads, losses, gradients, Adam."`
	Act     benchActCmd     `cmd:"" help:"Time policy and value of a batch of observations, and drawing actions."`
	Detect  benchDetectCmd  `cmd:"" help:"Time the detector on a batch of planes, on one core."`
	Project benchProjectCmd `cmd:"" help:"Time the projection of a batch of frames to foreground, on one core."`
	Ops     benchOpsCmd     `cmd:"" help:"Time the layers of an update one by one, beside the limit of the cores."`
	Env     benchEnvCmd     `cmd:"" help:"Compare the Gym bridge with a bare loop over the same emulators."`
}

// benchFlags are what all timings of glint alone take.
type benchFlags struct {
	Batch   int     `help:"Observations a call." default:"32"`
	Threads int     `help:"Threads that compute." default:"2"`
	Seconds float64 `help:"How long to measure." default:"2"`
	JSON    bool    `help:"Print the result as one JSON object on the last line of stdout."`
}

func (f benchFlags) run(what string, o app.IO) error {
	o.JSON = f.JSON
	return bench.Run(bench.Options{What: what, Batch: f.Batch, Threads: f.Threads, Seconds: f.Seconds}, o)
}

type (
	benchStepCmd    struct{ benchFlags }
	benchActCmd     struct{ benchFlags }
	benchDetectCmd  struct{ benchFlags }
	benchProjectCmd struct{ benchFlags }
	benchOpsCmd     struct{ benchFlags }
)

// Run measures.
func (c *benchStepCmd) Run(o app.IO) error { return c.run("step", o) }

// Run measures.
func (c *benchActCmd) Run(o app.IO) error { return c.run("act", o) }

// Run measures.
func (c *benchDetectCmd) Run(o app.IO) error { return c.run("detect", o) }

// Run measures.
func (c *benchProjectCmd) Run(o app.IO) error { return c.run("project", o) }

// Run measures.
func (c *benchOpsCmd) Run(o app.IO) error {
	o.JSON = c.JSON
	return bench.Ops(bench.Options{What: "ops", Batch: c.Batch, Threads: c.Threads, Seconds: c.Seconds}, o)
}

type benchEnvCmd struct {
	Env  string `help:"Environment of the bridge." default:"gym:ALE/KungFuMaster-v5"`
	JSON bool   `help:"Print the result as one JSON object on the last line of stdout."`
}

// Run measures.
func (c *benchEnvCmd) Run(ctx context.Context, o app.IO) error {
	o.JSON = c.JSON
	return envs.Bench(ctx, c.Env, o)
}
