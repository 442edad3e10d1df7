package dojo

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

// walk moves the player one column, within its part of the corridor.
func (g *game) walk(dir int32) {
	g.Facing = dir
	if g.held() {
		return
	}
	g.Walking = 1
	g.X = min(max(g.X+dir, homeLeft), homeRight)
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
