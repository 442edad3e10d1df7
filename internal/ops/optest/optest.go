package optest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"glint/internal/ops"
)

const (
	// Step is how far a number is moved to either side for a central difference.
	Step = 1. / 512
	// Tolerance is the largest difference of a gradient from central differences, as
	// a share of the largest gradient.
	Tolerance = 2e-3
)

// Case is an operation with its inputs.
type Case struct {
	Name string
	// Inputs are the leaves, whose values are the point of the check.
	Inputs []*ops.Param
	// Bytes are the u8 leaves, which have no gradient.
	Bytes []*tensor.Dense
	// Blocked is how many of the last Inputs the operation has no gradient for.
	Blocked int
	// Build adds the operation over the nodes of Inputs, then of Bytes.
	Build func(b *ops.Builder, in []*G.Node) *G.Node
}

// Random returns an input of numbers around 0 with deviation 1.
func Random(seed uint64, name string, shape ...int) *ops.Param {
	r := rand.New(rand.NewPCG(seed, uint64(len(name))))
	p := ops.NewParam(name, shape...)
	for i := range p.Value.Float32s() {
		p.Value.Float32s()[i] = float32(r.NormFloat64())
	}
	return p
}

// Values returns an input of the given numbers in one dimension.
func Values(name string, values ...float32) *ops.Param {
	p := ops.NewParam(name, len(values))
	copy(p.Value.Float32s(), values)
	return p
}

// nodes adds the leaves of c.
func (c *Case) nodes(b *ops.Builder) []*G.Node {
	var in []*G.Node
	for _, p := range c.Inputs {
		in = append(in, b.Param(p))
	}
	for i, t := range c.Bytes {
		in = append(in, b.Input(fmt.Sprintf("bytes %d", i), t))
	}
	return in
}

// Check runs the checklist on a case.
func Check(t *testing.T, c Case) {
	t.Helper()
	t.Run(c.Name, func(t *testing.T) {
		h := newHead(t, &c)
		for i := range len(c.Inputs) - c.Blocked {
			h.checkGradient(t, i)
		}
		for i := len(c.Inputs) - c.Blocked; i < len(c.Inputs); i++ {
			checkBlocked(t, &c, i)
		}
		checkNodes(t, h.loss.Graph())
	})
}

// head is a case with a scalar loss on top of its output.
type head struct {
	c             *Case
	out, loss     *G.Node
	target, scale []float32 // of the loss, where the output is no scalar
	grads         G.Nodes
	prog          *ops.Program
}

// newHead builds the case. A tensor gets the loss sum(scale (out-target)^2).
func newHead(t *testing.T, c *Case) *head {
	t.Helper()
	b := ops.NewBuilder()
	h := &head{c: c, out: c.Build(b, c.nodes(b))}
	if err := b.Err(); err != nil {
		t.Fatal(err)
	}
	h.loss = h.out
	if s := h.out.Shape(); len(s) > 0 {
		x, w := Random(91, "target", s...), Random(92, "scale", s...)
		h.target, h.scale = x.Value.Float32s(), w.Value.Float32s()
		h.loss = b.WeightedMSE(h.out, b.Input("target", x.Value), b.Input("scale", w.Value), 1)
	}
	if by := c.Inputs[:len(c.Inputs)-c.Blocked]; len(by) > 0 {
		h.grads = b.Grads(h.loss, by)
	}
	prog, err := ops.Compile(append(G.Nodes{h.out, h.loss}, h.grads...)...)
	if b.Err() != nil || err != nil {
		t.Fatal(b.Err(), err)
	}
	h.prog = prog
	return h
}

// value runs the program and returns the loss in float64.
func (h *head) value(t *testing.T) float64 {
	t.Helper()
	if err := h.prog.Run(); err != nil {
		t.Fatal(err)
	}
	if h.scale == nil {
		return h.prog.Scalar(h.out)
	}
	sum := 0.0
	for i, y := range h.prog.Floats(h.out) {
		d := float64(y) - float64(h.target[i])
		sum += float64(h.scale[i]) * d * d
	}
	return sum
}

// checkGradient compares the gradient by input i with central differences.
func (h *head) checkGradient(t *testing.T, i int) {
	t.Helper()
	h.value(t)
	got := append([]float32{}, h.prog.Floats(h.grads[i])...)
	x := h.c.Inputs[i].Value.Float32s()
	var worst, top float64
	for j, at := range x {
		x[j] = at + Step
		up := h.value(t)
		x[j] = at - Step
		want := (up - h.value(t)) / (2 * Step)
		x[j] = at
		worst = max(worst, math.Abs(float64(got[j])-want))
		top = max(top, math.Abs(want))
	}
	if top == 0 || worst > Tolerance*top || math.IsNaN(worst) {
		t.Errorf("gradient by %s is off by %.2g of %.2g", h.c.Inputs[i].Name, worst, top)
	}
}

// checkBlocked asks for a gradient by an input that has none.
func checkBlocked(t *testing.T, c *Case, i int) {
	t.Helper()
	b := ops.NewBuilder()
	out := c.Build(b, c.nodes(b))
	if s := out.Shape(); len(s) > 0 {
		zero := ops.NewTensor(s...)
		out = b.WeightedMSE(out, b.Input("target", zero), b.Input("scale", zero), 1)
	}
	if b.Grads(out, c.Inputs[i:i+1]); b.Err() == nil {
		t.Errorf("%s has a gradient, want none", c.Inputs[i].Name)
	}
}

// Refused checks that build fails with an error that holds every one of the words:
// the operation's name, what it got and what it wanted.
func Refused(t *testing.T, build func(b *ops.Builder) *G.Node, words ...string) {
	t.Helper()
	b := ops.NewBuilder()
	n := build(b)
	if b.Err() == nil || n != nil {
		t.Fatalf("error %v and node %v, want an error and no node", b.Err(), n)
	}
	for _, w := range words {
		if !strings.Contains(b.Err().Error(), w) {
			t.Errorf("error %q does not say %q", b.Err(), w)
		}
	}
}
