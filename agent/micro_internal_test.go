package agent

import (
	"image"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"glint/autoencoder"
	"glint/internal/ops"
	"glint/replay"
)

// normed is a Sampler of noise whose weights have the mean 1 over the batch, as an error's
// share of all errors; after gives them when the reconstruction is there.
type normed struct{ seed uint64 }

func (s normed) Sample(obs []byte, w []float32) error {
	r := rand.New(rand.NewPCG(s.seed, 1))
	for i := range obs {
		obs[i] = byte(r.IntN(256) * (r.IntN(4) / 3))
	}
	sum := 0.0
	for i := range w {
		// The later samples weigh more, so that no part has the mean of the whole.
		w[i] = float32(i+1) * float32(r.Float64())
		sum += float64(w[i])
	}
	for i := range w {
		w[i] *= float32(float64(len(w)) / sum)
	}
	return nil
}

func (s normed) Places(values, w []float32) {
	for i := range values {
		values[i], w[i] = float32(i%3)/2, float32(i%5)
	}
}

// lateNormed weighs by the error of the reconstruction.
type lateNormed struct{ normed }

func (s lateNormed) Reweigh(w, y, x []float32) error {
	sum := 0.0
	for i := range w {
		w[i] = (y[i] - x[i]) * (y[i] - x[i])
		sum += float64(w[i])
	}
	for i := range w {
		w[i] *= float32(float64(len(w)) / sum)
	}
	return nil
}

// realNet is the default network on the game's pixels.
func realNet(tb testing.TB) *Net {
	tb.Helper()
	n, err := NewNet(autoencoder.DefaultConfig(), autoencoder.Shape{T: 4, H: 64, W: 144, Content: image.Rect(0, 0, 144, 64)}, 8, rand.New(rand.NewPCG(3, 3)))
	if err != nil {
		tb.Fatal(err)
	}
	n.actorW.Orthogonal(1, rand.New(rand.NewPCG(4, 4))) // near 0 it has next to no gradient
	return n
}

// noiseRollout is a rollout of m steps of noise, some of them no experience.
func noiseRollout(n *Net, m int) *replay.Rollout {
	s := n.Autoencoder.Shape()
	r, ro := rand.New(rand.NewPCG(5, 5)), replay.NewRollout(m, 1, s.T*s.H*s.W)
	for i := range ro.Obs {
		ro.Obs[i] = byte(r.IntN(256) * (r.IntN(4) / 3))
	}
	for k := range m {
		ro.Action[k], ro.Advantage[k] = k*3%n.Actions, float32(r.NormFloat64()*float64(k+1))
		ro.Logp[k], ro.Return[k], ro.Value[k] = float32(-2-r.Float64()), float32(r.NormFloat64()), float32(r.NormFloat64())
		if ro.Invalid[k] = k%7 == 3; ro.Invalid[k] {
			ro.Advantage[k] = 0
		}
	}
	return ro
}

// Accumulated micro batches give the gradients, losses and figures of one big batch, for each
// loss alone and for all, also where advantages and weights are normalised.
func TestMicroBatchesEqualOne(t *testing.T) {
	const m = 12
	net := realNet(t)
	ro := noiseRollout(net, m)
	order := rand.New(rand.NewPCG(6, 6)).Perm(m)
	for name, c := range map[string]struct {
		change func(*Config)
		fresh  int
		from   autoencoder.Sampler
	}{
		"autoencoder": {func(c *Config) { c.ValueCoef, c.EntropyCoef, c.ActionClasses.Balance = 0, 0, BalanceWeights }, 4, normed{1}},
		"actor":       {func(c *Config) { c.AECoef, c.ValueCoef = 0, 0 }, 0, normed{1}},
		"critic":      {func(c *Config) { c.AECoef, c.EntropyCoef, c.ValueCoef = 0, 0, 1 }, 0, normed{1}},
		"all":         {func(*Config) {}, 4, normed{1}},
		"late":        {func(*Config) {}, 4, lateNormed{normed{1}}},
		"weights":     {func(c *Config) { c.Algo, c.NormalizeAdv, c.ActionClasses.Balance = A2C, false, BalanceWeights }, 0, normed{1}},
	} {
		var want *learner
		for _, parts := range []int{1, 2, 4} {
			cfg := DefaultConfig(PPO)
			cfg.Envs, cfg.Horizon, cfg.Epochs, cfg.Minibatch, cfg.AEPerStep, cfg.EntropyCoef = m, 1, 1, m, 2./3, 0.05
			c.change(&cfg)
			cfg.MicroBatches = parts
			if err := cfg.Validate(); err != nil {
				t.Fatal(err)
			}
			_, late := c.from.(lateNormed)
			l, err := newLearner(net, cfg, late, c.fresh)
			if err != nil {
				t.Fatal(err)
			}
			advantage := slices.Clone(ro.Advantage)
			if cfg.ActionClasses.Balance == BalanceWeights {
				for k := range ro.Advantage {
					ro.Advantage[k] = float32(1 + ro.Action[k])
				}
			}
			l.load(ro, order)
			copy(ro.Advantage, advantage)
			if sum := total(l.adv); name == "weights" && math.Abs(sum/m-1) > 1e-6 {
				t.Errorf("%d parts: the weights of the actions have the mean %v, want 1", parts, sum/m)
			}
			if err := l.run(c.from); err != nil {
				t.Fatal(err)
			}
			if parts == 1 {
				want = l
				continue
			}
			sameUpdate(t, name, l, want)
		}
	}
}

func total(x []float32) (sum float64) {
	for _, v := range x {
		sum += float64(v)
	}
	return sum
}

// sameUpdate compares two learners after their runs.
func sameUpdate(t *testing.T, name string, got, want *learner) {
	t.Helper()
	parts := got.cfg.MicroBatches
	for i, v := range got.grads.Mean() {
		g, w := gradient(t, v), gradient(t, want.grads.Mean()[i])
		if off := apart(g, w); !(off <= 1e-5) && norm(g)+norm(w) > 0 {
			t.Errorf("%s in %d parts: the gradient of %s is off by %.2g of its norm", name, parts, v.(ops.Gradient).Param.Name, off)
		}
	}
	figures := func(l *learner) []float64 {
		f := []float64{l.stats.Loss, l.stats.Entropy, l.stats.ApproxKL, l.stats.ClipFraction, l.stats.value, l.stats.total}
		if l.ae != nil {
			s := l.net.Autoencoder.Stats(l.prog, l.ae)
			f = append(f, s.Loss, s.Places, s.Saturated, s.Constant)
		}
		return f
	}
	w := figures(want)
	for i, g := range figures(got) {
		if !(math.Abs(g-w[i]) <= 1e-5*max(1, math.Abs(w[i]))) {
			t.Errorf("%s in %d parts: figure %d is %v, want %v", name, parts, i, g, w[i])
		}
	}
}

// The memory of an update falls with the size of a part, but for what the whole batch has:
// 4 bytes of weights and 1 of observation a pixel.
func TestMicroBatchesTakeLessMemory(t *testing.T) {
	heap := func() float64 {
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return float64(s.HeapAlloc) / (1 << 20)
	}
	net := realNet(t)
	taken := func(size, parts int) float64 {
		before := heap()
		tr, err := autoencoder.NewTrainer(net.Autoencoder, autoencoder.BatchConfig{Size: size, Parts: parts}, ops.NewAdam(ops.DefaultAdam(), net.Params()))
		if err != nil {
			t.Fatal(err)
		}
		if err := tr.Step(normed{1}); err != nil {
			t.Fatal(err)
		}
		defer runtime.KeepAlive(tr)
		return heap() - before
	}
	gradient := 0.0
	for _, p := range net.Autoencoder.Params() {
		gradient += float64(p.Value.Shape().TotalSize()) * 4 / (1 << 20)
	}
	whole := 64. * 4 * 64 * 144 * 5 / (1 << 20)
	one, eight, small := taken(64, 1), taken(64, 8), taken(8, 1)
	t.Logf("64 observations take %.1f MiB, in 8 parts %.1f; 8 take %.1f, a batch of 64 %.1f, a gradient %.1f", one, eight, small, whole, gradient)
	if want := small + whole + gradient; math.Abs(eight-want) > 0.05*want {
		t.Errorf("64 observations in 8 parts take %.1f MiB, want %.1f: what 8 take, the batch and a gradient", eight, want)
	}
	if eight > 0.7*one {
		t.Errorf("64 observations in 8 parts take %.1f MiB, in one %.1f", eight, one)
	}
}

// Training in micro batches goes where training in one batch goes.
func TestTrainsInMicroBatches(t *testing.T) {
	train := func(parts int) *Trainer {
		cfg := toyConfig(PPO, 8)
		cfg.AEPerStep, cfg.AECoef, cfg.AEFresh = 1, 1, 0.5
		cfg.MicroBatches, cfg.Pretrain.MicroBatches = parts, parts
		tr, err := New(t.Context(), cfg, planesOptions(t, bandit(8), 3))
		if err != nil {
			t.Fatal(err)
		}
		until(t, tr, Play)
		advance(t, tr, 2)
		return tr
	}
	one, four := train(1), train(4)
	if one.fresh%4 != 0 {
		t.Fatalf("%d fresh samples are no multiple of the parts, so that they are not those of both", one.fresh)
	}
	for i, p := range one.Net.Params() {
		if off := apart(four.Net.Params()[i].Value.Float32s(), p.Value.Float32s()); !(off < 1e-2) {
			t.Errorf("%s is %.2g of its norm apart", p.Name, off)
		}
	}
}
