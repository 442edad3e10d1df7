package ops

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"glint/internal/kernel"
)

// AdamConfig holds the settings of Adam. LR may change between steps.
type AdamConfig struct {
	LR, Beta1, Beta2, Eps float64
	// ClipNorm limits the norm of the whole gradient over all parameters; 0 is a
	// limit of 0, math.Inf(1) none.
	ClipNorm float64
}

// DefaultAdam returns Adam's published settings with the epsilon and the gradient
// norm usual for policy gradients.
func DefaultAdam() AdamConfig {
	return AdamConfig{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-5, ClipNorm: 0.5}
}

// Adam is a gorgonia.Solver: algorithm 1 of Kingma and Ba, "Adam: A Method for
// Stochastic Optimization", 2015, after scaling the whole gradient down to ClipNorm
// (Pascanu et al., "On the difficulty of training recurrent neural networks", 2013,
// algorithm 1). A step may move a part of the parameters; the others keep their
// moments and their count of steps.
type Adam struct {
	AdamConfig
	// Norm is the norm of the last gradient before clipping.
	Norm    float64
	moments map[*tensor.Dense]*Moments
	pass    []kernel.AdamParam // of the step at hand
}

// Moments is what Adam remembers of one parameter.
type Moments struct {
	Steps int64 // updates of this parameter
	M, V  []float32
}

var _ G.Solver = (*Adam)(nil)

// NewAdam returns a solver for the parameters.
func NewAdam(cfg AdamConfig, params []*Param) *Adam {
	a := &Adam{AdamConfig: cfg, moments: map[*tensor.Dense]*Moments{}}
	for _, p := range params {
		n := p.Value.Shape().TotalSize()
		a.moments[p.Value] = &Moments{M: make([]float32, n), V: make([]float32, n)}
	}
	return a
}

// Moments returns what is remembered of p, to be saved or filled in place.
func (a *Adam) Moments(p *Param) *Moments { return a.moments[p.Value] }

// Reset forgets all moments, for a loss of another scale: moments of small gradients
// would let the first large ones move parameters many times too far.
func (a *Adam) Reset() {
	for _, m := range a.moments {
		m.Steps = 0
		clear(m.M)
		clear(m.V)
	}
}

// Step makes one update of the given parameters. A gradient that is not finite is
// refused and nothing changes.
func (a *Adam) Step(model []G.ValueGrad) error {
	sum := 0.0
	for _, m := range model {
		g, err := m.Grad()
		if err != nil {
			return fmt.Errorf("ops: adam: %w", err)
		}
		if a.moments[m.Value().(*tensor.Dense)] == nil {
			return fmt.Errorf("ops: adam: a parameter of shape %v is unknown to this solver", m.Value().Shape())
		}
		sum += kernel.SumSquares(floats(g))
	}
	a.Norm = math.Sqrt(sum)
	if math.IsNaN(a.Norm) || math.IsInf(a.Norm, 0) {
		return fmt.Errorf("ops: adam: the gradient is not finite (norm %v)", a.Norm)
	}
	scale := 1.0
	if a.Norm > a.ClipNorm {
		scale = a.ClipNorm / a.Norm
	}
	a.pass = a.pass[:0]
	for _, m := range model {
		p, err := a.param(m, scale)
		if err != nil {
			return err
		}
		a.pass = append(a.pass, p)
	}
	kernel.Adam(a.pass)
	return nil
}

// param counts a step of one parameter, by its gradient times scale.
func (a *Adam) param(p G.ValueGrad, scale float64) (kernel.AdamParam, error) {
	g, err := p.Grad()
	if err != nil {
		return kernel.AdamParam{}, fmt.Errorf("ops: adam: %w", err)
	}
	m := a.moments[p.Value().(*tensor.Dense)]
	m.Steps++
	t := float64(m.Steps)
	// The corrections are of the decay rates that the moments decay by, as float32.
	b1, b2 := float32(a.Beta1), float32(a.Beta2)
	step := kernel.AdamStep{
		LR: float32(a.LR), Beta1: b1, Beta2: b2, Eps: float32(a.Eps),
		BiasCorrection1: float32(1 - math.Pow(float64(b1), t)), BiasCorrection2: float32(1 - math.Pow(float64(b2), t)),
		Scale: float32(scale),
	}
	return kernel.AdamParam{AdamStep: step, P: floats(p.Value()), M: m.M, V: m.V, G: floats(g)}, nil
}

// Gradient pairs a parameter with its gradient in a program for a Solver.
type Gradient struct {
	Param *Param
	grad  G.Value
}

var _ G.ValueGrad = Gradient{}

// Gradients returns what a Solver steps on: by[i] and the program's value of
// grads[i].
func (p *Program) Gradients(by []*Param, grads G.Nodes) []G.ValueGrad {
	vs := make([]G.ValueGrad, len(by))
	for i := range by {
		vs[i] = Gradient{Param: by[i], grad: p.values[grads[i].ID()]}
	}
	return vs
}

// Value returns the parameter's tensor.
func (g Gradient) Value() G.Value { return g.Param.Value }

// Grad returns the gradient's tensor.
func (g Gradient) Grad() (G.Value, error) { return g.grad, nil }

// Floats returns the gradient's values, which the next run of the program overwrites.
func (g Gradient) Floats() []float32 { return floats(g.grad) }
