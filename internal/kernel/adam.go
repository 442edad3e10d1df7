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

// AdamParam is a parameter P of a step with its moments M and V and its gradient G, all
// of P's length.
type AdamParam struct {
	AdamStep
	P, M, V, G []float32
}

// factors returns what adamGeneric multiplies by.
func (a AdamStep) factors() [8]float32 {
	return [8]float32{
		a.Scale, a.Beta1, 1 - a.Beta1, a.Beta2, 1 - a.Beta2,
		float32(1 / math.Sqrt(float64(a.BiasCorrection2))), a.Eps, a.LR / a.BiasCorrection1,
	}
}

// adamJob steps a chunk of one parameter a part.
type adamJob struct {
	params  []AdamParam
	factors [][8]float32
	first   []int // the first part of each parameter
}

// Adam steps parameters and their moments by their gradients, all in one pass. The
// gradients are left alone.
func Adam(params []AdamParam) {
	crew := hire()
	defer crew.leave()
	j := &crew.adam
	j.params = params
	grow(&j.factors, len(params))
	grow(&j.first, len(params))
	parts := 0
	for i, p := range params {
		need("adam", min(len(p.M), len(p.V), len(p.G)), len(p.P))
		j.factors[i], j.first[i] = p.factors(), parts
		parts += chunks(len(p.P))
	}
	crew.run(j, parts)
	j.params = nil
}

func (j *adamJob) do(_ *scratch, part int) {
	i := len(j.params) - 1
	for part < j.first[i] {
		i--
	}
	p := &j.params[i]
	lo, hi := chunk(part-j.first[i], len(p.P))
	cpu.adam(p.P[lo:hi], p.M[lo:hi], p.V[lo:hi], p.G[lo:hi], &j.factors[i])
}
