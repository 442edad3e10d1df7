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
	ground   = 152
	tall     = 34  // a standing fighter
	crouched = 20  // a ducking one
	halfBody = 4   // half the width that a knife hits
	homeLeft = 68  // the player walks between these columns;
	homeEnd  = 100 // beyond, the world scrolls
	offLeft  = 4   // where foes come in
	offRight = 164
	highRow  = 122 // a knife that must be ducked under
	lowRow   = 146 // one that must be jumped over
	knifeW   = 5
	knifeH   = 2
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
	drainEvery = 5 // a grip costs one health in so many frames
	knifeHurts = 5
	knifeSpeed = 5
	downFrames = 40
	fallFrames = 14
	henchScore = 100
	throwScore = 500
	poseChance = 9 // a standing thrower moves an arm once in so many frames
	rampFrames = 3000
)

// How rare things are: once in so many frames on average, at the start of an
// episode and from frame rampFrames on.
const (
	henchSlow, henchFast     = 30, 16
	throwerSlow, throwerFast = 200, 60
	throwSlow, throwFast     = 150, 20
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
	coming mood = iota // henchmen: to grip; throwers: to their place
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
	Place int32 // a thrower's distance from the player, in pixels
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
	Scroll   int32 // columns the world has moved
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

// start begins an episode, with the noops frames of no action that the caller
// plays next.
func (g *game) start() {
	episode := g.Episode
	g.state = state{X: 84, Facing: 1, Health: fullHealth, Lives: fullLives, Episode: episode}
}

// below returns a random number in 0..n-1.
func (g *game) below(n int) int { return int((g.src.Uint64() >> 32) * uint64(n) >> 32) }

// once is true once in n calls on average.
func (g *game) once(n int) bool { return g.below(n) == 0 }

// frame plays one frame and returns the points made in it.
func (g *game) frame(action int) int {
	g.Frames++
	if g.Flickers > 0 {
		g.Flickers--
	}
	before := g.Score
	if g.Down > 0 {
		g.Down--
		return 0
	}
	g.control(action)
	for i := range g.Foes {
		g.act(&g.Foes[i])
	}
	g.fly()
	g.spawn()
	if g.Health <= 0 {
		g.fall()
	}
	return int(g.Score - before)
}

// fall takes a life: everybody else leaves the stage.
func (g *game) fall() {
	g.Lives--
	g.Down, g.Health = downFrames, fullHealth
	g.Jump, g.Busy, g.Ducking, g.Walking = 0, 0, 0, 0
	g.Foes = [6]foe{}
	g.Knives = [2]knife{}
}

// control moves the player.
func (g *game) control(action int) {
	g.Ducking, g.Walking = 0, 0
	if g.Jump > 0 {
		if g.Jump++; g.Jump > jumpFrames {
			g.Jump = 0
		}
		return
	}
	if g.Busy > 0 {
		g.Busy--
		return
	}
	g.Attack = noop
	switch action {
	case left:
		g.walk(-1)
	case right:
		g.walk(1)
	case jump:
		if !g.held() {
			g.Jump = 1
		}
	case duck:
		g.Ducking = 1
	case punchLeft:
		g.strike(action, -1, punchReach, punchBusy)
	case punchRight:
		g.strike(action, 1, punchReach, punchBusy)
	case kick:
		g.strike(action, g.Facing, kickReach, kickBusy)
	}
}

func (g *game) held() bool {
	for i := range g.Foes {
		if g.Foes[i].Kind != nobody && g.Foes[i].Mood == gripping {
			return true
		}
	}
	return false
}

// walk moves the player one column, or at the end of its range everything else
// the other way.
func (g *game) walk(dir int32) {
	g.Facing = dir
	if g.held() {
		return
	}
	g.Walking = 1
	if x := g.X + dir; x >= homeLeft && x <= homeEnd {
		g.X = x
		return
	}
	g.Scroll += dir
	for i := range g.Foes {
		g.Foes[i].X -= dir * sub
	}
	for i := range g.Knives {
		g.Knives[i].X -= dir * sub
	}
}

// strike hits the nearest foe in reach on one side.
func (g *game) strike(action int, dir, reach, busy int32) {
	g.Facing, g.Attack = dir, uint8(action)
	var hit *foe
	for i := range g.Foes {
		f := &g.Foes[i]
		if f.Kind == nobody || f.Mood == falling {
			continue
		}
		d := dir * (pixel(f.X) - g.X)
		if d < 0 || d > reach || (hit != nil && d >= dir*(pixel(hit.X)-g.X)) {
			continue
		}
		hit = f
	}
	g.Busy = missBusy
	if hit == nil {
		return
	}
	g.Busy = busy
	g.Score += henchScore
	if hit.Kind == thrower {
		g.Score += throwScore - henchScore
	}
	hit.Mood, hit.Timer = falling, 0
}

// height returns how far the player's feet are above the ground, in pixels.
func (g *game) height() int32 {
	return 4 * jumpHeight * g.Jump * (jumpFrames - g.Jump) / (jumpFrames * jumpFrames)
}

// body returns the rows that the player covers, the second exclusive.
func (g *game) body() (top, bottom int32) {
	bottom = ground - g.height()
	if g.Ducking == 1 {
		return bottom - crouched, bottom
	}
	return bottom - tall, bottom
}
