package gym

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"glint/env"
)

func TestHeaderRoundTrip(t *testing.T) {
	raw := appendFrame(nil, kindState, 0xDEADBEEF, []byte("abc"))
	want := []byte{'G', 'L', 1, 9, 0, 0, 0, 0, 0xEF, 0xBE, 0xAD, 0xDE, 3, 0, 0, 0, 'a', 'b', 'c'}
	if !bytes.Equal(raw, want) {
		t.Errorf("frame %v, want %v", raw, want)
	}
	r := bytes.NewReader(raw)
	h, err := readHeader(r)
	if err != nil || h.kind != kindState || h.seq != 0xDEADBEEF {
		t.Fatalf("readHeader: %+v, %v", h, err)
	}
	if p, err := readPayload(r, h); err != nil || string(p) != "abc" {
		t.Errorf("readPayload: %q, %v", p, err)
	}
	for cut := range raw {
		r := bytes.NewReader(raw[:cut])
		h, err := readHeader(r)
		if err == nil {
			_, err = readPayload(r, h)
		}
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("a frame cut after %d bytes: %v", cut, err)
		}
	}
}

// FuzzFrame feeds the decoders with anything: they must neither panic nor take
// more memory than what arrives, and what they accept is consumed whole.
func FuzzFrame(f *testing.F) {
	s := env.Spec{Name: "fuzz", N: 2, T: 2, H: 1, W: 2, Format: env.Gray, Actions: 2, Repeat: 2, AuxLen: 1}
	good := make([]byte, batchPrefix+metaLen(2)+2*(4+2))
	good[4] = 2
	f.Add(appendFrame(nil, kindBatch, 1, good))
	ended := append(bytes.Clone(good), make([]byte, finalPrefix+6)...)
	ended[8], ended[batchPrefix+36*2] = 1, flagTerminated
	f.Add(appendFrame(nil, kindBatch, 1, ended))
	f.Add(appendFrame(nil, kindError, 1, []byte(`{"env":1,"text":"x"}`)))
	f.Add(appendFrame(nil, kindSpec, 1, []byte(`{"n":2,"t":1,"h":1,"w":1,"format":"index","palette":[1,2,3],"actions":1,"repeat":1}`)))
	f.Add([]byte{'G', 'L', 1, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x03})
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bytes.NewReader(data)
		h, err := readHeader(r)
		if err != nil {
			return
		}
		if h.kind != kindBatch {
			payload, err := readPayload(r, h)
			if err == nil && len(payload) != h.size {
				t.Fatalf("payload of %d bytes, header says %d", len(payload), h.size)
			}
			_ = remoteError(payload)
			if got, err := decodeSpec(payload, 2); err == nil && got.N != 2 {
				t.Fatalf("spec of %d environments was accepted", got.N)
			}
			return
		}
		b := env.NewBatch(s)
		if _, err := decodeBatch(r, h.size, s, target{dst: b, n: 2}, nil); err == nil {
			if used := len(data) - headerLen - r.Len(); used != h.size {
				t.Fatalf("decoded %d bytes of a frame of %d", used, h.size)
			}
		}
	})
}

func TestSplitKeepsHalvesApart(t *testing.T) {
	for n := 1; n <= 12; n++ {
		for workers := 1; workers <= n; workers++ {
			next := 0
			shards := split(n, workers)
			for _, sh := range shards {
				if sh.lo != next || sh.hi <= sh.lo {
					t.Fatalf("split(%d, %d): worker of %d..%d after %d", n, workers, sh.lo, sh.hi, next)
				}
				if len(shards) > 1 && n%2 == 0 && sh.lo < n/2 && sh.hi > n/2 {
					t.Fatalf("split(%d, %d): worker of %d..%d serves both halves", n, workers, sh.lo, sh.hi)
				}
				next = sh.hi
			}
			if next != n {
				t.Fatalf("split(%d, %d) ends at %d", n, workers, next)
			}
		}
	}
}

func BenchmarkDecodeBatch(b *testing.B) {
	s := env.Spec{N: 8, T: 4, H: 64, W: 144, Format: env.Index, Actions: 14, Repeat: 4, AuxLen: 128}
	payload := make([]byte, batchPrefix+metaLen(8)+8*(s.ObsLen()+4*128))
	payload[4] = 8
	batch, scratch := env.NewBatch(s), make([]byte, 1024)
	b.SetBytes(int64(len(payload)))
	b.ReportAllocs()
	r := bytes.NewReader(payload)
	for b.Loop() {
		r.Reset(payload)
		if _, err := decodeBatch(r, len(payload), s, target{dst: batch, n: 8}, scratch); err != nil {
			b.Fatal(err)
		}
	}
}
