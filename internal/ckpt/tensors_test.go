package ckpt_test

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"glint/internal/ckpt"
)

// tensors are those of testdata/golden.py.
func tensors() []ckpt.Tensor {
	weight := make([]float32, 12)
	for i := range weight {
		weight[i] = float32(i-6) / 8
	}
	return []ckpt.Tensor{
		{Name: "encoder.weight", Shape: []int{2, 3, 2}, Data: weight},
		{Name: "bias", Shape: []int{3}, Data: []float32{1e-30, float32(math.Copysign(0, -1)), math.MaxFloat32}},
		{Name: "scalar", Shape: []int{}, Data: []float32{math.Pi}},
		{Name: "empty", Shape: []int{0, 4}, Data: []float32{}},
		{Name: `näme "quoted"`, Shape: []int{1, 1}, Data: []float32{1}},
	}
}

func encode(t testing.TB, ts []ckpt.Tensor, meta map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := ckpt.WriteTensors(&b, ts, meta); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTensorsRoundTrip(t *testing.T) {
	want, meta := tensors(), map[string]string{"a": "b"}
	b := encode(t, want, meta)
	if n := binary.LittleEndian.Uint64(b); n%8 != 0 {
		t.Errorf("a header of %d bytes leaves the data unaligned", n)
	}
	got, gotMeta, err := ckpt.ReadTensors(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if d := gocmp.Diff(meta, gotMeta); d != "" {
		t.Error(d)
	}
	// An empty tensor has no place among the bytes, so its order is free.
	byName := func(a, b ckpt.Tensor) int { return cmp.Compare(a.Name, b.Name) }
	slices.SortFunc(want, byName)
	slices.SortFunc(got, byName)
	if d := gocmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if !math.Signbit(float64(got[0].Data[1])) {
		t.Error("-0 lost its sign")
	}
}

func TestTensorsAgainstReference(t *testing.T) {
	f, err := os.Open("testdata/golden.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, meta, err := ckpt.ReadTensors(f)
	if err != nil {
		t.Fatal(err)
	}
	if d := gocmp.Diff(map[string]string{"format": "pt", "step": "7"}, meta); d != "" {
		t.Error(d)
	}
	byName := func(a, b ckpt.Tensor) int { return cmp.Compare(a.Name, b.Name) }
	want := tensors()
	slices.SortFunc(want, byName)
	slices.SortFunc(got, byName)
	if d := gocmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestWriteTensorsRefuses(t *testing.T) {
	one := []float32{1}
	for name, ts := range map[string][]ckpt.Tensor{
		"two tensors":   {{Name: "a", Shape: []int{1}, Data: one}, {Name: "a", Shape: []int{1}, Data: one}},
		"not a name":    {{Name: "__metadata__", Shape: []int{1}, Data: one}},
		"1 elements":    {{Name: "a", Shape: []int{2}, Data: one}},
		"negative size": {{Name: "a", Shape: []int{-1, -1}, Data: one}},
		"0 elements":    {{Name: "a", Shape: []int{1 << 32, 1 << 32}}},
		"axes":          {{Name: "a", Shape: make([]int, 33)}},
		"element 1 is NaN": {
			{Name: "a", Shape: []int{2}, Data: []float32{1, float32(math.NaN())}},
		},
		"element 0 is -Inf": {{Name: "a", Shape: []int{1}, Data: []float32{float32(math.Inf(-1))}}},
	} {
		var b bytes.Buffer
		err := ckpt.WriteTensors(&b, ts, nil)
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), fmt.Sprintf("%q", ts[0].Name)) {
			t.Errorf("%s: %v", name, err)
		}
		if b.Len() != 0 {
			t.Errorf("%s: %d bytes were written", name, b.Len())
		}
	}
}

// raw builds a file of a header and n zero bytes of data.
func raw(header string, n int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, n)...)
}

func TestReadTensorsRefuses(t *testing.T) {
	nan := encode(t, []ckpt.Tensor{{Name: "w", Shape: []int{2}, Data: []float32{1, 2}}}, nil)
	binary.LittleEndian.PutUint32(nan[len(nan)-4:], math.Float32bits(float32(math.NaN())))
	cut := encode(t, []ckpt.Tensor{{Name: "w", Shape: []int{2}, Data: []float32{1, 2}}}, nil)
	const a4 = `"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`
	for _, tc := range []struct {
		name string
		file []byte
		says string
	}{
		{"nothing", nil, "first 8 bytes"},
		{"huge header", binary.LittleEndian.AppendUint64(nil, 1<<62), "not a safetensors file"},
		{"cut header", binary.LittleEndian.AppendUint64(nil, 90_000_000), "truncated in its header"},
		{"empty header", raw("", 0), "JSON object"},
		{"no object", raw("[1]", 0), "JSON object"},
		{"leading space", raw(" {}", 0), "JSON object"},
		{"two objects", raw("{}{}", 0), "valid JSON"},
		{"not UTF-8", raw("{\"\xff\":1}", 0), "UTF-8"},
		{"cut data", cut[:len(cut)-1], `"w": the file is truncated`},
		{"more data", append(slices.Clone(cut), 0), "bytes after the last"},
		{"NaN", nan, `"w": element 1 is NaN`},
		{"twice", raw("{"+a4+","+a4+"}", 4), `"a" occurs twice`},
		{"twice, escaped", raw("{"+a4+`,"\u0061"`+a4[3:]+"}", 4), `"a" occurs twice`},
		{"key twice", raw(`{"a":{"dtype":"I8","dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4), "twice"},
		{"unknown key", raw(`{"a":{"DType":"F32","shape":[1],"data_offsets":[0,4]}}`, 4), "unknown key"},
		{"missing key", raw(`{"a":{"dtype":"F32","shape":[1]}}`, 4), "lacks"},
		{"no name", raw(`{"":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4), "no name"},
		{"type", raw(`{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}`, 4), "only F32"},
		{"hole", raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), "hole"},
		{"overlap", raw("{"+a4+`,"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 8), "overlap"},
		{"backwards", raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,-4]}}`, 8), "not a size"},
		{"end before begin", raw("{"+a4+`,"b":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, 8), "do not fit"},
		{"half element", raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,6]}}`, 6), "do not fit"},
		{"one offset", raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4]}}`, 4), "not two"},
		{"three offsets", raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}`, 4), "more than 2"},
		{"overflow", raw(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0), "do not fit"},
		{"fraction", raw(`{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}`, 4), "not a size"},
		{"null shape", raw(`{"a":{"dtype":"F32","shape":null,"data_offsets":[0,4]}}`, 4), "array"},
		{"metadata", raw(`{"__metadata__":{"a":1}}`, 0), "text"},
		{"claims much", raw(`{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}`, 8), "truncated"},
	} {
		_, _, err := ckpt.ReadTensors(bytes.NewReader(tc.file))
		if err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: error %v does not say %q", tc.name, err, tc.says)
		}
	}
}

// TestReadTensorsAllocatesWhatArrives holds readers against files that claim more
// than they hold.
func TestReadTensorsAllocatesWhatArrives(t *testing.T) {
	for _, file := range [][]byte{
		binary.LittleEndian.AppendUint64(nil, ckpt.MaxHeader),
		raw(`{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}`, 8),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, _, err := ckpt.ReadTensors(bytes.NewReader(file)); err == nil {
			t.Error("it was read")
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 4<<20 {
			t.Errorf("%d bytes allocated for a file of %d", n, len(file))
		}
	}
}

func TestReadTensorsPassesErrors(t *testing.T) {
	broken := errors.New("broken pipe")
	b := encode(t, tensors(), nil)
	for _, n := range []int{3, 40, len(b) - 3, len(b)} {
		r := io.MultiReader(bytes.NewReader(b[:n]), &failing{broken})
		if _, _, err := ckpt.ReadTensors(r); !errors.Is(err, broken) {
			t.Errorf("failing after %d bytes: %v", n, err)
		}
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }
