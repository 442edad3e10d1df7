package autoencoder

import "math"

// saturated is where the slope of tanh, 1-y^2, has fallen below 6 %: gradients
// hardly pass any more.
const saturated = 0.97

// constant is the deviation below which a code unit says nothing about the batch.
const constant = 1e-3

// CodeHealth returns the share of values of codes [B,units] that are saturated and
// the share of units that are constant over the batch. One observation has no
// constant units.
func CodeHealth(codes []float32, units int) (saturatedShare, constantShare float64) {
	n := len(codes) / units
	for u := range units {
		var sum, squares float64
		for i := range n {
			y := float64(codes[i*units+u])
			sum += y
			squares += y * y
			if math.Abs(y) > saturated {
				saturatedShare++
			}
		}
		mean := sum / float64(n)
		if n > 1 && squares/float64(n)-mean*mean < constant*constant {
			constantShare++
		}
	}
	return saturatedShare / float64(len(codes)), constantShare / float64(units)
}

// Sickness says in one sentence what is wrong with a code of these figures and
// what to do, or nothing where it is well.
func Sickness(s Stats) string {
	switch {
	case s.Saturated > 0.5:
		return "the code is saturated: most tanh units stand at -1 or 1 and no longer learn. " +
			"Are the inputs centred by a mean image that fits these frames? Else lower the learning rate (--lr)."
	case s.Constant > 0.5:
		return "the code is constant: most units do not depend on the frame, the decoder only paints the mean image. " +
			"Check that the frames differ, and the learning rate (--lr)."
	}
	return ""
}
