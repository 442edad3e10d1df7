package envtest

import (
	"math/rand/v2"

	"glint/env"
)

// Random returns a stream of uniformly random actions, s.N at a call. Equal seeds
// give equal streams. Every call overwrites the slice that the last one returned.
func Random(s env.Spec, seed uint64) func() []int {
	rng := rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))
	actions := make([]int, s.N)
	return func() []int {
		for i := range actions {
			actions[i] = rng.IntN(s.Actions)
		}
		return actions
	}
}
