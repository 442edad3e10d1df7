package autoencoder

import (
	"errors"
	"fmt"

	"glint/internal/ops"
)

// A batch that takes too much memory at once is computed in parts, one after the other. It is
// drawn and weighed as a whole, so that what weights are normalised by is of the whole batch.

// whole is what is kept of a batch of all parts. Of one part it is the memory of the graph.
type whole struct {
	obs            []byte    // [B,T,H,W]
	weights        []float32 // [B,T,H,W]
	values, weighs []float32 // [B,PlaceValues], nil where no head reads places
	x, y           []float32 // [B,T,H,W] for a Reweigher, made when it first asks
	code           []float32 // [B,Code] of the parts that were run
	error, places  float64   // sums over these parts
}

// parts returns how many parts the batch is run in.
func (c BatchConfig) parts() int { return max(1, c.Parts) }

// Drawn returns the observations [B,T,H,W] of the whole batch.
func (a *Batch) Drawn() []byte { return a.whole.obs }

// newWhole makes room for all parts.
func (a *Batch) newWhole() {
	w, n := &a.whole, a.cfg.parts()
	w.obs, w.weights = a.Obs.Uint8s(), a.Weights.Float32s()
	if a.places != nil {
		w.values, w.weighs = a.places.values.Float32s(), a.places.weights.Float32s()
	}
	if n > 1 {
		w.obs, w.weights = make([]byte, n*len(w.obs)), make([]float32, n*len(w.weights))
		w.values, w.weighs = make([]float32, n*len(w.values)), make([]float32, n*len(w.weighs))
	}
}

// Fill draws a batch, for all its parts.
func (a *Batch) Fill(from Sampler) error {
	if err := from.Sample(a.whole.obs, a.whole.weights); err != nil {
		return fmt.Errorf("autoencoder: sampling: %w", err)
	}
	if a.places == nil {
		return nil
	}
	s, ok := from.(Placer)
	if !ok {
		return errors.New("autoencoder: a head reads places, and the sampler does not know them")
	}
	s.Places(a.whole.values, a.whole.weighs)
	return nil
}

// PartRun is what else a program does with a part of a batch; both may be nil.
type PartRun struct {
	Load func(part int)       // before every run, to fill its other inputs
	Done func(part int) error // after the last one
}

// Run draws a batch and runs p, a program of the graph that has the batch's Outputs among its
// own, for each of its parts. A Reweigher is asked for the weights once the reconstruction of
// all parts is there; it needs a batch that is Late.
func (a *Batch) Run(p *ops.Program, from Sampler, with PartRun) error {
	if err := a.Fill(from); err != nil {
		return err
	}
	run := p.Run
	if late, ok := from.(Reweigher); ok {
		if a.late == nil {
			return errors.New("autoencoder: these weights wait for the reconstruction, and the batch is not late")
		}
		if err := a.reweigh(p, late, with); err != nil {
			return err
		}
		if a.cfg.parts() == 1 {
			run = func() error { return p.RunAfter(a.late.y) }
		}
	}
	a.whole.code, a.whole.error, a.whole.places = a.whole.code[:0], 0, 0
	for i := range a.cfg.parts() {
		a.load(i, with)
		if err := run(); err != nil {
			return err
		}
		a.note(p)
		if with.Done == nil {
			continue
		}
		if err := with.Done(i); err != nil {
			return err
		}
	}
	return nil
}

// reweigh reconstructs all parts and asks for their weights.
func (a *Batch) reweigh(p *ops.Program, from Reweigher, with PartRun) error {
	w, n := &a.whole, a.cfg.parts()
	if n > 1 && w.y == nil {
		w.x, w.y = make([]float32, len(w.weights)), make([]float32, len(w.weights))
	}
	for i := range n {
		a.load(i, with)
		if err := p.RunTo(a.late.y); err != nil {
			return err
		}
		if n == 1 {
			w.x, w.y = p.Floats(a.late.x), p.Floats(a.late.y)
			continue
		}
		deal(a, i, w.x, p.Floats(a.late.x), true)
		deal(a, i, w.y, p.Floats(a.late.y), true)
	}
	if err := from.Reweigh(w.weights, w.y, w.x); err != nil {
		return fmt.Errorf("autoencoder: weighing: %w", err)
	}
	return nil
}

// load fills the inputs of part i. Of one part they are filled already.
func (a *Batch) load(i int, with PartRun) {
	if with.Load != nil {
		with.Load(i)
	}
	if a.cfg.parts() == 1 {
		return
	}
	deal(a, i, a.whole.obs, a.Obs.Uint8s(), false)
	deal(a, i, a.whole.weights, a.Weights.Float32s(), false)
	if a.places != nil {
		deal(a, i, a.whole.values, a.places.values.Float32s(), false)
		deal(a, i, a.whole.weighs, a.places.weights.Float32s(), false)
	}
}

// deal copies part i between the whole of a batch and its part: each part has as much of the
// batch's first observations, those shared with another batch, as of the others.
func deal[E any](a *Batch, i int, whole, part []E, back bool) {
	n := a.cfg.parts()
	first := len(whole) / a.cfg.Size * a.cfg.First
	for _, half := range [][2][]E{{whole[:first], part[:first/n]}, {whole[first:], part[first/n:]}} {
		mine := half[0][i*len(half[1]):][:len(half[1])]
		if back {
			copy(mine, half[1])
		} else {
			copy(half[1], mine)
		}
	}
}

// note keeps the figures of a part that was run.
func (a *Batch) note(p *ops.Program) {
	w := &a.whole
	w.error += p.Scalar(a.error)
	if a.places != nil {
		w.places += p.Scalar(a.places.loss)
	}
	if a.cfg.parts() == 1 {
		w.code = p.Floats(a.Code)
		return
	}
	w.code = append(w.code, p.Floats(a.Code)...)
}
