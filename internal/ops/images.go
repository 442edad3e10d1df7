package ops

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"glint/internal/kernel"
)

// Images are observations as bytes that stand for the numbers (Obs-Mean)*Unit, which
// are never written down: Obs u8 [B,C,H,W] and Mean f32 [C,H,W], in units of Obs.
type Images struct {
	Obs, Mean *G.Node
	Unit      float32
}

// ready checks the types and shapes of the two nodes.
func (x Images) ready(b *Builder, kind string) bool {
	if !b.ready(x.Obs, x.Mean) {
		return false
	}
	if x.Obs.Dtype() != tensor.Uint8 || len(x.Obs.Shape()) != 4 {
		b.fail(kind, "images are %v %v, want u8 [B,C,H,W]", x.Obs.Dtype(), x.Obs.Shape())
		return false
	}
	return b.want(kind, "mean", x.Mean, x.Obs.Shape()[1:]...)
}

func bytesOf(v G.Value) []byte { return v.(*tensor.Dense).Uint8s() }

// ConvBytes is Conv of images that are given as bytes. The gradient goes to w and bias.
func (b *Builder) ConvBytes(x Images, w, bias *G.Node, stride, pad int, act kernel.Act) *G.Node {
	const kind = "conv of bytes"
	if !x.ready(b, kind) || !b.ready(w, bias) {
		return nil
	}
	xs := x.Obs.Shape()
	if !b.want(kind, "w", w, -1, xs[1], -1, -1) || !b.want(kind, "bias", bias, w.Shape()[0]) {
		return nil
	}
	c := geometry(xs, w.Shape(), stride, pad)
	if err := c.Validate(); err != nil {
		b.fail(kind, "%v", err)
		return nil
	}
	unit := x.Unit
	return b.apply(&op{
		kind: kind, params: fmt.Sprint(withAct[kernel.Conv]{c, act}, unit), out: tensor.Shape{c.B, c.F, c.OutH(), c.OutW()},
		run: func(out G.Value, in []G.Value) {
			c.ForwardBytes(floats(out), bytesOf(in[0]), floats(in[1]), unit, floats(in[2]), floats(in[3]), act)
		},
		wrt: []bool{false, false, true, true},
		diff: func(b *Builder, in G.Nodes, out, grad *G.Node) G.Nodes {
			dz := b.backAct(out, grad, act)
			return G.Nodes{nil, nil, b.bytesBackWeights(c, in[0], in[1], unit, dz), b.backBias(dz)}
		},
	}, x.Obs, x.Mean, w, bias)
}

func (b *Builder) bytesBackWeights(c kernel.Conv, obs, mean *G.Node, unit float32, dz *G.Node) *G.Node {
	return b.apply(&op{
		kind: "weight gradient of bytes", params: fmt.Sprint(c, unit), out: tensor.Shape{c.F, c.C, c.KH, c.KW},
		run: func(out G.Value, in []G.Value) {
			c.BackWeightsBytes(floats(out), bytesOf(in[0]), floats(in[1]), unit, floats(in[2]))
		},
	}, obs, mean, dz)
}

// TransposedMSE is the scalar sum(weights * (y-t)^2) / norm of the images y [B,C,H,W] that
// Transposed makes of x, w and bias without an activation, against the images t that are
// given as bytes; weights is f32 of their shape. Its gradients, by x, w and bias, are
// computed in the same pass, image by image while each is in the cache. The images y are
// written to recon.
func (b *Builder) TransposedMSE(x, w, bias *G.Node, t Images, weights *G.Node, stride, pad int, norm float64, recon *tensor.Dense) *G.Node {
	const kind = "transposed convolution with loss"
	if !t.ready(b, kind) || !b.ready(x, w, bias, weights) {
		return nil
	}
	ts := t.Obs.Shape()
	if !b.want(kind, "w", w, -1, ts[1], -1, -1) || !b.want(kind, "bias", bias, ts[1]) || !b.want(kind, "weights", weights, ts...) {
		return nil
	}
	c := geometry(ts, w.Shape(), stride, pad)
	if err := c.Validate(); err != nil {
		b.fail(kind, "%v", err)
		return nil
	}
	if !b.want(kind, "x", x, c.B, c.F, c.OutH(), c.OutW()) {
		return nil
	}
	if !recon.Shape().Eq(ts) || recon.Dtype() != tensor.Float32 {
		b.fail(kind, "recon is %v, want float32 %v", describe(recon), ts)
		return nil
	}
	params := fmt.Sprint(c, t.Unit, norm)
	return b.lossOp(kind, params, []*G.Node{x, w, bias, t.Obs, t.Mean, weights}, 3, func(grads [][]float32, in []G.Value) float64 {
		return c.TransposedMSE(kernel.TransposedGrads{X: grads[0], W: grads[1], Bias: grads[2]}, recon.Float32s(),
			floats(in[0]), floats(in[1]), floats(in[2]),
			kernel.Target{Obs: bytesOf(in[3]), Mean: floats(in[4]), W: floats(in[5]), Unit: t.Unit, Norm: norm})
	})
}
