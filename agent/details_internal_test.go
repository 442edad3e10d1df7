package agent

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"glint/env"
	"glint/internal/telemetry"
	"glint/replay"
)

// Learning rate, clip and entropy bonus fall linearly with the steps played, from all
// of it down to their share at the end and no further.
func TestSchedules(t *testing.T) {
	cfg := toyConfig(PPO, 4)
	cfg.LR, cfg.LRFinal, cfg.Clip, cfg.ClipFinal, cfg.EntropyCoef, cfg.EntropyFinal = 1e-3, 0.1, 0.2, 0.5, 0.04, 0.25
	cfg.ClipValue = true
	tr := begin(t, cfg, bandit(4), 3)
	until(t, tr, Play)
	advance(t, tr, 1)
	tr.counters.Updates += warmUp // which is another schedule
	for _, c := range []struct{ steps, horizon, lr, clip, entropy float64 }{
		{0, 1000, 1e-3, 0.2, 0.04},
		{500, 1000, 0.55e-3, 0.15, 0.025},
		{1000, 1000, 1e-4, 0.1, 0.01},
		{2000, 1000, 1e-4, 0.1, 0.01},
		{2000, 0, 1e-3, 0.2, 0.04},
	} {
		tr.counters.Steps = env.Steps(c.steps)
		tr.SetHorizon(env.Steps(c.horizon))
		if _, err := tr.learn(tr.progress()); err != nil {
			t.Fatal(err)
		}
		l := tr.learner
		for what, got := range map[string][2]float64{
			"learning rate": {tr.solver.LR, c.lr}, "clip": {l.policy.Clip, c.clip}, "value clip": {l.value.Clip, c.clip}, "entropy": {l.policy.Entropy, c.entropy},
		} {
			if math.Abs(got[0]-got[1]) > 1e-12 {
				t.Errorf("step %v of %v: %s %v, want %v", c.steps, c.horizon, what, got[0], got[1])
			}
		}
	}
}

// The first updates after Reconstruct are small ones.
func TestWarmUp(t *testing.T) {
	for updates, want := range map[int64]float64{0: 0.01, 49: 0.5, 99: 1, 5000: 1} {
		if got := rise(updates); got != want {
			t.Errorf("after %d updates: %v of the learning rate, want %v", updates, got, want)
		}
	}
}

// Weights begin orthogonal: sqrt 2 before a ReLU, 1 before tanh, decoder's end and
// critic, 0.01 for the actor; biases begin at 0. A matrix of gain g with k orthogonal
// rows or columns has the squared norm k g^2.
func TestInitialGains(t *testing.T) {
	l, _ := goldenBatch{goldenCase{"gains", 16, 24, []int{5, 7}, 8, 5, PPO, false, image.Rect(0, 0, 24, 16)}}.learner(t, nil)
	net, err := NewNet(l.cfg.Autoencoder, l.net.Autoencoder.Shape(), 5, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	gains := map[string]float64{
		"encoder.conv1.weight": math.Sqrt2, "encoder.conv2.weight": math.Sqrt2, "encoder.code.weight": 1,
		"decoder.expand.weight": math.Sqrt2, "decoder.deconv1.weight": math.Sqrt2, "decoder.deconv2.weight": 1,
		"actor.weight": 0.01, "critic.weight": 1,
	}
	weights := 0
	for _, p := range net.Params() {
		gain, ok := gains[p.Name]
		if ok {
			weights++
		} else if !strings.HasSuffix(p.Name, ".bias") {
			t.Errorf("%s has no known gain", p.Name)
		}
		s := p.Value.Shape()
		want := gain * math.Sqrt(float64(min(s[0], s.TotalSize()/s[0])))
		if got := norm(p.Value.Float32s()); math.Abs(got-want) > 1e-5*want {
			t.Errorf("%s has the norm %v, want %v", p.Name, got, want)
		}
	}
	if weights != len(gains) {
		t.Errorf("%d weights, want %d", weights, len(gains))
	}
}

// The first step of Adam by hand, with adam_eps and grad_norm of the config: all
// gradients are scaled by one factor, that of the norm over all parameters.
func TestFirstStepByHand(t *testing.T) {
	for _, limit := range []float64{1e-3, 0.5, math.Inf(1)} {
		g := goldenBatch{goldenCases[0]}
		l, adam := g.learner(t, func(c *Config) { c.AdamEps, c.GradNorm = 0.25, limit })
		var before [][]float32
		for _, p := range l.net.Params() {
			before = append(before, slices.Clone(p.Value.Float32s()))
		}
		if err := l.update(adam, g); err != nil {
			t.Fatal(err)
		}
		var grads [][]float32
		sum := 0.0
		for _, v := range l.grads.Mean() {
			grad, err := v.Grad()
			if err != nil {
				t.Fatal(err)
			}
			grads = append(grads, grad.Data().([]float32))
			sum += math.Pow(norm(grads[len(grads)-1]), 2)
		}
		scale := min(1, limit/math.Sqrt(sum))
		for i, p := range l.net.Params() {
			moved := minus(p.Value.Float32s(), before[i])
			for k, x := range grads[i] {
				x := float64(x) * scale
				if want := -adam.LR * x / (math.Abs(x) + 0.25); math.Abs(float64(moved[k])-want) > 1e-3*adam.LR {
					t.Fatalf("limit %v: %s moved by %v, want %v", limit, p.Name, moved[k], want)
				}
			}
		}
	}
}

// Advantages are brought to mean 0 and deviation 1 in each minibatch by itself, and
// the rollout keeps its own.
func TestAdvantagesByMinibatch(t *testing.T) {
	for _, on := range []bool{true, false} {
		cfg := toyConfig(PPO, 4)
		cfg.NormalizeAdv = on
		tr := begin(t, cfg, bandit(4), 3)
		until(t, tr, Play)
		adv := tr.last.rollout.Advantage
		for k := range adv {
			adv[k] = float32(k*k) / 100
		}
		was := slices.Clone(adv)
		for from := 0; from < len(adv); from += cfg.Minibatch {
			entries := make([]int, cfg.Minibatch)
			for i := range entries {
				entries[i] = from + i
			}
			tr.learner.load(tr.last.rollout, entries)
			mean, deviation := spread(tr.learner.rl.adv.Float32s())
			if m, d := spread(was[from:][:cfg.Minibatch]); !on && (mean != m || deviation != d) {
				t.Errorf("from %d: mean %v and deviation %v, want %v and %v as they were", from, mean, deviation, m, d)
			}
			if on && (math.Abs(mean) > 1e-5 || math.Abs(deviation-1) > 1e-5) {
				t.Errorf("from %d: mean %v and deviation %v, want 0 and 1", from, mean, deviation)
			}
		}
		if !slices.Equal(adv, was) {
			t.Error("the rollout's advantages changed")
		}
	}
}

func spread(x []float32) (mean, deviation float64) {
	for _, v := range x {
		mean += float64(v) / float64(len(x))
	}
	for _, v := range x {
		deviation += (float64(v) - mean) * (float64(v) - mean) / float64(len(x))
	}
	return mean, math.Sqrt(deviation)
}

// Every epoch sees every step once, in an order of its own: while nothing moves, the
// minibatches' losses have the mean that the rollout's steps have.
func TestEpochsShuffle(t *testing.T) {
	cfg := toyConfig(PPO, 4)
	cfg.Epochs, cfg.LR = 1, 0
	tr := begin(t, cfg, bandit(4), 3)
	until(t, tr, Play)
	var last []int
	for range 3 {
		before := tr.Counters().Updates
		report := advance(t, tr, 1)[0]
		want := 0.0
		for k, v := range tr.last.rollout.Value {
			want += math.Pow(float64(v-tr.last.rollout.Return[k]), 2) / 2 / float64(len(tr.order))
		}
		if got := report.Values[telemetry.LossValue]; math.Abs(got-want) > 1e-5*want {
			t.Errorf("the minibatches' value loss is %v, the rollout's %v", got, want)
		}
		if n := tr.Counters().Updates - before; n != int64(len(tr.order)/cfg.Minibatch) {
			t.Errorf("%d updates of %d from %d steps", n, cfg.Minibatch, len(tr.order))
		}
		sorted := slices.Sorted(slices.Values(tr.order))
		for k, v := range sorted {
			if k != v {
				t.Fatalf("step %d is missing", k)
			}
		}
		if slices.Equal(tr.order, sorted) || slices.Equal(tr.order, last) {
			t.Error("the order was not drawn anew")
		}
		last = slices.Clone(tr.order)
	}
}

// Before the first step on a rollout the policy is the one that played: the batch of
// learning gives the probabilities that the batch of acting did.
func TestFirstRatioIsOne(t *testing.T) {
	cfg := toyConfig(PPO, 4)
	cfg.Epochs, cfg.Minibatch, cfg.Clip = 1, 4*cfg.Horizon, 1e-5
	tr := begin(t, cfg, chain(4), 3)
	until(t, tr, Play)
	for range 5 {
		advance(t, tr, 1)
		if s := tr.learner.stats; math.Abs(s.ApproxKL) > 1e-10 || s.ClipFraction > 0 {
			t.Errorf("divergence %v, share of ratios off 1 by more than 1e-5: %v", s.ApproxKL, s.ClipFraction)
		}
	}
}

// With overlap a rollout is played by the weights from before the updates that go on
// beside it, and by no other.
func TestOverlapLagsOneRollout(t *testing.T) {
	cfg := toyConfig(PPO, 4)
	cfg.Overlap = true
	tr := begin(t, cfg, chain(4), 3)
	until(t, tr, Play)
	weights := func(n *Net) (all []float32) {
		for _, p := range n.Params() {
			all = append(all, p.Value.Float32s()...)
		}
		return all
	}
	for first := range 3 {
		first := first == 0
		before := weights(tr.Net)
		advance(t, tr, 1)
		if !slices.Equal(weights(tr.acting), before) || slices.Equal(weights(tr.Net), before) {
			t.Error("what acted is not the network from before, or that learned nothing")
		}
		rollouts := []*replay.Rollout{tr.last.rollout}
		if first {
			rollouts = append(rollouts, tr.next.rollout) // nothing was learned before it
		}
		for _, r := range rollouts {
			for k := range cfg.Horizon {
				_, values, err := tr.player.Think(r.Obs[k*r.N*r.ObsLen:][:r.N*r.ObsLen])
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(values, r.Value[k*r.N:][:r.N]) {
					t.Fatalf("step %d was played by other weights", k)
				}
			}
		}
	}
}

// Once the policy is farther from the one that played than target_kl allows, no step
// is made on the rollout any more; the next one learns again.
func TestTargetKL(t *testing.T) {
	play := func(target float64) (tr *Trainer, updates []int64) {
		cfg := toyConfig(PPO, 4)
		cfg.LR, cfg.TargetKL, cfg.Epochs = 0.01, target, 10
		tr = begin(t, cfg, bandit(4), 3)
		until(t, tr, Play)
		tr.counters.Alone -= warmUp
		for range 4 {
			before := tr.counters.Updates
			advance(t, tr, 1)
			updates = append(updates, tr.counters.Updates-before)
			stepped := tr.solver.Moments(tr.Net.actorW).Steps
			if want := tr.counters.Updates - tr.counters.Alone - warmUp; stepped != want {
				t.Errorf("%d steps of the optimiser, counted %d", stepped, want)
			}
			if far := target > 0 && tr.learner.stats.ApproxKL > 1.5*target; far != tr.learner.far {
				t.Errorf("target %v: the last divergence is %v, stopped: %v", target, tr.learner.stats.ApproxKL, tr.learner.far)
			}
		}
		return tr, updates
	}
	tr, all := play(0)
	if want := int64(tr.cfg.Updates()); slices.Min(all) != want {
		t.Fatalf("updates %v, want %d each", all, want)
	}
	if _, some := play(1e-3); slices.Min(some) < 1 || slices.Min(some) >= slices.Max(all)/2 {
		t.Errorf("updates %v under a target of 0.001, want some, and in one rollout less than half of %d", some, all[0])
	}
	other, same := play(1e6)
	save(t, other).compare(t, "a target out of reach", save(t, tr))
	if !slices.Equal(same, all) {
		t.Errorf("updates %v, want %v", same, all)
	}
}

// A divergence of up to one and a half times the target is near enough.
func TestTargetKLSlack(t *testing.T) {
	tr := begin(t, toyConfig(PPO, 4), bandit(4), 3)
	until(t, tr, Play)
	advance(t, tr, 1)
	l := tr.learner
	l.load(tr.last.rollout, tr.order[:tr.cfg.Minibatch])
	tr.solver.LR = 0
	for _, c := range []struct {
		times float64
		far   bool
	}{{0, false}, {1.4, false}, {1.6, true}} {
		if c.times > 0 {
			l.cfg.TargetKL = l.stats.ApproxKL / c.times
		}
		if err := l.update(tr.solver, nil); err != nil || l.far != c.far {
			t.Errorf("%v times the target: stopped %v, want %v; error %v", c.times, l.far, c.far, err)
		}
	}
}

// Everything that schedules, normalises or stops goes on exactly after a resume.
func TestResumeIsExactByEveryDetail(t *testing.T) {
	cfg := dojoConfig(PPO)
	cfg.ClipFinal, cfg.EntropyFinal = 0.2, 0
	cfg.RewardNorm, cfg.LifeLoss, cfg.ClipValue, cfg.Epochs = true, true, true, 4
	resumeByDetails(t, cfg)
	cfg.Overlap, cfg.TargetKL = false, 1e-7
	resumeByDetails(t, cfg)
}

func resumeByDetails(t *testing.T, cfg Config) {
	t.Helper()
	const units = 12
	want := unbroken(t, cfg, dojoFor(t, cfg.Envs, 4000, 7), units)
	if n := want.reports[units-1].Counters.Updates; cfg.TargetKL > 0 && n >= 30+int64((units-5)*cfg.Updates()) {
		t.Errorf("%d updates: target_kl never stopped one", n)
	}
	for _, cut := range []int{1, 5, 6, 9} {
		what := fmt.Sprintf("cut after %d units", cut)
		tr, exact, err := Resume(t.Context(), cfg, dojoFor(t, cfg.Envs, 4000, 7), want.saves[cut].file)
		if err != nil || !exact {
			t.Fatalf("%s: exact %v, error %v", what, exact, err)
		}
		compareReports(t, what, advance(t, tr, units-cut), want.reports[cut:])
		save(t, tr).compare(t, what, want.saves[units])
	}
}

// A state without the deviation of returns suits only a training that needs none.
func TestResumeWithoutRewardNorm(t *testing.T) {
	cfg := dojoConfig(PPO)
	files := unbroken(t, cfg, dojoOptions(t, cfg.Envs, 7), 6).saves[6]
	if strings.Contains(string(files[StateFile]), "reward_norm") {
		t.Errorf("the state is another one though reward_norm is off: %s", files[StateFile])
	}
	cfg.RewardNorm = true
	_, _, err := Resume(t.Context(), cfg, dojoOptions(t, cfg.Envs, 7), files.file)
	oneLine(t, err, StateFile, "reward_norm", "3 environments")
}

// A2C is PPO of one epoch and one minibatch without clipping and normalisation (Huang
// et al., "A2C is a special case of PPO", 2022): the same games, and the same weights
// up to the rounding of a ratio of 1.
func TestA2CIsPPO(t *testing.T) {
	train := func(algo string, epochs int) (saved, []float32) {
		cfg := toyConfig(A2C, 8)
		cfg.Algo, cfg.Epochs, cfg.Clip, cfg.AEPerStep, cfg.AECoef = algo, epochs, math.Inf(1), 1, 5
		tr := begin(t, cfg, chain(8), 3)
		until(t, tr, Play)
		advance(t, tr, 20)
		var all []float32
		for _, p := range tr.Net.Params() {
			all = append(all, p.Value.Float32s()...)
		}
		return save(t, tr), all
	}
	a2cFiles, a2c := train(A2C, 1)
	ppoFiles, ppo := train(PPO, 1)
	if off := apart(ppo, a2c); !(off <= 1e-6) {
		t.Errorf("after 20 updates the weights are off by %.2g", off)
	}
	for _, name := range []string{StateFile, storeFile} {
		if string(a2cFiles[name]) != string(ppoFiles[name]) {
			t.Errorf("%s differs: they played other games", name)
		}
	}
	if _, more := train(PPO, 2); apart(more, a2c) < 1e-3 {
		t.Error("two epochs give the same weights: nothing was compared")
	}
}
