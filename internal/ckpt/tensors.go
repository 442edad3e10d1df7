package ckpt

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"unicode/utf8"
)

// MaxHeader is the longest header of a safetensors file, in bytes, that is
// written or read. The format's reference implementation has the same limit.
const MaxHeader = 100_000_000

// metadataKey is the one header key of the format that names no tensor.
const metadataKey = "__metadata__"

// Tensor is a named array of float32.
type Tensor struct {
	// Name is any text but "__metadata__", unique in its file.
	Name string
	// Shape holds the sizes of the axes, outermost first; empty for a scalar.
	Shape []int
	// Data holds the elements in row-major order, as many as Shape says.
	Data []float32
}

// WriteTensors writes ts in the safetensors format, as F32 and in the order
// given, with meta as the file's metadata. It refuses what ReadTensors would
// refuse, NaN and infinities included, so that a file that cannot be loaded is
// never written.
func WriteTensors(w io.Writer, ts []Tensor, meta map[string]string) error {
	header, err := encodeHeader(ts, meta)
	if err != nil {
		return fmt.Errorf("ckpt: writing tensors: %w", err)
	}
	bw := bufio.NewWriterSize(w, 1<<16)
	// A bufio.Writer keeps its first error and Flush returns it.
	_, _ = bw.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(header))))
	_, _ = bw.Write(header)
	var word [4]byte
	for _, t := range ts {
		for _, v := range t.Data {
			binary.LittleEndian.PutUint32(word[:], math.Float32bits(v))
			_, _ = bw.Write(word[:])
		}
	}
	if err := bw.Flush(); err != nil {
		return fmt.Errorf("ckpt: writing tensors: %w", err)
	}
	return nil
}

// headerEntry is a tensor's entry in the header. Offsets count from the end of
// the header.
type headerEntry struct {
	DType   string    `json:"dtype"`
	Shape   []int     `json:"shape"`
	Offsets [2]uint64 `json:"data_offsets"`
}

func encodeHeader(ts []Tensor, meta map[string]string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	if len(meta) > 0 {
		if err := appendEntry(&b, metadataKey, meta); err != nil {
			return nil, err
		}
	}
	seen := make(map[string]bool, len(ts))
	var offset uint64
	for _, t := range ts {
		if seen[t.Name] {
			return nil, fmt.Errorf("tensor %q: two tensors have this name", t.Name)
		}
		seen[t.Name] = true
		if err := checkTensor(t); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		end := offset + 4*uint64(len(t.Data))
		e := headerEntry{DType: "F32", Shape: t.Shape, Offsets: [2]uint64{offset, end}}
		if e.Shape == nil {
			e.Shape = []int{}
		}
		if err := appendEntry(&b, t.Name, e); err != nil {
			return nil, err
		}
		offset = end
	}
	b.WriteByte('}')
	// The format wants the tensors' bytes to start at a multiple of 8.
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	if b.Len() > MaxHeader {
		return nil, fmt.Errorf("the header has %d bytes, more than %d", b.Len(), MaxHeader)
	}
	return b.Bytes(), nil
}

func appendEntry(b *bytes.Buffer, key string, value any) error {
	if b.Len() > 1 {
		b.WriteByte(',')
	}
	k, err := json.Marshal(key)
	if err != nil {
		return err
	}
	v, err := json.Marshal(value)
	if err != nil {
		return err
	}
	b.Write(k)
	b.WriteByte(':')
	b.Write(v)
	return nil
}

func checkTensor(t Tensor) error {
	if t.Name == "" || t.Name == metadataKey || !utf8.ValidString(t.Name) {
		return errors.New("not a name for a tensor")
	}
	if len(t.Shape) > maxAxes {
		return fmt.Errorf("%d axes, more than %d", len(t.Shape), maxAxes)
	}
	shape := make([]uint64, len(t.Shape))
	for i, n := range t.Shape {
		if n < 0 {
			return fmt.Errorf("negative size in shape %v", t.Shape)
		}
		shape[i] = uint64(n)
	}
	if n, ok := product(shape); !ok || n != uint64(len(t.Data)) {
		return fmt.Errorf("%d elements in shape %v", len(t.Data), t.Shape)
	}
	return checkFinite(t.Data, 0)
}

// checkFinite refuses NaN and infinities; base is the index of the first value.
func checkFinite(x []float32, base int) error {
	for i, v := range x {
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("element %d is %v, not a finite number", base+i, v)
		}
	}
	return nil
}
