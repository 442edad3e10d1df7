package eval

import (
	"slices"

	"glint/env"
	"glint/internal/app"
)

// tally is what one episode tells about small objects.
type tally struct {
	knives, hits int // flights, and those that hit the player
	erased       shift
	control      shift
}

// shift sums up how far the policy moves in steps in which a part of what it sees is
// taken away.
type shift struct {
	steps    int
	distance float64 // sum of total variation distances
	greedy   int     // steps in which another action is the most probable
}

func (s *shift) add(o shift) {
	s.steps += o.steps
	s.distance += o.distance
	s.greedy += o.greedy
}

// means returns the mean distance and the share of steps with another greedy action,
// nil where there were no steps.
func (s shift) means() (distance, greedy *float64) {
	n := float64(s.steps)
	return app.Finite(s.distance / n), app.Finite(float64(s.greedy) / n)
}

// tallies keep one tally for each environment's episode, for the episodes of an
// evaluation are not all that is played.
type tallies struct {
	now, last []*tally // of the running episode, of the last that ended
	counted   []*tally
}

func newTallies(n int) *tallies {
	t := &tallies{now: make([]*tally, n), last: make([]*tally, n)}
	for i := range t.now {
		t.now[i] = new(tally)
	}
	return t
}

// WriteBatch begins a tally for each episode.
func (t *tallies) WriteBatch(_ env.Spec, b *env.Batch) error {
	for i := range t.now {
		if b.Ended(i) {
			t.now[i], t.last[i] = new(tally), t.now[i]
		}
	}
	return nil
}

// count makes the last episode of environment i one of the evaluation.
func (t *tallies) count(i int) { t.counted = append(t.counted, t.last[i]) }

// sum adds up the episodes of the evaluation.
func (t *tallies) sum() tally {
	var all tally
	for c := range slices.Values(t.counted) {
		all.knives += c.knives
		all.hits += c.hits
		all.erased.add(c.erased)
		all.control.add(c.control)
	}
	return all
}
