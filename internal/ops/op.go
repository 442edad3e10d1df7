package ops

import (
	"fmt"
	"hash"
	"hash/fnv"
	"slices"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// op is every operation of this package: a kernel with its shapes and its
// symbolic derivative.
type op struct {
	kind string
	// params holds all that tells two ops of a kind apart. Gorgonia merges nodes
	// of equal hash, so the hash is made of the whole of it.
	params any
	in     []hm.Type
	shapes []tensor.Shape // of the inputs
	out    tensor.Shape   // scalar where empty
	run    func(out G.Value, in []G.Value)
	// diff returns the gradient by each input, nil where there is none; wrt says
	// where there is one. Without both, no gradient passes the op.
	diff func(b *Builder, in G.Nodes, out, grad *G.Node) G.Nodes
	wrt  []bool
}

var _ G.SDOp = (*op)(nil)

// Arity returns the number of inputs.
func (o *op) Arity() int { return len(o.in) }

// Type returns the function type of the op over its inputs.
func (o *op) Type() hm.Type {
	var ret hm.Type = tensor.Float32
	if len(o.out) > 0 {
		ret = G.TensorType{Dims: len(o.out), Of: tensor.Float32}
	}
	return hm.NewFnType(append(slices.Clone(o.in), ret)...)
}

// InferShape returns the shape of the output and refuses inputs of other shapes
// than the op was made for.
func (o *op) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	shapes, err := G.DimSizersToShapes(in)
	if err != nil {
		return nil, fmt.Errorf("ops: %s: %w", o.kind, err)
	}
	for i, s := range shapes {
		if !s.Eq(o.shapes[i]) {
			return nil, fmt.Errorf("ops: %s: input %d has shape %v, want %v", o.kind, i, s, o.shapes[i])
		}
	}
	return o.out, nil
}

// Do runs the op into a fresh value.
func (o *op) Do(in ...G.Value) (G.Value, error) {
	return o.UsePreallocDo(newValue(o.out), in...)
}

// UsePreallocDo runs the op into prealloc.
func (o *op) UsePreallocDo(prealloc G.Value, in ...G.Value) (G.Value, error) {
	if len(in) != len(o.in) {
		return nil, fmt.Errorf("ops: %s: %d inputs, want %d", o.kind, len(in), len(o.in))
	}
	o.run(prealloc, in)
	return prealloc, nil
}

// ReturnsPtr says that the output may be used as a buffer.
func (o *op) ReturnsPtr() bool { return true }

// CallsExtern says that no foreign code is called.
func (o *op) CallsExtern() bool { return false }

// OverwritesInput says that no input is overwritten.
func (o *op) OverwritesInput() int { return -1 }

// WriteHash writes everything that tells this op from another.
func (o *op) WriteHash(h hash.Hash) {
	fmt.Fprintf(h, "%s %+v %v %v", o.kind, o.params, o.shapes, o.out)
}

// Hashcode returns the hash of WriteHash.
func (o *op) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

// String names the op and its parameters.
func (o *op) String() string { return fmt.Sprintf("%s%+v", o.kind, o.params) }

// DiffWRT says by which inputs the op can be differentiated.
func (o *op) DiffWRT(inputs int) []bool {
	if o.wrt == nil {
		return make([]bool, inputs)
	}
	return o.wrt
}

// SymDiff returns the nodes of the gradients by each input.
func (o *op) SymDiff(in G.Nodes, out, grad *G.Node) (G.Nodes, error) {
	b := &Builder{g: out.Graph()}
	if o.diff == nil {
		return nil, fmt.Errorf("ops: %s cannot be differentiated", o.kind)
	}
	return o.diff(b, in, out, grad), b.err
}

func newValue(s tensor.Shape) G.Value {
	if len(s) == 0 {
		return G.NewF32(0)
	}
	return tensor.New(tensor.WithShape(s...), tensor.Of(tensor.Float32))
}

func floats(v G.Value) []float32 { return v.(*tensor.Dense).Float32s() }

func scalar(v G.Value) float32 { return float32(*v.(*G.F32)) }

func setScalar(v G.Value, x float64) { *v.(*G.F32) = G.F32(x) }
