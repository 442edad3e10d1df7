package agent

import (
	"fmt"
	"hash/crc32"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"glint/autoencoder"
	"glint/internal/ckpt"
	"glint/internal/ops"
)

// noise returns what noise() of scripts/golden/golden.py does.
func noise(name string, n int) []float64 {
	salt := crc32.ChecksumIEEE([]byte(name))
	x := make([]float64, n)
	for i := range x {
		h := uint32(i)*0x9E3779B1 + salt
		h ^= h >> 16
		h *= 0x85EBCA6B
		h ^= h >> 13
		h *= 0xC2B2AE35
		h ^= h >> 16
		x[i] = float64(h)/(1<<31) - 1
	}
	return x
}

// fillNoise sets x to scale*noise + offset.
func fillNoise(x []float32, name string, scale, offset float64) {
	for i, v := range noise(name, len(x)) {
		x[i] = float32(v*scale + offset)
	}
}

// goldenCase is a case of golden.py.
type goldenCase struct {
	name      string
	h, w      int
	channels  []int
	code      int
	actions   int
	algo      string
	clipValue bool
	content   image.Rectangle
}

var goldenCases = []goldenCase{
	{"ppo", 16, 24, []int{5, 7}, 8, 5, PPO, true, image.Rect(2, 1, 23, 14)},
	{"a2c", 16, 24, []int{5, 7}, 8, 5, A2C, false, image.Rect(0, 0, 24, 16)},
	{"full", 64, 144, []int{16, 32}, 64, 14, PPO, false, image.Rect(0, 0, 144, 64)},
}

// goldenBatch is both a Sampler and the rollout's minibatch of a case.
type goldenBatch struct{ goldenCase }

// Sample gives the autoencoder its batch.
func (g goldenBatch) Sample(obs []byte, w []float32) error {
	noisePixels(obs, "autoencoder.obs")
	fillNoise(w, "autoencoder.weights", 2, 2)
	for i := range w {
		if !(image.Point{X: i % g.w, Y: i / g.w % g.h}).In(g.content) {
			w[i] = 0
		}
	}
	return nil
}

func noisePixels(obs []byte, name string) {
	for i, v := range noise(name, len(obs)) {
		obs[i] = byte((v + 1) * 128)
	}
}

// learner returns the case's learner, ready for its update.
func (g goldenBatch) learner(tb testing.TB, change func(*Config)) (*learner, *ops.Adam) {
	tb.Helper()
	return g.sharing(tb, 0, change)
}

// sharing is a learner whose autoencoder takes so many samples from the minibatch.
func (g goldenBatch) sharing(tb testing.TB, fresh int, change func(*Config)) (*learner, *ops.Adam) {
	tb.Helper()
	cfg := DefaultConfig(g.algo)
	cfg.Envs, cfg.Horizon, cfg.Epochs, cfg.Minibatch, cfg.AEPerStep = 3, 1, 1, 3, 2./3
	cfg.Clip, cfg.ClipValue, cfg.EntropyCoef, cfg.ValueCoef, cfg.AECoef = 0.2, g.clipValue, 0.05, 0.5, 3
	cfg.AdamEps, cfg.GradNorm = 1e-5, 0.5
	cfg.Autoencoder = autoencoder.Config{Channels: g.channels, Code: g.code}
	if change != nil {
		change(&cfg)
	}
	net, err := NewNet(cfg.Autoencoder, autoencoder.Shape{T: 4, H: g.h, W: g.w, Content: g.content}, g.actions, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		tb.Fatal(err)
	}
	for _, p := range net.Params() {
		s := p.Value.Shape()
		scale := 1. / 8
		if len(s) > 1 {
			scale = math.Sqrt(3 / float64(s.TotalSize()/s[0]))
		}
		fillNoise(p.Value.Float32s(), p.Name, scale, 0)
	}
	fillNoise(net.Autoencoder.Mean.Float32s(), "mean", 30, 60)
	l, err := newLearner(net, cfg, false, fresh)
	if err != nil {
		tb.Fatal(err)
	}
	g.load(l)
	adam := cfg.adam()
	adam.LR = 1e-3
	return l, ops.NewAdam(adam, net.Params())
}

// load fills the minibatch of the rollout.
func (g goldenBatch) load(l *learner) {
	r := &l.rl
	noisePixels(r.obs.Uint8s(), "obs")
	for i := range r.action.Float32s() {
		r.action.Float32s()[i] = float32(i * 2 % g.actions)
	}
	fillNoise(r.adv.Float32s(), "advantage", 2, 0)
	fillNoise(r.logp.Float32s(), "log probability", 0.6, -math.Log(float64(g.actions)))
	fillNoise(r.returns.Float32s(), "return", 1, 0)
	fillNoise(r.oldValue.Float32s(), "old value", 0.5, 0)
}

// The joint update of encoder, decoder, actor and critic is PyTorch's: losses,
// every gradient, the norm it is clipped by and two steps of Adam. `make golden`
// rewrites the file, whose metadata names the versions it was made with.
//
// Losses and gradients are held to 1e-4 of their norm; float32 leaves 3e-6. Adam
// divides a gradient by its own size, which makes of a rounding error in a tiny
// gradient a visible part of a step: 1e-4. So how far parameters moved is held to
// 1e-3.
func TestJointUpdateAgainstPyTorch(t *testing.T) {
	f, err := os.Open("testdata/joint_update.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tensors, _, err := ckpt.ReadTensors(f)
	if err != nil {
		t.Fatal(err)
	}
	golden := map[string][]float32{}
	for _, ts := range tensors {
		golden[ts.Name] = ts.Data
	}
	for _, c := range goldenCases {
		t.Run(c.name, func(t *testing.T) { goldenBatch{c}.check(t, golden) })
	}
}

// check makes two updates and compares.
func (g goldenBatch) check(t *testing.T, golden map[string][]float32) {
	l, adam := g.learner(t, nil)
	params := l.net.Params()
	var before [][]float32
	for _, p := range params {
		before = append(before, slices.Clone(p.Value.Float32s()))
	}
	compared := 0
	compare := func(key string, tolerance float64, got ...float32) {
		t.Helper()
		want := golden[g.name+"/"+key]
		if g.name == "full" && strings.Count(key, "/") > 1 { // a tensor
			got = sketch(got)
		}
		if off := apart(got, want); !(off <= tolerance) {
			t.Errorf("%s: off by %.2g of its norm", key, off)
		}
		compared++
	}
	for step := 1; step <= 2; step++ {
		if err := l.update(adam, g); err != nil {
			t.Fatal(err)
		}
		at := fmt.Sprintf("step %d/", step)
		compare(at+"policy", 1e-4, float32(l.stats.Loss))
		compare(at+"entropy", 1e-4, float32(l.stats.Entropy))
		compare(at+"value", 1e-4, float32(l.prog.Scalar(l.rl.valueLoss)))
		compare(at+"autoencoder", 1e-4, float32(l.prog.Scalar(l.ae.Loss)))
		compare(at+"total", 1e-4, float32(l.prog.Scalar(l.total)))
		compare(at+"norm", 1e-4, float32(adam.Norm))
		for i, p := range params {
			grad, err := l.grads.Mean()[i].Grad()
			if err != nil {
				t.Fatal(err)
			}
			compare(at+"gradient/"+p.Name, 1e-4, grad.Data().([]float32)...)
			compare(at+"moved/"+p.Name, 1e-3, minus(p.Value.Float32s(), before[i])...)
		}
	}
	for name := range golden {
		if strings.HasPrefix(name, g.name+"/") {
			compared--
		}
	}
	if compared != 0 {
		t.Errorf("%d values more compared than golden", compared)
	}
}

func minus(a, b []float32) []float32 {
	d := make([]float32, len(a))
	for i := range a {
		d[i] = a[i] - b[i]
	}
	return d
}

// sketch is sketch() of golden.py: a norm and four products with noise.
func sketch(x []float32) []float32 {
	out := make([]float64, 5)
	for _, v := range x {
		out[0] += float64(v) * float64(v)
	}
	out[0] = math.Sqrt(out[0])
	for k := range 4 {
		for i, r := range noise(fmt.Sprintf("pattern %d", k), len(x)) {
			out[k+1] += float64(x[i]) * r
		}
	}
	short := make([]float32, 5)
	for i, v := range out {
		short[i] = float32(v)
	}
	return short
}

// apart returns the largest difference as a share of the largest number wanted.
func apart(got, want []float32) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	var worst, top float64
	for i, w := range want {
		worst, top = max(worst, math.Abs(float64(got[i]-w))), max(top, math.Abs(float64(w)))
	}
	return worst / top
}
