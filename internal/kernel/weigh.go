package kernel

// The functions of this file work in the goroutine of their caller, as parts of a Job
// may. They compute len(dst) elements, and dst may be an input.

// Errors writes dst = y - x and returns the sum of its squares.
func Errors(dst, y, x []float32) (squares float64) {
	need("errors", min(len(y), len(x)), len(dst))
	return cpu.mseOnes(dst, y, x, 1)
}

// Sum returns the sum of x.
func Sum(x []float32) float64 { return cpu.sum(x) }

// Quiet returns how many elements the eights have that x begins with and in which no
// |x| >= edge: the next eight, or the rest, are worth a look.
func Quiet(x []float32, edge float32) int { return cpu.quiet(x, edge) }

// Multiply writes dst = a*b.
func Multiply(dst, a, b []float32) {
	need("multiply", min(len(a), len(b)), len(dst))
	cpu.multiply(dst, a, b)
}

// Ramp writes dst = min(floor + slope*|x|, most), and NaN where x is.
func Ramp(dst, x []float32, floor, slope, most float32) {
	need("ramp", len(x), len(dst))
	cpu.ramp(dst, x, floor, slope, most)
}

// Step writes dst = above where |x| >= edge, and below elsewhere.
func Step(dst, x []float32, edge, below, above float32) {
	need("step", len(x), len(dst))
	cpu.step(dst, x, edge, below, above)
}
