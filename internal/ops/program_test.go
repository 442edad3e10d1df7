package ops_test

import (
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"

	"glint/internal/kernel"
	"glint/internal/ops"
	"glint/internal/ops/optest"
)

var ones = optest.Values("", 1, 1, 1).Value

func compile(tb testing.TB, b *ops.Builder, outputs ...*G.Node) *ops.Program {
	tb.Helper()
	if err := b.Err(); err != nil {
		tb.Fatal(err)
	}
	p, err := ops.Compile(outputs...)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func run(tb testing.TB, p *ops.Program) {
	tb.Helper()
	if err := p.Run(); err != nil {
		tb.Fatal(err)
	}
}

// twoHeads is a small network as the agent's: two batches go through a shared
// encoder, one to a policy and a value, one to a decoder.
type twoHeads struct {
	params            []*ops.Param
	total             *G.Node
	policy, value, ae *G.Node
	grads             G.Nodes
	b                 *ops.Builder
}

func newTwoHeads(tb testing.TB) *twoHeads {
	tb.Helper()
	h := &twoHeads{b: ops.NewBuilder()}
	b := h.b
	param := func(name string, shape ...int) *G.Node {
		p := optest.Random(uint64(len(h.params)), name, shape...)
		for i := range p.Value.Float32s() {
			p.Value.Float32s()[i] /= 4
		}
		h.params = append(h.params, p)
		return b.Param(p)
	}
	w, bias := param("conv.w", 3, 2, 4, 4), param("conv.b", 3)
	cw, cb := param("code.w", 5, 3*4*6), param("code.b", 5)
	code := func(name string, n int) (x, code *G.Node) {
		obs := ops.NewBytes(n, 2, 8, 12)
		for i := range obs.Uint8s() {
			obs.Uint8s()[i] = byte(i * i * (n + 1))
		}
		x = b.Center(b.Input(name, obs), b.Input("mean", meanImage), 1./255)
		return x, b.Dense(b.Conv(x, w, bias, 2, 1, kernel.ReLU), cw, cb, kernel.Tanh)
	}
	_, played := code("played", 3)
	logits := b.Dense(played, param("actor.w", 4, 5), param("actor.b", 4), kernel.None)
	h.policy = b.PolicyLoss(logits, b.Param(optest.Values("action", 1, 3, 0)), b.Param(optest.Values("adv", 1, -2, 0.5)),
		b.Param(optest.Values("logp", -1.4, -1.3, -1.9)), &ops.PolicyConfig{Clipped: true, Clip: 0.2, Entropy: 0.01}, &ops.PolicyStats{})
	value := b.Dense(played, param("critic.w", 1, 5), param("critic.b", 1), kernel.None)
	h.value = b.ValueLoss(value, b.Param(optest.Values("return", 1, 0, -1)), b.Param(optest.Values("old", 0, 0, 0)), &ops.ValueConfig{})
	x, seen := code("seen", 2)
	d := b.Reshape(b.Dense(seen, param("expand.w", 3*4*6, 5), param("expand.b", 3*4*6), kernel.ReLU), 2, 3, 4, 6)
	y := b.Transposed(d, param("deconv.w", 3, 2, 4, 4), param("deconv.b", 2), 2, 1, kernel.None)
	h.ae = b.WeightedMSE(y, x, b.Input("weights", optest.Random(40, "", 2, 2, 8, 12).Value), 384)
	h.total = b.WeightedSum([]float64{1, 0.5, 2}, h.policy, h.value, h.ae)
	h.grads = b.Grads(h.total, h.params)
	if err := b.Err(); err != nil {
		tb.Fatal(err)
	}
	return h
}

var meanImage = optest.Random(50, "", 2, 8, 12).Value

func (h *twoHeads) outputs() G.Nodes { return append(G.Nodes{h.total}, h.grads...) }

// The executor computes what Gorgonia's own machine does, to the bit.
func TestProgramEqualsTapeMachine(t *testing.T) {
	h := newTwoHeads(t)
	p := compile(t, h.b, h.outputs()...)
	run(t, p)

	theirs := newTwoHeads(t)
	read := make([]G.Value, len(theirs.outputs()))
	for i, n := range theirs.outputs() {
		G.Read(n, &read[i])
	}
	m := G.NewTapeMachine(theirs.total.Graph())
	defer func() { _ = m.Close() }() // it holds memory alone
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	if got, want := p.Scalar(h.total), float64(read[0].Data().(float32)); got != want {
		t.Errorf("loss %v, want %v", got, want)
	}
	for i, g := range h.grads {
		if !slices.Equal(p.Floats(g), read[i+1].Data().([]float32)) {
			t.Errorf("gradient of %s differs", h.params[i].Name)
		}
	}
}

// A buffer that is used again too early shows as a difference from a run in which
// every node has its own.
func TestProgramReusesBuffers(t *testing.T) {
	h := newTwoHeads(t)
	few := compile(t, h.b, h.outputs()...)
	every := h.total.Graph().AllNodes()
	all := compile(t, h.b, every...)
	run(t, all)
	want := make([][]float32, len(h.grads))
	for i, g := range h.grads {
		want[i] = slices.Clone(all.Floats(g))
	}
	for range 3 {
		run(t, few)
		if few.Scalar(h.total) != all.Scalar(h.total) {
			t.Errorf("loss %v, want %v", few.Scalar(h.total), all.Scalar(h.total))
		}
		for i, g := range h.grads {
			if !slices.Equal(few.Floats(g), want[i]) {
				t.Errorf("gradient of %s differs", h.params[i].Name)
			}
		}
	}
}

// A parameter used by two branches gets the sum of their gradients.
func TestProgramSumsGradients(t *testing.T) {
	x, y := optest.Random(1, "x", 3, 2), optest.Random(2, "y", 2, 2)
	w, bias := optest.Random(3, "w", 4, 2), optest.Random(4, "bias", 4)
	grad := func(branches ...*ops.Param) []float32 {
		b := ops.NewBuilder()
		var terms []*G.Node
		var coefs []float64
		for _, in := range branches {
			out := b.Dense(b.Param(in), b.Param(w), b.Param(bias), kernel.Tanh)
			zero, one := ops.NewTensor(out.Shape()...), ops.NewTensor(out.Shape()...)
			for i := range one.Float32s() {
				one.Float32s()[i] = 1
			}
			terms = append(terms, b.WeightedMSE(out, b.Input("zero "+in.Name, zero), b.Input("one "+in.Name, one), 1))
			coefs = append(coefs, 1)
		}
		grads := b.Grads(b.WeightedSum(coefs, terms...), []*ops.Param{w})
		p := compile(t, b, grads...)
		run(t, p)
		return slices.Clone(p.Floats(grads[0]))
	}
	both, first, second := grad(x, y), grad(x), grad(y)
	for i := range both {
		if both[i] != first[i]+second[i] {
			t.Errorf("element %d is %v, want %v + %v", i, both[i], first[i], second[i])
		}
	}
}

func TestProgramAllocatesNothing(t *testing.T) {
	h := newTwoHeads(t)
	p := compile(t, h.b, h.outputs()...)
	run(t, p)
	if n := testing.AllocsPerRun(20, func() { run(t, p) }); n > 0 {
		t.Errorf("a run allocates %v times", n)
	}
}

// An input changed in place is read by the next run, and by nothing before it.
func TestProgramReadsInputsAtEveryRun(t *testing.T) {
	h := newTwoHeads(t)
	p := compile(t, h.b, h.total)
	run(t, p)
	before := p.Scalar(h.total)
	h.params[0].Value.Float32s()[0] += 0.5
	run(t, p)
	if p.Scalar(h.total) == before {
		t.Error("the loss did not move with a weight")
	}
	h.params[0].Value.Float32s()[0] -= 0.5
	run(t, p)
	if p.Scalar(h.total) != before {
		t.Errorf("loss %v after the weight went back, want %v", p.Scalar(h.total), before)
	}
}

func TestCompileErrors(t *testing.T) {
	b := ops.NewBuilder()
	x := b.Param(optest.Values("x", 1, 2, 3))
	loose := G.NewTensor(x.Graph(), x.Dtype(), 1, G.WithShape(3), G.WithName("loose"))
	foreign := ops.NewBuilder().Param(optest.Values("y", 1))
	for name, outputs := range map[string][]*G.Node{
		"no outputs":                nil,
		"a missing output":          {x, nil},
		"an input without a value":  {b.Reshape(loose, 3, 1)},
		"outputs of several graphs": {x, foreign},
	} {
		if _, err := ops.Compile(outputs...); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if b.Err() != nil {
		t.Error(b.Err())
	}
}

// Constants of Gorgonia may stand in a graph; their values survive any run.
func TestProgramKeepsConstants(t *testing.T) {
	b := ops.NewBuilder()
	x := b.Param(optest.Values("x", 1, 2, 3))
	c := G.NewConstant(optest.Values("", 10, 20, 30).Value)
	sum, err := G.Add(x, c)
	if err != nil {
		t.Fatal(err)
	}
	out := b.Reshape(b.Reshape(sum, 1, 3), 3, 1)
	p := compile(t, b, out)
	for range 2 {
		run(t, p)
		if got := p.Floats(out); !slices.Equal(got, []float32{11, 22, 33}) {
			t.Errorf("sum %v, want 11 22 33", got)
		}
	}
}

// An op may take a node twice: its buffer is free only after both uses.
func TestProgramTakesANodeTwice(t *testing.T) {
	x := optest.Values("x", 1, 2, 3)
	b := ops.NewBuilder()
	y := b.Reshape(b.Param(x), 3, 1)
	loss := b.WeightedMSE(y, b.Input("zero", ops.NewTensor(3, 1)), y, 1) // the sum of cubes, y the weights
	twice := b.WeightedSum([]float64{1, 2}, loss, loss)
	grads := b.Grads(twice, []*ops.Param{x})
	p := compile(t, b, append(G.Nodes{twice}, grads...)...)
	run(t, p)
	if got := p.Scalar(twice); got != 108 {
		t.Errorf("sum %v, want 3*36", got)
	}
	if got := p.Floats(grads[0]); !slices.Equal(got, []float32{6, 24, 54}) {
		t.Errorf("gradient %v, want 3 * 2 x^2", got)
	}
}

// BenchmarkProgram runs a network too small for its kernels to matter: what is
// left is what the executor adds to each node.
func BenchmarkProgram(b *testing.B) {
	h := newTwoHeads(b)
	p := compile(b, h.b, h.outputs()...)
	b.ReportAllocs()
	for b.Loop() {
		run(b, p)
	}
}

// A run in two parts takes in what an input is given between them, and equals a whole
// one.
func TestRunInTwoParts(t *testing.T) {
	b := ops.NewBuilder()
	x, target, w := optest.Values("x", 1, -2, 3), optest.Values("target", 0, 0, 1), ops.NewTensor(3)
	y := b.StopGradient(b.Param(x))
	loss := b.WeightedMSE(y, b.Param(target), b.Input("w", w), 1)
	p := compile(t, b, loss, y)
	for _, weight := range []float32{1, 10} {
		x.Value.Float32s()[0] = weight
		if err := p.RunTo(y); err != nil {
			t.Fatal(err)
		}
		for i, v := range p.Floats(y) {
			w.Float32s()[i] = weight * max(v, -v)
		}
		if err := p.RunAfter(y); err != nil {
			t.Fatal(err)
		}
		got, want := p.Scalar(loss), float64(weight)*float64(weight*weight*weight+8+12)
		if got != want {
			t.Errorf("loss %v, want %v", got, want)
		}
		run(t, p)
		if whole := p.Scalar(loss); whole != got {
			t.Errorf("loss %v in one run, %v in two parts", whole, got)
		}
	}
}
