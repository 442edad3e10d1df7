package main

import (
	"context"

	"glint/internal/app"
)

// benchCmd measures speed.
type benchCmd struct {
	Env benchEnvCmd `cmd:"" help:"Compare the Gym bridge with a bare loop over the same emulators."`
}

type benchEnvCmd struct {
	Env  string `help:"Environment of the bridge." default:"gym:ALE/KungFuMaster-v5"`
	JSON bool   `help:"Print the result as one JSON object on the last line of stdout."`
}

// Run measures.
func (c *benchEnvCmd) Run(ctx context.Context, o app.IO) error {
	o.JSON = c.JSON
	return app.BenchEnv(ctx, c.Env, o)
}
