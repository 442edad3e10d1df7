package dojo_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"glint/env/envtest"
)

// TestLoadSurvivesDamage loads states with damaged bytes: each must be refused or
// playable, and a refused one must change nothing.
func TestLoadSurvivesDamage(t *testing.T) {
	v := open(t, nil)
	reset(t, v, 1)
	next := envtest.Random(v.Spec(), 1)
	for range 100 {
		step(t, v, next()...)
	}
	good, err := v.Save(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for range 3000 {
		bad := bytes.Clone(good)
		for range 1 + rng.IntN(3) {
			bad[rng.IntN(len(bad))] ^= byte(1 + rng.IntN(255))
		}
		if err := v.Load(t.Context(), 0, good); err != nil {
			t.Fatal(err)
		}
		if err := v.Load(t.Context(), 0, bad); err != nil {
			refused++
			now, err := v.Save(t.Context(), 0)
			if err != nil || !bytes.Equal(now, good) {
				t.Fatalf("a refused state changed the environment (%v)", err)
			}
			continue
		}
		for range 3 {
			step(t, v, next()...)
		}
	}
	if refused == 0 {
		t.Error("no damaged state was refused")
	}
}

func TestStateIsSmall(t *testing.T) {
	v := open(t, nil)
	reset(t, v, 1)
	state, err := v.Save(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(state) > 300 {
		t.Errorf("a state has %d bytes, want a few hundred at most", len(state))
	}
}
