package diagnose

import (
	"context"
	"slices"

	"glint/agent"
	"glint/autoencoder"
	"glint/internal/app"
	"glint/internal/app/monitor"
	"glint/internal/app/world"
	"glint/internal/doctor"
)

// balance counts classes, asks a trained network about each and, of demonstrations, tries what
// can be done about rare ones.
func (e *examination) balance(context.Context) (all []doctor.Verdict, err error) {
	all = append(all, doctor.Frames(e.classes[0], app.Sum(e.classes[1:]), e.cfg.Agent.SmallShare))
	if e.o.Checkpoint != "" {
		v, err := e.kept()
		if err != nil {
			return all, err
		}
		all = append(all, v...)
	}
	if e.cfg.Alone {
		return all, nil
	}
	raw, _ := e.world.Raw()
	names := world.ActionNames(raw, e.net.Actions)
	if !e.cfg.Imitate {
		counts := make([]int, len(names))
		for _, a := range e.steps.Action {
			counts[a]++
		}
		return append(all, doctor.Chosen(names, counts)), nil
	}
	known := *e.steps
	known.Add(e.aside)
	l, err := e.lesson(e.fresh, agent.HeadActor, e.choice, &known)
	if err != nil {
		return all, err
	}
	samples, others := e.apart(&known)
	c, err := doctor.Balance(l, names, e.cfg.Agent.ActionClasses, known.Action, samples, others, balanceUpdates, e.rand, e.tick)
	if err != nil {
		return all, err
	}
	return append(all, c.Verdict()), nil
}

// kept judges what the trained network makes of frames without and with a small object, where
// the truth is known.
func (e *examination) kept() ([]doctor.Verdict, error) {
	w, err := e.cfg.NamedWeighting()
	if err != nil {
		return nil, err
	}
	m, err := monitor.New(e.world.Scene(), e.net, e.cfg.Detector, w, nil)
	if err != nil {
		return nil, err
	}
	g := e.trainer.Gallery()
	all, err := m.Figures(g)
	if err != nil || all.Frames == 0 {
		return nil, err
	}
	var mse [2]float64
	for i, part := range []*agent.Gallery{{Known: true, Empty: g.Empty}, {Known: true, Small: g.Small}} {
		f, err := m.Figures(part)
		if err != nil {
			return nil, err
		}
		mse[i] = f.MSE
	}
	return []doctor.Verdict{doctor.Kept(mse[0], mse[1], all.Kept, all.Visible)}, nil
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

// everyPixel is a lesson of the autoencoder for which each pixel counts alike, with which of its
// samples are learned from and which are of other episodes; nil where there are none of these.
func (e *examination) everyPixel() (l doctor.Student, frames, others []int, err error) {
	heldOut := e.cfg.Agent.Envs > 1 || e.world.Episodes[agent.Judged] > 0
	if e.gallery.Len() < e.paint || !heldOut {
		return nil, nil, nil, nil
	}
	known := &agent.Samples{Obs: slices.Concat(e.frames.Obs, e.gallery.Obs), Boxes: slices.Concat(e.frames.Boxes, e.gallery.Boxes)}
	known.Weights = make([]float32, len(known.Obs))
	for i := range known.Weights {
		known.Weights[i] = 1
	}
	known.Places = make([]float32, known.Len()*autoencoder.PlaceValues)
	known.PlaceCount = known.Places
	for i := range known.Len() {
		if i < e.frames.Len() {
			frames = append(frames, i)
		} else {
			others = append(others, i)
		}
	}
	l, err = e.lesson(e.fresh, agent.HeadAutoencoder, e.paint, known)
	return l, frames, others, err
}

// generalise trains the autoencoder, each pixel alike, on parts of the frames and asks about
// other episodes.
func (e *examination) generalise(ctx context.Context) (all []doctor.Verdict, err error) {
	if all, err = e.leaks(ctx); err != nil {
		return all, err
	}
	l, frames, others, err := e.everyPixel()
	if err != nil || l == nil {
		return all, err
	}
	c, err := doctor.Learning(l, frames, others, learnUpdates, e.rand, e.tick)
	if err != nil {
		return all, err
	}
	return append(all, c.Verdicts(l)...), nil
}
