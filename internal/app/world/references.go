package world

import (
	"glint/env/dojo"
	"glint/internal/app/config"
)

// Reference is what two known players score in a game.
type Reference struct {
	Low, High float64
	HighName  string
}

// Normalised returns where a score lies between the two: 0 at random play, 1 at the
// better player's.
func (r Reference) Normalised(score float64) float64 { return (score - r.Low) / (r.High - r.Low) }

// ReferenceOf returns what is known of the scores in the game of an environment.
func ReferenceOf(env string) (Reference, bool) {
	r, ok := references[config.GameName(env)]
	return r, ok
}

// references are the games whose scores are known. Those of Atari games are random
// play in 120 full games with sticky actions (glint eval --policy random --env
// gym:ALE/KungFuMaster-v5 --episodes 120 --seed 77, and so on) and the human score of
// Mnih et al., "Human-level control through deep reinforcement learning", 2015,
// extended data table 2. Its random players score 258.5, -20.7 and 1.7 without sticky
// actions.
var references = map[string]Reference{
	"dojo":                    {dojo.RandomScore, dojo.SightedScore, "scripted player"},
	"gym:ALE/KungFuMaster-v5": {409, 22_736, "human"},
	"gym:ALE/Pong-v5":         {-20.3, 9.3, "human"},
	"gym:ALE/Breakout-v5":     {1.5, 31.8, "human"},
}
