package ops

import (
	"math"
	"math/rand/v2"
)

// Orthogonal fills the parameter, seen as a matrix of its first dimension by the
// rest, with orthonormal rows or columns, whichever are fewer, times gain (Saxe et
// al., "Exact solutions to the nonlinear dynamics of learning in deep linear neural
// networks", 2014).
func (p *Param) Orthogonal(gain float64, r *rand.Rand) {
	rows := p.Value.Shape()[0]
	cols := p.Value.Shape().TotalSize() / rows
	vectors := make([][]float64, min(rows, cols))
	for i := range vectors {
		v := make([]float64, max(rows, cols))
		for j := range v {
			v[j] = r.NormFloat64()
		}
		// Gram-Schmidt twice: one pass leaves rounding errors that the second removes.
		for range 2 {
			for _, u := range vectors[:i] {
				axpy(v, -dot(u, v), u)
			}
		}
		scale(v, 1/math.Sqrt(dot(v, v)))
		vectors[i] = v
	}
	w := p.Value.Float32s()
	for i, v := range vectors {
		for j, x := range v {
			at := i*cols + j
			if rows > cols {
				at = j*cols + i
			}
			w[at] = float32(gain * x)
		}
	}
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i, x := range a {
		sum += x * b[i]
	}
	return sum
}

func axpy(y []float64, a float64, x []float64) {
	for i, v := range x {
		y[i] += a * v
	}
}

func scale(x []float64, a float64) {
	for i := range x {
		x[i] *= a
	}
}
