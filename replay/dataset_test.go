package replay_test

import (
	"context"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/env"
	"glint/replay"
)

func tinyMeta() replay.Meta {
	m := replay.MetaOf(env.Spec{
		Name: "dojo", N: 2, T: 2, H: 3, W: 4, Format: env.Index, Actions: 5, Repeat: 2,
		Palette: []color.RGBA{{A: 255}, {R: 74, G: 75, B: 76, A: 255}},
	})
	m.Policy, m.Seed, m.Sticky, m.Truth = "random", 7, 0.25, true
	m.Crop = replay.Crop{X: 12, Y: 98, W: 4, H: 3}
	m.Options = map[string]string{"difficulty": "1"}
	return m
}

// tinyRow returns row i of a dataset whose episodes have 10 steps.
func tinyRow(m replay.Meta, i int) replay.Row {
	row := replay.Row{
		Obs: make([]byte, m.ObsLen()), Action: i % m.Actions, Reward: float64(i) / 4,
		Terminated: i%20 == 9, Truncated: i%20 == 19, Episode: uint64(i / 10), Step: uint64(i % 10),
	}
	r := rand.New(rand.NewPCG(uint64(i), 1))
	for k := range row.Obs {
		row.Obs[k] = byte(r.IntN(2))
	}
	for b := range i % 3 {
		row.Boxes = append(row.Boxes, env.Box{Kind: "knife", Frame: b, Rect: image.Rect(-b, i%7, 4, 20)})
	}
	if i%2 == 1 {
		row.State = &replay.State{PlayerX: i - 3, PlayerY: 2, Health: i, Lives: 4, Floor: 1}
	}
	return row
}

// record writes n rows into a new folder and returns it.
func record(t *testing.T, n int) string {
	t.Helper()
	dir, m := filepath.Join(t.TempDir(), "data"), tinyMeta()
	w, err := replay.Create(dir, m)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := w.Add(tinyRow(m, i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func readAll(d *replay.Dataset) ([]replay.Row, error) {
	var rows []replay.Row
	for row, err := range d.Rows(context.Background()) {
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func TestDatasetRoundTrip(t *testing.T) {
	const n = 2*replay.ShardRows + 123
	d, err := replay.Open(record(t, n))
	if err != nil {
		t.Fatal(err)
	}
	if d.Len() != n {
		t.Errorf("%d rows, want %d", d.Len(), n)
	}
	if diff := cmp.Diff(tinyMeta(), d.Meta()); diff != "" {
		t.Errorf("meta differs (-want +got):\n%s", diff)
	}
	rows, err := readAll(d)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != n {
		t.Fatalf("read %d rows, want %d", len(rows), n)
	}
	for i, got := range rows {
		if diff := cmp.Diff(tinyRow(tinyMeta(), i), got); diff != "" {
			t.Fatalf("row %d differs (-want +got):\n%s", i, diff)
		}
	}
}

func TestMetaKeepsSpec(t *testing.T) {
	want := env.Spec{
		Name: "gym:ALE/Pong-v5", N: 3, T: 4, H: 64, W: 144, Format: env.Index, Repeat: 4, Stacked: true,
		Palette: []color.RGBA{{R: 1, G: 2, B: 3, A: 255}}, Actions: 2, Meanings: []string{"NOOP", "FIRE"},
	}
	if diff := cmp.Diff(want, replay.MetaOf(want).Spec(3)); diff != "" {
		t.Errorf("spec differs (-want +got):\n%s", diff)
	}
}

func TestDatasetRefuses(t *testing.T) {
	m := tinyMeta()
	for name, change := range map[string]func(*replay.Row){
		"obs":    func(r *replay.Row) { r.Obs = r.Obs[1:] },
		"action": func(r *replay.Row) { r.Action = m.Actions },
		"reward": func(r *replay.Row) { r.Reward = math.NaN() },
	} {
		w, err := replay.Create(t.TempDir(), m)
		if err != nil {
			t.Fatal(err)
		}
		bad := tinyRow(m, 1)
		change(&bad)
		if err := w.Add(bad); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("a bad %s gives %v, want an error that names it", name, err)
		}
		if err := w.Add(tinyRow(m, 1)); err != nil {
			t.Errorf("a good row after a refused one gives %v", err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := replay.Create(record(t, 1), m); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("recording into a used folder gives %v", err)
	}
	m.C = 3
	if _, err := replay.Create(t.TempDir(), m); err == nil {
		t.Error("3 bytes a pixel of palette indices are accepted")
	}
	if _, err := replay.Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no dataset") {
		t.Errorf("opening an empty folder gives %v", err)
	}
}

func TestWriterCutShort(t *testing.T) {
	dir, m := t.TempDir(), tinyMeta()
	w, err := replay.Create(dir, m)
	if err != nil {
		t.Fatal(err)
	}
	for i := range replay.ShardRows + 5 {
		if err := w.Add(tinyRow(m, i)); err != nil {
			t.Fatal(err)
		}
	}
	// The process dies here: no Close.
	d, err := replay.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if d.Len() != replay.ShardRows {
		t.Errorf("%d rows survive, want the %d of the whole shard", d.Len(), replay.ShardRows)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Add(tinyRow(m, 0)); err == nil {
		t.Error("Add after Close is accepted")
	}
	if err := w.Close(); err != nil {
		t.Errorf("a second Close gives %v", err)
	}
}

func TestDatasetDamaged(t *testing.T) {
	const second = "part-00001.parquet"
	for name, damage := range map[string]func(t *testing.T, path string){
		"truncated": func(t *testing.T, path string) {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(path, info.Size()*2/3); err != nil {
				t.Fatal(err)
			}
		},
		"empty":   func(t *testing.T, path string) { write(t, path, nil) },
		"foreign": func(t *testing.T, path string) { write(t, path, []byte(strings.Repeat("PAR1", 64))) },
		"flipped": func(t *testing.T, path string) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			data[len(data)/3] ^= 0x10
			write(t, path, data)
		},
	} {
		t.Run(name, func(t *testing.T) {
			const n = replay.ShardRows + 1000
			dir := record(t, 2*replay.ShardRows+1000)
			damage(t, filepath.Join(dir, second))
			d, err := replay.Open(dir)
			if err == nil {
				_, err = readAll(d)
			}
			if err == nil || !strings.Contains(err.Error(), second) {
				t.Errorf("reading gives %v, want an error that names %s", err, second)
			}
			d, err = replay.OpenSkipBroken(dir)
			if err != nil {
				t.Fatal(err)
			}
			rows, err := readAll(d)
			if err != nil {
				t.Fatalf("reading around the damage: %v", err)
			}
			if len(rows) < n || len(rows) >= 2*replay.ShardRows+1000 {
				t.Errorf("%d rows are left, want the %d of the whole shards", len(rows), n)
			}
			if s := d.Skipped(); len(s) != 1 || !strings.Contains(s[0].Error(), second) {
				t.Errorf("skipped: %v, want %s alone", s, second)
			}
		})
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDatasetMissingShard(t *testing.T) {
	dir := record(t, 2*replay.ShardRows+1)
	if err := os.Remove(filepath.Join(dir, "part-00000.parquet")); err != nil {
		t.Fatal(err)
	}
	if _, err := replay.Open(dir); err == nil || !strings.Contains(err.Error(), "part-00000") {
		t.Errorf("opening gives %v, want an error that names the missing shard", err)
	}
}

func TestRowsStops(t *testing.T) {
	d, err := replay.Open(record(t, 100))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range d.Rows(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 3 {
			break
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, err := range d.Rows(ctx) {
		if err == nil || !strings.Contains(err.Error(), "canceled") {
			t.Errorf("a cancelled iteration yields %v", err)
		}
	}
}

func TestSplit(t *testing.T) {
	const n = 10000
	val := 0
	for e := range uint64(n) {
		if replay.Split(e, 0.2) {
			val++
			if !replay.Split(e, 0.3) {
				t.Fatalf("episode %d leaves the validation part when that grows", e)
			}
		}
		if replay.Split(e, 0) || !replay.Split(e, 1) {
			t.Fatalf("episode %d ignores a share of 0 or 1", e)
		}
	}
	// Four standard deviations of a binomial draw.
	if sd := math.Sqrt(n * 0.2 * 0.8); math.Abs(float64(val)-n*0.2) > 4*sd {
		t.Errorf("%d of %d episodes validate, want about a fifth", val, n)
	}
}
