package envtest

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"glint/env"
)

// recorder is a testing.TB that takes down failures instead of failing.
type recorder struct {
	testing.TB
	failures []string
	skipped  bool
}

func (r *recorder) Helper() {}

func (r *recorder) Error(args ...any) { r.failures = append(r.failures, fmt.Sprint(args...)) }
func (r *recorder) Errorf(f string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(f, args...))
}
func (r *recorder) Fatal(args ...any)            { r.Error(args...); runtime.Goexit() }
func (r *recorder) Fatalf(f string, args ...any) { r.Errorf(f, args...); runtime.Goexit() }
func (r *recorder) Skip(...any)                  { r.skipped = true; runtime.Goexit() }

// record runs a check on a goroutine of its own, which Fatalf and Skip may end.
func record(t *testing.T, c check, open opener, o Options) *recorder {
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.run(r, open, o)
	}()
	<-done
	return r
}

func quick(fault string) Options {
	o := DefaultOptions()
	o.OpenShort = openWalk(fault, 8*pace)
	o.DigestSteps, o.EndSteps, o.SaveSteps, o.StartFrames = 60, 400, 60, 0
	o.Prompt, o.Gone = 100*time.Millisecond, 100*time.Millisecond
	return o
}

func TestRunPassesGoodFakes(t *testing.T) {
	t.Run("walk", func(t *testing.T) { Run(t, openWalk("", 0), quick("")) })
	t.Run("halved", func(t *testing.T) { Run(t, openHalved(""), quick("")) })
}

// TestChecksCatchFaults breaks one promise at a time and names the check that
// must see it, and a word of what it must say.
func TestChecksCatchFaults(t *testing.T) {
	for _, c := range []struct{ fault, check, says string }{
		{"spec", "Spec", "Palette"},
		{"spec changes", "Spec", "changed"},
		{"eager", "NotReset", "before Reset"},
		{"no seed", "Determinism", "same seeds again"},
		{"one seed", "Seeds", "four seeds"},
		{"shared seed", "Seeds", "seed of environment 1"},
		{"endless", "Episodes", "no episode ended"},
		{"episode stays", "Episodes", "EpisodeID"},
		{"no autoreset", "Episodes", "Elapsed"},
		{"elapsed goes on", "Episodes", "Elapsed"},
		{"early return", "Episodes", "return"},
		{"off palette", "Episodes", "palette"},
		{"merged flags", "Truncation", "truncated"},
		{"copied frames", "Frames", "equal"},
		{"any action", "BadActions", "ErrAction"},
		{"bad action moves", "BadActions", "changed"},
		{"keeps actions", "Ownership", "kept"},
		{"forgets random draws", "Save", "fresh Vec"},
		{"save draws", "Save", "changed what came next"},
		{"load needs reset", "Save", "never reset"},
		{"box outside", "Truth", "outside"},
		{"box of no frame", "Truth", "frame"},
		{"truth forgets dst", "Truth", "append"},
		{"deaf", "Context", "cancelled"},
		{"open after close", "Closed", "ErrClosed"},
		{"closes once", "Closed", "Close"},
		{"goroutine", "Leaks", "openWalk"},
		{"process", "Leaks", "processes live"},
	} {
		t.Run(c.fault, func(t *testing.T) { mustFail(t, c.check, c.says, openWalk(c.fault, 0), quick(c.fault)) })
	}
	for _, c := range []struct{ fault, says string }{
		{"wrong half", "Recv"}, {"one buffer", "differs"}, {"unasked", "without Send"},
	} {
		t.Run(c.fault, func(t *testing.T) { mustFail(t, "Sender", c.says, openHalved(c.fault), quick("")) })
	}
}

func mustFail(t *testing.T, name, says string, open opener, o Options) {
	t.Helper()
	at := slices.IndexFunc(checks, func(c check) bool { return c.name == name })
	r := record(t, checks[at], open, o)
	if all := strings.Join(r.failures, "\n"); !strings.Contains(all, says) {
		t.Errorf("check %s said %q, want something with %q", name, all, says)
	}
}

func TestChecksSkipWhatIsNotThere(t *testing.T) {
	bare := func(tb testing.TB, n int) env.Vec {
		return struct{ env.Vec }{openWalk("", 0)(tb, n)}
	}
	o := quick("")
	o.OpenShort = nil
	for _, c := range checks {
		want := slices.Contains([]string{"Truncation", "Save", "Sender", "Truth"}, c.name)
		if r := record(t, c, bare, o); r.skipped != want {
			t.Errorf("check %s of a bare Vec: skipped is %v, want %v (%q)", c.name, r.skipped, want, r.failures)
		}
	}
}

// only is a walk beside which there may be no other.
type only struct {
	*walk
	open *int
}

func (v only) Close() error {
	if !v.closed {
		*v.open--
	}
	return v.walk.Close()
}

// openOnly fails where a walk is open already, or several are asked for.
func openOnly(fault string, limit env.Frames, open *int) opener {
	return func(tb testing.TB, n int) env.Vec {
		if *open++; n != 1 || *open > 1 {
			tb.Fatalf("%d environments are asked for while %d are open", n, *open-1)
		}
		return only{openWalk(fault, limit)(tb, n).(*walk), open}
	}
}

// TestSingle runs the suite on a walk that is the only one, where nothing but what wants
// several is left out.
func TestSingle(t *testing.T) {
	for _, c := range checks {
		open, o := 0, quick("")
		o.Single, o.OpenShort = true, openOnly("", 8*pace, &open)
		t.Run(c.name, func(t *testing.T) {
			r := record(t, c, openOnly("", 0, &open), o)
			if want := c.name == "Sender"; r.skipped != want {
				t.Errorf("skipped is %v, want %v", r.skipped, want)
			}
			for _, f := range r.failures {
				t.Error(f)
			}
		})
	}
	for _, c := range []struct{ fault, check, says string }{
		{"no seed", "Determinism", "same seeds again"},
		{"one seed", "Seeds", "four seeds"},
		{"bad action moves", "BadActions", "changed"},
		{"keeps actions", "Ownership", "kept"},
		{"forgets random draws", "Save", "fresh Vec"},
	} {
		open, o := 0, quick(c.fault)
		o.Single = true
		t.Run(c.fault, func(t *testing.T) { mustFail(t, c.check, c.says, openOnly(c.fault, 0, &open), o) })
	}
}

// TestLive runs the suite on a walk that no seed sets back, one at a time, and looks at
// what it leaves out.
func TestLive(t *testing.T) {
	one := func(tb testing.TB, n int) env.Vec {
		if n != 1 {
			tb.Fatalf("%d live environments are asked for", n)
		}
		return openWalk("no seed", 0)(tb, n)
	}
	o := quick("no seed")
	o.Live = true
	for _, c := range checks {
		r := record(t, c, one, o)
		if want := slices.Contains([]string{"Determinism", "Seeds", "Save", "Sender"}, c.name); r.skipped != want {
			t.Errorf("check %s: skipped is %v, want %v", c.name, r.skipped, want)
		}
		for _, f := range r.failures {
			t.Errorf("check %s: %s", c.name, f)
		}
	}
	mustFail(t, "BadActions", "ErrAction", openWalk("any action", 0), o)
	mustFail(t, "Episodes", "EpisodeID", openWalk("episode stays", 0), o)
}
