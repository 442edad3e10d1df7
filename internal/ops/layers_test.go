package ops_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"glint/internal/kernel"
	"glint/internal/ops"
	"glint/internal/ops/optest"
)

var acts = []struct {
	name string
	act  kernel.Act
}{{"none", kernel.None}, {"relu", kernel.ReLU}, {"tanh", kernel.Tanh}}

// build is the type of what adds an op over its leaves.
type build = func(b *ops.Builder, in []*G.Node) *G.Node

func conv(stride, pad int, act kernel.Act) build {
	return func(b *ops.Builder, in []*G.Node) *G.Node { return b.Conv(in[0], in[1], in[2], stride, pad, act) }
}

func transposed(stride, pad int, act kernel.Act) build {
	return func(b *ops.Builder, in []*G.Node) *G.Node {
		return b.Transposed(in[0], in[1], in[2], stride, pad, act)
	}
}

func dense(act kernel.Act) build {
	return func(b *ops.Builder, in []*G.Node) *G.Node { return b.Dense(in[0], in[1], in[2], act) }
}

func TestLayers(t *testing.T) {
	for _, a := range acts {
		optest.Check(t, optest.Case{
			Name: "conv " + a.name, Build: conv(2, 1, a.act),
			Inputs: []*ops.Param{optest.Random(1, "x", 2, 3, 5, 6), optest.Random(2, "w", 4, 3, 3, 4), optest.Random(3, "bias", 4)},
		})
		optest.Check(t, optest.Case{
			Name: "transposed " + a.name, Build: transposed(2, 1, a.act),
			Inputs: []*ops.Param{optest.Random(4, "x", 2, 3, 2, 3), optest.Random(5, "w", 3, 2, 4, 4), optest.Random(6, "bias", 2)},
		})
		optest.Check(t, optest.Case{
			Name: "dense " + a.name, Build: dense(a.act),
			Inputs: []*ops.Param{optest.Random(7, "x", 3, 2, 2), optest.Random(8, "w", 5, 4), optest.Random(9, "bias", 5)},
		})
	}
	optest.Check(t, optest.Case{
		Name: "reshape", Inputs: []*ops.Param{optest.Random(10, "x", 2, 6)},
		Build: func(b *ops.Builder, in []*G.Node) *G.Node { return b.Reshape(in[0], 3, 2, 2) },
	})
	optest.Check(t, optest.Case{
		Name: "rows", Inputs: []*ops.Param{optest.Random(12, "x", 5, 3)},
		Build: func(b *ops.Builder, in []*G.Node) *G.Node { return b.Rows(in[0], 1, 4) },
	})
	optest.Check(t, optest.Case{
		Name: "stop gradient", Inputs: []*ops.Param{optest.Random(11, "x", 2, 6)}, Blocked: 1,
		Build: func(b *ops.Builder, in []*G.Node) *G.Node { return b.StopGradient(in[0]) },
	})
}

func TestCenter(t *testing.T) {
	x, mean := ops.NewBytes(2, 2, 3), optest.Values("mean", 0, 10, 20, 30, 40, 50.5)
	for i := range x.Uint8s() {
		x.Uint8s()[i] = byte(20 * i)
	}
	if err := mean.Value.Reshape(2, 3); err != nil {
		t.Fatal(err)
	}
	center := func(scale float32) build {
		return func(b *ops.Builder, in []*G.Node) *G.Node { return b.Center(in[1], in[0], scale) }
	}
	c := optest.Case{Name: "center", Inputs: []*ops.Param{mean}, Blocked: 1, Bytes: []*tensor.Dense{x}, Build: center(0.5)}
	optest.Check(t, c)
	optest.Distinct(t, c, center(0.5), center(0.25))

	b := ops.NewBuilder()
	y := c.Build(b, []*G.Node{b.Param(mean), b.Input("x", x)})
	p := compile(t, b, y)
	run(t, p)
	for i, got := range p.Floats(y) {
		if want := (float32(20*i) - mean.Value.Float32s()[i%6]) / 2; got != want {
			t.Errorf("element %d is %v, want %v", i, got, want)
		}
	}
}

// Images as bytes, of a mean that is not 0: the layers on them are those on numbers.
func TestImages(t *testing.T) {
	obs, recon := ops.NewBytes(3, 2, 8, 12), ops.NewTensor(3, 2, 8, 12)
	for i := range obs.Uint8s() {
		obs.Uint8s()[i] = byte(7 * i)
	}
	const unit = 1. / 64
	w, bias, mean := optest.Random(2, "w", 4, 2, 4, 4), optest.Random(3, "bias", 4), optest.Random(4, "mean", 2, 8, 12)
	bytesConv := func(stride, pad int, unit float32, act kernel.Act) build {
		return func(b *ops.Builder, in []*G.Node) *G.Node {
			return b.ConvBytes(ops.Images{Obs: in[3], Mean: in[2], Unit: unit}, in[0], in[1], stride, pad, act)
		}
	}
	for _, a := range acts {
		optest.Check(t, optest.Case{
			Name: "conv of bytes " + a.name, Build: bytesConv(2, 1, unit, a.act), Blocked: 1,
			Inputs: []*ops.Param{w, bias, mean}, Bytes: []*tensor.Dense{obs},
		})
	}
	optest.Distinct(t, optest.Case{Name: "conv of bytes", Inputs: []*ops.Param{w, bias, mean}, Bytes: []*tensor.Dense{obs}, Blocked: 1},
		bytesConv(4, 2, unit, kernel.None), bytesConv(4, 2, unit, kernel.ReLU), bytesConv(4, 2, 2*unit, kernel.None), bytesConv(4, 1, unit, kernel.None))

	x, weights := optest.Random(5, "x", 3, 4, 4, 6), optest.Random(6, "weights", 3, 2, 8, 12)
	bias2 := optest.Random(7, "bias2", 2)
	optest.Check(t, optest.Case{
		Name: "transposed convolution with loss", Blocked: 2,
		Inputs: []*ops.Param{x, w, bias2, mean, weights}, Bytes: []*tensor.Dense{obs},
		Build: func(b *ops.Builder, in []*G.Node) *G.Node {
			return b.TransposedMSE(in[0], in[1], in[2], ops.Images{Obs: in[5], Mean: in[3], Unit: unit}, in[4], 2, 1, 50, recon)
		},
	})

	b := ops.NewBuilder()
	images := ops.Images{Obs: b.Input("obs", obs), Mean: b.Param(mean), Unit: unit}
	numbers := b.Center(images.Obs, images.Mean, unit)
	y := b.Transposed(b.Param(x), b.Param(w), b.Param(bias2), 2, 1, kernel.None)
	one := b.TransposedMSE(b.Param(x), b.Param(w), b.Param(bias2), images, b.Param(weights), 2, 1, 50, recon)
	two := b.WeightedMSE(y, numbers, b.Param(weights), 50)
	p := compile(t, b, y, one, two)
	run(t, p)
	if a, b := p.Scalar(one), p.Scalar(two); math.Abs(a-b) > 1e-5*math.Abs(b) {
		t.Errorf("loss %v, in two steps %v", a, b)
	}
	for i, v := range p.Floats(y) {
		if got := recon.Float32s()[i]; math.Abs(float64(got-v)) > 1e-5 {
			t.Fatalf("pixel %d of the reconstruction is %v, want %v", i, got, v)
		}
	}
}

// The gradients of stop gradient's input must come from its other uses alone.
func TestStopGradient(t *testing.T) {
	x := optest.Values("x", 1, 2, 3)
	zero, one := ops.NewTensor(3), optest.Values("one", 1, 1, 1)
	b := ops.NewBuilder()
	n, z, w := b.Param(x), b.Input("zero", zero), b.Param(one)
	passed := b.WeightedMSE(n, z, w, 1)
	stopped := b.WeightedMSE(b.StopGradient(n), z, w, 1)
	sum := b.WeightedSum([]float64{1, 1}, passed, stopped)
	grads := b.Grads(sum, []*ops.Param{x})
	p := compile(t, b, append(G.Nodes{sum}, grads...)...)
	run(t, p)
	if got := p.Scalar(sum); got != 28 {
		t.Errorf("sum %v, want 28", got)
	}
	if got := fmt.Sprint(p.Floats(grads[0])); got != "[2 4 6]" {
		t.Errorf("gradient %v, want [2 4 6]", got)
	}
}

func TestLayersDistinct(t *testing.T) {
	optest.Distinct(t, optest.Case{
		Name: "conv", Inputs: []*ops.Param{optest.Random(1, "x", 1, 2, 6, 6), optest.Random(2, "w", 3, 2, 3, 3), optest.Random(3, "bias", 3)},
	}, conv(1, 1, kernel.None), conv(1, 1, kernel.ReLU), conv(1, 1, kernel.Tanh), conv(2, 1, kernel.None), conv(1, 0, kernel.None))
	// A stride of 4 without padding gives the shape of a stride of 2 with it.
	optest.Distinct(t, optest.Case{
		Name: "conv of one output shape", Inputs: []*ops.Param{optest.Random(1, "x", 1, 1, 5, 5), optest.Random(2, "w", 1, 1, 4, 4), optest.Random(3, "bias", 1)},
	}, conv(3, 1, kernel.None), conv(4, 2, kernel.None), conv(4, 1, kernel.ReLU))
	optest.Distinct(t, optest.Case{
		Name: "transposed", Inputs: []*ops.Param{optest.Random(1, "x", 1, 2, 3, 3), optest.Random(2, "w", 2, 2, 4, 4), optest.Random(3, "bias", 2)},
	}, transposed(2, 1, kernel.None), transposed(2, 1, kernel.ReLU), transposed(2, 0, kernel.None), transposed(1, 0, kernel.None),
		conv(2, 1, kernel.None))
	optest.Distinct(t, optest.Case{
		Name: "dense", Inputs: []*ops.Param{optest.Random(1, "x", 2, 4), optest.Random(2, "w", 3, 4), optest.Random(3, "bias", 3)},
	}, dense(kernel.None), dense(kernel.ReLU), dense(kernel.Tanh))
	optest.Distinct(t, optest.Case{Name: "reshape", Inputs: []*ops.Param{optest.Random(1, "x", 2, 6)}},
		func(b *ops.Builder, in []*G.Node) *G.Node { return b.Reshape(in[0], 3, 4) },
		func(b *ops.Builder, in []*G.Node) *G.Node { return b.Reshape(in[0], 4, 3) },
		func(b *ops.Builder, in []*G.Node) *G.Node { return b.Reshape(in[0], 12) },
		func(b *ops.Builder, in []*G.Node) *G.Node { return b.StopGradient(in[0]) })
	optest.Distinct(t, optest.Case{Name: "rows", Inputs: []*ops.Param{optest.Random(1, "x", 4, 3)}},
		func(b *ops.Builder, in []*G.Node) *G.Node { return b.Rows(in[0], 0, 2) },
		func(b *ops.Builder, in []*G.Node) *G.Node { return b.Rows(in[0], 1, 3) },
		func(b *ops.Builder, in []*G.Node) *G.Node { return b.Rows(in[0], 1, 4) })
}

func TestOrthogonal(t *testing.T) {
	for _, shape := range [][]int{{4, 3, 2}, {7, 3}, {5, 5}, {1, 6}, {6, 1}} {
		p := ops.NewParam("w", shape...)
		p.Orthogonal(math.Sqrt2, rand.New(rand.NewPCG(1, 2)))
		rows := shape[0]
		cols := p.Value.Shape().TotalSize() / rows
		w := p.Value.Float32s()
		n := min(rows, cols)
		for i := range n {
			for j := range n {
				sum := 0.0
				for k := range max(rows, cols) {
					if rows <= cols {
						sum += float64(w[i*cols+k]) * float64(w[j*cols+k])
					} else {
						sum += float64(w[k*cols+i]) * float64(w[k*cols+j])
					}
				}
				want := 0.0
				if i == j {
					want = 2
				}
				if math.Abs(sum-want) > 1e-6 {
					t.Errorf("%v: product of vectors %d and %d is %v, want %v", shape, i, j, sum, want)
				}
			}
		}
	}
}
