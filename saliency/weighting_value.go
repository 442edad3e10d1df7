package saliency

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"glint/internal/kernel"
)

// Value weighs pixels by how much the critic's value depends on them, as VaGraM
// weighs the errors of a model (Voelcker et al. 2022), by the gradient's size instead
// of its square:
//
//	w = min(Max, Floor + (1 - Floor) * |dV/dx| / mean of |dV/dx| over the batch)
//
// The gradient is computed for the batch at hand at every Every-th update. In between
// the mean of the last such batch over its samples, [T,H,W], stands for it. Where
// there is no gradient at all, all pixels weigh 1.
type Value struct {
	// Floor is the weight of a pixel that the value does not depend on.
	Floor float64 `toml:"floor"`
	// Max is the largest weight.
	Max float64 `toml:"max"`
	// Every is the number of updates from one gradient to the next.
	Every int `toml:"every"`
}

// DefaultValue returns Floor 0.5, Max 30 and Every 8.
func DefaultValue() Value { return Value{Floor: 0.5, Max: 30, Every: 8} }

// Validate names the first field that makes no weights.
func (v Value) Validate() error {
	return limits{
		{"Floor", v.Floor, 0, 1},
		{"Max", v.Max, 0, maxWeight},
		{"Every", float64(v.Every), 1, math.MaxInt32},
	}.check("value")
}

// NewValue returns a Weighting of these settings that has seen no gradient yet.
func NewValue(v Value) Stateful { return &value{Value: v} }

// value is Value with the mean gradient that it saw last.
type value struct {
	Value
	mean []float32 // [T,H,W]
}

// ErrNoCritic is wrapped by the error of weights that need a critic's gradient where
// there is none.
var ErrNoCritic = errors.New("there is no critic whose gradient could weigh")

// Name returns "value".
func (*value) Name() string { return "value" }

// Needs returns gradients of the critic.
func (v *value) Needs() Needs { return Needs{ValueEvery: v.Every} }

// Weights needs ValueGrad, at the first batch and whenever it is to be renewed. With
// Inputs.Learn its mean is kept.
func (v *value) Weights(dst []float32, in Inputs) error { return weights(v, dst, in) }

func (v *value) begin(in *Inputs) error {
	one := in.T * in.H * in.W
	switch {
	case in.ValueGrad != nil && len(in.ValueGrad) != in.B*one:
		return fmt.Errorf("saliency: value: ValueGrad has %d pixels for [%d,%d,%d,%d]", len(in.ValueGrad), in.B, in.T, in.H, in.W)
	case in.ValueGrad == nil && len(v.mean) != one:
		return fmt.Errorf("saliency: value: %w: ValueGrad is nil. Train with rewards, or choose another weighting", ErrNoCritic)
	}
	return v.Validate()
}

// of returns the gradient that stands for a sample's.
func (v *value) of(in *Inputs, b int) []float32 {
	if in.ValueGrad == nil {
		return v.mean
	}
	return in.sample(in.ValueGrad, b)
}

// look sums the gradient of a sample, and of those that have the same that of one.
func (v *value) look(in *Inputs, b int, _ *memory) (sum float64) {
	if in.ValueGrad == nil && b > 0 {
		return 0
	}
	grad := v.of(in, b)
	for from, to := range in.spans {
		sum += kernel.Sum(grad[from:to])
	}
	return sum
}

func (v *value) settle(in *Inputs) {
	if in.ValueGrad != nil && in.Learn {
		v.keep(in.ValueGrad, in.T*in.H*in.W)
	}
}

func (v *value) weigh(dst []float32, in *Inputs, b int, total float64, _ *memory) {
	pixels := in.truePixels()
	if in.ValueGrad == nil {
		pixels /= in.B
	}
	mean, grad := total/float64(pixels), v.of(in, b)
	floor, slope := float32(v.Floor), float32((1-v.Floor)/mean)
	if mean == 0 {
		floor, slope = 1, 0
	}
	for from, to := range in.spans {
		kernel.Ramp(dst[from:to], grad[from:to], floor, slope, float32(v.Max))
	}
}

// keep notes the mean of gradients over their samples of one pixels each.
func (v *value) keep(grad []float32, one int) {
	if len(v.mean) != one {
		v.mean = make([]float32, one)
	}
	clear(v.mean)
	for b := 0; b < len(grad); b += one {
		kernel.AddTo(v.mean, grad[b:b+one])
	}
	kernel.Scale(v.mean, v.mean, float32(one)/float32(len(grad)))
}

// State returns the mean gradient, none before the first.
func (v *value) State() []float64 {
	s := make([]float64, len(v.mean))
	for i, g := range v.mean {
		s[i] = float64(g)
	}
	return s
}

// SetState takes over what State returned.
func (v *value) SetState(s []float64) error {
	v.mean = slices.Grow(v.mean[:0], len(s))
	for _, g := range s {
		v.mean = append(v.mean, float32(g))
	}
	return nil
}
