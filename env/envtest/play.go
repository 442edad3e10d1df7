package envtest

import (
	"bytes"
	"errors"
	"image"
	"testing"
	"time"

	"glint/env"
)

// play resets d and keeps the books until enough says so, EndSteps at most.
func play(d *driver, o Options, enough func(*ledger) bool) *ledger {
	d.tb.Helper()
	l := &ledger{start: o.StartFrames}
	if err := l.WriteBatch(d.spec, d.reset(3)); err != nil {
		d.tb.Fatal(err)
	}
	for k := 0; k < o.EndSteps && !enough(l); k++ {
		d.follow(l, 1)
	}
	return l
}

func checkEpisodes(tb testing.TB, open opener, o Options) {
	d := drive(tb, open, o.several(), 1)
	l := play(d, o, func(l *ledger) bool { return l.ends >= 3 })
	if l.ends == 0 {
		tb.Fatalf("no episode ended within %d random steps", o.EndSteps)
	}
	if l.fresh == 0 {
		tb.Errorf("in all %d ends Obs was equal to Final: Obs must be the first of the next episode", l.ends)
	}
	again := &ledger{start: o.StartFrames}
	if err := again.WriteBatch(d.spec, d.reset(3)); err != nil {
		tb.Errorf("a second Reset: %v", err)
	}
}

func checkTruncation(tb testing.TB, _ opener, o Options) {
	if o.OpenShort == nil {
		tb.Skip("no Options.OpenShort")
	}
	l := play(drive(tb, o.OpenShort, o.several(), 1), o, func(l *ledger) bool { return l.cut >= 3 })
	if l.cut == 0 {
		tb.Fatalf("no episode was truncated within %d steps (%d ended otherwise)", o.EndSteps, l.ends)
	}
	if l.fresh == 0 {
		tb.Errorf("in all %d ends Obs was equal to Final: Obs must be the first of the next episode", l.ends)
	}
}

// checkFrames asks that the frames of an observation are frames of their own,
// not copies of one, and that a stack is one (the ledger sees to that).
func checkFrames(tb testing.TB, open opener, o Options) {
	d := drive(tb, open, o.several(), 1)
	if d.spec.T == 1 {
		tb.Skip("one frame an observation")
	}
	if l := play(d, o, func(l *ledger) bool { return l.batches > o.DigestSteps }); l.moving == 0 {
		tb.Errorf("in %d observations all %d frames were equal", l.batches, d.spec.T)
	}
}

func checkBadActions(tb testing.TB, open opener, o Options) {
	const before = 5
	poked := drive(tb, open, o.several(), 1)
	var sum Digest
	poked.next = Random(poked.spec, 7)
	if err := sum.WriteBatch(poked.spec, poked.reset(1)); err != nil {
		tb.Fatal(err)
	}
	poked.follow(&sum, before)
	for _, bad := range badActions(poked.spec) {
		if _, err := poked.vec.Step(tb.Context(), bad); !errors.Is(err, env.ErrAction) {
			tb.Errorf("Step(%v) with %d actions and %d environments: %v, want env.ErrAction", bad, poked.spec.Actions, poked.spec.N, err)
		}
	}
	poked.follow(&sum, o.DigestSteps)
	if o.Live {
		return
	}
	o.vacate(poked)
	if calm := drive(tb, open, o.several(), 1); sum.String() != digestOf(calm, 1, before+o.DigestSteps) {
		tb.Errorf("the refused actions changed the environment")
	}
}

// badActions returns arguments that Step must refuse.
func badActions(s env.Spec) [][]int {
	bad := [][]int{nil, {}, make([]int, s.N-1), make([]int, s.N+1)}
	for i := range s.N {
		for _, a := range []int{s.Actions, -1, 1 << 30} {
			actions := make([]int, s.N)
			actions[i] = a
			bad = append(bad, actions)
		}
	}
	return bad
}

// checkOwnership asks that a Batch rests until the next call, and that a Vec
// keeps neither the seeds nor the actions it is given.
func checkOwnership(tb testing.TB, open opener, o Options) {
	d := drive(tb, open, o.several(), 1)
	want := digestOf(d, 1, o.DigestSteps)
	var sum Digest
	seeds := seedsFrom(1, d.spec.N)
	b, err := d.vec.Reset(tb.Context(), seeds)
	if err != nil {
		tb.Fatalf("Reset: %v", err)
	}
	clear(seeds)
	d.next = Random(d.spec, 7)
	for k := range o.DigestSteps + 1 {
		if k > 0 {
			actions := d.next()
			if b, err = d.vec.Step(tb.Context(), actions); err != nil {
				tb.Fatalf("Step: %v", err)
			}
			clear(actions)
		}
		if k < 3 {
			rests(tb, d.spec, b)
		}
		if err := sum.WriteBatch(d.spec, b); err != nil {
			tb.Fatal(err)
		}
	}
	if sum.String() != want && !o.Live {
		tb.Errorf("the Vec kept the seeds or actions it was given: digest %s, want %s", sum.String(), want)
	}
}

// rests fails if b changes while nobody calls its Vec.
func rests(tb testing.TB, s env.Spec, b *env.Batch) {
	tb.Helper()
	was := bytes.Clone(appendEnv(nil, s, b, 0))
	time.Sleep(10 * time.Millisecond)
	if !bytes.Equal(was, appendEnv(nil, s, b, 0)) {
		tb.Errorf("a Batch changed before the next call of its Vec")
	}
}

// checkTruth asks that boxes lie in the observation, at least in part, and that
// some appear.
func checkTruth(tb testing.TB, open opener, o Options) {
	d := drive(tb, open, o.several(), 1)
	truth, ok := env.As[env.Truther](d.vec)
	if !ok {
		tb.Skip("no env.Truther")
	}
	d.reset(3)
	mark := env.Box{Kind: "mark"}
	var boxes []env.Box
	seen := 0
	for k := 0; k < o.EndSteps && seen < 100; k++ {
		d.step()
		for i := range d.spec.N {
			boxes = truth.Truth(append(boxes[:0], mark), i)
			if len(boxes) == 0 || boxes[0] != mark {
				tb.Fatalf("Truth did not append to dst")
			}
			for _, box := range boxes[1:] {
				checkBox(tb, d.spec, box)
				seen++
			}
		}
	}
	if seen == 0 {
		tb.Errorf("no box within %d random steps", o.EndSteps)
	}
}

func checkBox(tb testing.TB, s env.Spec, box env.Box) {
	tb.Helper()
	switch {
	case !box.Rect.Overlaps(image.Rect(0, 0, s.W, s.H)):
		tb.Fatalf("%+v lies outside the observation of %dx%d", box, s.W, s.H)
	case box.Frame < 0 || box.Frame >= s.T:
		tb.Fatalf("%+v is in a frame outside 0..%d", box, s.T-1)
	case box.Kind == "":
		tb.Fatalf("%+v has no Kind", box)
	}
}
