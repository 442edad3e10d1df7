package agent

import (
	"bytes"
	"encoding/gob"
	"image"
	"slices"
	"testing"

	"glint/env"
	"glint/saliency"
)

// throwSpec is of the planes that throwStack draws.
func throwSpec(n int) env.Spec {
	return env.Spec{Name: "throw", N: n, T: 4, H: 24, W: 96, Format: env.Plane, Actions: 2, Repeat: 4}
}

// throwSteps is how long a knife flies through the planes.
const throwSteps = 16

// throwStack draws step k of a knife that flies 5 pixels a step, behind a man whom it
// passes in steps 6 to 9, and returns where it is in the first frame.
func throwStack(k int) (obs []byte, knife image.Rectangle) {
	s := throwSpec(1)
	for f := range s.T {
		plane := make([]byte, s.FrameLen())
		fill := func(x, y, w, h int, v byte) {
			for row := y; row < y+h; row++ {
				for col := x; col < x+w; col++ {
					plane[row*s.W+col] = v
				}
			}
		}
		fill(40, 12, 10, 12, 170)
		x := 4 + (5*(4*k+f))/4
		if f == 0 {
			knife = image.Rect(x, 9, x+5, 11)
		}
		fill(x+1, 9, 4, 1, 126)
		fill(x, 10, 4, 1, 126)
		obs = append(obs, plane...)
	}
	return obs, knife
}

// throwFinder is the fill-in that tests use.
func throwFinder() saliency.FinderConfig {
	return saliency.FinderConfig{Detector: saliency.DefaultDetectorConfig(), Flight: saliency.DefaultFlightConfig(), Side: saliency.DefaultSide}
}

// shown is a step that environment 0 shows: step k of a throw.
type shown struct {
	k       int
	episode uint64
	elapsed env.Frames
	ended   bool // the step begins the episode after one that ended
}

// whole is a throw that is shown as one episode.
func whole(episode uint64) (steps []shown) {
	for k := range throwSteps {
		steps = append(steps, shown{k: k, episode: episode, elapsed: env.Frames(4 * k)})
	}
	return steps
}

// kept is a step that was put, and whether its first frame has the knife.
type kept struct {
	k     int
	found bool
}

// viewing shows steps to finders and notes what they put.
type viewing struct {
	*finders
	tb   testing.TB
	kept []kept
}

func newViewing(tb testing.TB, cfg saliency.FinderConfig) *viewing {
	tb.Helper()
	v := &viewing{tb: tb}
	var err error
	v.finders, err = newFinders(cfg, throwSpec(1), func(_, _ int, obs []byte, boxes []env.Box) error {
		for k := range throwSteps {
			want, knife := throwStack(k)
			if bytes.Equal(want, obs) {
				found := slices.ContainsFunc(boxes, func(b env.Box) bool { return b.Frame == 0 && b.Rect == knife })
				v.kept = append(v.kept, kept{k, found})
				return nil
			}
		}
		tb.Error("what was put was never shown")
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func (v *viewing) show(steps ...shown) *viewing {
	v.tb.Helper()
	b := env.NewBatch(throwSpec(1))
	for _, s := range steps {
		b.Obs, _ = throwStack(s.k)
		b.EpisodeID[0], b.Elapsed[0], b.Truncated[0] = s.episode, s.elapsed, s.ended
		if err := v.see(b, func(int) bool { return false }); err != nil {
			v.tb.Fatal(err)
		}
	}
	return v
}

// missed returns the steps kept without the knife, in order, and checks that each of
// the steps shown was kept once.
func (v *viewing) missed(want ...shown) (ks []int) {
	v.tb.Helper()
	var all, shown []int
	for _, s := range v.kept {
		if all = append(all, s.k); !s.found {
			ks = append(ks, s.k)
		}
	}
	for _, s := range want {
		shown = append(shown, s.k)
	}
	slices.Sort(all)
	slices.Sort(shown)
	if !slices.Equal(all, shown) {
		v.tb.Errorf("steps %v were kept, %v shown", all, shown)
	}
	slices.Sort(ks)
	return ks
}

// What the detector misses beside a body is filled in from the steps before and after,
// but not from another episode and not over missing steps.
func TestFindersFillIn(t *testing.T) {
	alone := throwFinder()
	alone.Side, alone.Flight.Reach = 0, 0
	steps := whole(3)
	cut := func(change func(s *shown)) []shown {
		until := slices.Clone(steps[:9])
		for i := 6; i < len(until); i++ {
			change(&until[i])
		}
		return until
	}
	turns := []shown{}
	for k := range steps {
		turns = append(turns, whole(3)[k], whole(8)[k])
	}
	for _, c := range []struct {
		name  string
		cfg   saliency.FinderConfig
		steps []shown
		want  []int
	}{
		{"alone", alone, steps, []int{6, 7, 8, 9}},
		{"filled in", throwFinder(), steps, nil},
		{"end beside the body", throwFinder(), steps[:9], nil},
		{"steps missing", throwFinder(), cut(func(s *shown) { s.elapsed += 4 }), []int{6, 7, 8}},
		{"another episode", throwFinder(), cut(func(s *shown) { s.episode++ }), []int{6, 7, 8}},
		{"another episode of the game", throwFinder(), cut(func(s *shown) { s.episode++; s.ended = s.k == 6 }), []int{6, 7, 8}},
		{"two in turns", throwFinder(), turns, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := newViewing(t, c.cfg).show(c.steps...)
			if err := v.endAll(); err != nil {
				t.Fatal(err)
			}
			if got := v.missed(c.steps...); !slices.Equal(got, c.want) {
				t.Errorf("steps without the knife: %v, want %v", got, c.want)
			}
		})
	}
}

// An observation waits for Side steps, or for the end of its episode.
func TestFindersWait(t *testing.T) {
	steps := whole(0)
	v := newViewing(t, throwFinder())
	for i := range 6 {
		v.show(steps[i])
		if want := max(0, i+1-saliency.DefaultSide); len(v.kept) != want {
			t.Errorf("%d steps kept after %d, want %d", len(v.kept), i+1, want)
		}
	}
	v.show(shown{k: 9, episode: 1, ended: true})
	if len(v.kept) != 6 {
		t.Errorf("%d steps kept after an end, want 6", len(v.kept))
	}
}

// More episodes in turns than are followed lose nothing but their fill-in.
func TestFindersOfManyEpisodes(t *testing.T) {
	var steps []shown
	for k := range 3 {
		for e := range uint64(maxStrands + 1) {
			steps = append(steps, shown{k: k, episode: e, elapsed: env.Frames(4 * k)})
		}
	}
	v := newViewing(t, throwFinder()).show(steps...)
	if n := len(v.open[0]); n != maxStrands {
		t.Errorf("%d episodes are open, want %d", n, maxStrands)
	}
	if err := v.endAll(); err != nil {
		t.Fatal(err)
	}
	v.missed(steps...)
}

// file returns the state as it is saved.
func (v *viewing) file() []byte {
	v.tb.Helper()
	var file bytes.Buffer
	if err := gob.NewEncoder(&file).Encode(v.state()); err != nil {
		v.tb.Fatal(err)
	}
	return file.Bytes()
}

// Finders that take over a state answer as those it is of would have.
func TestFindersResume(t *testing.T) {
	steps := whole(2)[:10] // the last four beside the body
	want := newViewing(t, throwFinder()).show(steps...)
	if err := want.endAll(); err != nil {
		t.Fatal(err)
	}
	for cut := range len(steps) + 1 {
		first := newViewing(t, throwFinder()).show(steps[:cut]...)
		file := first.file()
		if most := (2*saliency.DefaultSide + 1) * throwSpec(1).ObsLen(); len(file) > most {
			t.Errorf("the state has %d bytes, want at most %d", len(file), most)
		}
		var state [][]strandState
		if err := gob.NewDecoder(bytes.NewReader(file)).Decode(&state); err != nil {
			t.Fatal(err)
		}
		second := newViewing(t, throwFinder())
		if err := second.setState(state); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(second.file(), file) {
			t.Errorf("cut at %d: the state changed by loading", cut)
		}
		if err := second.show(steps[cut:]...).endAll(); err != nil {
			t.Fatal(err)
		}
		if got := append(first.kept, second.kept...); !slices.Equal(got, want.kept) {
			t.Errorf("cut at %d: kept %v, want %v", cut, got, want.kept)
		}
	}
	if err := newViewing(t, throwFinder()).setState(make([][]strandState, 2)); err == nil {
		t.Error("the state of two environments is taken for one")
	}
}

func TestFindersAllocateLittle(t *testing.T) {
	const n = 4
	f, err := newFinders(throwFinder(), throwSpec(n), func(int, int, []byte, []env.Box) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	b := env.NewBatch(throwSpec(n))
	play := func() {
		for k := range throwSteps {
			obs, _ := throwStack(k)
			for i := range n {
				copy(b.ObsOf(i), obs)
				b.Elapsed[i], b.Terminated[i] = env.Frames(4*k), k == 0
			}
			if err := f.see(b, func(int) bool { return false }); err != nil {
				t.Fatal(err)
			}
		}
	}
	play()
	drawn := testing.AllocsPerRun(1, func() {
		for k := range throwSteps {
			throwStack(k)
		}
	})
	if got := testing.AllocsPerRun(10, play) - drawn; got > 0 {
		t.Errorf("%v allocations in %d steps", got, throwSteps)
	}
}
