package envtest

import (
	"errors"
	"testing"

	"glint/env"
)

func checkSave(tb testing.TB, open opener, o Options) {
	const before = 40
	calm := drive(tb, open, o.several(), 1)
	saver, ok := env.As[env.Saver](calm.vec)
	if !ok || o.Live {
		tb.Skip("no env.Saver, or a live environment")
	}
	calm.reset(1)
	if !calm.spec.Saves {
		if _, err := saver.Save(tb.Context(), 0); !errors.Is(err, errors.ErrUnsupported) {
			tb.Errorf("Save where Spec.Saves is not set: %v, want errors.ErrUnsupported", err)
		}
		return
	}
	var want, got Digest
	calm.follow(&Digest{}, before)
	calm.follow(&want, o.SaveSteps)
	o.vacate(calm)

	saved := drive(tb, open, o.several(), 1)
	saver, _ = env.As[env.Saver](saved.vec)
	saved.reset(1)
	saved.follow(&Digest{}, before)
	states := saveAll(tb, saver, saved.spec.N)
	saved.follow(&got, o.SaveSteps)
	if got.Sum() != want.Sum() {
		tb.Fatalf("Save changed what came next")
	}
	loaded := func(name string, into *driver) {
		if sum := loadAndFollow(into, states, before, o.SaveSteps); sum != want.Sum() {
			tb.Errorf("loaded into %s, %d steps differ from the undisturbed run", name, o.SaveSteps)
		}
	}
	loaded("the same Vec", saved)
	checkBadStates(tb, saver, states)
	o.vacate(saved)
	loaded("a fresh Vec", drive(tb, open, o.several(), 1))
}

func saveAll(tb testing.TB, saver env.Saver, n int) [][]byte {
	tb.Helper()
	states := make([][]byte, n)
	for i := range states {
		state, err := saver.Save(tb.Context(), i)
		if err != nil {
			tb.Fatalf("Save(%d): %v", i, err)
		}
		states[i] = state
	}
	return states
}

// loadAndFollow loads the states and returns the digest of the steps after them,
// with the actions that the undisturbed run took there.
func loadAndFollow(d *driver, states [][]byte, before, steps int) [32]byte {
	d.tb.Helper()
	saver, _ := env.As[env.Saver](d.vec)
	for i, state := range states {
		if err := saver.Load(d.tb.Context(), i, state); err != nil {
			d.tb.Fatalf("Load(%d): %v", i, err)
		}
	}
	d.next = Random(d.spec, 1)
	for range before {
		d.next()
	}
	var sum Digest
	d.follow(&sum, steps)
	return sum.Sum()
}

// checkBadStates asks for errors, not panics, where state or index are wrong.
func checkBadStates(tb testing.TB, saver env.Saver, states [][]byte) {
	tb.Helper()
	good, n := states[0], len(states)
	for _, c := range []struct {
		name  string
		state []byte
	}{{"no", nil}, {"half a", good[:len(good)/2]}, {"a foreign", []byte("no state of anything")}} {
		if err := saver.Load(tb.Context(), 0, c.state); err == nil {
			tb.Errorf("Load accepted %s state", c.name)
		}
	}
	for _, i := range []int{-1, n} {
		if _, err := saver.Save(tb.Context(), i); err == nil {
			tb.Errorf("Save(%d) of %d environments was accepted", i, n)
		}
		if err := saver.Load(tb.Context(), i, good); err == nil {
			tb.Errorf("Load(%d) of %d environments was accepted", i, n)
		}
	}
}
