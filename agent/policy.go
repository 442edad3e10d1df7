package agent

import (
	"context"
	"math/rand/v2"

	"glint/env"
)

// Policy chooses actions.
type Policy interface {
	// Act writes an action for each environment, given their last Batch.
	Act(b *env.Batch, actions []int) error
}

// Random is the policy that draws actions uniformly and keeps each for up to Hold
// steps.
type Random struct {
	Actions, Hold int
	Rand          *rand.Rand

	held []int
}

// Act keeps the actions it finds until their time is over.
func (p *Random) Act(_ *env.Batch, actions []int) error {
	if p.held == nil {
		p.held = make([]int, len(actions))
	}
	hold(actions, p.held, p.Actions, p.Hold, p.Rand)
	return nil
}

// hold draws an action of n where the last one's time is over, to be kept for 1 to
// longest steps so that play gets around, and counts down the steps left.
func hold(actions, left []int, n, longest int, r *rand.Rand) {
	for i := range actions {
		if left[i] == 0 {
			actions[i] = r.IntN(n)
			left[i] = 1 + r.IntN(longest)
		}
		left[i]--
	}
}

// NetPolicy is the policy of a network, sampled or greedy.
type NetPolicy struct {
	player *Player
	greedy bool
	rand   *rand.Rand
	logp   []float32
}

// NewPolicy returns the network's policy for n environments of planes.
func (n *Net) NewPolicy(envs int, greedy bool, r *rand.Rand) (*NetPolicy, error) {
	p, err := n.NewPlayer(envs)
	if err != nil {
		return nil, err
	}
	return &NetPolicy{player: p, greedy: greedy, rand: r, logp: make([]float32, envs)}, nil
}

// Act asks the network.
func (p *NetPolicy) Act(b *env.Batch, actions []int) error {
	logits, _, err := p.player.Think(b.Obs)
	if err != nil {
		return err
	}
	if p.greedy {
		p.player.Greedy(logits, actions)
	} else {
		p.player.Sample(logits, p.rand, actions, p.logp)
	}
	return nil
}

// Episode is one game played to its end.
type Episode struct {
	Score     float64   `json:"score"` // un-clipped
	Steps     env.Steps `json:"steps"`
	Truncated bool      `json:"truncated"`
	Env       int       `json:"env"` // the environment that played it
}

// Evaluate plays full episodes and calls ended after each. Every environment plays
// its share of the episodes, so that short ones are not favoured; the episodes are
// the same for the same seeds, whatever the speed.
func Evaluate(ctx context.Context, v env.Vec, p Policy, episodes int, seeds []uint64, ended func(Episode)) error {
	s := v.Spec()
	b, err := v.Reset(ctx, seeds)
	if err != nil {
		return err
	}
	quota := make([]int, s.N)
	for i := range quota {
		quota[i] = (episodes + s.N - 1 - i) / s.N
	}
	actions := make([]int, s.N)
	steps := make([]env.Steps, s.N)
	for left, step := episodes, int64(1); left > 0; step++ {
		if err := p.Act(b, actions); err != nil {
			return err
		}
		if b, err = v.Step(ctx, actions); err == nil {
			err = b.CheckRewards(s, step)
		}
		if err != nil {
			return err
		}
		for i := range s.N {
			steps[i]++
			if !b.Ended(i) {
				continue
			}
			if quota[i] > 0 && !b.Invalid[i] {
				quota[i]--
				left--
				ended(Episode{Score: b.Return[i], Steps: steps[i], Truncated: b.Truncated[i], Env: i})
			}
			steps[i] = 0
		}
	}
	return nil
}
