package ops

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"glint/internal/kernel"
)

// Center returns (x - mean) * scale: x u8 [B,...] -> f32 of the same shape. mean
// is f32, in units of x, of one sample's shape. No gradient passes.
func (b *Builder) Center(x, mean *G.Node, scale float32) *G.Node {
	if !b.ready(x, mean) || !b.wantTensor("center", "mean", mean) {
		return nil
	}
	if x.Dtype() != tensor.Uint8 || !mean.Shape().Eq(x.Shape()[1:]) {
		b.fail("center", "x %v %v and mean %v, want x u8 [B,...] and a mean of one sample's shape", x.Dtype(), x.Shape(), mean.Shape())
		return nil
	}
	return b.apply(&op{
		kind: "center", params: scale, out: x.Shape().Clone(),
		run: func(out G.Value, in []G.Value) {
			kernel.Center(floats(out), in[0].(*tensor.Dense).Uint8s(), floats(in[1]), scale)
		},
	}, x, mean)
}

// Conv is the 2-D convolution act(x * w + bias), with x [B,C,H,W], w [F,C,KH,KW]
// and bias [F] -> [B,F,OH,OW].
func (b *Builder) Conv(x, w, bias *G.Node, stride, pad int, act kernel.Act) *G.Node {
	if !b.ready(x, w, bias) || !b.want("conv", "x", x, -1, -1, -1, -1) {
		return nil
	}
	xs := x.Shape()
	if !b.want("conv", "w", w, -1, xs[1], -1, -1) || !b.want("conv", "bias", bias, w.Shape()[0]) {
		return nil
	}
	c := geometry(xs, w.Shape(), stride, pad)
	if err := c.Validate(); err != nil {
		b.fail("conv", "%v", err)
		return nil
	}
	return b.apply(&op{
		kind: "conv", params: withAct[kernel.Conv]{c, act}, out: tensor.Shape{c.B, c.F, c.OutH(), c.OutW()},
		run: func(out G.Value, in []G.Value) {
			c.Forward(floats(out), floats(in[0]), floats(in[1]), floats(in[2]), act)
		},
		wrt: []bool{true, true, true},
		diff: func(b *Builder, in G.Nodes, out, grad *G.Node) G.Nodes {
			dz := b.backAct(out, grad, act)
			return G.Nodes{b.convBackInput(c, in[1], dz), b.convBackWeights(c, in[0], dz), b.backBias(dz)}
		},
	}, x, w, bias)
}

// Transposed is the 2-D transposed convolution with x [B,F,OH,OW], w [F,C,KH,KW]
// and bias [C] -> [B,C,H,W], where H = (OH-1)*stride - 2*pad + KH and W likewise.
func (b *Builder) Transposed(x, w, bias *G.Node, stride, pad int, act kernel.Act) *G.Node {
	const kind = "transposed convolution"
	if !b.ready(x, w, bias) || !b.want(kind, "x", x, -1, -1, -1, -1) {
		return nil
	}
	xs := x.Shape()
	if !b.want(kind, "w", w, xs[1], -1, -1, -1) || !b.want(kind, "bias", bias, w.Shape()[1]) {
		return nil
	}
	ws := w.Shape()
	h, wd := (xs[2]-1)*stride-2*pad+ws[2], (xs[3]-1)*stride-2*pad+ws[3]
	c := geometry(tensor.Shape{xs[0], ws[1], h, wd}, ws, stride, pad)
	if err := c.Validate(); err != nil {
		b.fail(kind, "%v", err)
		return nil
	}
	return b.apply(&op{
		kind: kind, params: withAct[kernel.Conv]{c, act}, out: tensor.Shape{c.B, c.C, c.H, c.W},
		run: func(out G.Value, in []G.Value) {
			c.Transposed(floats(out), floats(in[0]), floats(in[1]), floats(in[2]), act)
		},
		wrt: []bool{true, true, true},
		diff: func(b *Builder, in G.Nodes, out, grad *G.Node) G.Nodes {
			dz := b.backAct(out, grad, act)
			// The transposed convolution is the input gradient of a convolution, so its
			// own gradients are that convolution and its weight gradient with the roles
			// of x and dz exchanged.
			return G.Nodes{b.convOfGrad(c, dz, in[1]), b.convBackWeights(c, dz, in[0]), b.backBias(dz)}
		},
	}, x, w, bias)
}

// Dense is act(x w^T + bias), with x [B,...] of In numbers a sample, w [Out,In] and bias
// [Out] -> [B,Out].
func (b *Builder) Dense(x, w, bias *G.Node, act kernel.Act) *G.Node {
	if !b.ready(x, w, bias) || !b.wantTensor("dense", "x", x) {
		return nil
	}
	d := kernel.Dense{B: x.Shape()[0], In: x.Shape().TotalSize() / x.Shape()[0]}
	if !b.want("dense", "w", w, -1, d.In) || !b.want("dense", "bias", bias, w.Shape()[0]) {
		return nil
	}
	d.Out = w.Shape()[0]
	return b.apply(&op{
		kind: "dense", params: withAct[kernel.Dense]{d, act}, out: tensor.Shape{d.B, d.Out},
		run: func(out G.Value, in []G.Value) {
			d.Forward(floats(out), floats(in[0]), floats(in[1]), floats(in[2]), act)
		},
		wrt: []bool{true, true, true},
		diff: func(b *Builder, in G.Nodes, out, grad *G.Node) G.Nodes {
			dz := b.backAct(out, grad, act)
			return G.Nodes{b.denseBackInput(d, in[0].Shape(), in[1], dz), b.denseBackWeights(d, in[0], dz), b.backBias(dz)}
		},
	}, x, w, bias)
}

// Reshape returns x with another shape of the same size.
func (b *Builder) Reshape(x *G.Node, shape ...int) *G.Node {
	if !b.ready(x) || !b.wantTensor("reshape", "x", x) {
		return nil
	}
	to := tensor.Shape(shape)
	if len(to) == 0 || to.TotalSize() != x.Shape().TotalSize() {
		b.fail("reshape", "%v cannot be %v", x.Shape(), to)
		return nil
	}
	return b.apply(&op{
		kind: "reshape", params: len(shape), out: to,
		run: func(out G.Value, in []G.Value) { copy(floats(out), floats(in[0])) },
		wrt: []bool{true},
		diff: func(b *Builder, in G.Nodes, _, grad *G.Node) G.Nodes {
			return G.Nodes{b.Reshape(grad, in[0].Shape()...)}
		},
	}, x)
}

// Rows returns rows from to to-1 of x [B,N].
func (b *Builder) Rows(x *G.Node, from, to int) *G.Node {
	if !b.ready(x) || !b.want("rows", "x", x, -1, -1) {
		return nil
	}
	s := x.Shape()
	if from < 0 || to > s[0] || from >= to {
		b.fail("rows", "rows %d to %d of %v", from, to, s)
		return nil
	}
	n := s[1]
	return b.apply(&op{
		kind: "rows", params: [2]int{from, to}, out: tensor.Shape{to - from, n},
		run: func(out G.Value, in []G.Value) { copy(floats(out), floats(in[0])[from*n:to*n]) },
		wrt: []bool{true},
		diff: func(b *Builder, _ G.Nodes, _, grad *G.Node) G.Nodes {
			return G.Nodes{b.backRows(grad, s, from)}
		},
	}, x)
}

// backRows puts the gradient of some rows of x at its place among zeros.
func (b *Builder) backRows(grad *G.Node, x tensor.Shape, from int) *G.Node {
	return b.apply(&op{
		kind: "rows gradient", params: from, out: x.Clone(),
		run: func(out G.Value, in []G.Value) {
			all, part := floats(out), floats(in[0])
			clear(all)
			copy(all[from*x[1]:], part)
		},
	}, grad)
}

// withAct is the identity of a layer's op: its geometry and its activation.
type withAct[P any] struct {
	Layer P
	Act   kernel.Act
}

func geometry(x, w tensor.Shape, stride, pad int) kernel.Conv {
	return kernel.Conv{B: x[0], C: x[1], H: x[2], W: x[3], F: w[0], KH: w[2], KW: w[3], Stride: stride, Pad: pad}
}

// backAct returns the gradient before the activation, by its output.
func (b *Builder) backAct(y, dy *G.Node, act kernel.Act) *G.Node {
	if act == kernel.None || b.err != nil {
		return dy
	}
	return b.apply(&op{
		kind: "activation gradient", params: act, out: y.Shape().Clone(),
		run: func(out G.Value, in []G.Value) { kernel.BackAct(floats(out), floats(in[0]), floats(in[1]), act) },
	}, y, dy)
}

func (b *Builder) backBias(dz *G.Node) *G.Node {
	if !b.ready(dz) {
		return nil
	}
	s := dz.Shape()
	pixels := s.TotalSize() / (s[0] * s[1])
	return b.apply(&op{
		kind: "bias gradient", out: tensor.Shape{s[1]},
		run: func(out G.Value, in []G.Value) { kernel.BackBias(floats(out), floats(in[0]), s[0], s[1], pixels) },
	}, dz)
}

func (b *Builder) convBackInput(c kernel.Conv, w, dz *G.Node) *G.Node {
	return b.apply(&op{
		kind: "conv input gradient", params: c, out: tensor.Shape{c.B, c.C, c.H, c.W},
		run: func(out G.Value, in []G.Value) { c.BackInput(floats(out), floats(in[0]), floats(in[1])) },
	}, w, dz)
}

func (b *Builder) convBackWeights(c kernel.Conv, x, dz *G.Node) *G.Node {
	return b.apply(&op{
		kind: "conv weight gradient", params: c, out: tensor.Shape{c.F, c.C, c.KH, c.KW},
		run: func(out G.Value, in []G.Value) { c.BackWeights(floats(out), floats(in[0]), floats(in[1])) },
	}, x, dz)
}

// convOfGrad convolves a gradient without bias: the input gradient of the
// transposed convolution.
func (b *Builder) convOfGrad(c kernel.Conv, dz, w *G.Node) *G.Node {
	return b.apply(&op{
		kind: "transposed input gradient", params: c, out: tensor.Shape{c.B, c.F, c.OutH(), c.OutW()},
		run: func(out G.Value, in []G.Value) {
			c.Forward(floats(out), floats(in[0]), floats(in[1]), nil, kernel.None)
		},
	}, dz, w)
}

func (b *Builder) denseBackInput(d kernel.Dense, shape tensor.Shape, w, dz *G.Node) *G.Node {
	return b.apply(&op{
		kind: "dense input gradient", params: d, out: shape.Clone(),
		run: func(out G.Value, in []G.Value) { d.BackInput(floats(out), floats(in[0]), floats(in[1])) },
	}, w, dz)
}

func (b *Builder) denseBackWeights(d kernel.Dense, x, dz *G.Node) *G.Node {
	return b.apply(&op{
		kind: "dense weight gradient", params: d, out: tensor.Shape{d.Out, d.In},
		run: func(out G.Value, in []G.Value) { d.BackWeights(floats(out), floats(in[0]), floats(in[1])) },
	}, x, dz)
}

// StopGradient returns x and lets no gradient pass.
func (b *Builder) StopGradient(x *G.Node) *G.Node {
	if !b.ready(x) || !b.wantTensor("stop gradient", "x", x) {
		return nil
	}
	return b.apply(&op{
		kind: "stop gradient", out: x.Shape().Clone(), wrt: []bool{false},
		run:  func(out G.Value, in []G.Value) { copy(floats(out), floats(in[0])) },
		diff: func(*Builder, G.Nodes, *G.Node, *G.Node) G.Nodes { return G.Nodes{nil} },
	}, x)
}
