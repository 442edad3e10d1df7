package agent

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"glint/env"
)

// lengths is a game whose episodes last a step more in each environment; they are
// worth the number of their environment. Every third episode of environment 0 ends
// by a crash, and those of the last one are truncated.
func lengths(n int) *toy {
	v := newToy(n, 2, nil)
	episodes := 0
	v.play = func(g *toyGame, _ int) toyStep {
		if g.steps < g.scene {
			return toyStep{}
		}
		s := toyStep{reward: float64(g.scene), terminated: g.scene < n-1, truncated: g.scene == n-1}
		if g.scene == 0 {
			episodes++
			if episodes%3 == 1 {
				return toyStep{reward: 1000, truncated: true, invalid: true}
			}
		}
		return s
	}
	next := 0
	v.begin = func(g *toyGame) {
		if next < n {
			g.scene = next
			next++
		}
	}
	return v
}

func random(seed uint64) *Random {
	return &Random{Actions: 2, Hold: 1, Rand: rand.New(rand.NewPCG(seed, 0))}
}

// Each environment plays its share of the episodes however long they are; crashed
// ones count for nobody.
func TestEvaluateQuota(t *testing.T) {
	for episodes, want := range map[int]map[float64]int{
		10: {0: 3, 1: 3, 2: 2, 3: 2},
		3:  {0: 1, 1: 1, 2: 1},
		8:  {0: 2, 1: 2, 2: 2, 3: 2},
		0:  {},
	} {
		got := map[float64]int{}
		err := Evaluate(t.Context(), lengths(4), random(1), episodes, make([]uint64, 4), func(e Episode) {
			got[e.Score]++
			if e.Steps != env.Steps(e.Score)+1 || e.Truncated != (e.Score == 3) {
				t.Errorf("episode %+v of environment %v", e, e.Score)
			}
		})
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%d episodes: %v by environment, want %v; error %v", episodes, got, want, err)
		}
	}
}

func TestEvaluateStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	err := Evaluate(ctx, lengths(2), random(1), 100, make([]uint64, 2), func(Episode) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

// evaluated returns the episodes that a network plays.
func evaluated(tb testing.TB, n *Net, greedy bool, seed uint64, v env.Vec) []Episode {
	tb.Helper()
	p, err := n.NewPolicy(v.Spec().N, greedy, rand.New(rand.NewPCG(seed, 1)))
	if err != nil {
		tb.Fatal(err)
	}
	var all []Episode
	seeds := make([]uint64, v.Spec().N)
	for i := range seeds {
		seeds[i] = seed + uint64(i)
	}
	if err := Evaluate(tb.Context(), v, p, 12, seeds, func(e Episode) { all = append(all, e) }); err != nil {
		tb.Fatal(err)
	}
	return all
}

// Equal seeds give equal episodes, sampled or greedy, at any number of threads.
func TestEvaluateIsDeterministic(t *testing.T) {
	tr := begin(t, dojoConfig(PPO), dojoOptions(t, 3, 1).Env, 1)
	for _, greedy := range []bool{false, true} {
		episodes := func(seed uint64) []Episode {
			return evaluated(t, tr.Net, greedy, seed, dojoOptions(t, 3, 1).Env)
		}
		first := episodes(4)
		threads(t, 2)
		if again := episodes(4); !slices.Equal(first, again) {
			t.Errorf("greedy %v: %v, then %v", greedy, first, again)
		}
		if slices.Equal(first, episodes(5)) {
			t.Errorf("greedy %v: another seed gives the same episodes", greedy)
		}
	}
}

// A trained policy plays as well as it learned, and better greedily.
func TestEvaluateTrained(t *testing.T) {
	tr := begin(t, toyConfig(PPO, 8), bandit(8), 3)
	until(t, tr, Play)
	advance(t, tr, 25)
	sum := 0.0
	for _, e := range evaluated(t, tr.Net, true, 9, bandit(4)) {
		sum += e.Score
	}
	if sum != 12 {
		t.Errorf("score %v of 12 greedy episodes of the bandit, want 12", sum)
	}
}

// Sample draws with the probabilities of the logits and says how likely what it
// drew was; Greedy takes the likeliest.
func TestSampleAndGreedy(t *testing.T) {
	tr := begin(t, toyConfig(PPO, 2), newToy(2, 3, func(*toyGame, int) toyStep { return toyStep{} }), 1)
	p, err := tr.Net.NewPlayer(2)
	if err != nil {
		t.Fatal(err)
	}
	logits := []float32{0, 2, 1, -50, 60, -50} // exp: 1, 7.39, 2.72 of 11.11
	want := []float64{0.0900, 0.6652, 0.2447}
	r := rand.New(rand.NewPCG(1, 1))
	actions, logp, n := make([]int, 2), make([]float32, 2), make([]int, 3)
	const draws = 20_000
	for range draws {
		p.Sample(logits, r, actions, logp)
		n[actions[0]]++
		if off := chance(logits[:3], actions[0]) - expf(logp[0]); off > 1e-6 || off < -1e-6 {
			t.Fatalf("action %d has log probability %v", actions[0], logp[0])
		}
		if actions[1] != 1 || logp[1] > 0 || logp[1] < -1e-6 {
			t.Fatalf("of a certain action: %d with log probability %v", actions[1], logp[1])
		}
	}
	for a, share := range want { // the standard error is below 0.0035
		if got := float64(n[a]) / draws; got < share-0.015 || got > share+0.015 {
			t.Errorf("action %d was drawn in %v, want %v", a, got, share)
		}
	}
	p.Greedy(logits, actions)
	if !slices.Equal(actions, []int{1, 1}) {
		t.Errorf("greedy actions %v", actions)
	}
}
