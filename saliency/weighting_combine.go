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
	c := new(combined)
	var names []string
	for _, w := range parts {
		names = append(names, w.Name())
		switch p, product := w.(*combined); {
		case product && !p.normalize:
			c.parts = append(c.parts, p.parts...)
		case ours(w):
			c.parts = append(c.parts, w.(parted))
		default:
			c.parts = append(c.parts, &whole{Weighting: w})
		}
	}
	c.name = strings.Join(names, "*")
	return c
}

// Normalize returns w scaled so that the mean weight over the true pixels of a batch
// is 1: the scale of the loss then does not move with the weights. Weights that are
// all 0 stay so, and those that Check refuses are.
func Normalize(w Weighting) Weighting {
	c := Product(w).(*combined)
	c.normalize = true
	return c
}

// combined is a product, scaled or not.
type combined struct {
	name      string
	parts     []parted
	normalize bool
}

// Name returns the names of the parts, as "knife*motion".
func (c *combined) Name() string { return c.name }

// Needs returns what any part needs.
func (c *combined) Needs() (n Needs) {
	for _, w := range c.parts {
		n = n.and(NeedsOf(w))
	}
	return n
}

// Weights multiplies the weights of the parts and scales them.
func (c *combined) Weights(dst []float32, in Inputs) error {
	if !c.normalize {
		_, err := weigh(dst, in, weighOnly, c.parts...)
		return err
	}
	total, err := weigh(dst, in, weighAndSum, c.parts...)
	if err != nil {
		return err
	}
	if !finite(total) {
		return Check(c, dst, in)
	}
	if total > 0 {
		kernel.Scale(dst, dst, float32(float64(in.truePixels())/total))
	}
	return nil
}

// whole is a weighting from elsewhere as a part. It weighs a batch at once.
type whole struct {
	Weighting
	all []float32
}

// Needs returns what the weighting needs.
func (w *whole) Needs() Needs { return NeedsOf(w.Weighting) }

func (w *whole) begin(in *Inputs) error {
	all := sized(&w.all, in.B*in.T*in.H*in.W)
	if err := w.Weights(all, *in); err != nil {
		return err
	}
	return Check(w.Weighting, all, *in)
}

func (w *whole) weigh(dst []float32, in *Inputs, b int, _ float64, _ *memory) {
	copy(dst, in.sample(w.all, b))
}

// statefuls returns the parts of w that have a state, in their order.
func statefuls(w Weighting) []Stateful {
	switch w := w.(type) {
	case *whole:
		return statefuls(w.Weighting)
	case *combined:
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
