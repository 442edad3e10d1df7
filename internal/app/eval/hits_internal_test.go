package eval

import (
	"image"
	"math/rand/v2"
	"testing"

	"glint/env"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/play"
)

// at is a moment with a player of 8x34 pixels at 80, 126, and knives.
func at(health int, knives ...image.Point) instant {
	m := instant{body: image.Rect(80, 126, 88, 160), health: health, lives: 3}
	for _, k := range knives {
		m.knives = append(m.knives, image.Rectangle{Min: k, Max: k.Add(image.Pt(5, 2))})
	}
	return m
}

// approach is a knife in the row y from column 60 to column x, a pixel a frame.
func approach(x, y int) []instant {
	var all []instant
	for c := 60; c <= x; c++ {
		all = append(all, at(39, image.Pt(c, y)))
	}
	return all
}

func quietly(health, frames int) []instant {
	var all []instant
	for range frames {
		all = append(all, at(health))
	}
	return all
}

func TestHits(t *testing.T) {
	join := func(parts ...[]instant) (all []instant) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	dead := at(39)
	dead.lives = 2
	two := at(39, image.Pt(75, 130), image.Pt(110, 130))
	for _, tc := range []struct {
		name         string
		frames       []instant
		ends         bool // the episode is over after them
		knives, hits int
	}{
		{"nothing", quietly(39, 5), false, 0, 0},
		{"a hit", join(approach(75, 130), quietly(32, 20)), false, 1, 1},
		{"health falls 8 frames after", join(approach(75, 130), quietly(39, 7), quietly(32, 9)), false, 1, 1},
		{"health falls 9 frames after", join(approach(75, 130), quietly(39, 8), quietly(32, 9)), false, 1, 0},
		{"health rises", join(approach(75, 130), quietly(40, 9)), false, 1, 0},
		{"health was lower before", join(quietly(20, 3), approach(75, 130), quietly(39, 9)), false, 1, 0},
		{"two pixels short", join(approach(73, 130), quietly(32, 9)), false, 1, 0},
		{"over the head", join(approach(95, 123), quietly(32, 9)), false, 1, 0},
		{"adjoins the head", join(approach(95, 124), quietly(32, 9)), false, 1, 1},
		{"past the player and on", join(approach(120, 130), quietly(32, 9)), false, 1, 0},
		{"a life is lost", join(approach(75, 130), []instant{dead}), false, 1, 1},
		{"the game ends", approach(75, 130), true, 1, 1},
		{"the game ends elsewhere", approach(70, 130), true, 1, 0},
		{"health falls twice", join(approach(75, 130), quietly(32, 2), quietly(31, 2)), false, 1, 1},
		{"two knives, one hits", []instant{two, at(32, image.Pt(111, 130)), at(31, image.Pt(112, 130))}, false, 2, 1},
		{"the next one where the last one hit", join(approach(75, 130), quietly(32, 3), []instant{at(32, image.Pt(75, 130))}, quietly(25, 9)), false, 2, 2},
		{"another height", join(approach(75, 130), []instant{at(39, image.Pt(76, 150))}), false, 2, 0},
		{"too far for one", join(approach(65, 130), []instant{at(39, image.Pt(70, 130))}), false, 2, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var f fight
			var got tally
			for _, m := range tc.frames {
				f.see(m, 1, &got)
			}
			if tc.ends {
				f.fall(&got)
			}
			if got.knives != tc.knives || got.hits != tc.hits {
				t.Errorf("%d knives with %d hits, want %d with %d", got.knives, got.hits, tc.knives, tc.hits)
			}
		})
	}
}

// A step whose last frame alone is seen: the knife is 5 pixels farther in the next.
func TestHitsOfStackedFrames(t *testing.T) {
	var f fight
	var got tally
	for x := 60; x <= 75; x += 5 {
		f.see(at(39, image.Pt(x, 130)), 4, &got)
	}
	f.see(at(32), 4, &got)
	if got.knives != 1 || got.hits != 1 {
		t.Errorf("%d knives with %d hits, want 1 that hit", got.knives, got.hits)
	}
}

// TestHitsAtTheEnd ends episodes right after a touch.
func TestHitsAtTheEnd(t *testing.T) {
	g, err := play.Open(t.Context(), play.Who{Policy: "random"}, "dojo", 3, 1, func(*config.Config) {}, app.IO{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Reset(t.Context(), []uint64{1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Step(t.Context(), make([]int, 3)); err != nil {
		t.Fatal(err)
	}
	tl := newTallies(3)
	h := newHits(g.World, tl)
	h.begun = true
	for i := range h.fights {
		h.fights[i] = fight{frame: 9, flights: []flight{{seen: 9, touched: 9}}}
	}
	b := env.NewBatch(g.Spec())
	b.Terminated[0], b.Truncated[1] = true, true
	if err := h.WriteBatch(g.Spec(), b); err != nil {
		t.Fatal(err)
	}
	if tl.now[0].hits != 1 || tl.now[1].hits != 0 || tl.now[2].hits != 0 {
		t.Errorf("%d, %d and %d hits, want one where the game ended", tl.now[0].hits, tl.now[1].hits, tl.now[2].hits)
	}
	if h.fights[0].frame != 0 || h.fights[1].frame != 0 || h.fights[2].frame != 13 {
		t.Errorf("fights %+v, want those of ended episodes to be over", h.fights)
	}
}

// TestHitsOfTheDojo counts in another way: nothing but a knife takes 5 of health in a
// frame, nothing but a knife or a grip the last of a life.
func TestHitsOfTheDojo(t *testing.T) {
	g, err := play.Open(t.Context(), play.Who{Policy: "random"}, "dojo", 4, 1, func(*config.Config) {}, app.IO{})
	if err != nil {
		t.Fatal(err)
	}
	tl := newTallies(4)
	h := newHits(g.World, tl)
	v := env.Tee(g.World, h, tl)
	if _, err := v.Reset(t.Context(), []uint64{1, 2, 3, 4}); err != nil {
		t.Fatal(err)
	}
	certain, possible, lastHealth, lastLives := 0, 0, [4]int{}, [4]int{}
	actions, r := make([]int, 4), rand.New(rand.NewPCG(1, 1))
	for range 6000 {
		for i := range actions {
			actions[i] = r.IntN(g.Spec().Actions)
		}
		b, err := v.Step(t.Context(), actions)
		if err != nil {
			t.Fatal(err)
		}
		for i := range actions {
			for _, m := range g.Dojo.Played(i) {
				switch {
				case m.Lives < lastLives[i]:
					possible++
				case m.Lives == lastLives[i] && m.Health <= lastHealth[i]-5:
					certain++
				}
				lastHealth[i], lastLives[i] = m.Health, m.Lives
			}
			if b.Ended(i) {
				lastHealth[i], lastLives[i] = 0, 0
				tl.count(i)
			}
		}
	}
	tl.counted = append(tl.counted, tl.now...)
	got := tl.sum()
	t.Logf("%d knives, %d hits; %d certain, %d lives lost", got.knives, got.hits, certain, possible)
	if got.hits < certain || got.hits > certain+possible || certain < 50 || got.knives <= got.hits {
		t.Errorf("%d of %d knives hit, want %d to %d", got.hits, got.knives, certain, certain+possible)
	}
}
