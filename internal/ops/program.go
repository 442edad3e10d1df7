package ops

import (
	"fmt"
	"slices"
	"strings"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"glint/internal/kernel"
)

// Program runs the part of a graph that its outputs need.
type Program struct {
	steps  []step
	values map[int64]G.Value // by node ID
	after  map[int64]int     // by node ID, the number of steps up to the one that makes it
}

// step is one op with its operands in place.
type step struct {
	op  preallocOp
	in  []G.Value
	out G.Value
}

type preallocOp interface {
	G.Op
	UsePreallocDo(prealloc G.Value, in ...G.Value) (G.Value, error)
}

// Compile plans the run of every node that the outputs depend on: the order and
// the buffers. A buffer goes to a later node of the same size as soon as nobody
// needs its value any more; the outputs keep theirs.
func Compile(outputs ...*G.Node) (*Program, error) {
	if len(outputs) == 0 || slices.Contains(outputs, nil) {
		return nil, fmt.Errorf("ops: compile: no outputs, or a missing one")
	}
	if !G.Nodes(outputs).AllSameGraph() {
		return nil, fmt.Errorf("ops: compile: the outputs are of several graphs")
	}
	g := outputs[0].Graph()
	sorted, err := G.Sort(g)
	if err != nil {
		return nil, fmt.Errorf("ops: compile: %w", err)
	}
	users := countUsers(g, outputs)
	p := &Program{values: map[int64]G.Value{}, after: map[int64]int{}}
	var free buffers
	for _, n := range slices.Backward(sorted) {
		if users[n.ID()] == 0 {
			continue
		}
		if err := p.plan(n, children(g, n), &free); err != nil {
			return nil, err
		}
		for _, c := range children(g, n) {
			if users[c.ID()]--; users[c.ID()] == 0 && made(c) {
				free.put(p.values[c.ID()])
			}
		}
	}
	return p, nil
}

// plan adds one node: a leaf's value, a constant, or a step.
func (p *Program) plan(n *G.Node, in G.Nodes, free *buffers) error {
	switch op := n.Op().(type) {
	case nil:
		if n.Value() == nil {
			return fmt.Errorf("ops: compile: input %s has no value", n.Name())
		}
		p.values[n.ID()] = n.Value()
	case preallocOp:
		s := step{op: planned(op, n), in: make([]G.Value, len(in)), out: free.get(n.Shape())}
		for i, c := range in {
			s.in[i] = p.values[c.ID()]
		}
		p.values[n.ID()] = s.out
		p.steps = append(p.steps, s)
		p.after[n.ID()] = len(p.steps)
	case interface{ Value() G.Value }: // a constant
		p.values[n.ID()] = op.Value()
	default:
		return fmt.Errorf("ops: compile: %v cannot run on a planned buffer", op)
	}
	return nil
}

// planned returns the op that runs for op at node n: itself, but for Gorgonia's
// addition of tensors, by which it sums the gradients of a node used twice. That one
// allocates at every run.
func planned(o preallocOp, n *G.Node) preallocOp {
	if _, binary := o.(G.BinaryOp); !binary || !strings.HasPrefix(o.String(), "+ ") || len(n.Shape()) == 0 {
		return o
	}
	for _, c := range children(n.Graph(), n) {
		if c.Dtype() != tensor.Float32 || !slices.Equal(c.Shape(), n.Shape()) {
			return o
		}
	}
	return &op{
		kind: "sum", in: make([]hm.Type, 2), out: n.Shape(),
		run: func(out G.Value, in []G.Value) { kernel.Add(floats(out), floats(in[0]), floats(in[1])) },
	}
}

// Run computes the outputs from what the inputs and parameters hold now.
func (p *Program) Run() error { return p.run(p.steps) }

// RunTo does the first part of a Run, until the value of an output is there. Inputs
// whose every user depends on that output may be filled between this and RunAfter, so
// that they can be made of its value.
func (p *Program) RunTo(output *G.Node) error { return p.run(p.steps[:p.after[output.ID()]]) }

// RunAfter does what RunTo left of a Run.
func (p *Program) RunAfter(output *G.Node) error { return p.run(p.steps[p.after[output.ID()]:]) }

func (p *Program) run(steps []step) error {
	for i := range steps {
		s := &steps[i]
		out, err := s.op.UsePreallocDo(s.out, s.in...)
		if err != nil {
			return fmt.Errorf("ops: run %v: %w", s.op, err)
		}
		if out != s.out {
			return fmt.Errorf("ops: run %v: result is not in the planned buffer", s.op)
		}
	}
	return nil
}

// Floats returns the value of an output, which the next Run overwrites.
func (p *Program) Floats(n *G.Node) []float32 { return floats(p.values[n.ID()]) }

// Scalar returns the value of a scalar output.
func (p *Program) Scalar(n *G.Node) float64 { return float64(scalar(p.values[n.ID()])) }

// countUsers returns, by node ID, how many nodes need a node's value, the caller
// of Compile being one more user of every output. Nodes that no output needs have
// none.
func countUsers(g *G.ExprGraph, outputs []*G.Node) map[int64]int {
	users := map[int64]int{}
	var need func(n *G.Node)
	need = func(n *G.Node) {
		if users[n.ID()]++; users[n.ID()] > 1 {
			return
		}
		for _, c := range children(g, n) {
			need(c)
		}
	}
	for _, n := range outputs {
		need(n)
	}
	return users
}

// children returns the inputs of a node in order.
func children(g *G.ExprGraph, n *G.Node) G.Nodes {
	it := g.From(n.ID())
	nodes := make(G.Nodes, 0, it.Len())
	for it.Next() {
		nodes = append(nodes, it.Node().(*G.Node))
	}
	return nodes
}

// made says whether a step makes the node's value; leaves and constants have theirs.
func made(n *G.Node) bool {
	_, ok := n.Op().(preallocOp)
	return ok
}

// buffers are tensors that wait for their next use.
type buffers []*tensor.Dense

// get returns a buffer of shape s, a used one if there is one of its size.
func (f *buffers) get(s tensor.Shape) G.Value {
	if len(s) == 0 {
		return G.NewF32(0)
	}
	for i, t := range *f {
		if t.Shape().TotalSize() == s.TotalSize() {
			*f = slices.Delete(*f, i, i+1)
			return tensor.New(tensor.WithShape(s...), tensor.WithBacking(t.Float32s()))
		}
	}
	return newValue(s)
}

func (f *buffers) put(v G.Value) {
	if t, ok := v.(*tensor.Dense); ok {
		*f = append(*f, t)
	}
}
