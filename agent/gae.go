package agent

import (
	"math"

	"glint/replay"
)

// Estimate fills in advantages and returns of a rollout by generalised advantage
// estimation, equations 11 to 16 of Schulman et al., "High-Dimensional Continuous
// Control Using Generalized Advantage Estimation", 2016:
//
//	delta_t = r_t+1 + gamma V(s_t+1) - V(s_t)
//	A_t     = delta_t + gamma lambda A_t+1
//
// Nothing is carried over the end of an episode: after a termination V(s_t+1) is 0,
// after a truncation it is the value of the final observation. The return is A_t +
// V(s_t), the target of TD(lambda). A step that is no experience has advantage 0.
func Estimate(r *replay.Rollout, gamma, lambda float64) {
	for i := range r.N {
		next, carried := float64(r.Last[i]), 0.0
		for t := r.T - 1; t >= 0; t-- {
			k := t*r.N + i
			if r.Ended[k] {
				next, carried = float64(r.Next[k]), 0
			}
			value := float64(r.Value[k])
			a := float64(r.Reward[k]) + gamma*next - value + gamma*lambda*carried
			if r.Invalid[k] {
				a = 0
			}
			r.Advantage[k], r.Return[k] = float32(a), float32(a+value)
			next, carried = value, a
		}
	}
}

// normalize brings x to mean 0 and deviation 1, without those to skip.
func normalize(x []float32, skip func(i int) bool) {
	var n, sum, squares float64
	for i, v := range x {
		if !skip(i) {
			n++
			sum += float64(v)
		}
	}
	mean := sum / n
	for i, v := range x {
		if !skip(i) {
			squares += (float64(v) - mean) * (float64(v) - mean)
		}
	}
	// The small term, as in the reference implementations, keeps a batch of equal
	// advantages at 0.
	dev := math.Sqrt(squares/n) + 1e-8
	for i, v := range x {
		if !skip(i) {
			x[i] = float32((float64(v) - mean) / dev)
		}
	}
}

// explainedVariance is 1 - Var(returns - values) / Var(returns): 1 for a perfect
// critic, 0 for one that knows only the mean. It is NaN for constant returns. Steps that
// nothing is learned from do not count.
func explainedVariance(ro *replay.Rollout) float64 {
	var n, sumR, sumR2, sumD, sumD2 float64
	for i, r := range ro.Return {
		if ro.Invalid[i] {
			continue
		}
		d := float64(r - ro.Value[i])
		n++
		sumR += float64(r)
		sumR2 += float64(r) * float64(r)
		sumD += d
		sumD2 += d * d
	}
	variance := sumR2/n - sumR/n*sumR/n
	if !(variance > 1e-12) {
		return math.NaN()
	}
	return 1 - (sumD2/n-sumD/n*sumD/n)/variance
}
