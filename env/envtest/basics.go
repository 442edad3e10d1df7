package envtest

import (
	"errors"
	"reflect"
	"testing"

	"glint/env"
)

func checkSpec(tb testing.TB, open opener, o Options) {
	d := drive(tb, open, o.several(), 1)
	s := d.spec
	for _, bad := range []struct {
		is   bool
		what string
	}{
		{s.Name == "", "Name is empty"},
		{s.T < 1 || s.H < 1 || s.W < 1, "T, H and W must be positive"},
		{s.Format != env.Index && s.Format != env.Gray && s.Format != env.RGB && s.Format != env.Plane, "Format is unknown"},
		{(s.Format == env.Index) != (len(s.Palette) > 0), "Palette belongs to Index pixels, and only to them"},
		{len(s.Palette) > 256, "Palette has more than 256 colours"},
		{len(s.Meanings) != 0 && len(s.Meanings) != s.Actions, "Meanings must name every action or none"},
		{s.Repeat < 1, "Repeat must be positive"},
		{!s.Stacked && s.T != s.Repeat, "sequential frames need T == Repeat"},
		{s.AuxLen < 0, "AuxLen is negative"},
	} {
		if bad.is {
			tb.Errorf("Spec: %s: %+v", bad.what, s)
		}
	}
	if _, ok := env.As[env.Saver](d.vec); s.Saves && !ok {
		tb.Errorf("Spec.Saves is set, but the Vec is no Saver")
	}
	d.reset(1)
	d.step()
	same(tb, "a step", s, d.vec.Spec())
	if err := d.vec.Close(); err != nil {
		tb.Errorf("Close: %v", err)
	}
	same(tb, "Close", s, d.vec.Spec())
}

func same(tb testing.TB, after string, want, got env.Spec) {
	tb.Helper()
	if !reflect.DeepEqual(want, got) {
		tb.Errorf("Spec changed after %s:\nwas %+v\nis  %+v", after, want, got)
	}
}

func checkNotReset(tb testing.TB, open opener, o Options) {
	d := drive(tb, open, o.several(), 1)
	if _, err := d.vec.Step(tb.Context(), d.next()); !errors.Is(err, env.ErrNotReset) {
		tb.Errorf("Step before Reset: %v, want env.ErrNotReset", err)
	}
	for _, n := range []int{0, 1, 2, 3} {
		if n == d.spec.N {
			continue
		}
		if _, err := d.vec.Reset(tb.Context(), seedsFrom(1, n)); err == nil {
			tb.Errorf("Reset with %d seeds for %d environments was accepted", n, d.spec.N)
		}
	}
	d.reset(1)
	d.step()
}

// digestOf resets d and returns the digest of steps random steps.
func digestOf(d *driver, seed uint64, steps int) string {
	d.tb.Helper()
	var sum Digest
	d.next = Random(d.spec, 7)
	if err := sum.WriteBatch(d.spec, d.reset(seed)); err != nil {
		d.tb.Fatal(err)
	}
	d.follow(&sum, steps)
	return sum.String()
}

func checkDeterminism(tb testing.TB, open opener, o Options) {
	if o.Live {
		tb.Skip("a live environment does not repeat itself")
	}
	one := drive(tb, open, o.several(), 1)
	want := digestOf(one, 1, o.DigestSteps)
	if got := digestOf(one, 1, o.DigestSteps); got != want {
		tb.Errorf("the same seeds again in the same Vec: digest %s, was %s", got, want)
	}
	o.vacate(one)
	if got := digestOf(drive(tb, open, o.several(), 1), 1, o.DigestSteps); got != want {
		tb.Errorf("the same seeds in a fresh Vec: digest %s, was %s", got, want)
	}
}

// checkSeeds asks that a seed matters, and that it is the environment's own: a
// neighbour with another seed must not change what an environment shows.
func checkSeeds(tb testing.TB, open opener, o Options) {
	if o.Live {
		tb.Skip("a live environment does not repeat itself")
	}
	d := drive(tb, open, 1, 1)
	first := digestOf(d, 1, o.DigestSteps)
	differs := false
	for seed := uint64(2); seed < 5 && !differs; seed++ {
		differs = digestOf(d, seed, o.DigestSteps) != first
	}
	if !differs {
		tb.Errorf("four seeds gave the same %d steps", o.DigestSteps)
	}
	if o.Single {
		return // it has no neighbour
	}
	left, right := drive(tb, open, 2, 1), drive(tb, open, 2, 1)
	pair := func(d *driver, neighbour uint64) *env.Batch {
		b, err := d.vec.Reset(tb.Context(), []uint64{5, neighbour})
		if err != nil {
			tb.Fatalf("Reset: %v", err)
		}
		return b
	}
	a, b := pair(left, 6), pair(right, 7)
	for k := range o.DigestSteps {
		if string(appendEnv(nil, left.spec, a, 0)) != string(appendEnv(nil, right.spec, b, 0)) {
			tb.Fatalf("step %d: environment 0 depends on the seed of environment 1", k)
		}
		a, b = left.step(), right.step()
	}
}
