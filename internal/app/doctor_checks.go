package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"glint/agent"
	"glint/autoencoder"
	"glint/internal/doctor"
	"glint/internal/kernel"
)

// How long the checks train: as far as the verdicts need it, and three minutes in all on two
// cores.
const (
	sampleUpdates = 1_000 // on one sample
	batchUpdates  = 500   // on one batch
	learnUpdates  = 150   // on changing batches
	gradientBatch = 4
	paintBatch    = 8  // of the autoencoder, whose samples are long
	choiceBatch   = 32 // of actor and critic
)

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

// stages are the checks in the order of the way through the network.
func (e *examination) stages() []stage {
	all := []stage{
		{"gradients", 5, e.gradients},
		{"prediction", 1, e.paths},
		{"overfitting", 20, e.overfit},
		{"shuffling", 15, e.beyond},
		{"inputs", 2, e.inputs},
		{"balance", 10, e.balance},
		{"generalisation", 8, e.generalise},
		{"rates", 10, e.rates},
		{"memory", 3, e.memory},
		{"environment", 3, e.surroundings},
	}
	if e.cfg.Data.Dir == "" && e.o.Checkpoint == "" {
		all = append(all, stage{"path", 8, e.path})
	}
	return all
}

func (e *examination) gradients(context.Context) (all []doctor.Verdict, err error) {
	heads := e.heads()
	// Where one loss alone moves the encoder, the gradient of all is not that of their sum.
	if a := e.cfg.Agent; a.AEBatch() > 0 && !e.cfg.Alone && a.EncoderMoved == agent.MovedByBoth {
		heads = append(heads, agent.HeadAll)
	}
	for _, h := range heads {
		l, err := e.teach(h, gradientBatch)
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
		l, err := e.teach(h, e.batch(h))
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
	var batches []doctor.Overfit
	for _, size := range []int{1, 0} {
		for _, h := range e.heads() {
			n, updates := size, sampleUpdates
			if size == 0 {
				n, updates = e.batch(h), batchUpdates
			}
			l, err := e.teach(h, n)
			if err != nil {
				return all, err
			}
			see := e.rand.Perm(l.Len())
			var others []int
			if size == 0 {
				others = see[len(see)-n:]
			}
			o, err := doctor.Memorise(l, see[:n], see[:n], others, updates, e.tick)
			if err != nil {
				return all, err
			}
			all = append(all, o.Verdict())
			if size == 0 {
				e.heart[h] = o
				batches = append(batches, o)
			}
		}
	}
	all = append(all, doctor.Layers(batches))
	for _, o := range batches {
		all = append(all, doctor.Ratios(o))
	}
	return all, nil
}

// beyond asks what of a batch learned by heart is memory.
func (e *examination) beyond(ctx context.Context) (all []doctor.Verdict, err error) {
	if len(e.heart) == 0 {
		if _, err := e.overfit(ctx); err != nil {
			return nil, err
		}
	}
	for _, h := range e.heads() {
		l, err := e.teach(h, e.batch(h))
		if err != nil {
			return all, err
		}
		v, err := doctor.Capacity(l, e.rand, batchUpdates, e.tick)
		if err != nil {
			return all, err
		}
		all = append(all, v)
		o, learned := e.heart[h]
		// What a new network does by chance cannot be learned from frames.
		if !learned || h != agent.HeadAutoencoder {
			continue
		}
		k := e.rand.Perm(l.Len())
		cut := l.Len() * 3 / 4
		if v, err = doctor.Fresh(l, o, k[:cut], k[cut:], learnUpdates, e.rand, e.tick); err != nil {
			return all, err
		}
		all = append(all, v)
	}
	return all, nil
}

// shownFrames is how many observations the layers are looked at by.
const shownFrames = 64

// inputs looks at what the network of the patient sees and what its layers make of it.
func (e *examination) inputs(context.Context) (all []doctor.Verdict, err error) {
	m, n := e.net.Autoencoder, min(shownFrames, e.frames.Len())
	size := len(e.frames.Obs) / e.frames.Len()
	obs := e.frames.Obs[:n*size]
	seen := make([]float32, len(obs))
	m.CenterBytes(seen, obs)
	layers, err := autoencoder.NewLayers(m, n)
	if err != nil {
		return nil, err
	}
	out, err := layers.Of(obs)
	if err != nil {
		return nil, err
	}
	all = append(all, doctor.Centred(seen, n))
	all = append(all, doctor.Units(out, n)...)
	named := []doctor.Named{{Name: "the inputs", Values: seen}}
	for _, p := range e.net.Params() {
		named = append(named, doctor.Named{Name: p.Name, Values: p.Value.Float32s()})
	}
	for _, l := range out {
		named = append(named, doctor.Named{Name: "what " + l.Name + " puts out", Values: l.Values})
	}
	all = append(all, doctor.Finite(named))
	v, err := e.lossShare(n, out[len(out)-1].Values)
	return append(all, v), err
}

// lossShare is the part of the reconstruction's loss that is on small objects, y being centred
// reconstructions of the first n frames.
func (e *examination) lossShare(n int, y []float32) (doctor.Verdict, error) {
	shape := e.net.Autoencoder.Shape()
	recon := make([]float32, len(y))
	e.net.Autoencoder.Show(recon, y)
	var loss, small, pixels float64
	for i := range n {
		inside := map[int]bool{}
		for _, b := range e.frames.Boxes[i] {
			for r := b.Rect.Min.Y; r < b.Rect.Max.Y; r++ {
				for c := b.Rect.Min.X; c < b.Rect.Max.X; c++ {
					inside[(b.Frame*shape.H+r)*shape.W+c] = true
				}
			}
		}
		size := shape.T * shape.H * shape.W
		for p := range size {
			d := float64(recon[i*size+p]) - float64(e.frames.Obs[i*size+p])/255
			x := float64(e.frames.Weights[i*size+p]) * d * d
			loss += x
			if inside[p] {
				small += x
				pixels++
			}
		}
	}
	whole := float64(n * shape.T * shape.Content.Dx() * shape.Content.Dy())
	return doctor.Loss(small/loss, pixels/whole, e.cfg.Weighting), nil
}

// balance counts classes and, of demonstrations, tries what can be done about rare ones.
func (e *examination) balance(context.Context) (all []doctor.Verdict, err error) {
	all = append(all, doctor.Frames(e.classes[0], sum(e.classes[1:]), e.cfg.Agent.SmallShare))
	if !e.cfg.Imitate {
		return all, nil
	}
	known := *e.steps
	known.Add(e.aside)
	l, err := agent.NewLesson(e.fresh, e.cfg.Agent, agent.HeadActor, e.choice, &known)
	if err != nil {
		return all, err
	}
	samples, others := e.apart(&known)
	raw, _ := e.world.Raw()
	c, err := doctor.Balance(l, actionNames(raw, e.net.Actions), known.Action, samples, others, learnUpdates, e.rand, e.tick)
	if err != nil {
		return all, err
	}
	return append(all, c.Verdict()), nil
}

// apart parts known samples into those to learn and those of other episodes or, where there are
// none, the last ones.
func (e *examination) apart(known *agent.Samples) (samples, others []int) {
	cut := e.steps.Len()
	if e.aside.Len() < e.choice {
		cut = known.Len() * 4 / 5
	}
	for k := range known.Len() {
		if k < cut {
			samples = append(samples, k)
		} else {
			others = append(others, k)
		}
	}
	return samples, others
}

// generalise trains the autoencoder, each pixel alike, on parts of the frames and asks about
// other episodes.
func (e *examination) generalise(ctx context.Context) (all []doctor.Verdict, err error) {
	if all, err = e.leaks(ctx); err != nil {
		return all, err
	}
	n, others := e.frames.Len(), e.gallery.Len()
	if others < e.paint {
		return all, nil
	}
	known := agent.Samples{Obs: slices.Concat(e.frames.Obs, e.gallery.Obs), Boxes: slices.Concat(e.frames.Boxes, e.gallery.Boxes)}
	known.Weights = make([]float32, len(known.Obs))
	for i := range known.Weights {
		known.Weights[i] = 1
	}
	known.Places = make([]float32, (n+others)*autoencoder.PlaceValues)
	known.PlaceCount = known.Places
	l, err := agent.NewLesson(e.fresh, e.cfg.Agent, agent.HeadAutoencoder, e.paint, &known)
	if err != nil {
		return all, err
	}
	first := make([]int, n+others)
	for i := range first {
		first[i] = i
	}
	c, err := doctor.Learning(l, first[:n], first[n:], learnUpdates, e.rand, e.tick)
	if err != nil {
		return all, err
	}
	return append(all, c.Verdicts(l)...), nil
}

// path goes the whole way once, small.
func (e *examination) path(ctx context.Context) ([]doctor.Verdict, error) {
	err := DryRun(ctx, e.given, IO{Stdout: io.Discard, Stderr: io.Discard})
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
