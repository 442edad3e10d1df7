package envtest

import (
	"testing"
	"time"

	"glint/env"
)

// Options says how long to look, and what an environment needs for that. Zero
// means zero: start from DefaultOptions.
type Options struct {
	// OpenShort opens the environment with a time limit short enough for random
	// play to reach it within EndSteps. Nil skips the check of truncation.
	OpenShort func(tb testing.TB, n int) env.Vec
	// Single says that there is one environment, such as a screen: it is opened with n = 1
	// alone, and not again before it was closed.
	Single bool
	// Live says that the environment is a world of its own which nobody can set back:
	// it is opened with n = 1 alone, and nothing is asked that wants two equal runs.
	Live bool
	// DigestSteps is the number of steps that two runs are compared over.
	DigestSteps int
	// EndSteps is the number of steps within which random play of two
	// environments must have seen an episode end; Truth boxes must appear in them
	// too.
	EndSteps int
	// SaveSteps is the number of steps that a loaded state is followed over.
	SaveSteps int
	// StartFrames is the highest Batch.Elapsed of the first observation of an
	// episode: the frames of random no-op starts.
	StartFrames env.Frames
	// Prompt is how long a call under a cancelled context may take.
	Prompt time.Duration
	// Gone is how long goroutines and processes may take to end after Close.
	Gone time.Duration
}

// DefaultOptions suits an Atari-like game: 300 steps compared, an end within
// 6,000 steps, saved states followed for 1,000, starts of up to 34 frames, two
// seconds for a cancelled call, five for what Close ends. There is no OpenShort.
func DefaultOptions() Options {
	return Options{
		DigestSteps: 300, EndSteps: 6000, SaveSteps: 1000, StartFrames: 34,
		Prompt: 2 * time.Second, Gone: 5 * time.Second,
	}
}

// opener opens a fresh Vec of n environments, or fails tb.
type opener = func(tb testing.TB, n int) env.Vec

type check struct {
	name string
	run  func(tb testing.TB, open opener, o Options)
}

// checks are run in this order: what the later ones rely on comes first.
var checks = []check{
	{"Spec", checkSpec},
	{"NotReset", checkNotReset},
	{"Determinism", checkDeterminism},
	{"Seeds", checkSeeds},
	{"Episodes", checkEpisodes},
	{"Truncation", checkTruncation},
	{"Frames", checkFrames},
	{"BadActions", checkBadActions},
	{"Ownership", checkOwnership},
	{"Save", checkSave},
	{"Sender", checkSender},
	{"Truth", checkTruth},
	{"Context", checkContext},
	{"Closed", checkClosed},
	{"Leaks", checkLeaks},
}

// several is the number of environments where a promise concerns more than one, 1 where
// there is but one.
func (o Options) several() int {
	if o.Single || o.Live {
		return 1
	}
	return 2
}

// vacate closes a Vec beside which no other can be open.
func (o Options) vacate(d *driver) {
	d.tb.Helper()
	if !o.Single {
		return
	}
	if err := d.vec.Close(); err != nil {
		d.tb.Errorf("Close: %v", err)
	}
}

// Run checks everything an environment promises, one subtest a promise. Open
// must give a fresh Vec of n environments at every call, 1, 2 and 4 are asked
// for, and need not close it: what may be opened is closed by the suite.
func Run(t *testing.T, open func(tb testing.TB, n int) env.Vec, o Options) {
	t.Helper()
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) { c.run(t, open, o) })
	}
}

// driver is an open Vec with a stream of random actions.
type driver struct {
	tb   testing.TB
	vec  env.Vec
	spec env.Spec
	next func() []int
}

// seedsFrom returns n different seeds, equal for equal arguments.
func seedsFrom(seed uint64, n int) []uint64 {
	seeds := make([]uint64, n)
	for i := range seeds {
		seeds[i] = seed*1000 + uint64(i)
	}
	return seeds
}

// drive opens a Vec that is closed when the test ends. It is not reset yet.
func drive(tb testing.TB, open opener, n int, seed uint64) *driver {
	tb.Helper()
	v := open(tb, n)
	tb.Cleanup(func() { _ = v.Close() })
	s := v.Spec()
	if s.N != n || s.Actions < 1 {
		tb.Fatalf("opened with n = %d: Spec has N = %d and %d actions", n, s.N, s.Actions)
	}
	return &driver{tb: tb, vec: v, spec: s, next: Random(s, seed)}
}

func (d *driver) reset(seed uint64) *env.Batch {
	d.tb.Helper()
	b, err := d.vec.Reset(d.tb.Context(), seedsFrom(seed, d.spec.N))
	if err != nil {
		d.tb.Fatalf("Reset: %v", err)
	}
	return b
}

func (d *driver) step() *env.Batch {
	d.tb.Helper()
	b, err := d.vec.Step(d.tb.Context(), d.next())
	if err != nil {
		d.tb.Fatalf("Step: %v", err)
	}
	return b
}

// follow shows sink the batches of steps random steps.
func (d *driver) follow(sink env.FrameSink, steps int) {
	d.tb.Helper()
	for range steps {
		if err := sink.WriteBatch(d.spec, d.step()); err != nil {
			d.tb.Fatalf("sink: %v", err)
		}
	}
}
