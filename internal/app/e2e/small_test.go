package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glint/env/gym"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/train"
)

// small returns a config whose training takes about a second on the dojo: 128 steps
// of random play, 60 updates of the autoencoder and then play until 640 steps.
func small(env, algo string) config.Config {
	c := config.Default(env, algo)
	a := &c.Agent
	a.Autoencoder.Channels, a.Autoencoder.Code = []int{4, 8}, 16
	a.Pretrain.Steps, a.Pretrain.Updates, a.Pretrain.Batch = 128, 60, 16
	a.Envs, a.Horizon, a.Minibatch, a.Epochs = 4, 16, 32, min(a.Epochs, 2)
	c.Steps, c.Minutes, c.Threads, c.FramesEvery = 640, 0, 2, 40
	return c
}

// trained runs a training to its end and returns what it says.
func trained(t *testing.T, c config.Config, out string) train.Result {
	t.Helper()
	res, err := train.Run(t.Context(), c, out, quiet())
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func quiet() app.IO { return app.IO{Stdout: new(bytes.Buffer), Stderr: new(bytes.Buffer)} }

// countdown is a context that says it is cancelled from a certain question on, so
// that an interruption falls on the same unit of work every time.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return c.Context.Err()
}

func read(t *testing.T, path ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// lastLine parses the last line of an output as a JSON object.
func lastLine(t *testing.T, out string) map[string]any {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(out), "\n")
	var v map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &v); err != nil {
		t.Fatalf("the last line of stdout is no JSON object: %v\n%s", err, out)
	}
	return v
}

// needGym skips where the Gym bridge is not installed, but not in CI.
func needGym(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts Python")
	}
	if _, err := gym.Python(""); err != nil && os.Getenv("CI") != "true" {
		t.Skip("the Python environment is not installed (glint env install makes it; CI=true does so here)")
	}
}
