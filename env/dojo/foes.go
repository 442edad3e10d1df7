package dojo

// act plays one frame of one foe.
func (g *game) act(f *foe) {
	if f.Kind == nobody {
		return
	}
	side := int32(1) // of the player, seen from the foe
	if g.X*sub < f.X {
		side = -1
	}
	far := side * (g.X - pixel(f.X))
	switch f.Mood {
	case falling:
		if f.Timer++; f.Timer > fallFrames {
			*f = foe{}
		}
	case gripping:
		g.grip(f, far)
	case leaving:
		f.step(-side)
		if f.X < offLeft*sub || f.X > offRight*sub {
			*f = foe{}
		}
	case standing:
		g.stand(f, side)
	case placing:
		f.step(side)
		if pixel(f.X) == f.Place {
			f.Mood, f.Timer = standing, int32(120+g.below(240))
		}
	case coming:
		if far <= grabReach {
			f.Mood, f.Timer = gripping, 0
			return
		}
		f.step(side)
	}
}

// step walks; the pose follows the ground it has covered.
func (f *foe) step(dir int32) {
	f.X += dir * int32(f.Speed)
	f.Pose = uint8(f.X / (5 * sub) & 1)
}

// grip drains health as long as the player is there.
func (g *game) grip(f *foe, far int32) {
	if far > grabReach+2 {
		f.Mood = coming
		return
	}
	if f.Timer++; f.Timer%drainEvery == 0 {
		g.Health--
		g.Flickers = 2
	}
}

// stand lets a thrower wait and throw. Its arms move at random, so that nothing
// but the knife itself tells that one is coming, and how high.
func (g *game) stand(f *foe, side int32) {
	if g.once(poseChance) {
		f.Pose ^= 1
	}
	if g.once(g.pace(throwSlow, throwFast)) {
		g.throw(f, side)
	}
	if f.Timer--; f.Timer > 0 {
		return
	}
	f.Mood = coming
	if g.once(2) {
		f.Mood = leaving
	}
}

func (g *game) throw(f *foe, side int32) {
	for i := range g.Knives {
		k := &g.Knives[i]
		if k.Flies == 1 {
			continue
		}
		*k = knife{Flies: 1, High: uint8(g.below(2)), X: f.X + side*handReach*sub - 2*sub, V: side * knifeSpeed}
		return
	}
}

// fly moves the knives and lets them hit.
func (g *game) fly() {
	top, bottom := g.body()
	for i := range g.Knives {
		k := &g.Knives[i]
		if k.Flies == 0 {
			continue
		}
		k.X += k.V
		x, y := pixel(k.X), k.row()
		switch {
		case x < -knifeW || x > int32(Screen.Max.X):
			*k = knife{}
		case x < g.X+halfBody && x+knifeW > g.X-halfBody && y < bottom && y+knifeH > top:
			*k = knife{}
			g.Health -= knifeHurts
			if g.Ducking == 1 || g.Jump > 0 {
				g.Health -= knifeHurts
			}
			g.Flickers = 6
		}
	}
}

// row returns the upper row of a knife.
func (k *knife) row() int32 {
	if k.High == 1 {
		return highRow
	}
	return lowRow
}

// pace returns slow at the start of an episode, fast from frame rampFrames on,
// and what lies between in between.
func (g *game) pace(slow, fast int) int {
	return slow + (fast-slow)*int(min(g.Frames, rampFrames))/rampFrames
}

// spawn lets foes in at both ends.
func (g *game) spawn() {
	if g.once(g.pace(henchSlow, henchFast)) {
		g.enter(foe{Kind: henchman, Speed: uint8(3 + g.below(2))}, 4)
	}
	if g.once(g.pace(throwerSlow, throwerFast)) {
		g.enter(foe{Kind: thrower, Mood: placing, Speed: sub}, 2)
	}
}

// enter puts a foe at a random end unless there are most of its kind already. A
// thrower's place is at the same end.
func (g *game) enter(f foe, most int) {
	x, dir := int32(offLeft), int32(1)
	if g.once(2) {
		x, dir = offRight, -1
	}
	f.X, f.Place = x*sub, x+dir*int32(placeNear+g.below(placeSpread))
	free := -1
	for i := range g.Foes {
		switch g.Foes[i].Kind {
		case nobody:
			free = i
		case f.Kind:
			most--
		}
	}
	if free >= 0 && most > 0 {
		g.Foes[free] = f
	}
}
