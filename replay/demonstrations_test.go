package replay_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

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
	ended, final  bool
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
	// last one tells nothing; then all over again.
	want := []moment{
		{0, 0, 1 % n, 0, 0, false, false},
		{0, 1, 2 % n, 1, 1, false, false},
		{0, 2, 3 % n, 2, 3, false, false},
		{2, 0, 3 % n, 3, 6, true, true},
		{2, 1, 4 % n, 21, 21, false, false},
		{2, 2, 5 % n, 22, 43, false, false},
		{2, 3, 6 % n, 23, 66, false, false},
		{0, 0, 1 % n, 24, 90, true, true},
		{0, 1, 2 % n, 1, 1, false, false},
	}
	var state []byte
	var later [][]byte
	for k, w := range want {
		if k > 0 {
			if b, err = v.Step(t.Context(), []int{k % n, 0}); err != nil {
				t.Fatal(err)
			}
		}
		obs := b.ObsOf(0)
		got := moment{int(obs[0]), int(obs[1]), p.Action(0), b.Reward[0], b.Return[0], b.Ended(0), false}
		if got.ended {
			f := b.FinalOf(0)
			got.final = f[0] == byte(want[k-1].episode) && f[1] == byte(want[k-1].step+1)
		}
		if got != w {
			t.Fatalf("step %d shows %+v, want %+v", k, got, w)
		}
		if k == 4 {
			if state, err = p.Save(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
		}
		if k > 4 {
			later = append(later, append([]byte(nil), b.Obs...))
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
		for k, obs := range later {
			if b, err = v.Step(t.Context(), []int{0, 0}); err != nil || string(b.Obs) != string(obs) {
				t.Fatalf("step %d after loading shows something else (%v)", k, err)
			}
		}
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
}
