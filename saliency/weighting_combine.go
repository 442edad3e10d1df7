package saliency

import (
	"fmt"
	"strings"

	"glint/internal/kernel"
)

var (
	_ Weighting = Uniform{}
	_ Weighting = Knife{}
	_ Weighting = Oracle{}
	_ Weighting = (*Random)(nil)
	_ Weighting = Residual{}
	_ Weighting = Worst{}
	_ Weighting = Clip{}
	_ Stateful  = (*rarity)(nil)
	_ Stateful  = (*value)(nil)
)

// Stateful is a Weighting that remembers something of the batches it was asked to
// learn from.
type Stateful interface {
	Weighting
	// State returns what it remembers.
	State() []float64
	// SetState takes over what State of a Weighting of the same settings returned.
	SetState(s []float64) error
}

// Product returns the weighting whose weights are the products of those of parts.
func Product(parts ...Weighting) Weighting {
	if len(parts) == 1 {
		return parts[0]
	}
	var names []string
	for _, w := range parts {
		names = append(names, w.Name())
	}
	return &product{name: strings.Join(names, "*"), parts: parts}
}

type product struct {
	name   string
	parts  []Weighting
	factor []float32
}

// Name returns the names of the parts, as "knife*motion".
func (p *product) Name() string { return p.name }

// Needs returns what any part needs.
func (p *product) Needs() (n Needs) {
	for _, w := range p.parts {
		n = n.and(NeedsOf(w))
	}
	return n
}

// Weights multiplies the weights of the parts.
func (p *product) Weights(dst []float32, in Inputs) error {
	if cap(p.factor) < len(dst) {
		p.factor = make([]float32, len(dst))
	}
	factor := p.factor[:len(dst)]
	for i, w := range p.parts {
		if i == 0 {
			if err := w.Weights(dst, in); err != nil {
				return err
			}
			continue
		}
		if err := w.Weights(factor, in); err != nil {
			return err
		}
		for i, f := range factor {
			dst[i] *= f
		}
	}
	return nil
}

// Normalize returns w scaled so that the mean weight over the true pixels of a batch
// is 1: the scale of the loss then does not move with the weights. Weights that are
// all 0 stay so, and those that Check refuses are.
func Normalize(w Weighting) Weighting { return normalized{w} }

type normalized struct{ Weighting }

// Needs returns what the scaled weighting needs.
func (n normalized) Needs() Needs { return NeedsOf(n.Weighting) }

// Weights writes the scaled weights.
func (n normalized) Weights(dst []float32, in Inputs) error {
	if err := n.Weighting.Weights(dst, in); err != nil {
		return err
	}
	if err := in.check(n.Name(), dst, Needs{}); err != nil {
		return err
	}
	total := in.sum(dst)
	if !finite(total) || !ours(n) {
		if err := Check(n.Weighting, dst, in); err != nil {
			return err
		}
	}
	if total > 0 {
		kernel.Scale(dst, dst, float32(float64(in.truePixels())/total))
	}
	return nil
}

// statefuls returns the parts of w that have a state, in their order.
func statefuls(w Weighting) []Stateful {
	switch w := w.(type) {
	case normalized:
		return statefuls(w.Weighting)
	case *product:
		var all []Stateful
		for _, part := range w.parts {
			all = append(all, statefuls(part)...)
		}
		return all
	case Stateful:
		return []Stateful{w}
	}
	return nil
}

// States returns what w and its parts remember, to be saved with a training.
func States(w Weighting) [][]float64 {
	var all [][]float64
	for _, s := range statefuls(w) {
		all = append(all, s.State())
	}
	return all
}

// SetStates takes over what States of a Weighting of the same settings returned.
func SetStates(w Weighting, states [][]float64) error {
	parts := statefuls(w)
	if len(parts) != len(states) {
		return fmt.Errorf("saliency: weighting %s has %d states, want those of another one, which has %d", w.Name(), len(parts), len(states))
	}
	for i, s := range parts {
		if err := s.SetState(states[i]); err != nil {
			return err
		}
	}
	return nil
}
