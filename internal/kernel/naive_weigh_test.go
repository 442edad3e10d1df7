package kernel_test

import "math"

// naiveSum is Sum as a loop.
func naiveSum(x []float32) (sum float64) {
	for _, v := range x {
		sum += float64(v)
	}
	return sum
}

// naiveQuiet is Quiet as a loop.
func naiveQuiet(x []float32, edge float64) float64 {
	for n := 0; ; n += 8 {
		if n+8 > len(x) {
			return float64(n)
		}
		for _, v := range x[n : n+8] {
			if math.Abs(float64(v)) >= edge {
				return float64(n)
			}
		}
	}
}

// naiveErrors is Errors as a loop: the errors and the sum of their squares.
func naiveErrors(y, x []float32) []float64 {
	out := make([]float64, len(y)+1)
	for i, v := range y {
		e := float64(v) - float64(x[i])
		out[i] = e
		out[len(y)] += e * e
	}
	return out
}

// naiveMultiply is Multiply as a loop.
func naiveMultiply(a, b []float32) []float64 {
	out := make([]float64, len(a))
	for i, v := range a {
		out[i] = float64(v) * float64(b[i])
	}
	return out
}

// naiveRamp is Ramp as a loop.
func naiveRamp(x []float32, floor, slope, most float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = min(floor+slope*math.Abs(float64(v)), most)
	}
	return out
}

// naiveStep is Step as a loop.
func naiveStep(x []float32, edge, below, above float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = below
		if math.Abs(float64(v)) >= edge {
			out[i] = above
		}
	}
	return out
}
