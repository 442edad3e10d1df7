package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"glint/autoencoder"
	"glint/env"
	"glint/internal/ops"
)

// Samples are n observations with what the heads should make of them.
type Samples struct {
	Obs                []byte      // [n,T,H,W]
	Weights            []float32   // [n,T,H,W] of the pixels
	Places, PlaceCount []float32   // [n,autoencoder.PlaceValues] places of small objects, and what each weighs
	Boxes              [][]env.Box // [n] small objects
	Action             []int       // [n]
	Return             []float32   // [n]
}

// Len returns n.
func (s *Samples) Len() int { return max(len(s.Action), len(s.Boxes)) }

// Draw draws n stored observations, at most Config.Pretrain.Batch, as training does, with
// their weights at the present state of the network. It needs the stage Reconstruct.
func (t *Trainer) Draw(n int) (*Samples, error) {
	if t.stage != Reconstruct {
		return nil, fmt.Errorf("agent: to draw in %s, want %s", t.stage, Reconstruct)
	}
	const p = autoencoder.PlaceValues
	size := t.spec.ObsLen()
	s := &Samples{
		Obs: make([]byte, n*size), Weights: make([]float32, n*size),
		Places: make([]float32, n*p), PlaceCount: make([]float32, n*p),
	}
	if err := t.sampler().Sample(s.Obs, s.Weights); err != nil {
		return nil, err
	}
	if late, ok := t.sampler().(lateSampler); ok {
		v, err := autoencoder.NewViewer(t.Net.Autoencoder, n)
		if err != nil {
			return nil, err
		}
		x, y := make([]float32, n*size), make([]float32, n*size)
		for i, b := range s.Obs {
			x[i] = float32(b) / 255
		}
		if err := v.Reconstruct(y, s.Obs); err != nil {
			return nil, err
		}
		if err := late.Reweigh(s.Weights, y, x); err != nil {
			return nil, err
		}
	}
	sampler{t}.Places(s.Places, s.PlaceCount)
	for _, boxes := range t.inputs.Boxes {
		s.Boxes = append(s.Boxes, slices.Clone(boxes))
	}
	return s, nil
}

// Add appends samples.
func (s *Samples) Add(o *Samples) {
	s.Obs, s.Weights = append(s.Obs, o.Obs...), append(s.Weights, o.Weights...)
	s.Places, s.PlaceCount = append(s.Places, o.Places...), append(s.PlaceCount, o.PlaceCount...)
	s.Boxes, s.Action, s.Return = append(s.Boxes, o.Boxes...), append(s.Action, o.Action...), append(s.Return, o.Return...)
}

// Every returns each n-th of samples that Experience gave.
func (s *Samples) Every(n int) *Samples {
	some, size := new(Samples), len(s.Obs)/max(1, s.Len())
	for k := 0; k < s.Len(); k += n {
		some.Obs = append(some.Obs, s.Obs[k*size:(k+1)*size]...)
		some.Action, some.Return = append(some.Action, s.Action[k]), append(some.Return, s.Return[k])
	}
	return some
}

// Experience plays a rollout by the policy at hand, or as the teacher did, and learns nothing
// from it: the samples to learn from, and those that are held out. It needs the stage Play, and
// Config.Overlap off.
func (t *Trainer) Experience(ctx context.Context) (learn, aside *Samples, err error) {
	if t.stage != Play || t.cfg.Overlap {
		return nil, nil, errors.New("agent: experience is made in the stage play, without overlap")
	}
	if err := t.collect(ctx); err != nil {
		return nil, nil, err
	}
	r := t.next.rollout
	Estimate(r, t.cfg.Gamma, t.cfg.Lambda)
	learn, aside = new(Samples), new(Samples)
	for k := range r.Action {
		to := learn
		if r.Invalid[k] {
			to = aside
		}
		to.Obs = append(to.Obs, r.ObsAt(k)...)
		to.Action, to.Return = append(to.Action, r.Action[k]), append(to.Return, r.Return[k])
	}
	return learn, aside, nil
}

// BuildUpdate returns the update that Play makes of m steps, with the autoencoder's part and the
// optimiser, after one run on samples of zeros: what it takes in memory can then be measured.
// Where alone is set it is that of the autoencoder alone.
func (n *Net) BuildUpdate(cfg Config, m int, late, alone bool) (any, error) {
	solver := ops.NewAdam(cfg.adam(), n.Params())
	if alone {
		t, err := autoencoder.NewTrainer(n.Autoencoder, autoencoder.BatchConfig{Size: m, Late: late}, solver)
		if err != nil {
			return nil, err
		}
		_, err = t.Measure(zeros{})
		return []any{t, solver}, err
	}
	cfg.Envs, cfg.Horizon, cfg.Minibatch, cfg.MicroBatches = m, 1, m, 1
	l, err := newLearner(n, cfg, late, int(cfg.AEFresh*float64(cfg.AEBatch())))
	if err != nil {
		return nil, err
	}
	return []any{l, solver}, l.prog.Run()
}

// zeros gives empty observations.
type zeros struct{}

// Sample leaves everything at 0.
func (zeros) Sample([]byte, []float32) error { return nil }

// Places leaves everything at 0.
func (zeros) Places(_, _ []float32) {}
