package ckpt_test

import (
	"bytes"
	"os"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"glint/internal/ckpt"
)

// FuzzReadTensors feeds the parser any bytes. What it takes must survive being
// written and read again.
func FuzzReadTensors(f *testing.F) {
	golden, err := os.ReadFile("testdata/golden.safetensors")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add(encode(f, tensors(), map[string]string{"a": "b"}))
	f.Add(raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4))
	f.Add(raw(`{"a":{"dtype":"F32","shape":[0,9],"data_offsets":[0,0]},"__metadata__":{}}`, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		ts, meta, err := ckpt.ReadTensors(bytes.NewReader(b))
		if err != nil {
			return
		}
		again, metaAgain, err := ckpt.ReadTensors(bytes.NewReader(encode(t, ts, meta)))
		if err != nil {
			t.Fatal(err)
		}
		if len(meta)+len(metaAgain) > 0 && !gocmp.Equal(meta, metaAgain) {
			t.Errorf("metadata %v became %v", meta, metaAgain)
		}
		if d := gocmp.Diff(ts, again); d != "" {
			t.Error(d)
		}
	})
}

func BenchmarkWriteTensors(b *testing.B) {
	ts := []ckpt.Tensor{{Name: "w", Shape: []int{1 << 20}, Data: make([]float32, 1<<20)}}
	b.SetBytes(4 << 20)
	for b.Loop() {
		if err := ckpt.WriteTensors(&bytes.Buffer{}, ts, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadTensors(b *testing.B) {
	file := encode(b, []ckpt.Tensor{{Name: "w", Shape: []int{1 << 20}, Data: make([]float32, 1<<20)}}, nil)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, _, err := ckpt.ReadTensors(bytes.NewReader(file)); err != nil {
			b.Fatal(err)
		}
	}
}
