package ckpt

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// maxAxes bounds the shape of a tensor, so that a hostile header cannot make a
// reader allocate more than the header's own size.
const maxAxes = 32

// ReadTensors reads what WriteTensors or another program wrote in the
// safetensors format, up to the end of r, and returns the tensors in the order
// of their bytes and the metadata. It refuses other types than F32, headers
// above MaxHeader, names that occur twice, tensors that overlap or leave holes,
// bytes after the last tensor, and NaN or infinities, by the tensor's name.
// Memory grows with the bytes that arrive and not with what the header claims.
func ReadTensors(r io.Reader) ([]Tensor, map[string]string, error) {
	ts, meta, err := readTensors(r)
	if err != nil {
		return nil, nil, fmt.Errorf("ckpt: reading tensors: %w", err)
	}
	return ts, meta, nil
}

func readTensors(r io.Reader) ([]Tensor, map[string]string, error) {
	header, err := readHeader(r)
	if err != nil {
		return nil, nil, err
	}
	entries, meta, err := parseHeader(header)
	if err != nil {
		return nil, nil, fmt.Errorf("header: %w", err)
	}
	sizes, err := layOut(entries)
	if err != nil {
		return nil, nil, err
	}
	ts := make([]Tensor, len(entries))
	for i, e := range entries {
		data, err := readFloats(r, sizes[i])
		if err != nil {
			return nil, nil, fmt.Errorf("tensor %q: %w", e.name, err)
		}
		ts[i] = Tensor{Name: e.name, Shape: make([]int, len(e.shape)), Data: data}
		for a, n := range e.shape {
			ts[i].Shape[a] = int(n)
		}
	}
	if n, err := io.ReadFull(r, make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		if n == 0 {
			return nil, nil, err
		}
		return nil, nil, errors.New("there are bytes after the last tensor")
	}
	return ts, meta, nil
}

func readHeader(r io.Reader) ([]byte, error) {
	var word [8]byte
	if _, err := io.ReadFull(r, word[:]); err != nil {
		return nil, fmt.Errorf("the file is truncated in its first 8 bytes: %w", err)
	}
	n := binary.LittleEndian.Uint64(word[:])
	if n > MaxHeader {
		return nil, fmt.Errorf("a header of %d bytes, more than %d: not a safetensors file", n, MaxHeader)
	}
	var b bytes.Buffer
	if _, err := io.CopyN(&b, r, int64(n)); err != nil {
		return nil, fmt.Errorf("the file is truncated in its header: %w", err)
	}
	return b.Bytes(), nil
}

// entry is a tensor as the header describes it, unchecked.
type entry struct {
	name       string
	dtype      string
	shape      []uint64
	begin, end uint64
}

// parseHeader reads the header by tokens, because json.Unmarshal would let a
// name occur twice and would match keys whatever their case.
func parseHeader(header []byte) ([]entry, map[string]string, error) {
	if len(header) == 0 || header[0] != '{' || !utf8.Valid(header) {
		return nil, nil, errors.New("not a JSON object in UTF-8: not a safetensors file")
	}
	if !json.Valid(header) {
		return nil, nil, errors.New("not valid JSON: not a safetensors file")
	}
	dec := json.NewDecoder(bytes.NewReader(header))
	dec.UseNumber()
	var entries []entry
	var meta map[string]string
	err := eachKey(dec, func(key string) error {
		if key == metadataKey {
			meta = map[string]string{}
			return eachKey(dec, func(k string) error {
				v, err := stringValue(dec)
				meta[k] = v
				return err
			})
		}
		e, err := parseEntry(dec, key)
		entries = append(entries, e)
		return err
	})
	return entries, meta, err
}

func parseEntry(dec *json.Decoder, name string) (entry, error) {
	e := entry{name: name}
	found := 0
	err := eachKey(dec, func(key string) error {
		found++
		var err error
		switch key {
		case "dtype":
			e.dtype, err = stringValue(dec)
		case "shape":
			e.shape, err = numbers(dec, maxAxes)
		case "data_offsets":
			var o []uint64
			if o, err = numbers(dec, 2); err == nil && len(o) != 2 {
				err = errors.New("data_offsets are not two numbers")
			}
			if err == nil {
				e.begin, e.end = o[0], o[1]
			}
		default:
			err = fmt.Errorf("unknown key %q", key)
		}
		return err
	})
	if err == nil && found != 3 {
		err = errors.New("it lacks one of dtype, shape, data_offsets")
	}
	if err == nil && name == "" {
		err = errors.New("it has no name")
	}
	if err != nil {
		return entry{}, fmt.Errorf("tensor %q: %w", name, err)
	}
	return e, nil
}

// eachKey reads an object and calls value at every key, which must read the
// key's value. A key that occurs twice is an error.
func eachKey(dec *json.Decoder, value func(key string) error) error {
	tok, err := dec.Token()
	if err != nil {
		return err
	}
	if tok != json.Delim('{') {
		return fmt.Errorf("%v where an object must be", tok)
	}
	seen := map[string]bool{}
	for dec.More() {
		key, err := stringValue(dec)
		if err != nil {
			return err
		}
		if seen[key] {
			return fmt.Errorf("%q occurs twice", key)
		}
		seen[key] = true
		if err := value(key); err != nil {
			return err
		}
	}
	_, err = dec.Token()
	return err
}

func stringValue(dec *json.Decoder) (string, error) {
	tok, err := dec.Token()
	if err != nil {
		return "", err
	}
	s, ok := tok.(string)
	if !ok {
		return "", fmt.Errorf("%v where a text must be", tok)
	}
	return s, nil
}

// numbers reads an array of at most limit whole numbers from 0 to 2^63-1.
func numbers(dec *json.Decoder, limit int) ([]uint64, error) {
	tok, err := dec.Token()
	if err != nil {
		return nil, err
	}
	if tok != json.Delim('[') {
		return nil, fmt.Errorf("%v where an array must be", tok)
	}
	out := []uint64{}
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return nil, err
		}
		n, ok := tok.(json.Number)
		if !ok {
			return nil, fmt.Errorf("%v where a number must be", tok)
		}
		v, err := n.Int64()
		if err != nil || v < 0 {
			return nil, fmt.Errorf("%v is not a size", n)
		}
		if len(out) == limit {
			return nil, fmt.Errorf("more than %d numbers in an array", limit)
		}
		out = append(out, uint64(v))
	}
	_, err = dec.Token()
	return out, err
}

// layOut sorts the entries by their bytes, refuses overlaps and holes and
// returns the number of elements of each.
func layOut(entries []entry) ([]uint64, error) {
	slices.SortStableFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	sizes := make([]uint64, len(entries))
	var at uint64
	for i, e := range entries {
		n, ok := product(e.shape)
		switch {
		case e.dtype != "F32":
			return nil, fmt.Errorf("tensor %q: type %q, only F32 is read", e.name, e.dtype)
		case e.begin != at:
			return nil, fmt.Errorf("tensor %q: its bytes start at %d, not at %d: tensors overlap or leave a hole", e.name, e.begin, at)
		case !ok || e.end < e.begin || n != (e.end-e.begin)/4 || (e.end-e.begin)%4 != 0:
			return nil, fmt.Errorf("tensor %q: bytes %d to %d do not fit shape %v", e.name, e.begin, e.end, e.shape)
		}
		at, sizes[i] = e.end, n
	}
	return sizes, nil
}

// product multiplies the sizes of a shape; false says that it overflows an int.
func product(shape []uint64) (uint64, bool) {
	if slices.Contains(shape, 0) {
		return 0, true
	}
	p := uint64(1)
	for _, n := range shape {
		hi, lo := bits.Mul64(p, n)
		if hi != 0 || lo > math.MaxInt/4 {
			return 0, false
		}
		p = lo
	}
	return p, true
}

// readFloats reads n finite numbers.
func readFloats(r io.Reader, n uint64) ([]float32, error) {
	const chunk = 1 << 16
	buf := make([]byte, 4*min(n, chunk))
	out := make([]float32, 0, min(n, chunk))
	for left := n; left > 0; {
		k := min(left, chunk)
		if _, err := io.ReadFull(r, buf[:4*k]); err != nil {
			return nil, fmt.Errorf("the file is truncated: %w", err)
		}
		base := len(out)
		for i := range k {
			out = append(out, math.Float32frombits(binary.LittleEndian.Uint32(buf[4*i:])))
		}
		if err := checkFinite(out[base:], base); err != nil {
			return nil, err
		}
		left -= k
	}
	return out, nil
}
