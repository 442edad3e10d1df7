package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glint/agent"
	"glint/env"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/rundir"
	"glint/internal/telemetry"
)

// spoiled is an environment whose second game pays NaN in a step.
type spoiled struct {
	env.Vec
	in int // steps until then
}

func (v *spoiled) Unwrap() env.Vec { return v.Vec }

func (v *spoiled) Step(ctx context.Context, actions []int) (*env.Batch, error) {
	b, err := v.Vec.Step(ctx, actions)
	if v.in--; v.in == 0 && err == nil {
		b.Reward[1] = math.NaN()
	}
	return b, err
}

// trainSpoiled is Train on a spoiled environment.
func trainSpoiled(t *testing.T, c config.Config, dir string, in int) error {
	t.Helper()
	tr := &training{cfg: c, io: app.IO{Stdout: new(bytes.Buffer), Stderr: new(bytes.Buffer)}}
	_, err := tr.begin(t.Context(), func(opts agent.Options) (err error) {
		opts.Env = &spoiled{Vec: opts.Env, in: in}
		if tr.trainer, err = agent.New(t.Context(), tr.cfg.Agent, opts); err != nil {
			return err
		}
		tr.trainer.SetHorizon(env.Steps(c.Steps))
		if tr.dir, err = rundir.New(tr.cfg, dir); err != nil {
			return err
		}
		tr.tel, err = telemetry.Create(tr.dir)
		return err
	})
	return err
}

// A reward of NaN ends a run with an error that names it and is not the user's (exit
// code 1). The last checkpoint is whole: with the game mended the run goes on from it as
// if nothing had been.
func TestNaNRewardKeepsTheCheckpoint(t *testing.T) {
	c := config.Default("dojo", agent.PPO)
	a := &c.Agent
	a.Autoencoder.Channels, a.Autoencoder.Code = []int{4, 8}, 16
	a.Pretrain.Steps, a.Pretrain.Updates, a.Pretrain.Batch = 128, 60, 16
	a.Envs, a.Horizon, a.Minibatch = 4, 16, 32
	c.Steps, c.Minutes, c.Threads, c.FramesEvery = 640, 0, 1, 0
	good, broken := filepath.Join(t.TempDir(), "good"), filepath.Join(t.TempDir(), "broken")
	o := app.IO{Stdout: new(bytes.Buffer), Stderr: new(bytes.Buffer)}
	want, err := Run(t.Context(), c, good, o)
	if err != nil {
		t.Fatal(err)
	}
	const in = 100 // in Play, which begins at step 32 of each game
	err = trainSpoiled(t, c, broken, in)
	if err == nil {
		t.Fatal("the run went on")
	}
	if _, usage := errors.AsType[*app.UsageError](err); usage {
		t.Errorf("%v is called the user's", err)
	}
	for _, words := range []string{"environment 1 of dojo", fmt.Sprintf("step %d is NaN", in), "glint train --resume " + broken} {
		if !strings.Contains(err.Error(), words) {
			t.Errorf("%q does not say %q", err, words)
		}
	}
	got, err := Resume(t.Context(), broken, func(*config.Config) {}, o)
	if err != nil || got.WeightsSHA256 != want.WeightsSHA256 || got.Steps != want.Steps {
		t.Errorf("went on to %+v, error %v; want %+v", got, err, want)
	}
	metrics := func(dir string) string {
		b, err := os.ReadFile(filepath.Join(dir, "metrics.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if metrics(broken) != metrics(good) {
		t.Errorf("metrics\n%s\nwant\n%s", metrics(broken), metrics(good))
	}
}
