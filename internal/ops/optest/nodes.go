package optest

import (
	"math"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"glint/internal/ops"
)

// preallocDoer is an operation that can write to a given value.
type preallocDoer interface {
	G.Op
	UsePreallocDo(prealloc G.Value, in ...G.Value) (G.Value, error)
}

// checked holds the operations that Check has run, as they write themselves.
var checked = map[string]bool{}

// Checked says whether Check has run an operation of a kind. It belongs at the end of a
// package's tests, which must not be parallel.
func Checked(kind string) bool {
	for op := range checked {
		// The parameters after the kind never begin as a longer kind goes on.
		if params, ok := strings.CutPrefix(op, kind); ok && !strings.HasPrefix(params, " ") {
			return true
		}
	}
	return false
}

// checkNodes judges every operation of a graph, gradients too: Do gives what
// UsePreallocDo gives into a dirty value, inputs stay as they are, and other shapes
// and counts of inputs are refused.
func checkNodes(t *testing.T, g *G.ExprGraph) {
	t.Helper()
	sorted, err := G.Sort(g)
	if err != nil {
		t.Fatal(err)
	}
	values := map[*G.Node]G.Value{}
	for _, n := range slices.Backward(sorted) {
		op, ours := n.Op().(preallocDoer)
		switch {
		case n.Op() == nil:
			values[n] = n.Value()
		case !ours:
			values[n], err = n.Op().Do()
		default:
			checked[n.Op().String()] = true
			values[n] = checkRuns(t, op, inputs(g, n, values))
			checkShapes(t, op, g, n)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// checkRuns runs an operation both ways and returns its result.
func checkRuns(t *testing.T, op preallocDoer, in []G.Value) G.Value {
	t.Helper()
	before := make([][]float64, len(in))
	for i, v := range in {
		before[i] = numbers(v)
	}
	got, err := op.Do(in...)
	if err != nil {
		t.Fatalf("%v: Do: %v", op, err)
	}
	dirty, err := G.CloneValue(got)
	if err != nil {
		t.Fatal(err)
	}
	soil(dirty)
	into, err := op.UsePreallocDo(dirty, in...)
	if err != nil || into != dirty {
		t.Fatalf("%v: UsePreallocDo returned another value than it was given (error %v)", op, err)
	}
	if !slices.Equal(numbers(got), numbers(into)) {
		t.Errorf("%v: UsePreallocDo differs from Do", op)
	}
	for i, v := range in {
		if !slices.Equal(before[i], numbers(v)) {
			t.Errorf("%v changed its input %d", op, i)
		}
	}
	if _, err := op.UsePreallocDo(dirty, append(in, got)...); err == nil {
		t.Errorf("%v accepted %d inputs", op, len(in)+1)
	}
	return got
}

// checkShapes gives every input a row too many.
func checkShapes(t *testing.T, op preallocDoer, g *G.ExprGraph, n *G.Node) {
	t.Helper()
	if strings.HasPrefix(op.String(), "+") {
		return // Gorgonia's own addition
	}
	var sizes []G.DimSizer
	for _, c := range children(g, n) {
		sizes = append(sizes, c.Shape().Clone())
	}
	if s, err := op.InferShape(sizes...); err != nil || !s.Eq(n.Shape()) {
		t.Errorf("%v: shape %v, error %v, want %v", op, s, err, n.Shape())
	}
	for i := range sizes {
		right := sizes[i]
		sizes[i] = append(right.(tensor.Shape).Clone(), 3)
		if _, err := op.InferShape(sizes...); err == nil {
			t.Errorf("%v accepted an input %d of shape %v", op, i, sizes[i])
		}
		sizes[i] = right
	}
}

func inputs(g *G.ExprGraph, n *G.Node, values map[*G.Node]G.Value) []G.Value {
	var in []G.Value
	for _, c := range children(g, n) {
		in = append(in, values[c])
	}
	return in
}

func children(g *G.ExprGraph, n *G.Node) G.Nodes {
	var nodes G.Nodes
	for it := g.From(n.ID()); it.Next(); {
		nodes = append(nodes, it.Node().(*G.Node))
	}
	return nodes
}

// numbers copies a value.
func numbers(v G.Value) []float64 {
	var out []float64
	switch d := v.Data().(type) {
	case float32:
		out = []float64{float64(d)}
	case []float32:
		for _, x := range d {
			out = append(out, float64(x))
		}
	case []byte:
		for _, x := range d {
			out = append(out, float64(x))
		}
	}
	return out
}

// soil fills a value with what no operation may read.
func soil(v G.Value) {
	switch v := v.(type) {
	case *G.F32:
		*v = G.F32(math.NaN())
	case *tensor.Dense:
		for i := range v.Float32s() {
			v.Float32s()[i] = float32(math.NaN())
		}
	}
}

// Distinct builds variants of an operation on the same leaves of one graph: each
// must be a node of its own with a hash of its own, and the first built again must
// be the same node.
func Distinct(t *testing.T, c Case, variants ...func(b *ops.Builder, in []*G.Node) *G.Node) {
	t.Helper()
	b := ops.NewBuilder()
	in := c.nodes(b)
	built := map[*G.Node]int{}
	hashes := map[uint32]int{}
	for i, build := range append(slices.Clone(variants), variants[0]) {
		n := build(b, in)
		if b.Err() != nil {
			t.Fatal(b.Err())
		}
		other, seen := built[n]
		if last := i == len(variants); last && !seen {
			t.Errorf("%s: the same op twice gave two nodes", c.Name)
		} else if !last && seen {
			t.Errorf("%s: variants %d and %d are one node", c.Name, other, i)
		} else if j, same := hashes[n.Op().Hashcode()]; !last && same {
			t.Errorf("%s: variants %d and %d have one hash", c.Name, j, i)
		}
		built[n], hashes[n.Op().Hashcode()] = i, i
	}
}
