package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"glint/agent"
	"glint/env"
	"glint/internal/ckpt"
	"glint/internal/kernel"
	"glint/internal/telemetry"
)

// training is one run while it trains.
type training struct {
	cfg     Config
	dir     string
	io      IO
	world   *world
	trainer *agent.Trainer
	monitor *monitor
	tel     *telemetry.Run
	phases  *telemetry.Phases
	bar     *telemetry.Progress

	clock    clock
	last     agent.Counters // at the last row
	lastRow  time.Time
	lastSave time.Time
	judged   telemetry.Values // the judge's latest figures
	warned   string
}

// clock measures a training over its interruptions.
type clock struct {
	before time.Duration // spent by earlier processes
	start  time.Time
	// play is the time and playSteps the steps of the phase with all three heads, in
	// this process.
	play      time.Duration
	playSteps env.Steps
}

func (c *clock) elapsed() time.Duration { return c.before + time.Since(c.start) }

// Train starts a run of its own folder: out, or a fresh one in runs/.
func Train(ctx context.Context, c Config, out string, o IO) (Result, error) {
	if err := check(c); err != nil {
		return Result{}, err
	}
	t := &training{cfg: c, io: o}
	return t.begin(ctx, func(opts agent.Options) (err error) {
		if t.trainer, err = agent.New(ctx, t.cfg.Agent, opts); err != nil {
			return err
		}
		t.trainer.SetHorizon(env.Steps(t.cfg.Steps))
		if t.dir, err = newRun(t.cfg, out); err != nil {
			return err
		}
		t.tel, err = telemetry.Create(t.dir)
		return err
	})
}

// saved is what a checkpoint holds beside the Trainer's state.
type saved struct {
	Position telemetry.Position `json:"position"`
	Elapsed  time.Duration      `json:"elapsed_ns"`
	Judged   map[string]string  `json:"judged"` // floats as text: JSON knows no NaN
}

// savedKey is the checkpoint's metadata key of saved.
const savedKey = "run"

// Resume goes on with a run from its newest checkpoint, or from the checkpoint that
// path names. The config is the run's; change may move its end.
func Resume(ctx context.Context, path string, change func(*Config), o IO) (Result, error) {
	dir, r, err := locate(path)
	if err != nil {
		return Result{}, err
	}
	c, err := LoadConfig(filepath.Join(dir, configFile), "", "")
	if err != nil {
		return Result{}, err
	}
	oldSteps := c.Steps
	change(&c)
	if err := check(c); err != nil {
		return Result{}, err
	}
	var s saved
	if err := json.Unmarshal([]byte(r.Meta()[savedKey]), &s); err != nil {
		return Result{}, fmt.Errorf("checkpoint %s: %w", r.Dir(), err)
	}
	t := &training{cfg: c, io: o, dir: dir, clock: clock{before: s.Elapsed}, judged: valuesOf(s.Judged)}
	return t.begin(ctx, func(opts agent.Options) error {
		trainer, exact, err := agent.Resume(ctx, t.cfg.Agent, opts, r.File)
		if err != nil {
			return err
		}
		t.trainer = trainer
		if c.Steps != oldSteps {
			t.trainer.SetHorizon(env.Steps(c.Steps))
			o.notef("the learning-rate schedule now ends at step %d", c.Steps)
		}
		if !exact {
			o.notef("%s cannot be saved: its episodes start anew, everything else goes on", c.Env)
		}
		t.last = t.trainer.Counters()
		t.tel, err = telemetry.Resume(dir, s.Position)
		return err
	})
}

// check refuses a config before anything is opened.
func check(c Config) error {
	if err := c.Validate(); err != nil {
		return usagef("mend it in the config or by its flag", "%v", err)
	}
	if err := kernel.Err(); err != nil {
		return &UsageError{Msg: err.Error()}
	}
	kernel.SetThreads(c.Threads)
	return nil
}

// begin opens the environment, lets start make or load the trainer, and runs.
func (t *training) begin(ctx context.Context, start func(agent.Options) error) (res Result, err error) {
	if t.world, err = open(ctx, &t.cfg, t.cfg.Agent.Envs, t.io); err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, t.world.Close()) }()
	opts, err := t.cfg.options(t.world)
	if err != nil {
		return res, &UsageError{Msg: err.Error()}
	}
	t.phases = new(telemetry.Phases)
	opts.Phases = t.phases
	if err := start(opts); err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, t.tel.Close()) }()
	if t.monitor, err = newMonitor(t.world.scene(), t.trainer.Net.Autoencoder, opts.Detector, opts.Weighting); err != nil {
		return res, err
	}
	t.io.notef("%s · %s · %d environments · %d threads, kernels %s · run %s", t.cfg.Env, t.cfg.Agent.Algo, t.cfg.Agent.Envs, t.cfg.Threads, kernel.Level(), t.dir)
	t.bar = telemetry.NewProgress(t.io.Stderr, "training")
	err = t.run(ctx)
	t.bar.Finish()
	if err != nil {
		return res, fmt.Errorf("%w (the last checkpoint is whole: glint train --resume %s goes on from it)", err, t.dir)
	}
	return t.finish(ctx)
}

// run trains until the end or until ctx is done, which ends it after the unit of
// work in hand.
func (t *training) run(ctx context.Context) error {
	now := time.Now()
	t.clock.start, t.lastRow, t.lastSave = now, now, now
	work := context.WithoutCancel(ctx)
	for !t.done() && ctx.Err() == nil {
		before, began := t.trainer.Counters(), time.Now()
		r, err := t.trainer.Advance(work)
		if err != nil {
			return err
		}
		if r.Stage == agent.Play {
			t.clock.play += time.Since(began)
			t.clock.playSteps += r.Counters.Steps - before.Steps
		}
		if err := t.observe(r, before); err != nil {
			return err
		}
		t.plan()
		if time.Since(t.lastSave).Minutes() >= t.cfg.SaveMinutes {
			if err := t.save(work); err != nil {
				return err
			}
		}
	}
	return t.save(work)
}

// done says whether the training has reached its end.
func (t *training) done() bool {
	return t.cfg.Steps > 0 && int64(t.trainer.Counters().Steps) >= t.cfg.Steps ||
		t.cfg.Minutes > 0 && t.clock.elapsed().Minutes() >= t.cfg.Minutes
}

// share returns how much of the training is done.
func (t *training) share() float64 {
	var s float64
	if t.cfg.Steps > 0 {
		s = float64(t.trainer.Counters().Steps) / float64(t.cfg.Steps)
	}
	if t.cfg.Minutes > 0 {
		s = max(s, t.clock.elapsed().Minutes()/t.cfg.Minutes)
	}
	return min(s, 1)
}

// warmUpShare is the share of a training limited by time after which the end of
// its schedule is estimated.
const warmUpShare = 0.1

// plan sets the end of the learning-rate schedule of a training limited by time
// alone: once, from the speed of the phase with all three heads so far.
func (t *training) plan() {
	if t.trainer.Horizon() > 0 || t.cfg.Minutes == 0 || t.clock.play.Minutes() < warmUpShare*t.cfg.Minutes {
		return
	}
	left := t.cfg.Minutes - t.clock.elapsed().Minutes()
	perMinute := float64(t.clock.playSteps) / t.clock.play.Minutes()
	t.trainer.SetHorizon(t.trainer.Counters().Steps + env.Steps(left*perMinute))
}

// save writes a checkpoint.
func (t *training) save(ctx context.Context) error {
	defer t.phases.Start(telemetry.Save).Stop()
	files, err := t.trainer.Files(ctx)
	if err != nil {
		return err
	}
	pos, err := t.tel.Position()
	if err != nil {
		return err
	}
	meta, err := json.Marshal(saved{Position: pos, Elapsed: t.clock.elapsed(), Judged: textsOf(t.judged)})
	if err != nil {
		return fmt.Errorf("saving: %w", err)
	}
	dir := ckpt.Dir(t.dir, int64(t.trainer.Counters().Steps))
	if err := ckpt.Write(dir, files, map[string]string{savedKey: string(meta)}); err != nil {
		return err
	}
	t.lastSave = time.Now()
	return ckpt.Prune(t.dir, checkpointsKept)
}

// checkpointsKept is how many checkpoints of a run stay on disk.
const checkpointsKept = 3

func textsOf(v telemetry.Values) map[string]string {
	texts := map[string]string{}
	for name, x := range v {
		texts[name] = strconv.FormatFloat(x, 'g', -1, 64)
	}
	return texts
}

func valuesOf(texts map[string]string) telemetry.Values {
	v := telemetry.Values{}
	for name, s := range texts {
		if x, err := strconv.ParseFloat(s, 64); err == nil {
			v[name] = x
		}
	}
	return v
}
