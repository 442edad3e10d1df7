package agent

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"glint/env"
)

// lives loses one in every third step of an episode of six, with another scene each
// step, and pays 1 a step. At its end it is out of time.
func lives(n int) *toy {
	t := newToy(n, 2, func(g *toyGame, _ int) toyStep {
		g.scene = (g.scene + 1) % 4
		return toyStep{reward: 1, died: g.steps%3 == 2, truncated: g.steps == 5}
	})
	t.lives = 3
	return t
}

// With life_loss a lost life ends what is learned from, and nothing is expected after
// it, not even where the time is up in the same step. Episodes and scores stay the
// game's.
func TestLifeLoss(t *testing.T) {
	for _, on := range []bool{false, true} {
		cfg := toyConfig(PPO, 2)
		cfg.Horizon, cfg.Minibatch, cfg.LifeLoss, cfg.LR = 12, 24, on, 0
		tr := begin(t, cfg, lives(2), 3)
		until(t, tr, Play)
		tr.scores, tr.counters.Episodes = scores{Running: make([]float64, 2)}, 0
		if _, err := tr.o.Env.Reset(t.Context(), []uint64{1, 2}); err != nil {
			t.Fatal(err)
		}
		advance(t, tr, 1)
		r := tr.last.rollout
		for k := range r.Ended {
			died, over := k/2%3 == 2, k/2%6 == 5
			if want := over || on && died; r.Ended[k] != want {
				t.Errorf("life_loss %v, step %d: ended %v, want %v", on, k/2, r.Ended[k], want)
			}
			if bootstraps := r.Next[k] != 0; bootstraps != (over && !on) {
				t.Errorf("life_loss %v, step %d: the value of the future is %v", on, k/2, r.Next[k])
			}
		}
		if tr.counters.Episodes != 4 || !slices.Equal(tr.scores.Last, []float64{6, 6, 6, 6}) || tr.scores.Lengths[0] != 6 {
			t.Errorf("life_loss %v: %d episodes, scores %v of %v steps, want 4 of 6", on, tr.counters.Episodes, tr.scores.Last, tr.scores.Lengths)
		}
	}
}

// A game without lives refuses life_loss, unless the autoencoder is alone.
func TestLifeLossNeedsLives(t *testing.T) {
	cfg := toyConfig(PPO, 4)
	cfg.LifeLoss = true
	o := planesOptions(t, bandit(4), 1)
	_, err := New(t.Context(), cfg, o)
	oneLine(t, err, "life_loss", "toy", "no lives")
	if !errors.Is(err, ErrNoLives) {
		t.Errorf("%v is no ErrNoLives", err)
	}
	o.Alone = true
	if _, err := New(t.Context(), cfg, o); err != nil {
		t.Error(err)
	}
	begin(t, cfg, lives(4), 1)
}

// The deviation is that of all discounted returns so far and of the prior, which is
// worked out here from the list of them.
func TestRewardNormByHand(t *testing.T) {
	const n, gamma = 3, 0.9
	r := rand.New(rand.NewPCG(1, 2))
	norm := newRewardNorm(n)
	running := make([]float64, n)
	sum, squares, count := 0.0, 1e-4, 1e-4 // as in baselines
	for step := range 200 {
		rewards, ended, invalid := make([]float64, n), make([]bool, n), make([]bool, n)
		for i := range n {
			rewards[i], ended[i] = r.NormFloat64()*50+20, r.IntN(10) == 0
			invalid[i] = ended[i] && r.IntN(2) == 0
			if !invalid[i] {
				running[i] = running[i]*gamma + rewards[i]
				sum, squares, count = sum+running[i], squares+running[i]*running[i], count+1
			}
			if ended[i] {
				running[i] = 0
			}
		}
		want := math.Sqrt(squares/count - sum/count*sum/count + 1e-8)
		if got := norm.see(rewards, gamma, ended, invalid); math.Abs(got-want) > 1e-9*want {
			t.Fatalf("step %d: deviation %v, want %v", step, got, want)
		}
	}
}

// Rewards are learned from in units of the deviation, then scaled and clipped; the
// score is the game's.
func TestRewardNorm(t *testing.T) {
	pay := []float64{50, -50, 3, -2}
	game := newToy(4, 2, func(g *toyGame, _ int) toyStep { return toyStep{reward: pay[g.scene], terminated: true} })
	next := 0
	game.begin = func(g *toyGame) { g.scene = next % 4; next++ }
	cfg := toyConfig(PPO, 4)
	cfg.RewardNorm, cfg.RewardScale, cfg.RewardClip = true, 2, 1.5
	tr := begin(t, cfg, game, 3)
	until(t, tr, Play)
	advance(t, tr, 30)
	// Each return is one reward: they vary about 0.25 by 1253.1875.
	deviation := math.Sqrt((2500+2500+9+4)/4. - 0.25*0.25)
	for k, got := range tr.last.rollout.Reward {
		want := min(max(pay[k%4]/deviation*2, -1.5), 1.5)
		if math.Abs(float64(got)-want) > 1e-4 {
			t.Fatalf("step %d: learned from %v, want %v", k, got, want)
		}
	}
	if m := tr.ScoreMean(); math.Abs(m-0.25) > 1e-9 {
		t.Errorf("mean score %v, want 0.25", m)
	}
}

// A reward or a score that is not finite stops the training in every stage, and says
// what was seen and where.
func TestBadRewards(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e39} {
		for stage, from := range map[Stage]int{Explore: 5, Play: 16 + 40} {
			steps := make([]int, 4)
			game := newToy(4, 2, nil)
			game.play = func(g *toyGame, _ int) toyStep {
				i := slices.IndexFunc(game.games, func(o toyGame) bool { return o.rand == g.rand })
				if steps[i]++; i == 2 && steps[i] == from {
					return toyStep{reward: bad, terminated: true}
				}
				return toyStep{reward: 1, terminated: true}
			}
			tr := begin(t, toyConfig(PPO, 4), game, 3)
			var err error
			for err == nil && tr.Counters().Steps < 1000 {
				_, err = tr.Advance(t.Context())
			}
			oneLine(t, err, "environment 2 of toy", fmt.Sprintf("step %d is %v", from, bad))
			if tr.Stage() != stage {
				t.Errorf("%v stopped in %s, want %s", bad, tr.Stage(), stage)
			}
		}
	}
}

// Nor are they scores of an evaluation.
func TestEvaluateRefusesBadRewards(t *testing.T) {
	game := newToy(4, 2, func(g *toyGame, _ int) toyStep {
		if g.steps == 2 {
			return toyStep{reward: math.Inf(-1), terminated: true}
		}
		return toyStep{}
	})
	err := Evaluate(t.Context(), game, random(1), 8, make([]uint64, 4), func(Episode) { t.Error("an episode ended") })
	oneLine(t, err, "environment 0 of toy", "step 3 is -Inf")
}

// Weights and targets of no use are found before they move anything.
func TestBadLosses(t *testing.T) {
	nan := float32(math.NaN())
	for what, spoil := range map[string]func(tr *Trainer){
		"policy loss": func(tr *Trainer) { tr.learner.rl.adv.Float32s()[3] = nan },
		"value loss":  func(tr *Trainer) { tr.learner.rl.returns.Float32s()[3] = float32(math.Inf(1)) },
	} {
		tr := begin(t, toyConfig(PPO, 4), bandit(4), 3)
		until(t, tr, Play)
		advance(t, tr, 1)
		tr.learner.load(tr.last.rollout, tr.order[:tr.cfg.Minibatch])
		spoil(tr)
		before := save(t, tr)
		err := tr.learner.update(tr.solver, sampler{tr})
		oneLine(t, err, "the "+what+" is ", "lower lr")
		save(t, tr).compare(t, what, before)
	}
	for what, p := range map[string]func(n *Net) []float32{
		"logit of action 1": func(n *Net) []float32 { return n.actorB.Value.Float32s()[1:] },
		"value is":          func(n *Net) []float32 { return n.criticB.Value.Float32s() },
	} {
		tr := begin(t, toyConfig(PPO, 4), bandit(4), 3)
		until(t, tr, Play)
		p(tr.Net)[0] = nan
		_, err := tr.Advance(t.Context())
		oneLine(t, err, "NaN", what, "observation 0")
	}
}

// The shortest episodes there are, one step each, however they end.
func TestEpisodesOfOneStep(t *testing.T) {
	for name, s := range map[string]toyStep{
		"terminated": {terminated: true}, "truncated": {truncated: true}, "crashed": {truncated: true, invalid: true},
	} {
		s.reward = 1
		for _, horizon := range []int{1, 16} {
			cfg := toyConfig(PPO, 4)
			cfg.Horizon, cfg.Minibatch, cfg.RewardNorm = horizon, 4, true
			tr := begin(t, cfg, newToy(4, 2, func(*toyGame, int) toyStep { return s }), 3)
			until(t, tr, Play)
			advance(t, tr, 2)
			if ended := tr.Counters().Episodes == int64(tr.Counters().Steps); ended == s.invalid {
				t.Errorf("%s: %d episodes in %d steps", name, tr.Counters().Episodes, tr.Counters().Steps)
			}
			for k, ended := range tr.last.rollout.Ended {
				if !ended {
					t.Errorf("%s: entry %d goes on", name, k)
				}
			}
		}
	}
}

// One game with one action trains: there is nothing to choose, and the critic learns.
func TestOneActionOneEnvironment(t *testing.T) {
	cfg := toyConfig(PPO, 1)
	cfg.Minibatch, cfg.RewardNorm = 32, false
	tr := begin(t, cfg, newToy(1, 1, func(*toyGame, int) toyStep { return toyStep{reward: 1, terminated: true} }), 3)
	until(t, tr, Play)
	rs := advance(t, tr, 100)
	if v := rs[99].Values; v["entropy"] != 0 || v["loss/policy"] != 0 && math.Abs(v["loss/policy"]) > 1e-6 {
		t.Errorf("entropy %v, policy loss %v, want 0", v["entropy"], v["loss/policy"])
	}
	if _, v := think(t, tr, 0); math.Abs(v-1) > 0.1 {
		t.Errorf("the value is %v, want 1", v)
	}
	if p, err := tr.Net.NewPolicy(1, true, rand.New(rand.NewPCG(1, 1))); err != nil {
		t.Error(err)
	} else if err := p.Act(&env.Batch{Obs: tr.obs}, []int{0}); err != nil {
		t.Error(err)
	}
}
