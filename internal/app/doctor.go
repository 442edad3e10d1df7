package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"

	"glint/agent"
	"glint/autoencoder"
	"glint/internal/doctor"
	"glint/internal/names"
	"glint/internal/telemetry"
)

// DoctorOptions says what is examined beside the config.
type DoctorOptions struct {
	// Checkpoint is a run or checkpoint whose network is examined; empty for a new network.
	Checkpoint string
	// HeldOut is a dataset that the training would be judged on; empty for none.
	HeldOut string
	// Memory is what a training may take, in MiB; 0 for what is free.
	Memory float64
	// Only names the groups of checks to make; none for all.
	Only []string
}

// DoctorSettings returns the settings that a run, a dataset or flags choose; only one of run and
// data is given. A TOML file, "" for none, lies over the defaults.
func DoctorSettings(flags Base, file, run, data string, skipBad bool) (Config, error) {
	switch {
	case run != "":
		c, _, err := loadNet(run)
		c.Minutes = max(c.Minutes, 1) // a run of steps alone has no minutes, and none are used
		return c, err
	case data != "":
		opened, err := openEnds(DataConfig{Dir: data, SkipBad: skipBad})
		if err != nil {
			return Config{}, err
		}
		if opened.Meta().Distinct {
			return PretrainSettings(data, "", file, skipBad)
		}
		return ImitateSettings(data, file, skipBad)
	case file != "":
		return LoadConfig(file, flags)
	}
	return flags.defaults(), nil
}

// examination is a patient with what was found.
type examination struct {
	*patient
	o        DoctorOptions
	io       IO
	rand     *rand.Rand
	bar      *telemetry.Progress
	verdicts []doctor.Verdict
	done     float64 // seconds of work, as planned
	planned  float64
	at       string
	// teach makes lessons; a test puts bugs into them.
	teach         func(h agent.Head, size int) (doctor.Lesson, error)
	heart         map[agent.Head]doctor.Overfit // of one batch
	paint, choice int                           // batches of the autoencoder, and of actor and critic
}

// only leaves out the groups that were not asked for.
func (e *examination) only(all []stage) (some []stage, err error) {
	var known []string
	for _, s := range all {
		known = append(known, s.name)
		if len(e.o.Only) == 0 || slices.Contains(e.o.Only, s.name) {
			some = append(some, s)
		}
	}
	for _, name := range e.o.Only {
		if !slices.Contains(known, name) {
			return nil, usagef("did you mean "+names.Nearest(name, known)+"? Here are "+strings.Join(known, ", "), "there is no check %q of this", name)
		}
	}
	return some, nil
}

// stage is some checks with the seconds they take, about.
type stage struct {
	name    string
	seconds float64
	do      func(ctx context.Context) ([]doctor.Verdict, error)
}

// Doctor examines what a config would train, and prints a verdict a check.
func Doctor(ctx context.Context, c Config, d DoctorOptions, o IO) ([]doctor.Verdict, error) {
	p, err := newPatient(ctx, c, d.Checkpoint, o)
	if err != nil {
		return nil, err
	}
	e := newExamination(p, d, o)
	err = e.run(ctx)
	if err := errors.Join(err, p.close()); err != nil {
		return nil, err
	}
	if o.JSON {
		return e.verdicts, json.NewEncoder(o.Stdout).Encode(map[string]any{"verdicts": e.verdicts})
	}
	return e.verdicts, e.write(o.Stdout)
}

func newExamination(p *patient, d DoctorOptions, o IO) *examination {
	e := &examination{
		patient: p, o: d, io: o, rand: rand.New(rand.NewPCG(p.cfg.Seed, 12)),
		bar: telemetry.NewProgress(o.Stderr, "examining"), heart: map[agent.Head]doctor.Overfit{}, paint: paintBatch, choice: choiceBatch,
	}
	e.teach = func(h agent.Head, size int) (doctor.Lesson, error) { return p.lesson(h, size) }
	return e
}

// run makes all checks. What one cannot answer is a verdict of its own.
func (e *examination) run(ctx context.Context) error {
	stages, err := e.only(e.stages())
	if err != nil {
		return err
	}
	for _, s := range stages {
		e.planned += s.seconds
	}
	for _, s := range stages {
		before := e.done
		e.at = s.name
		e.show()
		found, err := s.do(ctx)
		if ctx.Err() != nil {
			break // what a stopped check found is not whole
		}
		if err != nil {
			found = append(found, doctor.Verdict{Check: s.name, Means: err.Error(), Advice: "the check could not be made: mend this first"})
		}
		e.verdicts = append(e.verdicts, found...)
		e.done = before + s.seconds
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("doctor: stopped: %w", err)
	}
	e.at = ""
	e.show()
	e.bar.Finish()
	return nil
}

// tick says that some updates were made.
func (e *examination) tick() {
	e.done += 0.05
	e.show()
}

func (e *examination) show() {
	if e.bar.Due() || e.at == "" {
		e.bar.Update(min(1, e.done/e.planned), telemetry.Field{Name: "at", Value: e.at}, telemetry.Field{Name: "findings", Value: fmt.Sprint(e.findings())})
	}
}

// findings counts the verdicts that are not well.
func (e *examination) findings() (n int) {
	for _, v := range e.verdicts {
		if !v.OK {
			n++
		}
	}
	return n
}

// write prints a line a verdict and, where it is not well, one with what to do.
func (e *examination) write(w io.Writer) error {
	for _, v := range e.verdicts {
		mark := "ok  "
		if !v.OK {
			mark = "BAD "
		}
		limit := ""
		if v.Threshold != nil {
			limit = " (at most " + short(*v.Threshold) + ")"
			if v.Least {
				limit = strings.Replace(limit, "most", "least", 1)
			}
		}
		figure := "-"
		if v.Figure != nil {
			figure = short(*v.Figure)
		}
		if _, err := fmt.Fprintf(w, "%s %-32s %s%s: %s\n", mark, v.Check, figure, limit, v.Means); err != nil {
			return err
		}
		if v.Advice != "" {
			if _, err := fmt.Fprintf(w, "     -> %s\n", v.Advice); err != nil {
				return err
			}
		}
	}
	bad := e.findings()
	if bad == 0 {
		_, err := fmt.Fprintf(w, "%d checks, nothing found\n", len(e.verdicts))
		return err
	}
	_, err := fmt.Fprintf(w, "%d checks, %d findings\n", len(e.verdicts), bad)
	return err
}

func short(x float64) string { return fmt.Sprintf("%.3g", x) }

// patient is a network with what it would be trained on, to be examined.
type patient struct {
	cfg     Config // of this examination
	given   Config
	world   *world
	trainer *agent.Trainer
	net     *agent.Net     // to examine: new, or that of a checkpoint
	fresh   *agent.Net     // to train anew
	frames  *agent.Samples // drawn from the store, for the autoencoder
	gallery *agent.Samples // observations of other episodes than these
	steps   *agent.Samples // played, for actor and critic; nil where the autoencoder trains alone
	aside   *agent.Samples // of other episodes, where somebody demonstrates
	classes []int          // stored frames without and with a small object
	ratio   float64        // how many times smaller the store is than its frames
}

// How much a patient is looked at by.
const (
	exploreSteps = 4_000 // of random play
	frameSamples = 256
	stepSamples  = 512
	shownSamples = 2_048 // of demonstrations
)

// newPatient opens what a config trains on and gathers samples.
func newPatient(ctx context.Context, c Config, checkpoint string, o IO) (p *patient, err error) {
	if err := check(c); err != nil {
		return nil, err
	}
	p = &patient{cfg: c, given: c, aside: new(agent.Samples)}
	p.cfg.Agent.Overlap = false
	if p.world, err = open(ctx, &p.cfg, c.Agent.Envs, o); err != nil {
		return nil, err
	}
	if err := p.gather(ctx, checkpoint); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (p *patient) close() error { return p.world.Close() }

// gather makes the network, plays, and draws samples.
func (p *patient) gather(ctx context.Context, checkpoint string) error {
	p.cfg.Agent.Pretrain.Steps = min(p.cfg.Agent.Pretrain.Steps, exploreSteps)
	opts, err := p.cfg.options(p.world)
	if err != nil {
		return &UsageError{Msg: err.Error()}
	}
	opts.KeepMean = checkpoint != ""
	if p.trainer, err = agent.New(ctx, p.cfg.Agent, opts); errors.Is(err, agent.ErrNoTruth) {
		return usagef("choose another --weighting", "%v", err)
	} else if errors.Is(err, autoencoder.ErrLarge) {
		return &UsageError{Msg: err.Error()}
	} else if err != nil {
		return err
	}
	p.net = p.trainer.Net
	if checkpoint != "" {
		_, net, err := loadNet(checkpoint)
		if err != nil {
			return err
		}
		if err := p.trainer.StartFrom(net); err != nil {
			return usagef("name a run on the same game", "%s: %v", checkpoint, err)
		}
	}
	for p.trainer.Stage() == agent.Explore {
		if _, err := p.trainer.Advance(ctx); err != nil {
			return err
		}
	}
	p.classes, _, p.ratio = p.trainer.Stored()
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
	want := stepSamples
	if p.cfg.Imitate {
		want = shownSamples
	}
	for played := 0; p.steps.Len() < want && played < 4*want; played += p.cfg.Agent.Envs * p.cfg.Agent.Horizon {
		s, aside, err := p.trainer.Experience(ctx)
		if err != nil {
			return err
		}
		p.steps.Add(s)
		p.aside.Add(aside)
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

// lesson returns a lesson of the new network.
func (p *patient) lesson(h agent.Head, size int) (*agent.Lesson, error) {
	return p.lessonOf(p.fresh, h, size)
}

// lessonOf returns a lesson of a network.
func (p *patient) lessonOf(n *agent.Net, h agent.Head, size int) (*agent.Lesson, error) {
	all := p.steps
	switch h {
	case agent.HeadAutoencoder:
		all = p.frames
	case agent.HeadAll:
		r := rand.New(rand.NewPCG(p.cfg.Seed, 11))
		some := *p.frames
		all = &some
		for range p.frames.Len() {
			all.Action = append(all.Action, r.IntN(n.Actions))
			all.Return = append(all.Return, float32(r.NormFloat64()))
		}
	}
	return agent.NewLesson(n, p.cfg.Agent, h, size, all)
}
