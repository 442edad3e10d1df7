package agent

import (
	"math/rand/v2"
	"strings"

	"glint/env"
)

// Varied is the policy that plays at random in changing styles, so that a recording
// shows more of a game than one way of playing: after a stretch of 50 to 250 steps
// each environment draws one of four styles anew.
//
//	short   uniform actions, each held for 1 to 5 steps
//	long    uniform actions, each held for 4 to 15 steps
//	fire    3 of 4 actions are ones that strike
//	move    3 of 4 actions are ones that only walk or jump
//
// The last two hold for 1 to 5 steps and go by the names of the actions. Where a
// game names none, or none of the kind, they prefer two actions drawn for the
// stretch.
type Varied struct {
	rand         *rand.Rand
	actions      int
	fires, moves []int   // the actions whose names say so
	stretch      []int   // steps left of each environment's style
	style        []style // of each environment
	held         []int   // steps left of each environment's action
}

// The lengths of a stretch, in steps.
const (
	shortStretch = 50
	longStretch  = 250
)

// style is a way of playing at random.
type style struct {
	least, more int   // steps that an action is held for: least, and up to more on top
	preferred   []int // the actions that 3 of 4 draws choose from; none for uniform draws
}

// NewVaried returns the policy for the actions of s.
func NewVaried(s env.Spec, r *rand.Rand) *Varied {
	v := &Varied{
		rand: r, actions: s.Actions,
		stretch: make([]int, s.N), style: make([]style, s.N), held: make([]int, s.N),
	}
	for i, name := range s.Meanings {
		switch {
		case containsAny(name, "FIRE", "PUNCH", "KICK"):
			v.fires = append(v.fires, i)
		case containsAny(name, "LEFT", "RIGHT", "UP", "DOWN", "JUMP", "DUCK"):
			v.moves = append(v.moves, i)
		}
	}
	return v
}

func containsAny(name string, parts ...string) bool {
	for _, p := range parts {
		if strings.Contains(strings.ToUpper(name), p) {
			return true
		}
	}
	return false
}

// Act keeps the actions it finds until their time is over. A new episode begins a
// new stretch.
func (v *Varied) Act(b *env.Batch, actions []int) error {
	for i := range actions {
		if v.stretch[i] == 0 || b.Ended(i) {
			v.style[i] = v.draw()
			v.stretch[i] = shortStretch + v.rand.IntN(longStretch-shortStretch+1)
			v.held[i] = 0
		}
		v.stretch[i]--
		if v.held[i] == 0 {
			actions[i] = v.choose(v.style[i])
			v.held[i] = v.style[i].least + v.rand.IntN(v.style[i].more+1)
		}
		v.held[i]--
	}
	return nil
}

func (v *Varied) draw() style {
	switch v.rand.IntN(4) {
	case 0:
		return style{least: 1, more: 4}
	case 1:
		return style{least: 4, more: 11}
	case 2:
		return style{least: 1, more: 4, preferred: v.orTwo(v.fires)}
	default:
		return style{least: 1, more: 4, preferred: v.orTwo(v.moves)}
	}
}

// orTwo returns the actions given, of none two drawn ones.
func (v *Varied) orTwo(preferred []int) []int {
	if len(preferred) > 0 {
		return preferred
	}
	return []int{v.rand.IntN(v.actions), v.rand.IntN(v.actions)}
}

func (v *Varied) choose(s style) int {
	if len(s.preferred) > 0 && v.rand.IntN(4) > 0 {
		return s.preferred[v.rand.IntN(len(s.preferred))]
	}
	return v.rand.IntN(v.actions)
}

// Mix is the policy that gives each episode of each environment to one of several
// policies, drawn with equal chances.
type Mix struct {
	rand     *rand.Rand
	policies []Policy
	who      []int   // the policy of each environment's episode
	actions  [][]int // what each policy would do in every environment
	begun    bool
}

// NewMix returns the policy for n environments.
func NewMix(n int, r *rand.Rand, policies ...Policy) *Mix {
	m := &Mix{rand: r, policies: policies, who: make([]int, n), actions: make([][]int, len(policies))}
	for i := range m.actions {
		m.actions[i] = make([]int, n)
	}
	return m
}

// Act asks every policy, so that what one would do depends on no other, and takes
// the actions of those whose turn it is.
func (m *Mix) Act(b *env.Batch, actions []int) error {
	for i := range m.who {
		if !m.begun || b.Ended(i) {
			m.who[i] = m.rand.IntN(len(m.policies))
		}
	}
	m.begun = true
	for k, p := range m.policies {
		if err := p.Act(b, m.actions[k]); err != nil {
			return err
		}
	}
	for i, k := range m.who {
		actions[i] = m.actions[k][i]
	}
	return nil
}
