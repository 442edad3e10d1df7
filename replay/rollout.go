package replay

// Rollout holds what N environments lived through in T steps, step-major: entry
// t*N+i is environment i at step t.
//
// Names follow time: at step t the agent sees Obs s_t, takes Action a_t with log
// probability Logp and value estimate Value, and gets Reward r_t+1. Ended says that
// the episode ended in that step, or what learning takes for one; Next is then the
// value of what followed: 0 after a termination, the value of the final observation
// after a truncation.
type Rollout struct {
	N, T   int
	ObsLen int

	Obs     []byte    // [T*N,ObsLen]
	Action  []int     // [T*N]
	Logp    []float32 // [T*N]
	Value   []float32 // [T*N]
	Reward  []float32 // [T*N] as learned from, scaled and clipped
	Ended   []bool    // [T*N]
	Next    []float32 // [T*N] defined where Ended
	Invalid []bool    // [T*N] no experience: the environment crashed
	Last    []float32 // [N] value of the observation after the last step

	Advantage []float32 // [T*N] filled in by the learner
	Return    []float32 // [T*N] likewise
}

// NewRollout returns a zeroed Rollout of n environments and t steps.
func NewRollout(n, t, obsLen int) *Rollout {
	size := n * t
	return &Rollout{
		N: n, T: t, ObsLen: obsLen,
		Obs: make([]byte, size*obsLen), Action: make([]int, size),
		Logp: make([]float32, size), Value: make([]float32, size), Reward: make([]float32, size),
		Ended: make([]bool, size), Next: make([]float32, size), Invalid: make([]bool, size),
		Last:      make([]float32, n),
		Advantage: make([]float32, size), Return: make([]float32, size),
	}
}

// ObsAt returns the observation of entry k, [ObsLen].
func (r *Rollout) ObsAt(k int) []byte { return r.Obs[k*r.ObsLen : (k+1)*r.ObsLen] }
