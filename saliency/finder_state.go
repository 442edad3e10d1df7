package saliency

import "fmt"

// FinderState is what the next answers of a Finder depend on.
type FinderState struct {
	Stacks [][]byte // of the latest steps, earliest first, each [T,H,W]
	Due    int      // how many of them, the latest ones, were not given back yet
}

// State returns the state; its stacks may be used until the next call of Add.
func (f *Finder) State() FinderState {
	s := FinderState{Due: f.due}
	// No answer looks further back than Side steps before the earliest that is due.
	for i := max(0, f.held-f.due-f.side); i < f.held; i++ {
		s.Stacks = append(s.Stacks, f.at(i).stack)
	}
	return s
}

// SetState makes the finder go on as the one that the state is of, which must have had
// the same settings. It refuses a state that no such finder can have.
func (f *Finder) SetState(s FinderState) error {
	if s.Due < 0 || s.Due > f.side || s.Due > len(s.Stacks) || len(s.Stacks) > s.Due+f.side {
		return fmt.Errorf("saliency: a state of %d steps with %d due is not of a finder that looks %d steps to each side", len(s.Stacks), s.Due, f.side)
	}
	for _, stack := range s.Stacks {
		if len(stack) != len(f.steps[0].stack) {
			return fmt.Errorf("saliency: a state of stacks of %d bytes, want %d", len(stack), len(f.steps[0].stack))
		}
	}
	f.held = 0
	for _, stack := range s.Stacks {
		f.push(stack)
	}
	f.due = s.Due
	return nil
}
