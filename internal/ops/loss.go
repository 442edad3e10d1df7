package ops

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"glint/internal/kernel"
)

// WeightedMSE is the scalar sum(w * (y - x)^2) / norm. y, x and w are f32 of one
// shape; the gradient goes to y alone.
func (b *Builder) WeightedMSE(y, x, w *G.Node, norm float64) *G.Node {
	const kind = "weighted MSE"
	if !b.ready(y, x, w) || !b.wantTensor(kind, "y", y) || !b.want(kind, "x", x, y.Shape()...) || !b.want(kind, "w", w, y.Shape()...) {
		return nil
	}
	return b.lossOp(kind, norm, []*G.Node{y, x, w}, 1, func(grads [][]float32, in []G.Value) float64 {
		return kernel.WeightedMSE(grads[0], floats(in[0]), floats(in[1]), floats(in[2]), norm)
	})
}

// WeightedSum is the scalar sum of scalars, each times its coefficient.
func (b *Builder) WeightedSum(coefs []float64, terms ...*G.Node) *G.Node {
	if !b.ready(terms...) {
		return nil
	}
	if len(coefs) != len(terms) {
		b.fail("weighted sum", "%d coefficients for %d terms", len(coefs), len(terms))
		return nil
	}
	for i, n := range terms {
		if !b.want("weighted sum", fmt.Sprintf("term %d", i), n) {
			return nil
		}
	}
	coefs = slices.Clone(coefs)
	return b.apply(&op{
		kind: "weighted sum", params: fmt.Sprint(coefs),
		run: func(out G.Value, in []G.Value) {
			sum := 0.0
			for i, v := range in {
				sum += coefs[i] * float64(scalar(v))
			}
			setScalar(out, sum)
		},
		wrt: slices.Repeat([]bool{true}, len(terms)),
		diff: func(b *Builder, in G.Nodes, _, grad *G.Node) G.Nodes {
			grads := make(G.Nodes, len(in))
			for i := range in {
				grads[i] = b.WeightedSum(coefs[i:i+1], grad)
			}
			return grads
		},
	}, terms...)
}

// Sum is the scalar sum of x, f32 of one dimension or more.
func (b *Builder) Sum(x *G.Node) *G.Node {
	const kind = "sum of elements"
	if !b.ready(x) || !b.wantTensor(kind, "x", x) {
		return nil
	}
	return b.lossOp(kind, nil, []*G.Node{x}, 1, func(grads [][]float32, in []G.Value) float64 {
		total := 0.0
		for i, v := range floats(in[0]) {
			total += float64(v)
			grads[0][i] = 1
		}
		return total
	})
}

// lossOp adds a scalar loss that computes its gradients in the same pass. The
// first diffs inputs have gradients; run fills them for an upstream gradient of 1.
// They are kept until the op that scales them by the true upstream gradient runs.
func (b *Builder) lossOp(kind string, params any, in []*G.Node, diffs int, run func(grads [][]float32, in []G.Value) float64) *G.Node {
	if !b.ready(in...) {
		return nil
	}
	grads := make([][]float32, diffs)
	wrt := make([]bool, len(in))
	for i := range diffs {
		grads[i] = make([]float32, in[i].Shape().TotalSize())
		wrt[i] = true
	}
	// The cache's address is part of the identity: two losses of equal parameters
	// over the same nodes may not share it.
	id := fmt.Sprintf("%+v %p", params, grads)
	return b.apply(&op{
		kind: kind, params: id, wrt: wrt,
		run: func(out G.Value, in []G.Value) { setScalar(out, run(grads, in)) },
		diff: func(b *Builder, in G.Nodes, out, grad *G.Node) G.Nodes {
			nodes := make(G.Nodes, len(in))
			for i := range diffs {
				nodes[i] = b.cachedGrad(kind, fmt.Sprint(id, i), grads[i], in[i].Shape(), out, grad)
			}
			return nodes
		},
	}, in...)
}

// cachedGrad is cache times the upstream gradient. It has the loss as an input so
// that the loss runs first.
func (b *Builder) cachedGrad(kind, id string, cache []float32, shape tensor.Shape, loss, grad *G.Node) *G.Node {
	return b.apply(&op{
		kind: kind + " gradient", params: id, out: shape.Clone(),
		run: func(out G.Value, in []G.Value) {
			kernel.Scale(floats(out), cache, scalar(in[1]))
		},
	}, loss, grad)
}
