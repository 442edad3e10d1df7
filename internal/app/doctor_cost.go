package app

import (
	"context"

	"glint/agent"
	"glint/internal/doctor"
	"glint/internal/kernel"
	"glint/saliency"
)

// rates tries learning rates, and counts updates in passes over the data.
func (e *examination) rates(context.Context) (all []doctor.Verdict, err error) {
	for _, h := range e.heads() {
		l, err := e.teach(h, e.batch(h))
		if err != nil {
			return all, err
		}
		rate, key := e.cfg.Agent.LR, "agent.lr (--lr)"
		if h == agent.HeadAutoencoder {
			rate, key = e.cfg.Agent.Pretrain.LR, "agent.pretrain.lr"
		}
		t, err := doctor.Range(l, rate, e.rand, e.tick)
		if err != nil {
			return all, err
		}
		all = append(all, t.Verdict(l, key))
	}
	all = append(all, e.schedule()...)
	a := e.cfg.Agent
	if e.cfg.Alone {
		if a.Pretrain.Updates > 0 {
			all = append(all, doctor.Epochs(sum(e.classes), a.Pretrain.Batch, int(a.Pretrain.Updates), "frames"))
		}
		return all, nil
	}
	return append(all, doctor.Epochs(a.Envs*a.Horizon, a.Minibatch, a.Updates(), "steps of a rollout")), nil
}

// schedule draws the learning rate over the training, where its length in updates is known or
// does not matter.
func (e *examination) schedule() []doctor.Verdict {
	a, key, n := e.cfg.Agent, "agent.lr", int64(0)
	rate := a.Rate
	if e.cfg.Alone {
		rate, key, n = a.Pretrain.Rate, "agent.pretrain.lr", a.Pretrain.Updates
	} else if e.cfg.Steps > 0 {
		n = e.cfg.Steps * int64(a.Updates()) / int64(a.Envs*a.Horizon)
	}
	if rate.Schedule == agent.StepRate && n == 0 {
		return nil // minutes do not tell how many steps it will take
	}
	drawn := make([]float64, 32)
	for i := range drawn {
		progress := float64(i) / float64(len(drawn)-1)
		drawn[i] = rate.At(progress, int64(progress*float64(n)))
	}
	return []doctor.Verdict{doctor.Schedule(rate.Schedule, key, drawn)}
}

// memory predicts what an update takes by its batch, and measures it.
func (e *examination) memory(context.Context) (all []doctor.Verdict, err error) {
	a, weights := e.cfg.Agent, 0
	for _, p := range e.fresh.Params() {
		weights += len(p.Value.Float32s())
	}
	w, err := e.cfg.weighting()
	if err != nil {
		return nil, err
	}
	late, batch, parts := saliency.NeedsOf(w).Recon, a.Minibatch/a.MicroBatches, a.MicroBatches
	divides := func(n int) bool { return a.Minibatch%n == 0 && a.AEBatch()%n == 0 }
	if e.cfg.Alone {
		batch, parts = a.Pretrain.Batch/a.Pretrain.MicroBatches, a.Pretrain.MicroBatches
		divides = func(n int) bool { return a.Pretrain.Batch%n == 0 }
	}
	build := func(b int) (any, error) { return e.fresh.BuildUpdate(a, b, late, e.cfg.Alone) }
	s, err := doctor.Sized([]doctor.Part{{Name: "optimiser", Bytes: float64(8 * weights)}, {Name: "gradients", Bytes: float64(4 * weights)}}, build)
	if err != nil {
		return nil, err
	}
	v, err := s.Predicted(min(batch, largestMeasured), build)
	if err != nil {
		return nil, err
	}
	size := float64(e.world.Spec().ObsLen())
	rollouts := 2.0
	if e.cfg.Alone {
		rollouts = 0
	}
	limit := e.o.Memory * (1 << 20)
	if limit == 0 {
		limit = freeMemory()
	}
	fits := s.Fits(batch, parts, divides, []doctor.Part{
		{Name: "weights", Bytes: float64(4 * weights)},
		{Name: "rollouts", Bytes: rollouts * float64(a.Envs*a.Horizon) * size},
		{Name: "store", Bytes: float64(a.StoreCapacity) * size / max(1, e.ratio)},
	}, limit)
	speed, err := e.speed()
	return append(all, v, fits, speed), err
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

// largestMeasured is the largest batch that is built to be measured.
const largestMeasured = 128
