package dojo

import "testing"

// TestNoTrickReplacesSight lets blind players do something while nobody is in
// reach, instead of waiting: none may make up for not seeing the knives.
func TestNoTrickReplacesSight(t *testing.T) {
	o := DefaultOptions()
	o.N = 30
	mean := func(p Policy) (m float64) {
		scores, err := Score(t.Context(), o, p, 500)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range scores {
			m += s / float64(len(scores))
		}
		return m
	}
	blind := mean(Blind)
	for name, trick := range map[string]func(g *game) int{
		"crouch":         func(*game) int { return duck },
		"go left":        func(*game) int { return left },
		"go right":       func(*game) int { return right },
		"walk about":     func(g *game) int { return left + int(g.Frames/40%2) },
		"jump":           func(*game) int { return jump },
		"kick":           func(*game) int { return kick },
		"go to throwers": (*game).meet,
	} {
		got := mean(func(v *Vec, i int) int {
			if a := Blind(v, i); a != noop {
				return a
			}
			return trick(&v.games[i])
		})
		t.Logf("%s: %.0f of %.0f", name, got, blind)
		if got > 1.25*blind {
			t.Errorf("a blind player that does %q when idle scores %.0f, one that waits %.0f", name, got, blind)
		}
	}
}

// meet walks to the nearest thrower that stands.
func (g *game) meet() int {
	best, action := int32(1000), noop
	for i := range g.Foes {
		f := &g.Foes[i]
		if f.Kind != thrower || f.Mood != standing {
			continue
		}
		if d := pixel(f.X) - g.X; d > 0 && d < best {
			best, action = d, right
		} else if d <= 0 && -d < best {
			best, action = -d, left
		}
	}
	return action
}
