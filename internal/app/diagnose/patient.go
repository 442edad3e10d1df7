package diagnose

import (
	"context"
	"errors"
	"math/rand/v2"

	"glint/agent"
	"glint/autoencoder"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/monitor"
	"glint/internal/app/train"
	"glint/internal/app/world"
)

// patient is a network with what it would be trained on, to be examined.
type patient struct {
	cfg     config.Config // of this examination
	given   config.Config
	world   *world.World
	trainer *agent.Trainer
	net     *agent.Net     // to examine: new, or that of a checkpoint
	fresh   *agent.Net     // to train anew
	frames  *agent.Samples // drawn from the store, for the autoencoder
	gallery *agent.Samples // observations of other episodes than these
	steps   *agent.Samples // played, for actor and critic; nil where the autoencoder trains alone
	aside   *agent.Samples // of other episodes, where somebody demonstrates
	classes []int          // stored frames without and with a small object
	gone    bool           // the world is closed
}

// How much a patient is looked at by.
const (
	exploreSteps = 4_000 // of random play
	frameSamples = 256
	stepSamples  = 512
	shownSamples = 3_072 // of demonstrations
	shownEvery   = 8     // steps of these between two samples, for what is rare comes late in an episode
)

// newPatient opens what a config trains on and gathers samples.
func newPatient(ctx context.Context, c config.Config, checkpoint string, o app.IO) (p *patient, err error) {
	endless := c
	endless.Minutes = max(c.Minutes, 1) // no end is needed here
	if err := world.Prepare(endless); err != nil {
		return nil, err
	}
	p = &patient{cfg: c, given: c, aside: new(agent.Samples)}
	p.cfg.Agent.Overlap = false
	if p.world, err = world.Open(ctx, &p.cfg, c.Agent.Envs, o); err != nil {
		return nil, err
	}
	if err := p.gather(ctx, checkpoint); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (p *patient) close() error {
	if p.gone {
		return nil
	}
	p.gone = true
	return p.world.Close()
}

// vacate leaves a screen to who opens it next, for it has room for one.
func (p *patient) vacate() error {
	if !config.IsScreen(p.cfg.Env) {
		return nil
	}
	return p.close()
}

// gather makes the network, plays, and draws samples.
func (p *patient) gather(ctx context.Context, checkpoint string) error {
	p.cfg.Agent.Pretrain.Steps = min(p.cfg.Agent.Pretrain.Steps, exploreSteps)
	opts, err := train.Options(p.cfg, p.world)
	if err != nil {
		return &app.UsageError{Msg: err.Error()}
	}
	opts.KeepMean = checkpoint != ""
	if p.trainer, err = agent.New(ctx, p.cfg.Agent, opts); errors.Is(err, agent.ErrNoTruth) {
		return app.Usagef("choose another --weighting", "%v", err)
	} else if errors.Is(err, autoencoder.ErrLarge) {
		return &app.UsageError{Msg: err.Error()}
	} else if err != nil {
		return err
	}
	p.net = p.trainer.Net
	if checkpoint != "" {
		_, net, err := monitor.LoadNet(checkpoint)
		if err != nil {
			return err
		}
		if err := p.trainer.StartFrom(net); err != nil {
			return app.Usagef("name a run on the same game", "%s: %v", checkpoint, err)
		}
	}
	for p.trainer.Stage() == agent.Explore {
		if _, err := p.trainer.Advance(ctx); err != nil {
			return err
		}
	}
	p.classes, _, _ = p.trainer.Stored()
	m := p.net.Autoencoder
	if p.fresh, err = agent.NewNet(m.Config(), m.Shape(), p.net.Actions, rand.New(rand.NewPCG(p.cfg.Seed, 3))); err != nil {
		return err
	}
	copy(p.fresh.Autoencoder.Mean.Float32s(), m.Mean.Float32s())
	return p.sample(ctx)
}

// sample draws from the store, looks at the gallery, and plays.
func (p *patient) sample(ctx context.Context) error {
	p.frames = new(agent.Samples)
	for p.frames.Len() < frameSamples {
		s, err := p.trainer.Draw(min(frameSamples-p.frames.Len(), p.cfg.Agent.Pretrain.Batch))
		if err != nil {
			return err
		}
		p.frames.Add(s)
	}
	g := p.trainer.Gallery()
	p.gallery = new(agent.Samples)
	for _, e := range append(append([]agent.Example(nil), g.Empty...), g.Small...) {
		p.gallery.Obs, p.gallery.Boxes = append(p.gallery.Obs, e.Obs...), append(p.gallery.Boxes, e.Boxes)
	}
	if p.cfg.Alone {
		return nil
	}
	if err := p.trainer.NextStage(); err != nil {
		return err
	}
	p.steps = new(agent.Samples)
	want, every := stepSamples, 1
	if p.cfg.Imitate {
		want, every = shownSamples, shownEvery
	}
	for played := 0; p.steps.Len() < want && played < 4*want*every; played += p.cfg.Agent.Envs * p.cfg.Agent.Horizon {
		s, aside, err := p.trainer.Experience(ctx)
		if err != nil {
			return err
		}
		p.steps.Add(s.Every(every))
		p.aside.Add(aside.Every(every))
	}
	p.targets()
	return nil
}

// targets gives the critic some to learn where nothing was paid.
func (p *patient) targets() {
	some := false
	for _, x := range p.steps.Return {
		some = some || x != p.steps.Return[0]
	}
	if r := rand.New(rand.NewPCG(p.cfg.Seed, 10)); !some {
		for i := range p.steps.Return {
			p.steps.Return[i] = float32(r.NormFloat64())
		}
	}
}

// about returns what a head is taught on.
func (p *patient) about(h agent.Head) *agent.Samples {
	switch h {
	case agent.HeadAutoencoder:
		return p.frames
	case agent.HeadAll:
		r := rand.New(rand.NewPCG(p.cfg.Seed, 11))
		some := *p.frames
		for range p.frames.Len() {
			some.Action = append(some.Action, r.IntN(p.net.Actions))
			some.Return = append(some.Return, float32(r.NormFloat64()))
		}
		return &some
	}
	return p.steps
}
