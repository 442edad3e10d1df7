package ops

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"glint/internal/kernel"
)

// Accumulator adds up the gradients of the parts of a batch, which are computed one after the
// other in the memory of one. The losses must be means over a part, and all parts of one size:
// then the mean of their gradients is the gradient of the whole batch.
type Accumulator struct {
	part, whole []G.ValueGrad
	sums        [][]float32
	parts       int
}

// NewAccumulator returns an Accumulator of the gradients that a program computes for a part.
// Of one part it is those themselves.
func NewAccumulator(grads []G.ValueGrad, parts int) *Accumulator {
	a := &Accumulator{part: grads, whole: grads, parts: parts}
	if parts == 1 {
		return a
	}
	a.whole = make([]G.ValueGrad, len(grads))
	for i, g := range grads {
		sum := tensor.New(tensor.WithShape(g.Value().Shape()...), tensor.Of(tensor.Float32))
		a.sums = append(a.sums, sum.Float32s())
		a.whole[i] = Gradient{Param: g.(Gradient).Param, grad: sum}
	}
	return a
}

// Add takes in the gradients of part i, numbered from 0.
func (a *Accumulator) Add(i int) error {
	for k, sum := range a.sums {
		g, err := a.part[k].Grad()
		if err != nil {
			return err
		}
		if i == 0 {
			clear(sum)
		}
		kernel.Add(sum, sum, floats(g))
		if i == a.parts-1 {
			kernel.Scale(sum, sum, 1/float32(a.parts))
		}
	}
	return nil
}

// Mean returns the gradients of the whole batch, once all parts were added.
func (a *Accumulator) Mean() []G.ValueGrad { return a.whole }
