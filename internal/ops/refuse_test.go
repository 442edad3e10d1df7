package ops_test

import (
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"glint/internal/kernel"
	"glint/internal/ops"
	"glint/internal/ops/optest"
)

// leaf adds an f32 input of a shape.
func leaf(b *ops.Builder, name string, shape ...int) *G.Node {
	return b.Input(name, ops.NewTensor(shape...))
}

func TestWrongShapes(t *testing.T) {
	for _, tc := range []struct {
		name  string
		build func(b *ops.Builder) *G.Node
		words []string
	}{
		{"conv of channels", func(b *ops.Builder) *G.Node {
			return b.Conv(leaf(b, "x", 1, 3, 8, 8), leaf(b, "w", 4, 2, 3, 3), leaf(b, "bias", 4), 1, 0, kernel.None)
		}, []string{"conv", "(4, 2, 3, 3)", "(-1, 3, -1, -1)"}},
		{"conv of three dimensions", func(b *ops.Builder) *G.Node {
			return b.Conv(leaf(b, "x", 3, 8, 8), leaf(b, "w", 4, 3, 3, 3), leaf(b, "bias", 4), 1, 0, kernel.None)
		}, []string{"conv", "(3, 8, 8)", "(-1, -1, -1, -1)"}},
		{"conv of bias", func(b *ops.Builder) *G.Node {
			return b.Conv(leaf(b, "x", 1, 3, 8, 8), leaf(b, "w", 4, 3, 3, 3), leaf(b, "bias", 3), 1, 0, kernel.None)
		}, []string{"conv", "bias", "(3)", "(4)"}},
		{"conv of a filter too large", func(b *ops.Builder) *G.Node {
			return b.Conv(leaf(b, "x", 1, 3, 2, 8), leaf(b, "w", 4, 3, 3, 3), leaf(b, "bias", 4), 1, 0, kernel.None)
		}, []string{"conv", "KH = 3", "height 2"}},
		{"conv of bytes", func(b *ops.Builder) *G.Node {
			return b.Conv(b.Input("x", ops.NewBytes(1, 3, 8, 8)), leaf(b, "w", 4, 3, 3, 3), leaf(b, "bias", 4), 1, 0, kernel.None)
		}, []string{"conv", "uint8", "float32"}},
		{"transposed of channels", func(b *ops.Builder) *G.Node {
			return b.Transposed(leaf(b, "x", 1, 3, 8, 8), leaf(b, "w", 4, 3, 3, 3), leaf(b, "bias", 3), 1, 0, kernel.None)
		}, []string{"transposed convolution", "(4, 3, 3, 3)", "(3, -1, -1, -1)"}},
		{"transposed of nothing left", func(b *ops.Builder) *G.Node {
			return b.Transposed(leaf(b, "x", 1, 3, 1, 1), leaf(b, "w", 3, 3, 2, 2), leaf(b, "bias", 3), 1, 1, kernel.None)
		}, []string{"transposed convolution", "H = 0", "at least 1"}},
		{"dense", func(b *ops.Builder) *G.Node {
			return b.Dense(leaf(b, "x", 2, 3, 2), leaf(b, "w", 4, 5), leaf(b, "bias", 4), kernel.None)
		}, []string{"dense", "(4, 5)", "(-1, 6)"}},
		{"reshape", func(b *ops.Builder) *G.Node { return b.Reshape(leaf(b, "x", 2, 3), 7) }, []string{"reshape", "(2, 3)", "(7)"}},
		{"rows", func(b *ops.Builder) *G.Node { return b.Rows(leaf(b, "x", 2, 3), 1, 3) }, []string{"rows 1 to 3", "(2, 3)"}},
		{"center", func(b *ops.Builder) *G.Node {
			return b.Center(b.Input("x", ops.NewBytes(2, 3, 4)), leaf(b, "mean", 3, 5), 1)
		}, []string{"center", "(2, 3, 4)", "(3, 5)", "one sample's shape"}},
		{"center of floats", func(b *ops.Builder) *G.Node {
			return b.Center(leaf(b, "x", 2, 3, 4), leaf(b, "mean", 3, 4), 1)
		}, []string{"center", "float32", "u8"}},
		{"conv of bytes of floats", func(b *ops.Builder) *G.Node {
			return b.ConvBytes(ops.Images{Obs: leaf(b, "x", 1, 3, 8, 8), Mean: leaf(b, "mean", 3, 8, 8)}, leaf(b, "w", 4, 3, 3, 3), leaf(b, "bias", 4), 1, 0, kernel.None)
		}, []string{"conv of bytes", "float32", "u8"}},
		{"conv of bytes of a mean", func(b *ops.Builder) *G.Node {
			return b.ConvBytes(ops.Images{Obs: b.Input("x", ops.NewBytes(1, 3, 8, 8)), Mean: leaf(b, "mean", 3, 8, 9)}, leaf(b, "w", 4, 3, 3, 3), leaf(b, "bias", 4), 1, 0, kernel.None)
		}, []string{"conv of bytes", "mean", "(3, 8, 9)", "(3, 8, 8)"}},
		{"transposed with loss of a map", func(b *ops.Builder) *G.Node {
			t := ops.Images{Obs: b.Input("x", ops.NewBytes(1, 3, 8, 8)), Mean: leaf(b, "mean", 3, 8, 8)}
			return b.TransposedMSE(leaf(b, "map", 1, 4, 5, 5), leaf(b, "w", 4, 3, 4, 4), leaf(b, "bias", 3), t, leaf(b, "weights", 1, 3, 8, 8), 2, 1, 1, ops.NewTensor(1, 3, 8, 8))
		}, []string{"transposed convolution with loss", "(1, 4, 5, 5)", "(1, 4, 4, 4)"}},
		{"transposed with loss of a buffer", func(b *ops.Builder) *G.Node {
			t := ops.Images{Obs: b.Input("x", ops.NewBytes(1, 3, 8, 8)), Mean: leaf(b, "mean", 3, 8, 8)}
			return b.TransposedMSE(leaf(b, "map", 1, 4, 4, 4), leaf(b, "w", 4, 3, 4, 4), leaf(b, "bias", 3), t, leaf(b, "weights", 1, 3, 8, 8), 2, 1, 1, ops.NewTensor(1, 3, 8, 7))
		}, []string{"recon", "(1, 3, 8, 7)", "(1, 3, 8, 8)"}},
		{"weighted MSE", func(b *ops.Builder) *G.Node {
			return b.WeightedMSE(leaf(b, "y", 2, 3), leaf(b, "x", 2, 3), leaf(b, "w", 3, 2), 1)
		}, []string{"weighted MSE", "w has", "(3, 2)", "(2, 3)"}},
		{"weighted sum of a tensor", func(b *ops.Builder) *G.Node {
			return b.WeightedSum([]float64{1}, leaf(b, "x", 2))
		}, []string{"weighted sum", "(2)", "()"}},
		{"weighted sum of coefficients", func(b *ops.Builder) *G.Node {
			return b.WeightedSum([]float64{1, 2}, leaf(b, "x", 2))
		}, []string{"weighted sum", "2 coefficients", "1 terms"}},
		{"policy loss", func(b *ops.Builder) *G.Node {
			return b.PolicyLoss(leaf(b, "l", 4, 3), leaf(b, "a", 4), leaf(b, "adv", 3), leaf(b, "p", 4), nil, nil)
		}, []string{"policy loss", "advantages", "(3)", "(4)"}},
		{"value loss", func(b *ops.Builder) *G.Node {
			return b.ValueLoss(leaf(b, "v", 4), leaf(b, "r", 4), leaf(b, "o", 4), nil)
		}, []string{"value loss", "(4)", "(-1, 1)"}},
		{"no tensor", func(b *ops.Builder) *G.Node { return b.Input("x", nil) }, []string{"input", "x is missing"}},
		{"a tensor of doubles", func(b *ops.Builder) *G.Node {
			return b.Input("x", tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(2)))
		}, []string{"input", "x is float64 (2)", "f32 or u8"}},
		{"dense of a loss", func(b *ops.Builder) *G.Node {
			loss := b.WeightedMSE(leaf(b, "y", 2), leaf(b, "x", 2), leaf(b, "w", 2), 1)
			return b.Dense(loss, leaf(b, "dense", 1, 1), leaf(b, "bias", 1), kernel.None)
		}, []string{"dense", "scalar", "one dimension or more"}},
		{"stop gradient of bytes", func(b *ops.Builder) *G.Node {
			return b.StopGradient(b.Input("x", ops.NewBytes(2)))
		}, []string{"stop gradient", "uint8", "float32"}},
		{"nodes of two graphs", func(b *ops.Builder) *G.Node {
			return b.Dense(leaf(b, "x", 2, 3), leaf(ops.NewBuilder(), "w", 4, 3), leaf(b, "bias", 4), kernel.None)
		}, []string{"dense", "same graph"}},
		{"a missing node", func(b *ops.Builder) *G.Node { return b.StopGradient(nil) }, []string{"a node is missing"}},
		{"two tensors of one name", func(b *ops.Builder) *G.Node {
			leaf(b, "x", 2)
			return leaf(b, "x", 2)
		}, []string{"input", "x is the name of another tensor"}},
	} {
		t.Run(tc.name, func(t *testing.T) { optest.Refused(t, tc.build, append(tc.words, "ops: ")...) })
	}
}

// The first error of a graph is the one that is told, and nothing after it fails
// harder.
func TestFirstErrorSticks(t *testing.T) {
	b := ops.NewBuilder()
	x := b.Reshape(leaf(b, "x", 2, 3), 7)
	y := b.Dense(x, leaf(b, "w", 1, 7), leaf(b, "bias", 1), kernel.None)
	loss := b.ValueLoss(y, nil, nil, nil)
	if grads := b.Grads(loss, []*ops.Param{ops.NewParam("w", 1)}); grads != nil || x != nil || y != nil || loss != nil {
		t.Error("a failed builder made nodes")
	}
	if !strings.Contains(b.Err().Error(), "reshape") {
		t.Errorf("error %q, want the first", b.Err())
	}
}

func TestGradsErrors(t *testing.T) {
	value, returns, old := optest.Random(1, "value", 2, 1), optest.Random(2, "returns", 2), optest.Random(3, "old", 2)
	loss := func(b *ops.Builder) *G.Node {
		return b.ValueLoss(b.Param(value), b.Param(returns), b.Param(old), &ops.ValueConfig{})
	}
	for _, tc := range []struct {
		name string
		do   func(b *ops.Builder)
		want string
	}{
		{"a parameter elsewhere", func(b *ops.Builder) { b.Grads(loss(b), []*ops.Param{ops.NewParam("w", 1)}) }, "parameter w is not in the graph"},
		{"a tensor", func(b *ops.Builder) { b.Grads(b.Param(value), []*ops.Param{value}) }, "loss has shape (2, 1)"},
		{"twice", func(b *ops.Builder) {
			l := loss(b)
			b.Grads(l, []*ops.Param{value})
			b.Grads(l, []*ops.Param{value})
		}, "differentiated already"},
	} {
		b := ops.NewBuilder()
		tc.do(b)
		if b.Err() == nil || !strings.Contains(b.Err().Error(), tc.want) {
			t.Errorf("%s: error %v, want %q", tc.name, b.Err(), tc.want)
		}
	}
}
