package replay_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"glint/env"
	"glint/replay"
)

func saved(t testing.TB, s *replay.Store) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := s.Save(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestStoreSaveLoad(t *testing.T) {
	a, b := newStore(t, tiny(30, 0.5, 0.5)), newStore(t, tiny(30, 0.5, 0.5))
	fill(t, a, 0, 47, 3) // the ring has turned and stands in the middle
	fill(t, b, 500, 600, 5)
	file := saved(t, a)
	if err := b.Load(bytes.NewReader(file)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(file, saved(t, b)) {
		t.Error("the loaded store saves other bytes")
	}
	ra, rb := rand.New(rand.NewPCG(5, 6)), rand.New(rand.NewPCG(5, 6))
	da, db := make([]byte, 8*tinyLen), make([]byte, 8*tinyLen)
	ba, bb := make([][]env.Box, 8), make([][]env.Box, 8)
	for i := range 100 {
		fill(t, a, 47+i, 48+i, 3)
		fill(t, b, 47+i, 48+i, 3)
		ca, err := a.Sample(ra, da, ba)
		if err != nil {
			t.Fatal(err)
		}
		cb, err := b.Sample(rb, db, bb)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(da, db) || !slices.Equal(ca, cb) {
			t.Fatalf("batch %d after loading differs", i)
		}
		for k := range ba {
			if !slices.Equal(ba[k], bb[k]) {
				t.Fatalf("batch %d after loading has other boxes", i)
			}
		}
	}
	if a.Bytes() != b.Bytes() {
		t.Errorf("%d bytes, the loaded store has %d", a.Bytes(), b.Bytes())
	}
}

func TestStoreLoadEmpty(t *testing.T) {
	s := newStore(t, tiny(4))
	file := saved(t, s)
	fill(t, s, 0, 4, 1)
	if err := s.Load(bytes.NewReader(file)); err != nil || s.Len() != 0 || s.Bytes() != 0 {
		t.Errorf("loading an empty store gives %v and %d stacks", err, s.Len())
	}
}

func TestStoreLoadRefuses(t *testing.T) {
	src := newStore(t, tiny(10))
	fill(t, src, 0, 10, 3)
	file := saved(t, src)
	for name, tc := range map[string]struct {
		cfg    replay.StoreConfig
		change func([]byte) []byte
		want   string
	}{
		"capacity": {replay.StoreConfig{Capacity: 11, Classes: 2, Len: tinyLen}, nil, "Capacity 10"},
		"classes":  {replay.StoreConfig{Capacity: 10, Classes: 3, Len: tinyLen}, nil, "Classes 2"},
		"len":      {replay.StoreConfig{Capacity: 10, Classes: 2, Len: 32}, nil, "Len 64"},
		"foreign":  {tiny(10), func([]byte) []byte { return []byte(strings.Repeat("x", 99)) }, "no saved store"},
		"cut":      {tiny(10), func(b []byte) []byte { return b[:len(b)-9] }, "unexpected EOF"},
		"nothing":  {tiny(10), func([]byte) []byte { return nil }, "unexpected EOF"},
		"flipped":  {tiny(10), func(b []byte) []byte { b[len(b)-6] ^= 1; return b }, "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := bytes.Clone(file)
			if tc.change != nil {
				bad = tc.change(bad)
			}
			s := newStore(t, tc.cfg)
			if tc.cfg.Len == tinyLen {
				fill(t, s, 0, 5, 1)
			}
			n := s.Len()
			if err := s.Load(bytes.NewReader(bad)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("loading gives %v, want an error with %q", err, tc.want)
			}
			if s.Len() != n {
				t.Errorf("a refused file left %d of %d stacks", s.Len(), n)
			}
		})
	}
}

func TestStoreSaveFails(t *testing.T) {
	s := newStore(t, tiny(4))
	fill(t, s, 0, 4, 1)
	full := errors.New("disk is full")
	if err := s.Save(failingWriter{full}); !errors.Is(err, full) {
		t.Errorf("saving to a full disk gives %v", err)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// A file of a few bytes that claims millions of stacks must not cost memory.
func TestStoreLoadBounded(t *testing.T) {
	cfg := replay.StoreConfig{Capacity: 1 << 40, Classes: 2, Len: 1 << 16}
	file := []byte("glint store 1\n")
	for _, v := range []uint64{1 << 40, 2, 1 << 16, 1 << 40, 0, 1 << 16} {
		file = binary.AppendUvarint(file, v)
	}
	s := newStore(t, cfg)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := s.Load(bytes.NewReader(file))
	runtime.ReadMemStats(&after)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("loading gives %v", err)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("loading %d bytes allocated %d", len(file), got)
	}
}

func FuzzStoreLoad(f *testing.F) {
	src := newStore(f, tiny(10))
	fill(f, src, 0, 10, 3)
	file := saved(f, src)
	// Without the checksum, which the fuzzer could never guess.
	f.Add(file[:len(file)-4])
	f.Add([]byte("glint store 1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		data = binary.LittleEndian.AppendUint32(data, crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)))
		s := newStore(t, tiny(10))
		if err := s.Load(bytes.NewReader(data)); err != nil || s.Len() == 0 {
			return
		}
		r, dst := rand.New(rand.NewPCG(1, 1)), make([]byte, 8*tinyLen)
		if _, err := s.Sample(r, dst, nil); err != nil {
			return // a well-formed file around a damaged stack
		}
		again := newStore(t, tiny(10))
		if err := again.Load(bytes.NewReader(saved(t, s))); err != nil {
			t.Fatalf("what was loaded cannot be saved and loaded: %v", err)
		}
	})
}
