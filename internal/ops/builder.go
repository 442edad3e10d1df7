package ops

import (
	"fmt"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Param is a trained tensor with its name.
type Param struct {
	Name  string
	Value *tensor.Dense // f32
}

// NewParam returns a zeroed parameter.
func NewParam(name string, shape ...int) *Param {
	return &Param{Name: name, Value: NewTensor(shape...)}
}

// NewTensor returns a zeroed f32 tensor.
func NewTensor(shape ...int) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.Of(tensor.Float32))
}

// NewBytes returns a zeroed u8 tensor.
func NewBytes(shape ...int) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.Of(tensor.Uint8))
}

// Builder adds nodes to one graph. The first error sticks: later calls do
// nothing and Err returns it. A nil node is what a failed call returns and what
// later calls accept.
type Builder struct {
	g      *G.ExprGraph
	err    error
	params map[*Param]*G.Node
	// derived says that Grads was called.
	derived bool
}

// NewBuilder returns a Builder of a new, empty graph.
func NewBuilder() *Builder {
	return &Builder{g: G.NewGraph(), params: map[*Param]*G.Node{}}
}

// Err returns the first error.
func (b *Builder) Err() error { return b.err }

// Input adds a leaf whose value is t, f32 or u8, of one dimension or more. The
// caller fills t in place before a run. The same name and tensor give the same node;
// another tensor of that name is refused.
func (b *Builder) Input(name string, t *tensor.Dense) *G.Node {
	if b.err != nil {
		return nil
	}
	if t == nil || t.Dims() == 0 || (t.Dtype() != tensor.Float32 && t.Dtype() != tensor.Uint8) {
		b.fail("input", "%s is %v, want a tensor of f32 or u8 with one dimension or more", name, describe(t))
		return nil
	}
	// Gorgonia tells leaves apart by name: the second of a name would be the first.
	for _, n := range b.g.ByName(name) {
		if n.Value() != G.Value(t) {
			b.fail("input", "%s is the name of another tensor of this graph", name)
			return nil
		}
	}
	return G.NewTensor(b.g, t.Dtype(), t.Dims(), G.WithShape(t.Shape().Clone()...), G.WithName(name), G.WithValue(t))
}

func describe(t *tensor.Dense) string {
	if t == nil {
		return "missing"
	}
	return fmt.Sprintf("%v %v", t.Dtype(), t.Shape())
}

// Param returns the node of p in this graph, the same node at every call.
func (b *Builder) Param(p *Param) *G.Node {
	if n, ok := b.params[p]; ok {
		return n
	}
	n := b.Input(p.Name, p.Value)
	if n != nil {
		b.params[p] = n
	}
	return n
}

// Grads differentiates a scalar loss by parameters that were used in this graph. A
// graph can be differentiated once; add losses up to differentiate several.
func (b *Builder) Grads(loss *G.Node, by []*Param) G.Nodes {
	if !b.ready(loss) || !b.want("gradient", "loss", loss) {
		return nil
	}
	if b.derived {
		// Gorgonia keeps a node's first gradient and would mix it into the second.
		b.fail("gradient", "this graph is differentiated already: make another, or add the losses up")
		return nil
	}
	b.derived = true
	wrt := make(G.Nodes, len(by))
	for i, p := range by {
		wrt[i] = b.params[p]
		if wrt[i] == nil {
			b.fail("gradient", "parameter %s is not in the graph", p.Name)
			return nil
		}
	}
	grads, err := G.Grad(loss, wrt...)
	if err != nil {
		b.fail("gradient", "%v", err)
	}
	return grads
}

func (b *Builder) fail(kind, format string, args ...any) {
	if b.err == nil {
		b.err = fmt.Errorf("ops: %s: %s", kind, fmt.Sprintf(format, args...))
	}
}

// ready says whether a node may be made of in.
func (b *Builder) ready(in ...*G.Node) bool {
	if b.err != nil {
		return false
	}
	for _, n := range in {
		if n == nil {
			b.fail("builder", "a node is missing: it comes from another builder that failed")
			return false
		}
	}
	return true
}

// want checks that a node is f32 and of the given sizes; a size below 0 stands for
// any, no sizes for a scalar.
func (b *Builder) want(kind, name string, n *G.Node, sizes ...int) bool {
	got := n.Shape()
	if n.Dtype() != tensor.Float32 {
		b.fail(kind, "%s is %v %v, want float32", name, n.Dtype(), got)
		return false
	}
	ok := len(got) == len(sizes)
	for i := 0; ok && i < len(sizes); i++ {
		ok = sizes[i] < 0 || got[i] == sizes[i]
	}
	if !ok {
		b.fail(kind, "%s has shape %v, want %v (-1 stands for any size)", name, got, tensor.Shape(sizes))
	}
	return ok
}

// wantTensor checks that a node is f32 with one dimension or more.
func (b *Builder) wantTensor(kind, name string, n *G.Node) bool {
	if len(n.Shape()) == 0 {
		b.fail(kind, "%s is a scalar, want one dimension or more", name)
		return false
	}
	return b.want(kind, name, n, n.Shape()...)
}

// apply adds the node of o over in.
func (b *Builder) apply(o *op, in ...*G.Node) *G.Node {
	if !b.ready(in...) {
		return nil
	}
	o.in = make([]hm.Type, len(in))
	o.shapes = make([]tensor.Shape, len(in))
	for i, n := range in {
		o.in[i], o.shapes[i] = n.Type(), n.Shape().Clone()
	}
	n, err := G.ApplyOp(o, in...)
	if err != nil {
		b.fail(o.kind, "%v", err)
		return nil
	}
	return n
}
