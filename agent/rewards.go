package agent

import (
	"math"

	"glint/env"
)

// finite says whether x is a number that float32 can hold.
func finite(x float64) bool { return math.Abs(x) <= math.MaxFloat32 }

// died says whether environment i lost a life that counts as the end of an episode.
func (t *Trainer) died(b *env.Batch, i int) bool { return t.cfg.LifeLoss && b.LifeLost[i] }

// cut says whether environment i's episode was ended by a limit alone, so that the
// value of its final observation stands for the future.
func (t *Trainer) cut(b *env.Batch, i int) bool {
	return b.Truncated[i] && !b.Terminated[i] && !t.died(b, i)
}

// reward writes what is learned from the rewards of the step whose entries of the
// rollout begin at at.
func (t *Trainer) reward(at int, b *env.Batch) {
	r, to, deviation := t.next.rollout, at+t.spec.N, 1.0
	if t.cfg.RewardNorm {
		deviation = t.norm.see(b.Reward, t.cfg.Gamma, r.Ended[at:to], r.Invalid[at:to])
	}
	for i, x := range b.Reward {
		r.Reward[at+i] = float32(min(max(x/deviation*t.cfg.RewardScale, -t.cfg.RewardClip), t.cfg.RewardClip))
	}
}

// rewardNorm follows the deviation of the discounted return over all environments and
// all of Play.
type rewardNorm struct {
	Running []float64 `json:"running"` // discounted return of each environment's episode so far
	Count   float64   `json:"count"`
	Mean    float64   `json:"mean"`
	Squares float64   `json:"squares"` // sum of squared distances from the mean
}

// priorCount is the weight of the deviation 1 that a rewardNorm begins with, in returns
// seen; that and the small term under the root are VecNormalize's of OpenAI's baselines.
const priorCount = 1e-4

func newRewardNorm(n int) rewardNorm {
	return rewardNorm{Running: make([]float64, n), Count: priorCount, Squares: priorCount}
}

// see takes in the rewards of a step and returns the deviation so far.
func (s *rewardNorm) see(rewards []float64, gamma float64, ended, invalid []bool) float64 {
	for i, x := range rewards {
		if !invalid[i] {
			s.Running[i] = gamma*s.Running[i] + x
			off := s.Running[i] - s.Mean
			s.Count++
			s.Mean += off / s.Count
			s.Squares += off * (s.Running[i] - s.Mean)
		}
		if ended[i] {
			s.Running[i] = 0
		}
	}
	return math.Sqrt(s.Squares/s.Count + 1e-8)
}
