package agent

import (
	"context"
	"math"
	"testing"

	"glint/env"
)

// lastScores trains to a number of Play units and returns the mean score of the
// last 100 episodes.
func lastScores(tb testing.TB, cfg Config, v env.Vec, units int) float64 {
	tb.Helper()
	t := begin(tb, cfg, v, 3)
	until(tb, t, Play)
	advance(tb, t, units)
	return t.ScoreMean()
}

// chain pays at its second step for the action of the first, of which the second
// scene tells nothing.
func chain(n int) *toy {
	return newToy(n, 2, func(g *toyGame, _ int) toyStep {
		if g.steps == 0 {
			right := g.first == g.scene
			g.scene = 3
			g.first = 0
			if right {
				g.first = 1
			}
			return toyStep{}
		}
		return toyStep{reward: float64(g.first), terminated: true}
	})
}

// cutShort lets the agent choose between 0.3 with an end and nothing with a
// truncation in front of a door behind which lies 1. Half of the episodes begin at
// the door. Who takes the truncation for an end chooses the 0.3.
func cutShort(n int) *toy {
	const door = 3
	t := newToy(n, 2, func(g *toyGame, action int) toyStep {
		switch {
		case g.scene == door:
			return toyStep{reward: 1, terminated: true}
		case action == 0:
			g.scene = door
			return toyStep{truncated: true}
		}
		return toyStep{reward: 0.3, terminated: true}
	})
	t.begin = func(g *toyGame) { g.scene = g.rand.IntN(2) * door }
	return t
}

// Both algorithms learn to act on what they see, to wait for a reward, and with
// the autoencoder's gradient in the same encoder.
func TestLearns(t *testing.T) {
	for _, algo := range []string{PPO, A2C} {
		units := map[string]int{PPO: 25, A2C: 150}[algo]
		for name, game := range map[string]func(int) *toy{"bandit": bandit, "chain": chain} {
			t.Run(algo+"/"+name, func(t *testing.T) {
				if score := lastScores(t, toyConfig(algo, 8), game(8), units); score < 0.95 {
					t.Errorf("mean score %.2f, want 0.95 or more of 1; chance is 0.5", score)
				}
			})
		}
	}
	t.Run("joint", func(t *testing.T) {
		cfg := toyConfig(PPO, 8)
		cfg.AEPerStep, cfg.AECoef = 1, 5
		if score := lastScores(t, cfg, bandit(8), 25); score < 0.95 {
			t.Errorf("mean score %.2f, want 0.95 or more of 1; chance is 0.5", score)
		}
	})
}

// late pays at the end of an episode of some steps for its first action, of which
// nothing is seen later.
func late(n, steps int) *toy {
	return newToy(n, 2, func(g *toyGame, _ int) toyStep {
		if g.steps == 0 && g.first != g.scene {
			g.first = -1
		}
		g.scene = 3
		s := toyStep{terminated: g.steps == steps-1}
		if s.terminated && g.first >= 0 {
			s.reward = 1
		}
		return s
	})
}

// A reward that comes six steps late is learned from through the advantages alone, as
// no value can tell that it will come: with lambda 0 nothing is learned.
func TestDelayedReward(t *testing.T) {
	for _, algo := range []string{PPO, A2C} {
		units := map[string]int{PPO: 40, A2C: 300}[algo]
		cfg := toyConfig(algo, 8)
		if score := lastScores(t, cfg, late(8, 6), units); score < 0.95 {
			t.Errorf("%s: mean score %.2f, want 0.95 or more of 1; chance is 0.5", algo, score)
		}
		cfg.Lambda = 0
		if score := lastScores(t, cfg, late(8, 6), units); score > 0.8 {
			t.Errorf("%s: mean score %.2f with lambda 0, want about 0.5", algo, score)
		}
	}
}

// blunt takes every truncation for an end, as an agent without the bootstrap does.
type blunt struct{ *toy }

func (v blunt) Step(ctx context.Context, actions []int) (*env.Batch, error) {
	b, err := v.toy.Step(ctx, actions)
	if err != nil {
		return nil, err
	}
	end := *b
	end.Terminated, end.Truncated = make([]bool, v.spec.N), make([]bool, v.spec.N)
	for i := range end.Terminated {
		end.Terminated[i] = b.Ended(i)
	}
	return &end, nil
}

// The future after a truncation counts, that after a termination does not. Who does
// not look behind a truncation chooses the wrong action.
func TestTruncationBootstraps(t *testing.T) {
	for _, algo := range []string{PPO, A2C} {
		units := map[string]int{PPO: 25, A2C: 150}[algo]
		t.Run(algo, func(t *testing.T) {
			without := begin(t, toyConfig(algo, 8), blunt{cutShort(8)}, 3)
			until(t, without, Play)
			advance(t, without, units)
			logits, values := think(t, without, 0)
			if p := chance(logits, 0); p > 0.1 {
				t.Errorf("without the bootstrap the action that is truncated has probability %.2f: value %.2f", p, values)
			}
			tr := begin(t, toyConfig(algo, 8), cutShort(8), 3)
			until(t, tr, Play)
			advance(t, tr, units)
			logits, values = think(t, tr, 0)
			if p := chance(logits, 0); p < 0.9 {
				t.Errorf("the action that is truncated has probability %.2f, want 0.9: value %.2f", p, values)
			}
			if math.Abs(values-0.99) > 0.15 {
				t.Errorf("the value of the start is %.2f, want 0.99: the door's one step later", values)
			}
		})
	}
}

// What follows the end of an episode in the rollout is nothing after a termination,
// the value of the final observation after a truncation; what follows the last step
// is the value of the observation after it.
func TestRolloutEnds(t *testing.T) {
	const n, door = 4, 3
	cfg := toyConfig(PPO, n)
	cfg.LR = 0 // the network stays the one that played
	v := newToy(n, 2, func(g *toyGame, action int) toyStep {
		if g.scene = door; g.steps < 3 {
			return toyStep{}
		}
		return toyStep{truncated: action == 0, terminated: action == 1}
	})
	tr := begin(t, cfg, v, 3)
	until(t, tr, Play)
	advance(t, tr, 1)
	_, final := think(t, tr, door)
	_, zero := think(t, tr, 0)
	_, one := think(t, tr, 1)
	if final == 0 || final == zero || final == one {
		t.Fatalf("values %v, %v and %v tell nothing apart", final, zero, one)
	}
	r, ends := tr.last.rollout, map[float32]int{}
	for k := range r.Ended {
		if !r.Ended[k] {
			continue
		}
		want := float32(0)
		if r.Action[k] == 0 {
			want = float32(final)
		}
		if ends[want]++; r.Next[k] != want {
			t.Errorf("entry %d, action %d: %v follows, want %v", k, r.Action[k], r.Next[k], want)
		}
	}
	if len(ends) != 2 {
		t.Errorf("ends %v: want terminations and truncations", ends)
	}
	for i := range n {
		want := map[int]float64{0: zero, 1: one, door: final}[v.games[i].scene]
		if r.Last[i] != float32(want) {
			t.Errorf("environment %d: the last value is %v, want %v", i, r.Last[i], want)
		}
	}
}

// think asks the network of a Trainer about one scene.
func think(tb testing.TB, t *Trainer, scene int) (logits []float32, value float64) {
	tb.Helper()
	obs := make([]byte, t.spec.N*t.spec.ObsLen())
	drawScene(obs[:t.spec.ObsLen()], scene)
	all, values, err := t.player.Think(obs)
	if err != nil {
		tb.Fatal(err)
	}
	return append(logits, all[:t.spec.Actions]...), float64(values[0])
}

// chance returns the probability of an action.
func chance(logits []float32, action int) float64 {
	sum := 0.0
	for _, z := range logits {
		sum += math.Exp(float64(z))
	}
	return math.Exp(float64(logits[action])) / sum
}

// One update makes an action of positive advantage likelier, one of negative
// advantage less likely, and moves the value towards the return.
func TestUpdatePointsUphill(t *testing.T) {
	for _, algo := range []string{PPO, A2C} {
		for _, advantage := range []float32{1, -1} {
			for action := range 2 {
				cfg := toyConfig(algo, 2)
				cfg.NormalizeAdv, cfg.EntropyCoef = false, 0
				tr := begin(t, cfg, bandit(2), 3)
				until(t, tr, Play)
				before, value := think(t, tr, 1)
				target := value + 2
				fillRollout(tr, action, advantage, before, value, target)
				tr.solver.LR = 1e-3
				if err := tr.learner.update(tr.solver, sampler{tr}); err != nil {
					t.Fatal(err)
				}
				after, moved := think(t, tr, 1)
				if rise := chance(after, action) - chance(before, action); rise*float64(advantage) < 1e-5 {
					t.Errorf("%s: advantage %v: the probability of action %d rose by %g", algo, advantage, action, rise)
				}
				if moved <= value {
					t.Errorf("%s: the value went from %v to %v, away from %v", algo, value, moved, target)
				}
			}
		}
	}
}

// A small step makes the entropy larger by the bonus alone and the critic's error
// smaller by its loss alone; with the sign of either turned, the opposite.
func TestBonusAndValuePointTheRightWay(t *testing.T) {
	for _, c := range []struct {
		name           string
		entropy, value float64
		figure         func(l *learner) float64
		rises          bool
	}{
		{"entropy", 0.05, 0, func(l *learner) float64 { return l.stats.Entropy }, true},
		{"entropy, sign turned", -0.05, 0, func(l *learner) float64 { return l.stats.Entropy }, false},
		{"value", 0, 0.5, func(l *learner) float64 { return l.stats.value }, false},
		{"value, sign turned", 0, -0.5, func(l *learner) float64 { return l.stats.value }, true},
	} {
		for _, algo := range []string{PPO, A2C} {
			g := goldenBatch{goldenCases[1]}
			g.algo = algo
			l, adam := g.learner(t, func(cfg *Config) { cfg.EntropyCoef, cfg.ValueCoef, cfg.AECoef = c.entropy, c.value, 0 })
			clear(l.rl.adv.Float32s())
			if err := l.update(adam, nil); err != nil {
				t.Fatal(err)
			}
			before := c.figure(l)
			if err := l.run(nil); err != nil {
				t.Fatal(err)
			}
			if rise := c.figure(l) - before; math.Abs(rise) < 1e-4 || rise > 0 != c.rises {
				t.Errorf("%s, %s: rose by %v from %v", algo, c.name, rise, before)
			}
		}
	}
}

// fillRollout loads a minibatch in which an action was always taken in scene 1.
func fillRollout(t *Trainer, action int, advantage float32, logits []float32, value, target float64) {
	r := t.last.rollout
	entries := make([]int, t.cfg.Minibatch)
	for i := range entries {
		entries[i] = i
		drawScene(r.ObsAt(i), 1)
		r.Action[i], r.Advantage[i], r.Invalid[i] = action, advantage, false
		r.Logp[i] = float32(math.Log(chance(logits, action)))
		r.Value[i], r.Return[i] = float32(value), float32(target)
	}
	t.learner.load(r, entries)
}

// Rewards are scaled and then clipped for learning; scores are neither.
func TestRewardsAreClippedForLearningOnly(t *testing.T) {
	pay := []float64{50, -50, 3, -2}
	game := newToy(4, 2, func(g *toyGame, _ int) toyStep {
		return toyStep{reward: pay[g.scene], terminated: g.steps == 1}
	})
	next := 0
	game.begin = func(g *toyGame) { g.scene = next % 4; next++ }
	cfg := toyConfig(PPO, 4)
	cfg.RewardScale, cfg.RewardClip = 0.1, 1
	tr := begin(t, cfg, game, 3)
	until(t, tr, Play)
	advance(t, tr, 1)
	want := []float32{1, -1, 0.3, -0.2}
	for k, got := range tr.last.rollout.Reward {
		if got != want[k%4] {
			t.Fatalf("step %d: learned from %v, want %v", k, got, want[k%4])
		}
	}
	if m := tr.ScoreMean(); m != 0.5 {
		t.Errorf("mean score %v of two steps, want 0.5", m)
	}
}
