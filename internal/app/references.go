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

// references are the games whose scores are known. Those of Kung-Fu Master are
// random play in 120 full games with sticky actions (glint eval --policy random
// --env gym:ALE/KungFuMaster-v5 --episodes 120 --seed 77) and the human score of
// Mnih et al., "Human-level control through deep reinforcement learning", 2015,
// extended data table 2.
var references = map[string]reference{
	"dojo":                    {dojo.RandomScore, dojo.SightedScore, "scripted player"},
	"gym:ALE/KungFuMaster-v5": {409, 22_736, "human"},
}
