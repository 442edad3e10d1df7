package diagnose

import (
	"context"
	"errors"
	"fmt"
	"io"

	"glint/agent"
	"glint/internal/app"
	"glint/internal/app/dryrun"
	"glint/internal/doctor"
	"glint/internal/kernel"
)

// How long the checks train: as far as the verdicts need it, and three minutes in all on two
// cores.
const (
	sampleUpdates = 1_000 // on one sample
	batchUpdates  = 500   // on one batch
	learnUpdates  = 150   // on changing batches
	// balanceUpdates are made each way of treating classes: what is rare is learned late.
	balanceUpdates = 500
	gradientBatch  = 4
	paintBatch     = 8  // of the autoencoder, whose samples are long
	choiceBatch    = 32 // of actor and critic
)

// everyStage are the checks in the order of the way through the network.
func (e *examination) everyStage() []stage {
	return []stage{
		{"gradients", 5, e.gradients},
		{"prediction", 1, e.paths},
		{"overfitting", 20, e.overfit},
		{"shuffling", 15, e.shuffling},
		{"inputs", 2, e.inputs},
		{"balance", 10, e.balance},
		{"generalisation", 8, e.generalise},
		{"course", 1, e.course},
		{"rates", 15, e.rates},
		{"memory", 5, e.memory},
		{"environment", 3, e.surroundings},
		{"path", 8, e.path},
	}
}

// groups are the names of all stages.
func groups() (names []string) {
	for _, s := range new(examination).everyStage() {
		names = append(names, s.name)
	}
	return names
}

// stages are those that there is something for to look at.
func (e *examination) stages() (all []stage) {
	for _, s := range e.everyStage() {
		if s.name == "course" && e.o.Checkpoint == "" || s.name == "path" && (e.cfg.Data.Dir != "" || e.o.Checkpoint != "") {
			continue // no run to look at, or no training by glint train
		}
		all = append(all, s)
	}
	return all
}

// heads are those that learn by the config.
func (e *examination) heads() []agent.Head {
	if e.cfg.Alone {
		return []agent.Head{agent.HeadAutoencoder}
	}
	return []agent.Head{agent.HeadAutoencoder, agent.HeadActor, agent.HeadCritic}
}

// batch is the size of a head's batches.
func (e *examination) batch(h agent.Head) int {
	if h == agent.HeadAutoencoder {
		return e.paint
	}
	return e.choice
}

// teach returns a lesson of the new network.
func (e *examination) teach(h agent.Head, size int) (doctor.Student, error) {
	return e.lesson(e.fresh, h, size, e.about(h))
}

// lesson returns a lesson of a network, with the bug that is planted.
func (e *examination) lesson(n *agent.Net, h agent.Head, size int, about *agent.Samples) (doctor.Student, error) {
	l, err := agent.NewLesson(n, e.cfg.Agent, h, size, about)
	return e.bug(l, n.Autoencoder.Mean.Float32s()), err
}

// gradients and the paths are those of the network that was trained, where there is one.
func (e *examination) gradients(context.Context) (all []doctor.Verdict, err error) {
	heads := e.heads()
	// Where one loss alone moves the encoder, the gradient of all is not that of their sum.
	if a := e.cfg.Agent; a.AEBatch() > 0 && !e.cfg.Alone && a.EncoderMoved == agent.MovedByBoth {
		heads = append(heads, agent.HeadAll)
	}
	for _, h := range heads {
		l, err := e.lesson(e.net, h, gradientBatch, e.about(h))
		if err != nil {
			return all, err
		}
		v, err := doctor.Gradients(l, e.rand)
		if err != nil {
			return all, err
		}
		all = append(all, v)
		e.tick()
	}
	return all, nil
}

func (e *examination) paths(context.Context) (all []doctor.Verdict, err error) {
	for _, h := range e.heads() {
		l, err := e.lesson(e.net, h, e.batch(h), e.about(h))
		if err != nil {
			return all, err
		}
		v, err := doctor.Paths(l, e.rand)
		if err != nil {
			return all, err
		}
		all = append(all, v)
	}
	return all, nil
}

// overfit teaches each head one sample and one batch by heart.
func (e *examination) overfit(context.Context) (all []doctor.Verdict, err error) {
	sample, err := e.memorise(func(agent.Head) int { return 1 }, sampleUpdates)
	if err != nil {
		return nil, err
	}
	batch, err := e.memorise(e.batch, batchUpdates)
	if err != nil {
		return nil, err
	}
	all = append(byHeart("One sample learned by heart", sample, doctor.Overfit.Verdict), byHeart("One batch learned by heart", batch, doctor.Overfit.Verdict)...)
	all = append(all, doctor.Layers(batch))
	for _, o := range batch {
		all = append(all, doctor.Ratios(o))
	}
	return all, nil
}

// byHeart are the verdicts on lessons, the first with the courses of all.
func byHeart(title string, lessons []doctor.Overfit, on func(doctor.Overfit) doctor.Verdict) (all []doctor.Verdict) {
	for _, o := range lessons {
		all = append(all, on(o))
	}
	all[0].Plot = doctor.Courses(title, lessons)
	return all
}

// memorise teaches each head as many samples by heart as size says.
func (e *examination) memorise(size func(agent.Head) int, updates int) (all []doctor.Overfit, err error) {
	for _, h := range e.heads() {
		l, err := e.teach(h, size(h))
		if err != nil {
			return nil, err
		}
		see, err := doctor.Wrong(l, e.rand)
		if err != nil {
			return nil, err
		}
		o, err := doctor.Memorise(l, see, see, nil, updates, e.tick)
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, nil
}

// shuffling asks what of a batch learned by heart is memory.
func (e *examination) shuffling(context.Context) (all []doctor.Verdict, err error) {
	var lessons []doctor.Overfit
	for _, h := range e.heads() {
		l, err := e.teach(h, e.batch(h))
		if err != nil {
			return all, err
		}
		o, err := doctor.Shuffled(l, e.rand, batchUpdates, e.tick)
		if err != nil {
			return all, err
		}
		lessons = append(lessons, o)
	}
	all = byHeart("The targets of other samples learned by heart", lessons, doctor.Overfit.Capacity)
	// What a new network does by chance cannot be learned from frames, so the autoencoder alone
	// is asked about those of other episodes.
	l, frames, others, err := e.everyPixel()
	if err != nil || l == nil {
		return all, err
	}
	v, err := doctor.Fresh(l, frames, others, learnUpdates, e.rand, e.tick)
	if err != nil {
		return all, err
	}
	return append(all, v), nil
}

// path goes the whole way once, small.
func (e *examination) path(ctx context.Context) ([]doctor.Verdict, error) {
	if err := e.vacate(); err != nil {
		return nil, err
	}
	err := dryrun.Run(ctx, e.given, app.IO{Stdout: io.Discard, Stderr: io.Discard})
	kernel.SetThreads(e.cfg.Threads)
	if errors.Is(err, context.Canceled) {
		return nil, err
	}
	v := doctor.Verdict{Check: "whole path", OK: err == nil, Means: "training in all stages, checkpoint, resume, an episode with a film, examples: all went through"}
	if err != nil {
		v.Means, v.Advice = fmt.Sprint(err), "a training would fail there: mend it before a long one"
	}
	return []doctor.Verdict{v}, nil
}
