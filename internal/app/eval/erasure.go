package eval

import (
	"image"
	"math"
	"math/rand/v2"
	"slices"

	"glint/agent"
	"glint/env"
	"glint/env/pixels"
	"glint/internal/app"
	"glint/internal/app/play"
)

// erasure is a policy that, before it acts, asks its network what it would do if the
// small objects were not there.
type erasure struct {
	agent.Policy
	truther env.Truther
	spec    env.Spec
	content image.Rectangle
	tallies *tallies
	rand    *rand.Rand
	player  *agent.Player
	// obs is [3,erasedAtOnce,T,H,W]: as they are, without the objects, and without as
	// much of something else.
	obs     []byte
	waiting []erased
	boxes   []env.Box
}

// erased is one waiting observation.
type erased struct {
	tally   *tally
	control bool // there was something else to erase
}

const (
	// erasedAtOnce is the number of observations that the network is asked about
	// together.
	erasedAtOnce = 8
	// askOneIn is the steps of which the network is asked about one, drawn at random,
	// so that asking takes a small part of the time where objects are always in sight.
	askOneIn = 8
)

// newErasure returns nil, and why, where there is nothing that could be erased.
func newErasure(g *play.Game, t *tallies, seed uint64) (*erasure, string, error) {
	truther, known := env.As[env.Truther](g.Vec)
	switch {
	case g.Net == nil:
		return nil, "no network plays", nil
	case !known:
		return nil, "the environment does not tell where small objects are", nil
	case g.Config.Pixels.Projection != pixels.Foreground || !g.Scene().Native():
		return nil, "only the foreground plane, in the game's own pixels, has a background to erase with", nil
	}
	player, err := g.Net.NewPlayer(3 * erasedAtOnce)
	if err != nil {
		return nil, "", err
	}
	return &erasure{
		Policy: g.Policy, truther: truther, spec: g.Spec(), content: g.Scene().Content, tallies: t, player: player,
		rand: rand.New(rand.NewPCG(seed, 7)), obs: make([]byte, 3*erasedAtOnce*g.Spec().ObsLen()),
	}, "", nil
}

// Act looks at some environments whose last frame shows a small object, then acts.
func (e *erasure) Act(b *env.Batch, actions []int) error {
	for i := range actions {
		e.boxes = e.truther.Truth(e.boxes[:0], i)
		shown := slices.ContainsFunc(e.boxes, func(b env.Box) bool { return b.Frame == e.spec.T-1 })
		if shown && e.rand.IntN(askOneIn) == 0 {
			if err := e.add(b.ObsOf(i), e.tallies.now[i]); err != nil {
				return err
			}
		}
	}
	return e.Policy.Act(b, actions)
}

// add keeps an observation until there are enough.
func (e *erasure) add(obs []byte, t *tally) error {
	size, at := len(obs), len(e.waiting)
	row := func(k int) []byte {
		dst := e.obs[(k*erasedAtOnce+at)*size:][:size]
		copy(dst, obs)
		return dst
	}
	row(0)
	e.erase(row(1), image.Point{})
	move, ok := e.elsewhere(obs)
	e.erase(row(2), move)
	e.waiting = append(e.waiting, erased{t, ok})
	if len(e.waiting) < erasedAtOnce {
		return nil
	}
	return e.flush()
}

// erase fills the boxes, moved, with background.
func (e *erasure) erase(obs []byte, move image.Point) {
	s := e.spec
	for _, b := range e.boxes {
		r := b.Rect.Add(move).Intersect(e.content)
		for y := r.Min.Y; y < r.Max.Y; y++ {
			clear(obs[(b.Frame*s.H+y)*s.W+r.Min.X:][:r.Dx()])
		}
	}
}

// elsewhere draws how far the boxes are moved to lie on other things: on no box of the
// truth, and in the last frame on at least as much foreground as the truth covers.
// There may be none.
func (e *erasure) elsewhere(obs []byte) (move image.Point, ok bool) {
	covered := e.foreground(obs, image.Point{})
	for range elsewhereTries {
		move = image.Pt(e.rand.IntN(2*e.spec.W)-e.spec.W, e.rand.IntN(2*e.spec.H)-e.spec.H)
		if e.clear(move) && e.foreground(obs, move) >= covered {
			return move, true
		}
	}
	return image.Point{}, false
}

// elsewhereTries bounds the search where hardly anything else is in sight.
const elsewhereTries = 2000

// clear says whether the moved boxes lie on the picture and beside all true ones.
func (e *erasure) clear(move image.Point) bool {
	for _, b := range e.boxes {
		r := b.Rect.Add(move)
		if !r.In(e.content) {
			return false
		}
		for _, o := range e.boxes {
			if o.Frame == b.Frame && r.Inset(-1).Overlaps(o.Rect) {
				return false
			}
		}
	}
	return true
}

// foreground counts the pixels of the moved boxes that are no background in the last
// frame.
func (e *erasure) foreground(obs []byte, move image.Point) int {
	s, n := e.spec, 0
	for _, b := range e.boxes {
		if b.Frame != s.T-1 {
			continue
		}
		r := b.Rect.Add(move).Intersect(e.content)
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for _, v := range obs[(b.Frame*s.H+y)*s.W+r.Min.X:][:r.Dx()] {
				if v > 0 {
					n++
				}
			}
		}
	}
	return n
}

// flush asks the network about what waits.
func (e *erasure) flush() error {
	logits, _, err := e.player.Think(e.obs)
	if err != nil {
		return err
	}
	actions := len(logits) / (3 * erasedAtOnce)
	policy := func(k, at int) []float64 { return app.Softmax(logits[(k*erasedAtOnce+at)*actions:][:actions]) }
	for at, w := range e.waiting {
		seen := policy(0, at)
		w.tally.erased.note(seen, policy(1, at))
		if w.control {
			w.tally.control.note(seen, policy(2, at))
		}
	}
	e.waiting = e.waiting[:0]
	return nil
}

// note adds one step's two distributions over the actions.
func (s *shift) note(p, q []float64) {
	s.steps++
	best, other := 0, 0
	for a := range p {
		s.distance += math.Abs(p[a]-q[a]) / 2
		if p[a] > p[best] {
			best = a
		}
		if q[a] > q[other] {
			other = a
		}
	}
	if best != other {
		s.greedy++
	}
}
