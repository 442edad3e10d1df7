package kernel_test

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"strings"
	"testing"

	"glint/internal/kernel"
)

// noise returns what noise() of scripts/golden/noise.py does, times scale.
func noise(name string, n int, scale float64) []float32 {
	x := make([]float32, n)
	for i, v := range noise64(name, n) {
		x[i] = float32(v * scale)
	}
	return x
}

func noise64(name string, n int) []float64 {
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

// golden are PyTorch's answers, of scripts/golden/kernels.py, and what was
// compared with them.
type golden struct {
	values   map[string][]float64
	patterns map[int][4][]float64 // of sketches, by length
	asked    map[string]bool
}

// The tolerances are shares of a result's largest number, or norm where a sketch
// is kept of it. float32 rounds to 6e-8, the sums have up to 5000 terms and the
// largest difference seen is half of each. A loss and the gradient of a bias can be
// one number that large terms cancel to.
const (
	goldenOutput   = 4e-6
	goldenGradient = 2e-6
	goldenCancels  = 5e-5
)

func readGolden(t *testing.T) *golden {
	t.Helper()
	text, err := os.ReadFile("testdata/kernels.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Values map[string][]float64 }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	return &golden{values: file.Values, patterns: map[int][4][]float64{}, asked: map[string]bool{}}
}

// check compares a result with the answer of that name.
func (g *golden) check(t *testing.T, name string, got []float32, tolerance float64) {
	t.Helper()
	want := g.values[name]
	g.asked[name] = true
	x := make([]float64, len(got))
	for i, v := range got {
		x[i] = float64(v)
	}
	if len(want) != len(x) {
		x = g.sketch(x)
	}
	if off := apart(x, want); !(off <= tolerance) {
		t.Errorf("%s: off by %.2g of %d numbers' largest, at most %.2g", name, off, len(got), tolerance)
	}
}

// sketch is sketch() of noise.py: a norm and four products with noise.
func (g *golden) sketch(x []float64) []float64 {
	p, ok := g.patterns[len(x)]
	if !ok {
		for k := range p {
			p[k] = noise64(fmt.Sprintf("pattern %d", k), len(x))
		}
		g.patterns[len(x)] = p
	}
	out := make([]float64, 5)
	for i, v := range x {
		out[0] += v * v
		for k := range p {
			out[k+1] += v * p[k][i]
		}
	}
	out[0] = math.Sqrt(out[0])
	return out
}

// apart returns the largest difference as a share of the largest number wanted,
// and infinity when the lengths differ.
func apart(got, want []float64) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	var worst, top float64
	for i, w := range want {
		d := math.Abs(got[i] - w)
		if math.IsNaN(d) {
			return d
		}
		worst, top = max(worst, d), max(top, math.Abs(w))
	}
	if worst == 0 {
		return 0
	}
	return worst / top
}

// eachGolden runs f at every CPU level, and fails if an answer whose name begins
// with one of the prefixes was not asked for.
func eachGolden(t *testing.T, f func(t *testing.T, g *golden), prefixes ...string) {
	t.Helper()
	g := readGolden(t)
	kernel.EachLevel(t, func(t *testing.T) { f(t, g) })
	for name := range g.values {
		for _, p := range prefixes {
			if strings.HasPrefix(name, p+" ") && !g.asked[name] {
				t.Errorf("nothing was compared with %s", name)
			}
		}
	}
}

var actNames = []string{kernel.None: "none", kernel.ReLU: "relu", kernel.Tanh: "tanh"}

// checked is a layer with its gradients, in the shapes that a golden has.
type checked struct {
	x, w, y, bias int // lengths
	fan           int // numbers that a sum has
	batch, pixels int // of y
	forward       func(y, x, w, bias []float32, act kernel.Act)
	input         func(dx, w, dz []float32)
	weights       func(dw, x, dz []float32)
}

// check compares a layer and its gradients under each activation.
func (l checked) check(t *testing.T, g *golden, name string) {
	t.Helper()
	x, bias := noise("x", l.x, 1), noise("bias", l.bias, 1)
	w := noise("w", l.w, math.Sqrt(3/float64(l.fan)))
	target, scale := noise("target", l.y, 1), noise("scale", l.y, 1)
	y, dz := make([]float32, l.y), make([]float32, l.y)
	dx, dw, db := make([]float32, l.x), make([]float32, l.w), make([]float32, l.bias)
	for act, actName := range actNames {
		at := name + "/" + actName + "/"
		l.forward(y, x, w, bias, kernel.Act(act))
		g.check(t, at+"y", y, goldenOutput)
		loss := kernel.WeightedMSE(dz, y, target, scale, 1)
		g.check(t, at+"loss", []float32{float32(loss)}, goldenCancels)
		kernel.BackAct(dz, y, dz, kernel.Act(act))
		l.input(dx, w, dz)
		l.weights(dw, x, dz)
		kernel.BackBias(db, dz, l.batch, l.bias, l.pixels)
		g.check(t, at+"dx", dx, goldenGradient)
		g.check(t, at+"dw", dw, goldenGradient)
		g.check(t, at+"dbias", db, goldenCancels)
	}
}

func TestConvGolden(t *testing.T) {
	eachGolden(t, func(t *testing.T, g *golden) {
		for i, c := range goldenConvs {
			large, small, k := c.B*c.C*c.H*c.W, c.B*c.F*c.OutH()*c.OutW(), c.F*c.C*c.KH*c.KW
			l := checked{
				x: large, w: k, y: small, bias: c.F, fan: k / c.F, batch: c.B, pixels: c.OutH() * c.OutW(),
				forward: c.Forward, input: c.BackInput, weights: c.BackWeights,
			}
			l.check(t, g, fmt.Sprint("conv ", i))
			l.x, l.y, l.bias, l.pixels = small, large, c.C, c.H*c.W
			l.forward = c.Transposed
			l.input = func(dx, w, dz []float32) { c.Forward(dx, dz, w, nil, kernel.None) }
			l.weights = func(dw, x, dz []float32) { c.BackWeights(dw, dz, x) }
			l.check(t, g, fmt.Sprint("transposed ", i))
		}
	}, "conv", "transposed")
}

// goldenConvs are CONVS of kernels.py.
var goldenConvs = []kernel.Conv{
	{B: 1, C: 1, H: 1, W: 1, F: 1, KH: 1, KW: 1, Stride: 1, Pad: 0},
	{B: 1, C: 3, H: 9, W: 7, F: 17, KH: 3, KW: 2, Stride: 1, Pad: 1},
	{B: 2, C: 17, H: 7, W: 9, F: 3, KH: 2, KW: 3, Stride: 2, Pad: 0},
	{B: 31, C: 1, H: 11, W: 5, F: 3, KH: 5, KW: 3, Stride: 3, Pad: 2},
	{B: 33, C: 3, H: 6, W: 13, F: 1, KH: 3, KW: 5, Stride: 4, Pad: 1},
	{B: 257, C: 1, H: 5, W: 7, F: 3, KH: 3, KW: 3, Stride: 2, Pad: 1},
	{B: 257, C: 3, H: 4, W: 5, F: 1, KH: 2, KW: 2, Stride: 1, Pad: 0},
	{B: 1, C: 130, H: 5, W: 4, F: 33, KH: 3, KW: 3, Stride: 1, Pad: 1},
	{B: 2, C: 33, H: 6, W: 7, F: 130, KH: 2, KW: 3, Stride: 2, Pad: 1},
	{B: 1, C: 130, H: 3, W: 5, F: 130, KH: 1, KW: 1, Stride: 1, Pad: 0},
	{B: 31, C: 3, H: 9, W: 8, F: 17, KH: 4, KW: 4, Stride: 2, Pad: 3},
	{B: 33, C: 17, H: 5, W: 6, F: 3, KH: 3, KW: 1, Stride: 5, Pad: 2},
	{B: 2, C: 3, H: 13, W: 17, F: 5, KH: 8, KW: 6, Stride: 4, Pad: 2},
	{B: 1, C: 17, H: 19, W: 3, F: 33, KH: 7, KW: 1, Stride: 3, Pad: 3},
	{B: 257, C: 3, H: 6, W: 5, F: 17, KH: 4, KW: 3, Stride: 4, Pad: 3},
	{B: 3, C: 2, H: 8, W: 31, F: 9, KH: 1, KW: 5, Stride: 1, Pad: 2},
	{B: 2, C: 1, H: 12, W: 12, F: 1, KH: 2, KW: 2, Stride: 5, Pad: 0},
	{B: 5, C: 33, H: 4, W: 4, F: 17, KH: 4, KW: 4, Stride: 1, Pad: 3},
	{B: 7, C: 5, H: 15, W: 9, F: 3, KH: 5, KW: 5, Stride: 5, Pad: 3},
	{B: 1, C: 3, H: 33, W: 65, F: 3, KH: 3, KW: 3, Stride: 2, Pad: 1},
	{B: 2, C: 4, H: 10, W: 11, F: 33, KH: 4, KW: 2, Stride: 3, Pad: 0},
}

func TestDenseGolden(t *testing.T) {
	eachGolden(t, func(t *testing.T, g *golden) {
		for i, d := range []kernel.Dense{ // DENSES of kernels.py
			{B: 1, In: 1, Out: 1},
			{B: 1, In: 3, Out: 17},
			{B: 2, In: 17, Out: 3},
			{B: 31, In: 33, Out: 1},
			{B: 33, In: 130, Out: 17},
			{B: 257, In: 3, Out: 33},
			{B: 257, In: 130, Out: 1},
			{B: 2, In: 1, Out: 130},
			{B: 3, In: 4608, Out: 5},
			{B: 5, In: 64, Out: 257},
			{B: 33, In: 15, Out: 49},
		} {
			l := checked{
				x: d.B * d.In, w: d.Out * d.In, y: d.B * d.Out, bias: d.Out, fan: d.In, batch: d.B, pixels: 1,
				forward: d.Forward, input: d.BackInput, weights: d.BackWeights,
			}
			l.check(t, g, fmt.Sprint("dense ", i))
		}
	}, "dense")
}

func TestWeightedMSEGolden(t *testing.T) {
	eachGolden(t, func(t *testing.T, g *golden) {
		for _, n := range []int{1, 33, 1000, 16385, 40001} { // LOSSES of kernels.py
			y, target, dy := noise("y", n, 1), noise("target", n, 1), make([]float32, n)
			for name, w := range map[string][]float32{"weights": noise("weights", n, 1), "ones": nil} {
				loss := kernel.WeightedMSE(dy, y, target, w, 7)
				g.check(t, fmt.Sprintf("mse %d/%s/loss", n, name), []float32{float32(loss)}, goldenOutput)
				g.check(t, fmt.Sprintf("mse %d/%s/dy", n, name), dy, goldenOutput)
			}
		}
	}, "mse")
}

// Steps of Adam over two tensors whose whole gradient is clipped.
func TestAdamGolden(t *testing.T) {
	eachGolden(t, func(t *testing.T, g *golden) {
		testAdamGolden(t, g, "none", math.Inf(1))
		testAdamGolden(t, g, "half", 0.5)
	}, "adam")
}

func testAdamGolden(t *testing.T, g *golden, name string, clip float64) {
	t.Helper()
	const b1, b2 = float32(0.9), float32(0.999)
	names := []string{"small", "large"}
	var p, start, m, v [2][]float32
	for i, n := range []int{17, 20011} {
		p[i], start[i] = noise(names[i], n, 1./8), noise(names[i], n, 1./8)
		m[i], v[i] = make([]float32, n), make([]float32, n)
	}
	for step, scale := range []float64{1, 1e-3, 2, 2e-3, 0.5, 0} { // SCALES of kernels.py
		var grads [2][]float32
		sum := 0.0
		for i := range grads {
			grads[i] = noise(fmt.Sprintf("gradient %d %s", step, names[i]), len(p[i]), scale)
			sum += kernel.SumSquares(grads[i])
		}
		norm := math.Sqrt(sum)
		a := kernel.AdamStep{LR: 1e-2, Beta1: b1, Beta2: b2, Eps: 1e-5, Scale: 1}
		if norm > clip {
			a.Scale = float32(clip / norm)
		}
		a.BiasCorrection1 = float32(1 - math.Pow(float64(b1), float64(step+1)))
		a.BiasCorrection2 = float32(1 - math.Pow(float64(b2), float64(step+1)))
		at := fmt.Sprintf("adam %s/%d/", name, step)
		g.check(t, at+"norm", []float32{float32(norm)}, goldenOutput)
		kernel.Adam([]kernel.AdamParam{{AdamStep: a, P: p[0], M: m[0], V: v[0], G: grads[0]}, {AdamStep: a, P: p[1], M: m[1], V: v[1], G: grads[1]}})
		for i := range grads {
			moved := make([]float32, len(p[i]))
			for j := range moved {
				moved[j] = p[i][j] - start[i][j]
			}
			g.check(t, at+names[i], moved, 1e-5)
		}
	}
}
