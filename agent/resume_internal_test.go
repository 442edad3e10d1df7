package agent

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"glint/autoencoder"
	"glint/env"
	"glint/env/dojo"
	"glint/env/pixels"
	"glint/internal/kernel"
	"glint/saliency"
)

// dojoConfig goes through all stages in few units: 3 of Explore, 2 of Reconstruct,
// then Play. The store is so small that it wraps.
func dojoConfig(algo string) Config {
	c := toyConfig(algo, 3)
	c.Horizon, c.Epochs, c.Minibatch, c.StoreCapacity = 8, 2, 12, 40
	c.AEPerStep, c.AEFresh, c.AECoef, c.LRFinal, c.Overlap = 1, 0.7, 3, 0, true
	c.Pretrain = PretrainConfig{Steps: 72, Updates: 30, Batch: 4, MicroBatches: 1, Rate: defaultRate(1e-3, 0), Hold: 5}
	c.Autoencoder = autoencoder.Config{Channels: []int{4, 8}, Code: 16}
	if algo == A2C {
		c.Epochs, c.Minibatch = 1, 24
	}
	return c
}

// dojoOptions opens the game with episodes so short that some are truncated.
func dojoOptions(tb testing.TB, n int, seed uint64) Options {
	tb.Helper()
	return dojoFor(tb, n, 60, seed)
}

// dojoFor opens the game with episodes of some frames at most.
func dojoFor(tb testing.TB, n, frames int, seed uint64) Options {
	tb.Helper()
	o := dojo.DefaultOptions()
	o.N, o.MaxFrames = n, frames
	game, err := dojo.Open(o)
	if err != nil {
		tb.Fatal(err)
	}
	v, err := pixels.Wrap(game, pixels.PresetFor("dojo").Config, pixels.WrapOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	opts := planesOptions(tb, v, seed)
	opts.Finder.Side = saliency.DefaultSide
	opts.Raw = func(i int) []byte {
		_, b := v.Raw()
		return b.ObsOf(i)
	}
	return opts
}

// saved is the content of a checkpoint.
type saved map[string][]byte

func save(tb testing.TB, t *Trainer) saved {
	tb.Helper()
	files, err := t.Files(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	s := saved{}
	for name, write := range files {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			tb.Fatalf("%s: %v", name, err)
		}
		s[name] = b.Bytes()
	}
	return s
}

func (s saved) file(name string) ([]byte, error) {
	b, ok := s[name]
	if !ok {
		return nil, fmt.Errorf("no file %s", name)
	}
	return b, nil
}

// compare says which files differ: weights, moments, counters, random source,
// store, gallery, observations and environments are all in them.
func (s saved) compare(tb testing.TB, what string, want saved) {
	tb.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if !bytes.Equal(s[name], want[name]) {
			tb.Errorf("%s: %s differs", what, name)
		}
	}
}

func compareReports(tb testing.TB, what string, got, want []Report) {
	tb.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateNaNs()); d != "" {
		tb.Errorf("%s: reports differ (-want +got):\n%s", what, d)
	}
}

// run is an unbroken training with a checkpoint before every unit and one at the
// end.
type run struct {
	reports []Report
	saves   []saved
}

func unbroken(tb testing.TB, cfg Config, o Options, units int) run {
	tb.Helper()
	t, err := New(tb.Context(), cfg, o)
	if err != nil {
		tb.Fatal(err)
	}
	t.SetHorizon(500)
	r := run{saves: []saved{save(tb, t)}}
	for range units {
		r.reports = append(r.reports, advance(tb, t, 1)...)
		r.saves = append(r.saves, save(tb, t))
	}
	return r
}

// threads sets the kernels' threads for the rest of a test.
func threads(tb testing.TB, n int) {
	tb.Helper()
	kernel.SetThreads(n)
	tb.Cleanup(func() { kernel.SetThreads(1) })
}

const resumeUnits = 8

// A training that is saved and resumed equals the unbroken one bit for bit, also
// with another number of threads: cut within each stage, where one meets the next,
// and before the first unit.
func TestResumeIsExact(t *testing.T) {
	for i, algo := range []string{PPO, A2C, PPO, A2C} {
		overlap := i < 2
		t.Run(fmt.Sprintf("%s overlap %v", algo, overlap), func(t *testing.T) {
			i := i % 2
			cfg := dojoConfig(algo)
			cfg.Overlap = overlap
			threads(t, 2-i)
			want := unbroken(t, cfg, dojoOptions(t, cfg.Envs, 7), resumeUnits)
			checkStages(t, want)
			threads(t, 1+i)
			for _, cut := range []int{0, 2, 3, 4, 5, 7} {
				files := want.saves[cut]
				what := fmt.Sprintf("cut after %d units", cut)
				tr, exact, err := Resume(t.Context(), cfg, dojoOptions(t, cfg.Envs, 7), files.file)
				if err != nil || !exact {
					t.Fatalf("%s: exact %v, error %v", what, exact, err)
				}
				save(t, tr).compare(t, what+", at once", files)
				compareReports(t, what, advance(t, tr, resumeUnits-cut), want.reports[cut:])
				save(t, tr).compare(t, what, want.saves[resumeUnits])
			}
		})
	}
}

// checkStages demands that a run holds all that could go wrong.
func checkStages(t *testing.T, r run) {
	t.Helper()
	units := map[Stage]int{}
	for _, rep := range r.reports {
		units[rep.Stage]++
	}
	if units[Explore] != 3 || units[Reconstruct] != 2 || units[Play] != resumeUnits-5 {
		t.Errorf("units of the stages: %v", units)
	}
	last := r.reports[len(r.reports)-1]
	if last.Counters.Episodes == 0 || last.Values["lr"] >= 3e-3 {
		t.Errorf("%d episodes ended, learning rate %v: the run is too easy", last.Counters.Episodes, last.Values["lr"])
	}
}

// Equal seeds give equal trainings whatever the threads; other seeds other ones.
func TestSeedDecides(t *testing.T) {
	const units = 8
	cfg := dojoConfig(PPO)
	train := func(seed uint64, n int) run {
		threads(t, n)
		return unbroken(t, cfg, dojoOptions(t, cfg.Envs, seed), units)
	}
	one, two, other := train(7, 1), train(7, 2), train(8, 1)
	compareReports(t, "one and two threads", two.reports, one.reports)
	two.saves[units].compare(t, "one and two threads", one.saves[units])
	for i, name := range []string{"first", "last"} {
		at := i * (units - 1)
		for file, b := range one.saves[at+1] {
			// The optimizer is still at 0 after the first unit.
			if bytes.Equal(b, other.saves[at+1][file]) && (file != optimizerFile || at > 0) {
				t.Errorf("another seed gives the same %s after the %s unit", file, name)
			}
		}
	}
	if cmp.Equal(one.reports[units-1], other.reports[units-1], cmpopts.EquateNaNs()) {
		t.Error("another seed gives the same report")
	}
}

// An environment that cannot be saved starts new episodes; all else goes on.
func TestResumeWithoutSaver(t *testing.T) {
	cfg := toyConfig(PPO, 4)
	tr := begin(t, cfg, bandit(4), 1)
	until(t, tr, Play)
	advance(t, tr, 20)
	files := save(t, tr)
	again, exact, err := Resume(t.Context(), cfg, planesOptions(t, bandit(4), 1), files.file)
	if err != nil || exact {
		t.Fatalf("exact %v, error %v, want neither", exact, err)
	}
	after := save(t, again)
	for _, name := range []string{WeightsFile, optimizerFile, StateFile, storeFile} {
		if !bytes.Equal(after[name], files[name]) {
			t.Errorf("%s differs", name)
		}
	}
	if len(tr.gallery.Small) != galleryCapacity || tr.gallery.small.next == 0 {
		t.Errorf("the gallery holds %d, the next goes to %d: it is not past its end", len(tr.gallery.Small), tr.gallery.small.next)
	}
	if d := cmp.Diff(tr.gallery, again.gallery, cmp.AllowUnexported(Gallery{}, pace{}), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("the gallery differs:\n%s", d)
	}
	if at := again.obs[:again.spec.ObsLen()]; sceneOf(at) > 1 {
		t.Error("no new episode was begun")
	}
	r := advance(t, again, 3)[2]
	if got, want := r.Counters.Steps, tr.Counters().Steps+env.Steps(3*4*cfg.Horizon); got != want {
		t.Errorf("%d steps after three more units, want %d", got, want)
	}
}

// A stage that is ended early leads to the next one, where a save and a resume are
// exact, too.
func TestNextStage(t *testing.T) {
	cfg := dojoConfig(PPO)
	tr, err := New(t.Context(), cfg, dojoOptions(t, cfg.Envs, 7))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []Stage{Reconstruct, Play, Play} {
		advance(t, tr, 1)
		if err := tr.NextStage(); err != nil || tr.Stage() != want {
			t.Fatalf("stage %s, want %s; error %v", tr.Stage(), want, err)
		}
		files := save(t, tr)
		again, _, err := Resume(t.Context(), cfg, dojoOptions(t, cfg.Envs, 7), files.file)
		if err != nil {
			t.Fatal(err)
		}
		save(t, again).compare(t, string(want), files)
		compareReports(t, string(want), advance(t, again, 1), advance(t, tr, 1))
		save(t, again).compare(t, string(want)+" and a unit", save(t, tr))
	}
	if c := tr.Counters(); c.Explored != 24 || c.AESamples == 0 {
		t.Errorf("counters %+v, want 24 steps explored", c)
	}
}
