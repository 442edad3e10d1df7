package replay_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go"

	"glint/replay"
)

// TestDatasetWithoutState wants a dataset to be read whose columns end with boxes.
func TestDatasetWithoutState(t *testing.T) {
	type box struct {
		Kind  string `parquet:"kind"`
		Frame int32  `parquet:"frame"`
		X     int32  `parquet:"x"`
		Y     int32  `parquet:"y"`
		W     int32  `parquet:"w"`
		H     int32  `parquet:"h"`
	}
	type row struct {
		Obs        []byte  `parquet:"obs,zstd"`
		Action     int32   `parquet:"action"`
		Reward     float64 `parquet:"reward"`
		Terminated bool    `parquet:"terminated"`
		Truncated  bool    `parquet:"truncated"`
		Episode    uint64  `parquet:"episode"`
		Step       uint64  `parquet:"step"`
		Boxes      []box   `parquet:"boxes,list"`
	}
	dir := record(t, 1)
	m := tinyMeta()
	f, err := os.Create(filepath.Join(dir, "part-00000.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	rows := []row{{Obs: make([]byte, m.ObsLen()), Episode: 3, Boxes: []box{{Kind: "knife", W: 5, H: 2}}}}
	if err := parquet.Write(f, rows); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	d, err := replay.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for got, err := range d.Rows(t.Context()) {
		if err != nil || got.State != nil || got.Episode != 3 || len(got.Boxes) != 1 {
			t.Errorf("row %+v, error %v", got, err)
		}
	}
}
