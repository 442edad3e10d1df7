package envtest_test

import (
	"fmt"
	"slices"
	"testing"

	"glint/env"
	"glint/env/envtest"
)

var tiny = env.Spec{Name: "tiny", N: 2, T: 1, H: 1, W: 3, Format: env.Gray, Actions: 5, Repeat: 1, AuxLen: 2}

func sumOf(t *testing.T, batches ...*env.Batch) string {
	t.Helper()
	var d envtest.Digest
	for _, b := range batches {
		if err := d.WriteBatch(tiny, b); err != nil {
			t.Fatal(err)
		}
	}
	return d.String()
}

func TestDigestSeesEveryField(t *testing.T) {
	want := sumOf(t, env.NewBatch(tiny))
	for name, change := range map[string]func(b *env.Batch){
		"Obs":        func(b *env.Batch) { b.Obs[5]++ },
		"Aux":        func(b *env.Batch) { b.Aux[3]++ },
		"Reward":     func(b *env.Batch) { b.Reward[1] = 0.5 },
		"Return":     func(b *env.Batch) { b.Return[1] = 0.5 },
		"Terminated": func(b *env.Batch) { b.Terminated[0] = true },
		"Truncated":  func(b *env.Batch) { b.Truncated[0] = true },
		"Invalid":    func(b *env.Batch) { b.Invalid[0] = true },
		"LifeLost":   func(b *env.Batch) { b.LifeLost[0] = true },
		"Lives":      func(b *env.Batch) { b.Lives[1]++ },
		"EpisodeID":  func(b *env.Batch) { b.EpisodeID[1]++ },
		"Elapsed":    func(b *env.Batch) { b.Elapsed[1]++ },
	} {
		b := env.NewBatch(tiny)
		if change(b); sumOf(t, b) == want {
			t.Errorf("a change of %s does not change the digest", name)
		}
	}
	b := env.NewBatch(tiny)
	if b.Final[0]++; sumOf(t, b) != want {
		t.Errorf("Final changes the digest where no episode ended")
	}
	b.Terminated[0] = true
	before := sumOf(t, b)
	if b.Final[0]++; sumOf(t, b) == before {
		t.Errorf("Final does not change the digest where an episode ended")
	}
}

func TestDigestChains(t *testing.T) {
	a, b := env.NewBatch(tiny), env.NewBatch(tiny)
	b.Obs[0] = 1
	if sumOf(t, a, b) == sumOf(t, b, a) || sumOf(t, a) == sumOf(t, a, a) {
		t.Errorf("the digest does not depend on the order and number of batches")
	}
	b.Lives = b.Lives[:1]
	if err := new(envtest.Digest).WriteBatch(tiny, b); err == nil {
		t.Errorf("a batch of the wrong shape was accepted")
	}
}

func TestRandom(t *testing.T) {
	a, b, c := envtest.Random(tiny, 1), envtest.Random(tiny, 1), envtest.Random(tiny, 2)
	differs, seen := false, map[int]bool{}
	for range 100 {
		x := slices.Clone(a())
		if !slices.Equal(x, b()) {
			t.Fatalf("equal seeds give different actions")
		}
		differs = differs || !slices.Equal(x, c())
		seen[x[0]] = true
	}
	if !differs || len(seen) != tiny.Actions {
		t.Errorf("differs between seeds: %v; %d of %d actions seen", differs, len(seen), tiny.Actions)
	}
}

func ExampleDigest() {
	var d envtest.Digest
	if err := d.WriteBatch(tiny, env.NewBatch(tiny)); err != nil {
		fmt.Println(err)
	}
	fmt.Println(d.Batches(), d.String()[:16])
	// Output: 1 e55a5c27736a8761
}
