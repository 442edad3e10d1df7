package diagnose

import (
	"context"
	"fmt"

	"glint/agent"
	"glint/internal/doctor"
	"glint/internal/kernel"
)

// rates tries learning rates, alone and by the size of a batch, draws their schedule, and counts
// updates in passes over the data.
func (e *examination) rates(context.Context) (all []doctor.Verdict, err error) {
	for _, h := range e.heads() {
		l, t, err := e.rangeOf(h, e.batch(h))
		if err != nil {
			return all, err
		}
		key := "agent.lr (--lr)"
		if h == agent.HeadAutoencoder {
			key = "agent.pretrain.lr"
		}
		all = append(all, t.Verdict(l, key))
		if h == agent.HeadCritic {
			continue // of a kind with the actor
		}
		v, err := e.batches(h, l, t)
		if err != nil {
			return all, err
		}
		all = append(all, v)
	}
	all = append(all, e.schedule())
	return append(all, e.epochs()), nil
}

// epochs counts the updates of a training in passes over what it learns from: a dataset, what
// random play stored, or each rollout.
func (e *examination) epochs() doctor.Verdict {
	a, rows := e.cfg.Agent, e.world.Sums[agent.Learned].Rows
	switch {
	case e.cfg.Alone && rows > 0:
		return doctor.Epochs(rows, a.Pretrain.Batch, int(a.Pretrain.Updates), "steps of the dataset")
	case e.cfg.Alone:
		return doctor.Epochs(int(e.given.Agent.Pretrain.Steps), a.Pretrain.Batch, int(a.Pretrain.Updates), "steps of random play")
	case e.cfg.Imitate:
		return doctor.Epochs(rows, a.Minibatch, int(e.cfg.Steps)/a.Minibatch*a.Epochs, "steps of the dataset")
	}
	return doctor.Epochs(a.Envs*a.Horizon, a.Minibatch, a.Updates(), "steps of a rollout")
}

// rangeOf makes a range test of a head.
func (e *examination) rangeOf(h agent.Head, batch int) (doctor.Student, doctor.Rates, error) {
	rate := e.cfg.Agent.LR
	if h == agent.HeadAutoencoder {
		rate = e.cfg.Agent.Pretrain.LR
	}
	l, err := e.teach(h, batch)
	if err != nil {
		return nil, doctor.Rates{}, err
	}
	t, err := doctor.Range(l, rate, e.rand, e.tick)
	return l, t, err
}

// batches makes the range test of l, which gave t, again with a quarter and four times its batch.
func (e *examination) batches(h agent.Head, l doctor.Student, t doctor.Rates) (doctor.Verdict, error) {
	var sizes []int
	var tests []doctor.Rates
	for _, n := range []int{l.Size() / 4, l.Size(), 4 * l.Size()} {
		if n < 1 || n > l.Len() {
			continue
		}
		of := t
		if n != l.Size() {
			var err error
			if _, of, err = e.rangeOf(h, n); err != nil {
				return doctor.Verdict{}, err
			}
		}
		sizes, tests = append(sizes, n), append(tests, of)
	}
	return doctor.Batches(l, sizes, tests), nil
}

// drawnRates is how many places of a schedule are drawn.
const drawnRates = 32

// schedule draws the learning rate over the training, beside the other schedules. Where its end
// is not known in updates, those of eight steps of the step schedule are drawn.
func (e *examination) schedule() doctor.Verdict {
	a, key, n := e.cfg.Agent, "agent.lr", int64(0)
	rate := a.Rate
	if e.cfg.Alone {
		rate, key, n = a.Pretrain.Rate, "agent.pretrain.lr", a.Pretrain.Updates
	} else if e.cfg.Steps > 0 {
		n = e.cfg.Steps * int64(a.Updates()) / int64(a.Envs*a.Horizon)
	}
	over := fmt.Sprintf("%d updates", n)
	if n == 0 {
		n = 8 * rate.Stepsize
		over = "the training"
		if rate.Schedule == agent.StepRate {
			over = fmt.Sprintf("%d updates, however long it is", n)
		}
	}
	course := func(schedule string) doctor.Series {
		r, s := rate, doctor.Series{Name: schedule}
		r.Schedule = schedule
		for i := range drawnRates {
			progress := float64(i) / (drawnRates - 1)
			s.X, s.Y = append(s.X, progress), append(s.Y, r.At(progress, int64(progress*float64(n))))
		}
		return s
	}
	var others []doctor.Series
	for _, name := range []string{agent.ConstantRate, agent.LinearRate, agent.CosineRate, agent.StepRate} {
		if name != rate.Schedule {
			others = append(others, course(name))
		}
	}
	return doctor.Schedule(key, over, "share of "+over, course(rate.Schedule), others)
}

// speed times an update of the autoencoder, most of every update, on one thread, on those that
// are set, and on powers of two between.
func (e *examination) speed() (doctor.Verdict, error) {
	defer kernel.SetThreads(e.cfg.Threads)
	l, err := e.teach(agent.HeadAutoencoder, min(e.cfg.Agent.Pretrain.Batch, e.frames.Len()))
	if err != nil {
		return doctor.Verdict{}, err
	}
	var threads []int
	for n := 1; n < e.cfg.Threads; n *= 2 {
		threads = append(threads, n)
	}
	return doctor.Speed(l, append(threads, e.cfg.Threads), kernel.SetThreads, e.rand)
}
