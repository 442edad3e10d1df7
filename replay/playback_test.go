package replay_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/env"
	"glint/replay"
)

// played returns the rows of record(25) that a Playback shows: last observations of
// episodes are left out.
func played() []replay.Row {
	var rows []replay.Row
	for i := range 25 {
		if row := tinyRow(tinyMeta(), i); !row.Terminated && !row.Truncated {
			rows = append(rows, row)
		}
	}
	return rows
}

func TestPlayback(t *testing.T) {
	d, err := replay.Open(record(t, 25))
	if err != nil {
		t.Fatal(err)
	}
	p, v := replay.NewPlayback(d)
	if _, err := v.Reset(t.Context(), []uint64{9}); err != nil {
		t.Fatal(err)
	}
	truther, known := env.As[env.Truther](v)
	if !known || !v.Spec().Saves {
		t.Fatal("a dataset with truth plays without, or cannot be saved")
	}
	want := played()
	var state []byte
	for i := range 2*len(want) + 3 {
		b, err := v.Step(t.Context(), []int{i % 5})
		if err != nil {
			t.Fatal(err)
		}
		row := want[i%len(want)]
		if d := cmp.Diff(row, p.Row()); d != "" || !cmp.Equal(b.Obs, row.Obs) || b.Ended(0) {
			t.Fatalf("step %d shows another row (-want +got):\n%s", i, d)
		}
		if d := cmp.Diff(row.Boxes, truther.Truth(nil, 0)); d != "" {
			t.Errorf("step %d: boxes (-want +got):\n%s", i, d)
		}
		if i == 3 {
			if state, err = p.Save(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := p.Load(t.Context(), 0, state); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want[3], p.Row()); d != "" {
		t.Errorf("loaded another row (-want +got):\n%s", d)
	}
	if _, err := v.Step(t.Context(), []int{0}); err != nil || !cmp.Equal(want[4], p.Row()) {
		t.Errorf("after loading: row %v, error %v", p.Row().Step, err)
	}
	if _, err := v.Step(t.Context(), []int{5}); err == nil {
		t.Error("an action that the dataset does not have is taken")
	}
	if err := p.Load(t.Context(), 0, []byte{200, 0, 0, 0, 0, 0, 0, 0}); err == nil || !strings.Contains(err.Error(), "another dataset") {
		t.Errorf("a state beyond the dataset: error %v", err)
	}
	if err := v.Close(); err != nil {
		t.Error(err)
	}
}

func TestEpisodes(t *testing.T) {
	dir := record(t, 25)
	d, err := replay.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.Episodes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []replay.Episode{
		{Number: 0, Rows: 9, Small: 6, Taken: []int{1, 2, 2, 2, 2}},
		{Number: 1, Rows: 9, Small: 6, Taken: []int{1, 2, 2, 2, 2}},
		{Number: 2, Rows: 5, Small: 3, Taken: []int{0, 1, 1, 1, 1}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("episodes (-want +got):\n%s", d)
	}
	write(t, filepath.Join(dir, "part-00001.parquet"), []byte("no shard"))
	if d, err = replay.OpenSkipBroken(dir); err != nil {
		t.Fatal(err)
	}
	if got, err = d.Episodes(t.Context()); err != nil || len(got) != len(want) {
		t.Errorf("%d episodes beside a broken shard, error %v", len(got), err)
	}
}
