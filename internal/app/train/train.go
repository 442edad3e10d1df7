// Package train trains: an agent by play, the autoencoder alone, or actor and critic by
// demonstrations. It begins runs, goes on with them, and says what came of them.
package train

import (
	"context"
	"errors"
	"fmt"
	"time"

	"glint/agent"
	"glint/autoencoder"
	"glint/env"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/monitor"
	"glint/internal/app/rundir"
	"glint/internal/app/world"
	"glint/internal/ckpt"
	"glint/internal/kernel"
	"glint/internal/telemetry"
	"glint/saliency"
)

// training is one run while it trains.
type training struct {
	cfg     config.Config
	dir     string
	io      app.IO
	world   *world.World
	trainer *agent.Trainer
	monitor *monitor.Monitor
	// validation judges what is learned from demonstrations; nil where nothing is left aside.
	validation *validation
	low        *lowest         // nil before the first validation loss
	critic     *monitor.Critic // nil where the weighting asks no other network
	tel        *telemetry.Run
	phases     *telemetry.Phases
	bar        *telemetry.Progress

	clock    clock
	last     agent.Counters // at the last row
	lastRow  time.Time
	lastSave time.Time
	judged   telemetry.Values // the judge's latest figures
	warned   string
	truth    bool     // true boxes are used in training
	kept     bool     // the state of this moment is in a checkpoint
	stale    []string // later checkpoints of a run that went back; the next save replaces them
}

// clock measures a training over its interruptions.
type clock struct {
	before time.Duration // spent by earlier processes
	start  time.Time
	// play is the time and playSteps the steps of the last stage, earlier processes
	// included: the phase with all three heads, or the autoencoder alone where that is
	// all.
	play      time.Duration
	playSteps env.Steps
}

func (c *clock) elapsed() time.Duration { return c.before + time.Since(c.start) }

// Settings returns the settings of a training: the defaults that flags or else the
// file choose, below those of the file; an empty file for none.
func Settings(flags config.Base, file string) (config.Config, error) {
	if file == "" {
		return flags.Defaults(), nil
	}
	c, err := config.Load(file, flags)
	if err != nil {
		return c, err
	}
	return c, c.Of("train", file)
}

// Run starts a run of its own folder: out, or a fresh one in runs/.
func Run(ctx context.Context, c config.Config, out string, o app.IO) (Result, error) {
	if err := world.Prepare(c); err != nil {
		return Result{}, err
	}
	// Said before anything that takes time; rundir.New makes sure of it.
	if err := rundir.Free(out); err != nil {
		return Result{}, err
	}
	t := &training{cfg: c, io: o}
	t.fit()
	if config.IsScreen(c.Env) {
		if err := t.cfg.VNC.Read(); err != nil {
			return Result{}, err
		}
	}
	var err error
	if t.critic, err = monitor.OpenCritic(c, ""); err != nil {
		return Result{}, err
	}
	from, err := t.startFrom()
	if err != nil {
		return Result{}, err
	}
	unlock := func() {}
	defer func() { unlock() }()
	return t.begin(ctx, func(opts agent.Options) (err error) {
		if t.trainer, err = agent.New(ctx, t.cfg.Agent, opts); errors.Is(err, autoencoder.ErrLarge) {
			return &app.UsageError{Msg: err.Error()}
		} else if err != nil {
			return err
		}
		if from != nil {
			if err := t.trainer.StartFrom(from); err != nil {
				return app.Usagef("name a run on the same game", "from %s: %v", t.cfg.From, err)
			}
		}
		t.trainer.SetHorizon(env.Steps(t.cfg.Steps))
		if t.dir, err = rundir.New(t.cfg, out); err != nil {
			return err
		}
		if t.critic != nil {
			if err := t.critic.Save(t.dir); err != nil {
				return err
			}
		}
		if err := t.cfg.VNC.Keep(t.dir); err != nil {
			return err
		}
		if unlock, err = rundir.Lock(t.dir); err != nil {
			return err
		}
		t.tel, err = telemetry.Create(t.dir)
		return err
	})
}

// startFrom returns the network that the training begins with, nil for a new one. It takes
// over the network's design and what it sees, and nothing trains the autoencoder alone any more.
func (t *training) startFrom() (*agent.Net, error) {
	if t.cfg.From == "" {
		return nil, nil
	}
	c, net, err := monitor.LoadNet(t.cfg.From)
	if err != nil {
		return nil, err
	}
	if c.Env != t.cfg.Env {
		return nil, app.Usagef("give --env "+c.Env, "from %s is a run on %s, not on %s", t.cfg.From, c.Env, t.cfg.Env)
	}
	t.cfg.Pixels = c.Pixels
	t.cfg.Agent.Autoencoder, t.cfg.Agent.Pretrain.Updates = net.Autoencoder.Config(), 0
	return net, nil
}

// fit shortens the first stages of a training of few steps, so that most of them are
// left for all three heads.
func (t *training) fit() {
	p, steps := &t.cfg.Agent.Pretrain, t.cfg.Steps
	if steps == 0 || p.Steps <= steps/5 {
		return
	}
	p.Steps, p.Updates = max(1, steps/5), min(p.Updates, steps/5)
	first := "random play"
	if t.cfg.Imitate {
		first = "the reading before the first update"
	}
	t.io.Notef("%d steps in all: %s shortened to %d of them, the autoencoder alone to %d updates", steps, first, p.Steps, p.Updates)
}

// begin opens the environment, lets start make or load the trainer, and runs.
func (t *training) begin(ctx context.Context, start func(agent.Options) error) (res Result, err error) {
	if t.world, err = world.Open(ctx, &t.cfg, t.cfg.Agent.Envs, t.io); err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, t.world.Close()) }()
	opts, err := Options(t.cfg, t.world)
	if err != nil {
		return res, &app.UsageError{Msg: err.Error()}
	}
	if t.critic != nil {
		if err := t.critic.Suits(t.world); err != nil {
			return res, err
		}
		opts.Critic = t.critic.Net
	}
	t.phases = new(telemetry.Phases)
	opts.Phases = t.phases
	if err := start(opts); errors.Is(err, agent.ErrNoTruth) {
		return res, app.Usagef("choose another --weighting", "%v", err)
	} else if errors.Is(err, agent.ErrNoLives) {
		return res, app.Usagef("set agent.life_loss = false", "%v", err)
	} else if err != nil {
		return res, err
	}
	if t.truth = saliency.NeedsOf(opts.Weighting).Truth; t.truth {
		t.io.Notef("weighting %s: TRUE BOXES are used in training, as an upper bound; do not compare it with runs that see pixels alone", t.cfg.Weighting)
	}
	defer func() { err = errors.Join(err, t.tel.Close()) }()
	if t.monitor, err = monitor.New(t.world.Scene(), t.trainer.Net, t.cfg.Detector, opts.Weighting, t.critic); err != nil {
		return res, err
	}
	if t.cfg.Imitate {
		if t.validation, err = t.newValidation(ctx); err != nil {
			return res, err
		}
	}
	if err := t.validates(); err != nil {
		return res, err
	}
	what := fmt.Sprintf("%s · %d environments", t.cfg.Agent.Algo, t.cfg.Agent.Envs)
	switch {
	case t.cfg.Alone:
		what = "autoencoder alone on " + t.source()
	case t.cfg.Imitate:
		what = fmt.Sprintf("demonstrations in %s · %d games side by side", t.cfg.Data.Dir, t.cfg.Agent.Envs)
	}
	t.io.Notef("%s · %s · %d threads, kernels %s · run %s", t.cfg.Env, what, t.cfg.Threads, kernel.Level(), t.dir)
	t.bar = telemetry.NewProgress(t.io.Stderr, "training")
	err = t.run(ctx)
	t.bar.Finish()
	if err != nil {
		if _, none := ckpt.Latest(t.dir); none == nil {
			err = fmt.Errorf("%w (the last checkpoint is whole: glint %s --resume %s goes on from it)", err, t.cfg.Verb(), t.dir)
		}
		return res, err
	}
	return t.finish(ctx)
}

// run trains until the end or until ctx is done, which ends it after the unit of
// work in hand.
func (t *training) run(ctx context.Context) error {
	now := time.Now()
	t.clock.start, t.lastRow, t.lastSave = now, now, now
	if t.done() {
		t.io.Notef("the run had reached its end already")
	}
	work := context.WithoutCancel(ctx)
	for !t.done() && ctx.Err() == nil {
		stage, before, began := t.trainer.Stage(), t.trainer.Counters(), time.Now()
		t.kept = false
		r, err := t.trainer.Advance(work)
		if err != nil {
			return err
		}
		if err := t.observe(work, r, before); err != nil {
			return err
		}
		if err := t.plan(); err != nil {
			return err
		}
		if stage == agent.Explore && t.trainer.Stage() != agent.Explore && t.cfg.FramesEvery > 0 {
			if err := t.sheet(); err != nil {
				return err
			}
		}
		// The end of a phase is worth keeping before the time is up.
		if time.Since(t.lastSave).Minutes() >= t.cfg.SaveMinutes || r.Stage != t.trainer.Stage() {
			if err := t.save(work); err != nil {
				return err
			}
		}
		if r.Stage == t.lastStage() {
			t.clock.play += time.Since(began)
			t.clock.playSteps += r.Counters.Steps - before.Steps
		}
	}
	if t.kept {
		return nil
	}
	return t.save(work)
}

// lastStage is the stage that the training ends in.
func (t *training) lastStage() agent.Stage {
	if t.cfg.Alone {
		return agent.Reconstruct
	}
	return agent.Play
}

// at is the number that checkpoints are named by: steps, or updates where the
// autoencoder trains alone and no step is played any more.
func (t *training) at() int64 {
	if t.cfg.Alone {
		return t.trainer.Counters().Updates
	}
	return int64(t.trainer.Counters().Steps)
}

// done says whether the training has reached its end.
func (t *training) done() bool {
	if t.impatient() {
		return true
	}
	if t.cfg.Alone {
		return t.aloneDone()
	}
	return t.cfg.Steps > 0 && int64(t.trainer.Counters().Steps) >= t.cfg.Steps ||
		t.cfg.Minutes > 0 && t.clock.elapsed().Minutes() >= t.cfg.Minutes
}

// share returns how much of the training is done.
func (t *training) share() float64 {
	if t.cfg.Alone {
		return t.aloneShare()
	}
	var s float64
	if t.cfg.Steps > 0 {
		s = float64(t.trainer.Counters().Steps) / float64(t.cfg.Steps)
	}
	if t.cfg.Minutes > 0 {
		s = max(s, t.clock.elapsed().Minutes()/t.cfg.Minutes)
	}
	return min(s, 1)
}

// Shares of a training limited by time: random play and the autoencoder alone end at
// the latest after theirs, and the end of the learning-rate schedule is estimated
// after the last.
const (
	exploreShare     = 0.15
	reconstructShare = 0.35
	warmUpShare      = 0.1
)

// plan fits a training that is limited by time alone into it: it ends the first
// stages when their time is over, and sets the end of the learning-rate schedule
// once, from the speed of the phase with all three heads so far.
func (t *training) plan() error {
	if t.cfg.Alone {
		t.planAlone()
		return nil
	}
	if t.cfg.Minutes == 0 {
		return nil
	}
	share := t.clock.elapsed().Minutes() / t.cfg.Minutes
	switch stage := t.trainer.Stage(); {
	case stage == agent.Explore && share > exploreShare, stage == agent.Reconstruct && share > reconstructShare:
		t.bar.Update(t.share(), telemetry.Field{Name: "phase", Value: string(stage) + ", cut short"})
		return t.trainer.NextStage()
	case t.trainer.Horizon() > 0 || t.clock.play.Minutes() < warmUpShare*t.cfg.Minutes:
		return nil
	}
	left := t.cfg.Minutes - t.clock.elapsed().Minutes()
	perMinute := float64(t.clock.playSteps) / t.clock.play.Minutes()
	t.trainer.SetHorizon(t.trainer.Counters().Steps + env.Steps(left*perMinute))
	return nil
}
