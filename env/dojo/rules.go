package dojo

import "math/rand/v2"

// The actions, by number.
const (
	noop = iota
	left
	right
	jump
	duck
	punchLeft
	punchRight
	kick
	actionCount
)

// Where things are on the screen, in pixels. Rows are counted from the top and a
// fighter's feet stand on the row above ground.
const (
	ground      = 152
	tall        = 34  // a standing fighter
	crouched    = 20  // a ducking one
	halfBody    = 4   // half the width that a knife hits
	homeLeft    = 68  // the player walks between these columns,
	homeRight   = 100 // out of reach of where throwers stand
	offLeft     = 4   // where foes come in
	offRight    = 164
	placeNear   = 18  // throwers stand so far from where they came in, and up to
	placeSpread = 12  // so much farther
	highRow     = 122 // a knife that must be ducked under
	lowRow      = 146 // one that must be jumped over
	knifeW      = 5
	knifeH      = 2
)

// sub is the fineness of foes' and knives' columns: units a pixel.
const sub = 4

// pixel returns the column that sub-pixel x lies in, left of the screen too.
func pixel(x int32) int32 { return x >> 2 }

// Durations are in frames, lengths in pixels, speeds in sub-pixels a frame.
const (
	fullHealth = 16
	fullLives  = 4
	jumpFrames = 28
	jumpHeight = 18
	punchBusy  = 6 // until the next move after a hit
	kickBusy   = 9
	missBusy   = 14
	punchReach = 19
	kickReach  = 25
	grabReach  = 9
	handReach  = 10 // a knife appears so far before its thrower
	drainEvery = 6  // a grip costs one health in so many frames
	knifeHurts = 5
	knifeSpeed = 5
	downFrames = 40
	fallFrames = 11
	henchScore = 100
	throwScore = 500
	poseChance = 9 // a standing thrower moves an arm once in so many frames
	rampFrames = 3500
)

// How rare things are: once in so many frames on average, at the start of an
// episode and from frame rampFrames on.
const (
	henchSlow, henchFast     = 46, 14
	throwerSlow, throwerFast = 220, 60
	throwSlow, throwFast     = 150, 18
)

// kind is what a foe is.
type kind = uint8

const (
	nobody kind = iota
	henchman
	thrower
)

// mood is what a foe is doing.
type mood = uint8

const (
	coming  mood = iota // to the player, to grip
	placing             // to the column where a thrower stands
	gripping
	standing
	leaving
	falling
)

// foe is one henchman or thrower.
type foe struct {
	Kind  kind
	Mood  mood
	Pose  uint8
	Speed uint8 // sub-pixels a frame
	X     int32 // column of its middle in sub-pixels
	Place int32 // column where a thrower stands
	Timer int32 // frames left of a mood, or spent in it
}

// knife is one knife in the air.
type knife struct {
	Flies uint8 // 0 or 1
	High  uint8
	X     int32 // left column in sub-pixels
	V     int32 // sub-pixels a frame
}

// state is everything of one environment but its random source. Its fields have
// fixed sizes and are exported for encoding/binary.
type state struct {
	X        int32 // column of the player's middle
	Facing   int32 // -1 or 1
	Jump     int32 // frames in the air, 0 on the ground
	Busy     int32 // frames until the next move
	Down     int32 // frames left on the floor after a lost life
	Health   int32
	Lives    int32
	Score    int32
	Attack   uint8 // action of the running attack, noop for none
	Ducking  uint8
	Walking  uint8
	Last     uint8 // action of the last frame, for sticky actions
	Foes     [6]foe
	Knives   [2]knife
	Frames   int64 // of this episode
	Episode  uint64
	Return   float64
	AtEnd    uint8 // the last step ended an episode
	Flickers uint8 // frames for which the player shows that it was hit
}

type game struct {
	state
	src rand.PCG
}
