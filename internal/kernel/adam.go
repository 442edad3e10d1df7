package kernel

import "math"

// AdamStep holds the numbers of one step of Adam (Kingma and Ba, 2015, algorithm
// 1), with epsilon outside the square root as PyTorch has it:
//
//	g = Scale * g
//	m = Beta1*m + (1-Beta1)*g
//	v = Beta2*v + (1-Beta2)*g*g
//	p = p - LR/BiasCorrection1 * m / (sqrt(v/BiasCorrection2) + Eps)
type AdamStep struct {
	// LR is the learning rate.
	LR float32
	// Beta1 and Beta2 are the decay rates of the two moments.
	Beta1, Beta2 float32
	// Eps is added to the denominator.
	Eps float32
	// BiasCorrection1 and BiasCorrection2 are 1-Beta1^t and 1-Beta2^t at step t >= 1.
	BiasCorrection1, BiasCorrection2 float32
	// Scale multiplies the gradient first: 1, or what clips its global norm.
	Scale float32
}

// adamJob holds the operands of AdamStep.Apply.
type adamJob struct {
	p, m, v, g []float32
	factors    [8]float32
}

var adam adamJob

// Apply steps the parameters p and their moments m and v by the gradient g, for
// len(p) elements in one pass. g is left alone.
func (a AdamStep) Apply(p, m, v, g []float32) {
	need("adam", min(len(m), len(v), len(g)), len(p))
	shared.mu.Lock()
	defer shared.mu.Unlock()
	adam = adamJob{p, m, v, g, [8]float32{
		a.Scale, a.Beta1, 1 - a.Beta1, a.Beta2, 1 - a.Beta2,
		float32(1 / math.Sqrt(float64(a.BiasCorrection2))), a.Eps, a.LR / a.BiasCorrection1,
	}}
	shared.run(&adam, chunks(len(p)))
	adam = adamJob{}
}

func (j *adamJob) do(_ *scratch, i int) {
	lo, hi := chunk(i, len(j.p))
	p, m, v, g := j.p[lo:hi], j.m[lo:hi], j.v[lo:hi], j.g[lo:hi]
	cpu.adam(p, m, v, g, &j.factors)
}
