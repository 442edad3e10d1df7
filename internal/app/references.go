package app

import "glint/env/dojo"

// reference is what two known players score in a game.
type reference struct {
	low, high float64
	highName  string
}

// normalised returns where a score lies between the two: 0 at random play, 1 at the
// better player's.
func (r reference) normalised(score float64) float64 { return (score - r.low) / (r.high - r.low) }

// references are the games whose scores are known. Those of Kung-Fu Master are the
// random play measured with sticky actions over full games and the human score of
// Mnih et al., "Human-level control through deep reinforcement learning", 2015,
// extended data table 2.
var references = map[string]reference{
	"dojo":                    {dojo.RandomScore, dojo.SightedScore, "scripted player"},
	"gym:ALE/KungFuMaster-v5": {595, 22_736, "human"},
}
