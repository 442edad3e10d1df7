package replay_test

import (
	"bytes"
	"errors"
	"image"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"glint/env"
	"glint/replay"
)

const tinyLen = 64

// stack i is recognised by its first two bytes and class.
func stack(i, n int) []byte {
	obs := make([]byte, n)
	obs[0], obs[1] = byte(i), byte(i>>8)
	for k := 2 + i%5; k < n; k += 7 {
		obs[k] = byte(i)
	}
	return obs
}

func number(obs []byte) int { return int(obs[0]) | int(obs[1])<<8 }

func boxesOf(i int) []env.Box {
	var boxes []env.Box
	for b := range i % 3 {
		boxes = append(boxes, env.Box{Kind: "knife", Frame: b, Rect: image.Rect(-i, b, 9, 10)})
	}
	return boxes
}

func newStore(t testing.TB, cfg replay.StoreConfig) *replay.Store {
	t.Helper()
	s, err := replay.NewStore(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fill adds the stacks from..to-1 with class i%10 < ones.
func fill(t testing.TB, s *replay.Store, from, to, ones int) {
	t.Helper()
	for i := from; i < to; i++ {
		class := 0
		if i%10 < ones {
			class = 1
		}
		if err := s.Add(stack(i, tinyLen), class, boxesOf(i)); err != nil {
			t.Fatal(err)
		}
	}
}

func tiny(capacity int, least ...float64) replay.StoreConfig {
	return replay.StoreConfig{Capacity: capacity, Classes: 2, Least: least, Len: tinyLen}
}

func TestStoreShares(t *testing.T) {
	const b, batches = 10, 2000
	for _, tc := range []struct {
		name  string
		least []float64
		ones  int // tenths of the stacks that are of class 1
		want  float64
	}{
		{"half", []float64{0.5, 0.5}, 1, 0.5},
		{"third", []float64{0, 1. / 3}, 1, 1. / 3},
		{"common enough", []float64{0, 0.3}, 7, 0.7},
		{"both rare", []float64{0.6, 0.3}, 8, 0.4},
		{"only", []float64{0, 1}, 1, 1},
		{"none given", []float64{0, 0}, 3, 0.3},
		{"empty", []float64{0.5, 0.5}, 0, 0},
		{"natural", nil, 3, 0.3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStore(t, tiny(200, tc.least...))
			fill(t, s, 0, 200, tc.ones)
			r := rand.New(rand.NewPCG(1, 2))
			dst, ones := make([]byte, b*tinyLen), 0
			for range batches {
				classes, err := s.Sample(r, dst, nil)
				if err != nil {
					t.Fatal(err)
				}
				inBatch := 0
				for i, c := range classes {
					if n := number(dst[i*tinyLen:]); (n%10 < tc.ones) != (c == 1) {
						t.Fatalf("stack %d came as class %d", n, c)
					}
					inBatch += c
				}
				if math.Abs(float64(inBatch)-tc.want*b) >= 1 {
					t.Fatalf("%d of %d are of class 1, want %.2f rounded", inBatch, b, tc.want*b)
				}
				ones += inBatch
			}
			if got := float64(ones) / (b * batches); math.Abs(got-tc.want) > 0.005 {
				t.Errorf("share of class 1 is %.4f, want %.4f", got, tc.want)
			}
		})
	}
}

func TestStoreDrawsEveryStack(t *testing.T) {
	s := newStore(t, tiny(50, 0.5, 0.5))
	fill(t, s, 0, 50, 2)
	r, dst := rand.New(rand.NewPCG(1, 2)), make([]byte, 20*tinyLen)
	boxes, seen := make([][]env.Box, 20), map[int]int{}
	for range 200 {
		if _, err := s.Sample(r, dst, boxes); err != nil {
			t.Fatal(err)
		}
		for i := range boxes {
			obs := dst[i*tinyLen : (i+1)*tinyLen]
			n := number(obs)
			seen[n]++
			if !bytes.Equal(obs, stack(n, tinyLen)) {
				t.Fatalf("stack %d came back changed", n)
			}
			if diff := cmp.Diff(boxesOf(n), append([]env.Box(nil), boxes[i]...)); diff != "" {
				t.Fatalf("boxes of stack %d differ (-want +got):\n%s", n, diff)
			}
		}
	}
	if len(seen) != 50 {
		t.Errorf("%d of 50 stacks were drawn in 4,000 draws", len(seen))
	}
}

func TestStoreEviction(t *testing.T) {
	s := newStore(t, tiny(30, 0.5, 0.5))
	fill(t, s, 0, 100, 3)
	if diff := cmp.Diff([]int{21, 9}, s.Counts()); diff != "" || s.Len() != 30 {
		t.Errorf("%d stacks, counts differ (-want +got):\n%s", s.Len(), diff)
	}
	r, dst := rand.New(rand.NewPCG(3, 4)), make([]byte, 500*tinyLen)
	if _, err := s.Sample(r, dst, nil); err != nil {
		t.Fatal(err)
	}
	oldest := 100
	for i := range 500 {
		oldest = min(oldest, number(dst[i*tinyLen:]))
	}
	if oldest != 70 {
		t.Errorf("the oldest stack drawn is %d, want 70", oldest)
	}
	before := s.Bytes()
	fill(t, s, 100, 130, 3)
	if s.Bytes() <= 0 || s.Bytes() > 2*before || s.Ratio() <= 0 {
		t.Errorf("%d bytes, ratio %.2f after the ring turned; it had %d", s.Bytes(), s.Ratio(), before)
	}
}

func TestStoreRefuses(t *testing.T) {
	for field, cfg := range map[string]replay.StoreConfig{
		"Capacity":   {Classes: 1, Len: 1},
		"Classes":    {Capacity: 1, Len: 1},
		"Len":        {Capacity: 1, Classes: 1},
		"Least has":  {Capacity: 1, Classes: 2, Len: 1, Least: []float64{1}},
		"Least[1]":   {Capacity: 1, Classes: 2, Len: 1, Least: []float64{1, -1}},
		"Least[0]":   {Capacity: 1, Classes: 1, Len: 1, Least: []float64{math.NaN()}},
		"of Least a": {Capacity: 1, Classes: 2, Len: 1, Least: []float64{0.6, 0.5}},
	} {
		if _, err := replay.NewStore(cfg); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%+v gives %v, want an error with %q", cfg, err, field)
		}
	}
	s := newStore(t, tiny(4, 0, 1))
	r := rand.New(rand.NewPCG(1, 1))
	if _, err := s.Sample(r, make([]byte, tinyLen), nil); !errors.Is(err, replay.ErrEmpty) {
		t.Errorf("sampling an empty store gives %v", err)
	}
	if s.Add(make([]byte, tinyLen+1), 0, nil) == nil || s.Add(make([]byte, tinyLen), 2, nil) == nil {
		t.Error("a stack of another length or class is accepted")
	}
	if _, err := s.Sample(r, make([]byte, tinyLen+1), nil); err == nil {
		t.Error("sampling one and a bit stacks is accepted")
	}
	if _, err := s.Sample(r, make([]byte, tinyLen), make([][]env.Box, 2)); err == nil {
		t.Error("room for the boxes of another number of stacks is accepted")
	}
}

// TestStoreMemory adds many times what fits: the memory stays near the bytes of the
// stacks, whatever their sizes, and they come out whole.
func TestStoreMemory(t *testing.T) {
	const length, capacity = 4096, 3000
	s := newStore(t, replay.StoreConfig{Capacity: capacity, Classes: 2, Len: length})
	r := rand.New(rand.NewPCG(5, 6))
	noise := func(i int) []byte { // of very different sizes when compressed
		obs := make([]byte, length)
		q := rand.New(rand.NewPCG(uint64(i), 0))
		for k := range q.IntN(1200) {
			obs[3*k] = byte(q.Uint32())
		}
		obs[length-2], obs[length-1] = byte(i), byte(i>>8)
		return obs
	}
	const total = 5 * capacity
	for i := range total {
		if err := s.Add(noise(i), i%2, boxesOf(i)); err != nil {
			t.Fatal(err)
		}
	}
	if got, most := s.Memory(), s.Bytes()*105/100+capacity*60+3<<18; got > most || got < s.Bytes() {
		t.Errorf("%d bytes of memory for %d of stacks, want at most %d", got, s.Bytes(), most)
	}
	dst, boxes := make([]byte, 64*length), make([][]env.Box, 64)
	for range 20 {
		if _, err := s.Sample(r, dst, boxes); err != nil {
			t.Fatal(err)
		}
		for b := range boxes {
			obs := dst[b*length : (b+1)*length]
			i := int(obs[length-2]) | int(obs[length-1])<<8
			if i < total-capacity || !bytes.Equal(obs, noise(i)) || !cmp.Equal(boxes[b], boxesOf(i), cmpopts.EquateEmpty()) {
				t.Fatalf("stack %d came out changed, or with boxes %v", i, boxes[b])
			}
		}
	}
}
