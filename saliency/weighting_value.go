package saliency

import (
	"errors"
	"fmt"
	"image"
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
func (v *value) Weights(dst []float32, in Inputs) error {
	if err := v.Validate(); err != nil {
		return err
	}
	if err := in.check(v.Name(), dst, v.Needs()); err != nil {
		return err
	}
	one := in.T * in.H * in.W
	switch {
	case in.ValueGrad != nil && len(in.ValueGrad) != len(dst):
		return fmt.Errorf("saliency: value: ValueGrad has %d pixels for [%d,%d,%d,%d]", len(in.ValueGrad), in.B, in.T, in.H, in.W)
	case in.ValueGrad == nil && len(v.mean) != one:
		return fmt.Errorf("saliency: value: %w: ValueGrad is nil. Train with rewards, or choose another weighting", ErrNoCritic)
	case in.ValueGrad == nil:
		sample := in
		sample.B = 1
		v.scale(dst[:one], v.mean, sample)
		for b := 1; b < in.B; b++ {
			copy(dst[b*one:], dst[:one])
		}
	default:
		v.scale(dst, in.ValueGrad, in)
		if in.Learn {
			v.keep(in.ValueGrad, one)
		}
	}
	return nil
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

// scale writes weights by gradients of the size of in.
func (v *value) scale(dst, grad []float32, in Inputs) {
	src := grad
	if in.content() != image.Rect(0, 0, in.W, in.H) { // the mean is of true pixels alone
		copy(dst, grad)
		in.clearPadding(dst)
		src = dst
	}
	mean := in.sum(src) / float64(in.truePixels())
	floor, slope, most := float32(v.Floor), float32((1-v.Floor)/mean), float32(v.Max)
	if mean == 0 {
		floor, slope = 1, 0
	}
	for i, g := range src {
		w := floor + slope*g
		if w > most {
			w = most
		}
		dst[i] = w
	}
	in.clearPadding(dst)
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
