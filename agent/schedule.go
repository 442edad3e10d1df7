package agent

import (
	"fmt"
	"math"
)

// Rate is a learning rate and how it goes on.
type Rate struct {
	LR       float64 `toml:"lr"`       // learning rate
	Schedule string  `toml:"schedule"` // one of the schedules
	LRFinal  float64 `toml:"lr_final"` // share of LR left at the end, of linear and cosine
	Stepsize int64   `toml:"stepsize"` // updates from one fall to the next, of step
	LRGamma  float64 `toml:"lr_gamma"` // factor of each of these falls
}

// The schedules of a learning rate.
const (
	ConstantRate = "constant"
	LinearRate   = "linear" // falls to LRFinal along a line
	CosineRate   = "cosine" // falls to LRFinal along half a cosine: Loshchilov and Hutter, "SGDR", 2017, equation 5
	StepRate     = "step"   // is multiplied by LRGamma after every Stepsize updates
)

// defaultRate falls linearly; its step is ready to be chosen.
func defaultRate(lr, final float64) Rate {
	return Rate{LR: lr, Schedule: LinearRate, LRFinal: final, Stepsize: 1_000, LRGamma: 0.1}
}

// At returns the learning rate where that share of the training lies behind (0..1), and after
// so many updates of it.
func (r Rate) At(progress float64, updates int64) float64 {
	switch r.Schedule {
	case LinearRate:
		return r.LR * left(progress, r.LRFinal)
	case CosineRate:
		return r.LR * left((1-math.Cos(math.Pi*progress))/2, r.LRFinal)
	case StepRate:
		return r.LR * math.Pow(r.LRGamma, float64(updates/r.Stepsize))
	}
	return r.LR
}

// left returns the share of a setting that a linear schedule down to final leaves.
func left(progress, final float64) float64 { return 1 - progress*(1-final) }

// validate names the first setting that cannot be used.
func (r Rate) validate() error {
	switch {
	case !notNegative(r.LR):
		return fmt.Errorf("lr is %v, want 0 or more", r.LR)
	case r.Schedule != ConstantRate && r.Schedule != LinearRate && r.Schedule != CosineRate && r.Schedule != StepRate:
		return fmt.Errorf("schedule is %q, want constant, linear, cosine or step", r.Schedule)
	case !(r.LRFinal >= 0 && r.LRFinal <= 1):
		return fmt.Errorf("lr_final is %v, want 0..1", r.LRFinal)
	case r.Stepsize < 1:
		return fmt.Errorf("stepsize is %d, want 1 or more", r.Stepsize)
	case !(r.LRGamma >= 0 && r.LRGamma <= 1):
		return fmt.Errorf("lr_gamma is %v, want 0..1", r.LRGamma)
	}
	return nil
}
