//go:build !race

// The race detector makes sync.Pool forget at random, and the decompressor then
// allocates anew.

package replay_test

import (
	"math/rand/v2"
	"testing"

	"glint/env"
)

func TestStoreNoAllocs(t *testing.T) {
	s := newStore(t, tiny(100, 0.5, 0.5))
	fill(t, s, 0, 400, 1)
	r, dst, boxes := rand.New(rand.NewPCG(1, 1)), make([]byte, 32*tinyLen), make([][]env.Box, 32)
	obs, box := stack(3, tinyLen), boxesOf(2)
	step := func() {
		if err := s.Add(obs, 1, box); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Sample(r, dst, boxes); err != nil {
			t.Fatal(err)
		}
	}
	for range 1000 {
		step() // every slot and box buffer reaches its size
	}
	if n := testing.AllocsPerRun(100, step); n > 0 {
		t.Errorf("%v allocations a step", n)
	}
}
