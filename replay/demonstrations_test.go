package replay_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/env"
	"glint/replay"
)

// lesson is a recorded step of a test: game g's episode e, step s.
func lesson(m replay.Meta, e, s, length int) replay.Row {
	row := tinyRow(m, 0)
	row.Obs = make([]byte, m.ObsLen())
	row.Obs[0], row.Obs[1] = byte(e), byte(s)
	row.Action, row.Reward = (e+s)%m.Actions, float64(10*e+s)
	row.Episode, row.Step = uint64(e), uint64(s)
	row.Terminated, row.Truncated = s == length-1 && e%2 == 0, s == length-1 && e%2 == 1
	row.Boxes, row.State = nil, nil
	return row
}

// recordLessons records two games side by side: episodes 0 and 1 of 4 and 6 steps, then 2
// and 3 of 9 steps, which the end of the recording cuts at so many rows.
func recordLessons(t *testing.T, change func(*replay.Meta), rows int) *replay.Dataset {
	t.Helper()
	m := tinyMeta()
	change(&m)
	dir := filepath.Join(t.TempDir(), "lessons")
	w, err := replay.Create(dir, m)
	if err != nil {
		t.Fatal(err)
	}
	games, next := [2][3]int{{0, 0, 4}, {1, 0, 6}}, 2 // episode, step, length
	for i := range rows {
		g := &games[i%2]
		if err := w.Add(lesson(m, g[0], g[1], g[2])); err != nil {
			t.Fatal(err)
		}
		if g[1]++; g[1] == g[2] {
			*g = [3]int{next, 0, 9}
			next++
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	d, err := replay.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// moment is what a test expects of a game: the observation shown, what was done on it, and
// how it came about.
type moment struct {
	episode, step int
	action        int
	reward        float64
	ret           float64
	terminated    bool
	truncated     bool
	final         bool
}

func TestDemonstrations(t *testing.T) {
	d := recordLessons(t, func(*replay.Meta) {}, 18)
	p, v, err := replay.NewDemonstrations(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if s := v.Spec(); s.N != 2 || !s.Saves {
		t.Fatalf("%d games, saves %v", s.N, s.Saves)
	}
	b, err := v.Reset(t.Context(), []uint64{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	n := tinyMeta().Actions
	// Game 0: episode 0 ends by rule at its step 3; episode 2 has five rows, of which the
	// last one tells nothing: the recording cuts it. Then all begins over again.
	want := []moment{
		{0, 0, 1 % n, 0, 0, false, false, false},
		{0, 1, 2 % n, 1, 1, false, false, false},
		{0, 2, 3 % n, 2, 3, false, false, false},
		{2, 0, 3 % n, 3, 6, true, false, true},
		{2, 1, 4 % n, 21, 21, false, false, false},
		{2, 2, 5 % n, 22, 43, false, false, false},
		{2, 3, 6 % n, 23, 66, false, false, false},
		{0, 0, 1 % n, 24, 90, false, true, true},
		{0, 1, 2 % n, 1, 1, false, false, false},
	}
	var state []byte
	var later []shown
	for k, w := range want {
		if k > 0 {
			if b, err = v.Step(t.Context(), []int{k % n, 0}); err != nil {
				t.Fatal(err)
			}
		}
		obs := b.ObsOf(0)
		got := moment{int(obs[0]), int(obs[1]), p.Action(0), b.Reward[0], b.Return[0], b.Terminated[0], b.Truncated[0], false}
		if b.Ended(0) {
			f := b.FinalOf(0)
			got.final = f[0] == byte(want[k-1].episode) && f[1] == byte(want[k-1].step+1)
		}
		if got != w {
			t.Fatalf("step %d shows %+v, want %+v", k, got, w)
		}
		if k == 4 {
			state = savedBy(t, p)
		}
		if k > 4 {
			later = append(later, showing(b, p))
		}
	}
	if b.Truncated[0] || b.EpisodeID[0] != 0 || b.Elapsed[0] != env.Frames(2*tinyMeta().Repeat) {
		t.Errorf("truncated %v, episode %d, %d frames", b.Truncated[0], b.EpisodeID[0], b.Elapsed[0])
	}
	for range 2 { // once from a new place, once from the same
		for i := range 2 {
			if err := p.Load(t.Context(), i, state); err != nil {
				t.Fatal(err)
			}
		}
		for k, want := range later {
			if b, err = v.Step(t.Context(), []int{0, 0}); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, showing(b, p), cmp.AllowUnexported(shown{})); d != "" {
				t.Fatalf("step %d after loading (-want +got):\n%s", k, d)
			}
		}
	}
}

func savedBy(t *testing.T, p *replay.Demonstrations) []byte {
	t.Helper()
	state, err := p.Save(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// shown is all that a step shows of all games.
type shown struct {
	obs                   string
	actions               [2]int
	reward, ret           []float64
	terminated, truncated []bool
	episodes              []uint64
	elapsed               []env.Frames
}

func showing(b *env.Batch, p *replay.Demonstrations) shown {
	return shown{
		string(b.Obs),
		[2]int{p.Action(0), p.Action(1)},
		slices.Clone(b.Reward), slices.Clone(b.Return),
		slices.Clone(b.Terminated), slices.Clone(b.Truncated), slices.Clone(b.EpisodeID), slices.Clone(b.Elapsed),
	}
}

// A game with many short episodes needs more rows than one with long ones: all begin anew
// when it has none left, so that the rows of the others do not pile up.
func TestDemonstrationsBeginAnewTogether(t *testing.T) {
	m := tinyMeta()
	dir := filepath.Join(t.TempDir(), "uneven")
	w, err := replay.Create(dir, m)
	if err != nil {
		t.Fatal(err)
	}
	const short = 4 // rows of game 0's episodes; game 1 plays one of 40
	for s := range 40 {
		for _, row := range []replay.Row{lesson(m, 2*(s/short)+2, s%short, short), lesson(m, 1, s, 41)} {
			if err := w.Add(row); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	d, err := replay.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, v, err := replay.NewDemonstrations(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	b, err := v.Reset(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	const pass = 10 * (short - 1) // steps that game 0 has
	for k := range 7 * pass {
		if first := k%pass == 0; first != (b.EpisodeID[0] == 2 && b.Elapsed[0] == env.Frames(m.Repeat)) || first != (b.Elapsed[1] == env.Frames(m.Repeat)) {
			t.Fatalf("step %d shows episode %d, game 1 after %d frames; want all to begin every %d steps", k, b.EpisodeID[0], b.Elapsed[1], pass)
		}
		if first := k > 0 && k%pass == 0; b.Truncated[1] != first || first && (b.FinalOf(1)[1] != pass || !b.Terminated[0]) {
			t.Fatalf("step %d: game 1 is cut: %v after its step %d", k, b.Truncated[1], b.FinalOf(1)[1])
		}
		if b, err = v.Step(t.Context(), []int{0, 0}); err != nil {
			t.Fatal(err)
		}
	}
}

// A shard in the middle that cannot be read cuts the episodes that go on in it; others that
// begin there are taken up where they can be read.
func TestDemonstrationsWithoutAShard(t *testing.T) {
	m := tinyMeta()
	dir := filepath.Join(t.TempDir(), "gap")
	w, err := replay.Create(dir, m)
	if err != nil {
		t.Fatal(err)
	}
	for s := range 3 * replay.ShardRows / 2 { // two games of episodes of 700 steps, in three shards
		const length = 700
		for game := range 2 {
			row := lesson(m, 2*(s/length)+game, s%length, length)
			row.Obs[1], row.Obs[2] = byte(s), byte(s>>8)
			if err := w.Add(row); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "part-00001.parquet"), []byte("no shard"))
	d, err := replay.OpenSkipBroken(dir)
	if err != nil {
		t.Fatal(err)
	}
	p, v, err := replay.NewDemonstrations(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if n := v.Spec().N; n != 2 {
		t.Fatalf("%d games, want 2", n)
	}
	b, err := v.Reset(t.Context(), nil)
	seen := map[uint64]bool{}
	for range 2 * d.Len() { // more than a pass
		if err != nil {
			t.Fatal(err)
		}
		for i := range 2 {
			seen[b.EpisodeID[i]] = true
			at := p.Row(i)
			if next := (int(at.Episode) + int(at.Step) + 1) % m.Actions; p.Action(i) != next {
				t.Fatalf("episode %d, step %d: action %d, want %d", at.Episode, at.Step, p.Action(i), next)
			}
		}
		b, err = v.Step(t.Context(), []int{0, 0})
	}
	if len(seen) < 4 || !seen[0] || !seen[1] {
		t.Errorf("only the episodes %v were shown", seen)
	}
}

func TestDemonstrationsRefuse(t *testing.T) {
	if _, _, err := replay.NewDemonstrations(t.Context(), recordLessons(t, func(m *replay.Meta) { m.Distinct = true }, 18)); !errors.Is(err, replay.ErrDistinct) {
		t.Errorf("a dataset without repeated steps: %v", err)
	}
	if _, _, err := replay.NewDemonstrations(t.Context(), recordLessons(t, func(*replay.Meta) {}, 0)); err == nil || !strings.Contains(err.Error(), "no step") {
		t.Errorf("an empty dataset: %v", err)
	}
	_, v, err := replay.NewDemonstrations(t.Context(), recordLessons(t, func(*replay.Meta) {}, 2))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Reset(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "no step") {
		t.Errorf("a dataset where nothing follows anything: %v", err)
	}
	if _, err := v.Step(t.Context(), []int{-1, 0}); err == nil {
		t.Error("an action that there is not was taken")
	}
	p, _, err := replay.NewDemonstrations(t.Context(), recordLessons(t, func(*replay.Meta) {}, 18))
	if err != nil {
		t.Fatal(err)
	}
	state := savedBy(t, p)
	other, _, err := replay.NewDemonstrations(t.Context(), recordLessons(t, func(*replay.Meta) {}, 16))
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Load(t.Context(), 0, state); err == nil || !strings.Contains(err.Error(), "another dataset") {
		t.Errorf("the state of another dataset: %v", err)
	}
}
