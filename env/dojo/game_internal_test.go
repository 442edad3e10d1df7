package dojo

import "testing"

// calm returns a game in which nobody ever comes by himself within a few frames.
func calm(foes ...foe) *game {
	g := &game{}
	g.src.Seed(1, 1)
	g.start()
	copy(g.Foes[:], foes)
	return g
}

// alone plays frames of one action without letting new foes in.
func (g *game) alone(action, frames int) {
	for range frames {
		g.control(action)
		for i := range g.Foes {
			g.act(&g.Foes[i])
		}
		g.fly()
	}
}

func TestKnifeMustBeDodgedTheRightWay(t *testing.T) {
	const far = 70 * sub / knifeSpeed // frames until a knife has passed
	for _, c := range []struct {
		name   string
		high   uint8
		action int
		after  int // frames of no-op before the action
		costs  int32
	}{
		{"high, standing", 1, noop, 0, knifeHurts},
		{"low, standing", 0, noop, 0, knifeHurts},
		{"high, ducking", 1, duck, 0, 0},
		{"low, ducking", 0, duck, 0, 2 * knifeHurts},
		{"low, jumping in time", 0, jump, 28, 0},
		{"low, jumping too early", 0, jump, 0, knifeHurts},
		{"high, jumping", 1, jump, 28, 2 * knifeHurts},
	} {
		for _, dir := range []int32{-1, 1} {
			g := calm()
			mid := g.X - dir*48
			g.Knives[0] = knife{Flies: 1, High: c.high, X: mid*sub - 2*sub, V: dir * knifeSpeed}
			g.alone(noop, c.after)
			g.alone(c.action, 1)
			rest := noop
			if c.action == duck {
				rest = duck
			}
			g.alone(rest, far)
			if lost := fullHealth - g.Health; lost != c.costs {
				t.Errorf("%s, direction %d: costs %d health, want %d", c.name, dir, lost, c.costs)
			}
		}
	}
}

func TestStrikes(t *testing.T) {
	for _, c := range []struct {
		name   string
		kind   kind
		offset int32
		action int
		points int32
	}{
		{"henchman on the right", henchman, 12, punchRight, henchScore},
		{"thrower on the left", thrower, -12, punchLeft, throwScore},
		{"wrong side", henchman, 12, punchLeft, 0},
		{"too far to punch", henchman, 22, punchRight, 0},
		{"near enough to kick", henchman, 22, kick, henchScore},
		{"kick looks right at the start", henchman, -22, kick, 0},
	} {
		g := calm(foe{Kind: c.kind, Speed: 3, X: (84 + c.offset) * sub})
		g.alone(c.action, 1)
		if g.Score != c.points {
			t.Errorf("%s: %d points, want %d", c.name, g.Score, c.points)
		}
		if miss := g.Busy == missBusy; miss != (c.points == 0) {
			t.Errorf("%s: busy for %d frames", c.name, g.Busy)
		}
	}
}

func TestGripHoldsAndDrains(t *testing.T) {
	g := calm(foe{Kind: henchman, Speed: 4, X: (84 + grabReach) * sub})
	g.alone(noop, 1)
	x := g.X
	g.alone(left, 3*drainEvery)
	g.alone(jump, 1)
	if g.X != x || g.Jump != 0 {
		t.Errorf("a gripped player moved from %d to %d, jump frame %d", x, g.X, g.Jump)
	}
	if lost := fullHealth - g.Health; lost != 3 {
		t.Errorf("%d frames of a grip cost %d health, want 3", 3*drainEvery, lost)
	}
	g.alone(punchRight, 1)
	g.alone(jump, punchBusy+1)
	if g.Jump == 0 {
		t.Error("the player cannot jump after punching its way out of a grip")
	}
}

func TestLostLifeClearsTheStage(t *testing.T) {
	g := calm(foe{Kind: henchman, Mood: gripping, Speed: 4, X: 84 * sub})
	g.Health = 1
	for range drainEvery {
		g.frame(noop)
	}
	if g.Lives != fullLives-1 || g.Health != fullHealth || g.Down != downFrames || g.Foes[0].Kind != nobody {
		t.Errorf("after losing all health: %+v", g.state)
	}
}

// TestArmsDoNotTell compares how often a thrower's arm is up in the frame before
// it throws with how often it is up at all.
func TestArmsDoNotTell(t *testing.T) {
	g := calm()
	var up, frames, upThrows, throws float64
	for range 300000 {
		f := foe{Kind: thrower, Mood: standing, Speed: sub, X: 30 * sub, Timer: 1 << 20, Pose: g.Foes[0].Pose}
		g.Foes[0] = f
		g.Knives = [2]knife{}
		g.act(&g.Foes[0])
		up, frames = up+float64(f.Pose), frames+1
		if g.Knives[0].Flies == 1 {
			upThrows, throws = upThrows+float64(f.Pose), throws+1
		}
	}
	if a, b := up/frames, upThrows/throws; throws < 1000 || a-b > 0.05 || b-a > 0.05 {
		t.Errorf("the arm is up in %.2f of the frames and before %.2f of the %g throws", a, b, throws)
	}
}

func TestPlacesAreOutOfReach(t *testing.T) {
	if near := homeLeft - (offLeft + placeNear + placeSpread); near <= kickReach {
		t.Errorf("a thrower stands %d columns from the left end of the player's range", near)
	}
	if near := offRight - placeNear - placeSpread - homeRight; near <= kickReach {
		t.Errorf("a thrower stands %d columns from the right end of the player's range", near)
	}
}
