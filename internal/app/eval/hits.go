package eval

import (
	"image"
	"slices"

	"glint/env"
	"glint/internal/app/world"
)

// instant is what a game's memory tells of one frame.
type instant struct {
	body          image.Rectangle // of the player
	health, lives int
	knives        []image.Rectangle
}

// instantsOf returns the frames of the step that environment i played last, nil for a
// game that does not tell who hurts whom. They are good until the next call.
func instantsOf(dst []instant, w *world.World, i int) []instant {
	dst = dst[:0]
	if w.Dojo != nil {
		for _, m := range w.Dojo.Played(i) {
			dst = append(dst, instant{m.Body, m.Health, m.Lives, m.Knives})
		}
		return dst
	}
	spec, raw := w.Raw()
	if w.Preset.State == nil || w.Preset.Truth == nil || spec.AuxLen == 0 {
		return nil
	}
	from, aux := 0, raw.AuxOf(i)
	if raw.Ended(i) {
		aux = raw.FinalAuxOf(i)
	}
	if spec.Stacked {
		from = spec.T - 1 // the other frames are of steps before
	}
	for t := from; t < spec.T; t++ {
		bytes := aux[t*spec.AuxLen : (t+1)*spec.AuxLen]
		s := w.Preset.State(bytes)
		if s.Body.Empty() {
			return nil
		}
		m := instant{body: s.Body, health: s.Health, lives: s.Lives}
		for _, b := range w.Preset.Truth(nil, bytes, t) {
			m.knives = append(m.knives, b.Rect)
		}
		dst = append(dst, m)
	}
	return dst
}

// How hits are told, in frames and pixels.
const (
	hitWithin  = 8 // a hit lowers health so soon after the touch
	touchReach = 1 // boxes touch that overlap or adjoin
	// A knife moves no further in a frame; those of Kung-Fu Master and of the dojo fly
	// 1.25 pixels, and the former are drawn a pixel aside in a part of the screen.
	flightX, flightY = 3, 2
)

// flight is one knife in the air, followed from frame to frame.
type flight struct {
	box     image.Rectangle
	seen    int // the last frame that showed it
	touched int // the last frame in which it touched the player, 0 for none
	hit     bool
}

// fight is what an environment's episode has shown so far.
type fight struct {
	frame         int // from 1 on
	health, lives int
	flights       []flight
}

// hits counts the knives that fly and those that hit the player.
type hits struct {
	world    *world.World
	tallies  *tallies
	fights   []fight
	begun    bool // steps are played
	known    bool // the game tells
	instants []instant
}

func newHits(w *world.World, t *tallies) *hits {
	return &hits{world: w, tallies: t, fights: make([]fight, w.Spec().N)}
}

// WriteBatch looks at a step of every environment; the first batch is of none.
func (h *hits) WriteBatch(_ env.Spec, b *env.Batch) error {
	if !h.begun {
		h.begun = true
		return nil
	}
	spec, _ := h.world.Raw()
	frames := 1 // between two instants
	if spec.Stacked {
		frames = spec.Repeat
	}
	for i := range h.fights {
		f, t := &h.fights[i], h.tallies.now[i]
		h.instants = instantsOf(h.instants, h.world, i)
		h.known = h.known || len(h.instants) > 0
		for _, m := range h.instants {
			f.see(m, frames, t)
		}
		if b.Terminated[i] {
			f.fall(t)
		}
		if b.Ended(i) {
			*f = fight{}
		}
	}
	return nil
}

// see takes in the next instant, some frames after the last one.
func (f *fight) see(m instant, frames int, t *tally) {
	fell := f.frame > 0 && (m.health < f.health || m.lives < f.lives)
	f.frame += frames
	f.health, f.lives = m.health, m.lives
	for _, box := range m.knives {
		k := f.find(box, frames)
		if k < 0 {
			k = len(f.flights)
			f.flights = append(f.flights, flight{})
			t.knives++
		}
		at := &f.flights[k]
		at.box, at.seen = box, f.frame
		if box.Overlaps(m.body.Inset(-touchReach)) {
			at.touched = f.frame
		}
	}
	if fell {
		f.fall(t)
	}
	f.flights = slices.DeleteFunc(f.flights, func(k flight) bool { return f.frame > max(k.seen, k.touched)+hitWithin })
}

// find returns the flight that was nearest to a box in the instant before, -1 for none
// that can have got there.
func (f *fight) find(box image.Rectangle, frames int) int {
	best, nearest := -1, flightX*frames+1
	for k, at := range f.flights {
		d := box.Min.Sub(at.box.Min)
		if far := max(d.X, -d.X); at.seen == f.frame-frames && far < nearest && max(d.Y, -d.Y) <= flightY {
			best, nearest = k, far
		}
	}
	return best
}

// fall tells that the player's health fell.
func (f *fight) fall(t *tally) {
	for k := range f.flights {
		at := &f.flights[k]
		if !at.hit && at.touched > 0 && f.frame <= at.touched+hitWithin {
			at.hit = true
			t.hits++
		}
	}
}
