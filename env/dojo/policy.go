package dojo

import (
	"context"
	"fmt"
	"math/rand/v2"
)

// Mean scores over 300 episodes with DefaultOptions; go test -run TestScores -v
// -episodes 300 measures them again.
const (
	RandomScore  = 1_110
	BlindScore   = 6_060
	SightedScore = 14_090
)

// Policy chooses the next action of environment i. It may look at the true
// state, so it measures the game and teaches nothing about pixels.
type Policy func(v *Vec, i int) int

// Sighted is the scripted player that sees the knives.
func Sighted(v *Vec, i int) int { return v.Scripted(i, true) }

// Blind is the scripted player that does all that Sighted does, but for knives,
// which it cannot see.
func Blind(v *Vec, i int) int { return v.Scripted(i, false) }

// Random returns a Policy of uniformly random actions, drawn from seed.
func Random(seed uint64) Policy {
	rng := rand.New(rand.NewPCG(seed, 1))
	return func(*Vec, int) int { return rng.IntN(actionCount) }
}

// Scripted returns the action that the scripted player takes in environment i
// now. One that sees knives ducks under the high ones, jumps over the low ones,
// and otherwise does as the one that does not: it punches who is in reach.
func (v *Vec) Scripted(i int, sees bool) int {
	g := &v.games[i]
	if sees {
		if a := g.dodge(int32(v.opt.Repeat)); a != noop {
			return a
		}
	}
	return g.fight()
}

// dodge returns what the nearest knife asks for, noop for nothing. A step takes
// repeat frames.
func (g *game) dodge(repeat int32) int {
	for i := range g.Knives {
		k := &g.Knives[i]
		if k.Flies == 0 {
			continue
		}
		gap := g.X - halfBody - (pixel(k.X) + knifeW) // columns until it touches
		past := g.X + halfBody - pixel(k.X)           // columns until it has passed
		if k.V < 0 {
			gap, past = pixel(k.X)-(g.X+halfBody), pixel(k.X)+knifeW-(g.X-halfBody)
		}
		eta := gap * sub / knifeSpeed
		switch {
		case past < 0:
		case k.High == 1 && eta <= 2*repeat+g.Busy:
			return duck
		case k.High == 0 && eta <= 2*repeat+g.Busy && eta >= 0:
			return jump
		}
	}
	return noop
}

// fight returns the punch that hits the nearest foe in reach, or noop.
func (g *game) fight() int {
	best, action := int32(punchReach+1), noop
	for i := range g.Foes {
		f := &g.Foes[i]
		if f.Kind == nobody || f.Mood == falling {
			continue
		}
		d := pixel(f.X) - g.X
		switch {
		case d >= 0 && d < best:
			best, action = d, punchRight
		case d < 0 && -d < best:
			best, action = -d, punchLeft
		}
	}
	return action
}

// Score plays one episode in each of o.N environments, seeded with seed, seed+1
// and so on, and returns their scores in order.
func Score(ctx context.Context, o Options, p Policy, seed uint64) ([]float64, error) {
	v, err := Open(o)
	if err != nil {
		return nil, err
	}
	seeds, actions := make([]uint64, o.N), make([]int, o.N)
	for i := range seeds {
		seeds[i] = seed + uint64(i)
	}
	if _, err := v.Reset(ctx, seeds); err != nil {
		return nil, err
	}
	scores, done := make([]float64, o.N), make([]bool, o.N)
	for open := o.N; open > 0; {
		for i := range actions {
			actions[i] = noop
			if !done[i] {
				actions[i] = p(v, i)
			}
		}
		b, err := v.Step(ctx, actions)
		if err != nil {
			return nil, fmt.Errorf("dojo: scoring: %w", err)
		}
		for i := range done {
			if b.Ended(i) && !done[i] {
				scores[i], done[i] = b.Return[i], true
				open--
			}
		}
	}
	return scores, nil
}
