package ops_test

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"

	"glint/internal/ops"
	"glint/internal/ops/optest"
)

func TestWeightedMSE(t *testing.T) {
	optest.Check(t, optest.Case{
		Name:   "weighted MSE",
		Inputs: []*ops.Param{optest.Random(1, "y", 3, 4), optest.Random(2, "x", 3, 4), optest.Random(3, "w", 3, 4)}, Blocked: 2,
		Build: func(b *ops.Builder, in []*G.Node) *G.Node { return b.WeightedMSE(in[0], in[1], in[2], 7) },
	})
	b := ops.NewBuilder()
	loss := b.WeightedMSE(b.Param(optest.Values("y", 1, 2)), b.Param(optest.Values("x", 0, 5)), b.Param(optest.Values("w", 3, 0.5)), 2)
	p := compile(t, b, loss)
	run(t, p)
	if got := p.Scalar(loss); got != 3.75 {
		t.Errorf("loss %v, want (3*1 + 0.5*9)/2 = 3.75", got)
	}
}

func TestWeightedSum(t *testing.T) {
	square := func(b *ops.Builder, n *G.Node, norm float64) *G.Node {
		zero := ops.NewTensor(3)
		return b.WeightedMSE(n, b.Input("zero of "+n.Name(), zero), b.Input("one", ones), norm)
	}
	in := []*ops.Param{optest.Random(1, "x", 3), optest.Random(2, "y", 3)}
	sum := func(a, c float64) build {
		return func(b *ops.Builder, in []*G.Node) *G.Node {
			return b.WeightedSum([]float64{a, c}, square(b, in[0], 1), square(b, in[1], 2))
		}
	}
	optest.Check(t, optest.Case{Name: "weighted sum", Inputs: in, Build: sum(0.5, -3)})
	optest.Check(t, optest.Case{
		Name: "a sum of sums", Inputs: in[:1],
		Build: func(b *ops.Builder, in []*G.Node) *G.Node {
			loss := square(b, in[0], 1)
			return b.WeightedSum([]float64{2, 0.25}, loss, b.WeightedSum([]float64{3}, loss))
		},
	})
	b := ops.NewBuilder()
	x := square(b, b.Param(in[0]), 1)
	one, two := b.WeightedSum([]float64{1}, x), b.WeightedSum([]float64{2}, x)
	if one == two || one.Op().Hashcode() == two.Op().Hashcode() {
		t.Error("sums of different coefficients are one node")
	}
}

func TestSum(t *testing.T) {
	optest.Check(t, optest.Case{
		Name: "sum of elements", Inputs: []*ops.Param{optest.Random(1, "x", 3, 4)},
		Build: func(b *ops.Builder, in []*G.Node) *G.Node { return b.Sum(in[0]) },
	})
	b := ops.NewBuilder()
	total := b.Sum(b.Param(optest.Values("x", 1, 2, -5)))
	p := compile(t, b, total)
	run(t, p)
	if got := p.Scalar(total); got != -2 {
		t.Errorf("sum %v, want -2", got)
	}
}

// policyCase is a policy loss whose samples lie in every region of the clipped
// surrogate: ratios of exp(-1), 1 and exp(1) under advantages of either sign.
func policyCase(name string, cfg ops.PolicyConfig) optest.Case {
	actions := optest.Values("actions", 0, 2, 1, 2, 0, 1, 2)
	adv := optest.Values("advantages", 1, 1, 1, -2, -2, -2, 0)
	logits := optest.Random(5, "logits", 7, 3)
	old := optest.Values("old", 0, 0, 0, 0, 0, 0, 0)
	for i := range 7 {
		_, logp := softmax(logits.Value.Float32s()[3*i:3*i+3], int(actions.Value.Float32s()[i]))
		old.Value.Float32s()[i] = float32(logp) + float32(i%3-1)
	}
	return optest.Case{
		Name: name, Inputs: []*ops.Param{logits, actions, adv, old}, Blocked: 3,
		Build: func(b *ops.Builder, in []*G.Node) *G.Node {
			return b.PolicyLoss(in[0], in[1], in[2], in[3], &cfg, &ops.PolicyStats{})
		},
	}
}

// softmax returns the entropy in nats and the log probability of an action.
func softmax(logits []float32, action int) (entropy, logp float64) {
	sum := 0.0
	for _, z := range logits {
		sum += math.Exp(float64(z))
	}
	for _, z := range logits {
		p := math.Exp(float64(z)) / sum
		entropy -= p * math.Log(p)
	}
	return entropy, float64(logits[action]) - math.Log(sum)
}

func TestPolicyGradients(t *testing.T) {
	optest.Check(t, policyCase("a2c", ops.PolicyConfig{}))
	optest.Check(t, policyCase("a2c with entropy", ops.PolicyConfig{Entropy: 0.3}))
	optest.Check(t, policyCase("ppo", ops.PolicyConfig{Clipped: true, Clip: 0.2}))
	optest.Check(t, policyCase("ppo with entropy", ops.PolicyConfig{Clipped: true, Clip: 0.2, Entropy: 0.3}))
}

// The value follows the formula and samples beyond the clip, on the side that the
// advantage wants, have no gradient.
func TestPolicyLoss(t *testing.T) {
	c := policyCase("", ops.PolicyConfig{})
	cfg, stats := ops.PolicyConfig{Clipped: true, Clip: 0.2, Entropy: 0.1}, ops.PolicyStats{}
	b := ops.NewBuilder()
	loss := b.PolicyLoss(b.Param(c.Inputs[0]), b.Param(c.Inputs[1]), b.Param(c.Inputs[2]), b.Param(c.Inputs[3]), &cfg, &stats)
	grads := b.Grads(loss, c.Inputs[:1])
	p := compile(t, b, loss, grads[0])
	run(t, p)
	var want ops.PolicyStats
	for i := range 7 {
		adv, old := float64(c.Inputs[2].Value.Float32s()[i]), float64(c.Inputs[3].Value.Float32s()[i])
		entropy, logp := softmax(c.Inputs[0].Value.Float32s()[3*i:3*i+3], int(c.Inputs[1].Value.Float32s()[i]))
		ratio := math.Exp(logp - old)
		want.Loss -= min(ratio*adv, min(max(ratio, 0.8), 1.2)*adv) / 7
		want.Entropy += entropy / 7
		want.ApproxKL += (ratio - 1 - (logp - old)) / 7
		if math.Abs(ratio-1) > 0.2 {
			want.ClipFraction += 1. / 7
		}
	}
	for _, f := range []struct {
		name      string
		got, want float64
	}{
		{"loss", stats.Loss, want.Loss},
		{"entropy", stats.Entropy, want.Entropy},
		{"approximate KL", stats.ApproxKL, want.ApproxKL},
		{"clip fraction", stats.ClipFraction, want.ClipFraction},
		{"total", p.Scalar(loss), want.Loss - 0.1*want.Entropy},
	} {
		if math.Abs(f.got-f.want) > 1e-6*(1+math.Abs(f.want)) {
			t.Errorf("%s %v, want %v", f.name, f.got, f.want)
		}
	}
	cfg.Entropy = 0
	run(t, p)
	g := p.Floats(grads[0])
	for i, flat := range []bool{true, false, false, false, false, true, true} {
		if zero := g[3*i] == 0 && g[3*i+1] == 0 && g[3*i+2] == 0; zero != flat {
			t.Errorf("sample %d has gradient %v, want none: %v", i, g[3*i:3*i+3], flat)
		}
	}
}

func TestValueLoss(t *testing.T) {
	value, returns := optest.Values("value", 1, 1, 1, 1, 1, -0.5), optest.Values("returns", 3, 3, 1.5, -1, 0.9, 2)
	old := optest.Values("old", 0.9, 0.2, 0.2, 2, 1, 1)
	if err := value.Value.Reshape(6, 1); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		cfg  ops.ValueConfig
		want float64
	}{
		// Clipped to old +- 0.5 the values are 1, 0.7, 0.7, 1.5, 1 and 0.5; the larger
		// squares are 4, 2.3^2, 0.8^2, 2.5^2, 0.1^2 and 2.5^2.
		{"plain", ops.ValueConfig{}, (4 + 4 + 0.25 + 4 + 0.01 + 6.25) / 12},
		{"clipped", ops.ValueConfig{Clipped: true, Clip: 0.5}, (4 + 5.29 + 0.64 + 6.25 + 0.01 + 6.25) / 12},
	} {
		c := optest.Case{
			Name: tc.name, Inputs: []*ops.Param{value, returns, old}, Blocked: 2,
			Build: func(b *ops.Builder, in []*G.Node) *G.Node { return b.ValueLoss(in[0], in[1], in[2], &tc.cfg) },
		}
		optest.Check(t, c)
		b := ops.NewBuilder()
		loss := c.Build(b, []*G.Node{b.Param(value), b.Param(returns), b.Param(old)})
		p := compile(t, b, loss)
		run(t, p)
		if got := p.Scalar(loss); math.Abs(got-tc.want) > 1e-6 {
			t.Errorf("%s: loss %v, want %v", tc.name, got, tc.want)
		}
	}
}

// Two losses of one kind on the same nodes, with settings that may change, must
// not be taken for one another: each has its own cache of gradients.
func TestLossesKeepTheirOwnGradients(t *testing.T) {
	x := optest.Random(1, "value", 4, 1)
	returns, old := optest.Random(2, "returns", 4), optest.Random(3, "old", 4)
	b := ops.NewBuilder()
	in := []*G.Node{b.Param(x), b.Param(returns), b.Param(old)}
	plain := b.ValueLoss(in[0], in[1], in[2], &ops.ValueConfig{})
	clipped := b.ValueLoss(in[0], in[1], in[2], &ops.ValueConfig{Clipped: true, Clip: 0})
	if plain == clipped {
		t.Fatal("two losses are one node")
	}
	sum := b.WeightedSum([]float64{1, 0}, plain, clipped)
	grads := b.Grads(sum, []*ops.Param{x})
	p := compile(t, b, append(G.Nodes{sum}, grads...)...)
	run(t, p)
	for i, g := range p.Floats(grads[0]) {
		want := (x.Value.Float32s()[i] - returns.Value.Float32s()[i]) / 4
		if math.Abs(float64(g-want)) > 1e-6 {
			t.Errorf("gradient %d is %v, want the plain loss's %v", i, g, want)
		}
	}
}

func TestSampleAction(t *testing.T) {
	logits := []float32{0, float32(math.Log(2)), float32(math.Log(5))}
	for _, tc := range []struct {
		u    float64
		want int
	}{{0, 0}, {0.124, 0}, {0.126, 1}, {0.374, 1}, {0.376, 2}, {0.9999999999, 2}, {1, 2}} {
		a, logp := ops.SampleAction(logits, tc.u)
		if want := math.Log([]float64{1, 2, 5}[tc.want] / 8); a != tc.want || math.Abs(logp-want) > 1e-6 {
			t.Errorf("u = %v: action %d with %v, want %d with %v", tc.u, a, logp, tc.want, want)
		}
	}
}
