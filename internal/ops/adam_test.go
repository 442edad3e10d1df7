package ops_test

import (
	"math"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"

	"glint/internal/ops"
	"glint/internal/ops/optest"
)

// slope is a loss whose gradient by x is a given constant g: sum((x-0)^2 w) with
// w = g/(2x).
type slope struct {
	params []*ops.Param
	prog   *ops.Program
	grads  []G.ValueGrad
	w      []*ops.Param
}

func newSlope(tb testing.TB, params ...*ops.Param) *slope {
	tb.Helper()
	s := &slope{params: params}
	b := ops.NewBuilder()
	var terms []*G.Node
	for _, p := range params {
		n := p.Value.Shape().TotalSize()
		w := ops.NewParam("w "+p.Name, n)
		s.w = append(s.w, w)
		terms = append(terms, b.WeightedMSE(b.Param(p), b.Input("zero "+p.Name, ops.NewTensor(n)), b.Param(w), 1))
	}
	grads := b.Grads(b.WeightedSum(slices.Repeat([]float64{1}, len(params)), terms...), params)
	s.prog = compile(tb, b, grads...)
	s.grads = s.prog.Gradients(params, grads)
	return s
}

// run makes the gradients of the parameters those given.
func (s *slope) run(tb testing.TB, grads ...[]float32) {
	tb.Helper()
	for i, g := range grads {
		for j := range g {
			s.w[i].Value.Float32s()[j] = g[j] / (2 * s.params[i].Value.Float32s()[j])
		}
	}
	run(tb, s.prog)
}

// byHand is Adam's algorithm 1 in float64.
type byHand struct{ p, m, v float64 }

func (a *byHand) step(cfg ops.AdamConfig, t int, g float64) {
	a.m = cfg.Beta1*a.m + (1-cfg.Beta1)*g
	a.v = cfg.Beta2*a.v + (1-cfg.Beta2)*g*g
	m, v := a.m/(1-math.Pow(cfg.Beta1, float64(t))), a.v/(1-math.Pow(cfg.Beta2, float64(t)))
	a.p -= cfg.LR * m / (math.Sqrt(v) + cfg.Eps)
}

func TestAdam(t *testing.T) {
	for _, clip := range []float64{math.Inf(1), 100, 5, 0.5, 0} {
		x, y := optest.Values("x", 1, -2), optest.Values("y", 0.5)
		cfg := ops.AdamConfig{LR: 0.1, Beta1: 0.9, Beta2: 0.999, Eps: 1e-5, ClipNorm: clip}
		a := ops.NewAdam(cfg, []*ops.Param{x, y})
		s := newSlope(t, x, y)
		want := []*byHand{{p: 1}, {p: -2}, {p: 0.5}}
		for step, g := range [][]float32{{3, -4, 12}, {1, 2, -2}, {-0.5, 0.1, 0}, {0, 0, 8}} {
			s.run(t, g[:2], g[2:])
			if err := a.Step(s.grads); err != nil {
				t.Fatal(err)
			}
			norm := math.Sqrt(float64(g[0]*g[0] + g[1]*g[1] + g[2]*g[2]))
			if math.Abs(a.Norm-norm) > 1e-5*norm {
				t.Errorf("norm %v, want %v", a.Norm, norm)
			}
			got := append(slices.Clone(x.Value.Float32s()), y.Value.Float32s()...)
			for i, w := range want {
				w.step(cfg, step+1, float64(g[i])*min(1, clip/norm))
				if math.Abs(float64(got[i])-w.p) > 3e-6 {
					t.Errorf("clip %v, step %d: parameter %d is %v, want %v", clip, step, i, got[i], w.p)
				}
			}
		}
	}
}

// A step may move a part of the parameters: the rest keep values, moments and
// count.
func TestAdamSubset(t *testing.T) {
	x, y := optest.Values("x", 1), optest.Values("y", 1)
	a := ops.NewAdam(ops.DefaultAdam(), []*ops.Param{x, y})
	part, whole := newSlope(t, x), newSlope(t, x, y)
	for range 3 {
		part.run(t, []float32{1})
		if err := a.Step(part.grads); err != nil {
			t.Fatal(err)
		}
	}
	if m := a.Moments(y); y.Value.Float32s()[0] != 1 || m.Steps != 0 || m.M[0] != 0 || m.V[0] != 0 {
		t.Errorf("y is %v with %+v after steps on x", y.Value.Float32s(), m)
	}
	whole.run(t, []float32{1}, []float32{1})
	if err := a.Step(whole.grads); err != nil {
		t.Fatal(err)
	}
	if x, y := a.Moments(x).Steps, a.Moments(y).Steps; x != 4 || y != 1 {
		t.Errorf("%d and %d steps, want 4 and 1", x, y)
	}
	// The first step of a parameter is LR long whatever its gradient.
	if moved := 1 - float64(y.Value.Float32s()[0]); math.Abs(moved-a.LR) > 1e-3*a.LR {
		t.Errorf("y moved by %v at its first step, want %v", moved, a.LR)
	}
}

func TestAdamRefuses(t *testing.T) {
	x, y := optest.Values("x", 1, 2), optest.Values("y", 3)
	a := ops.NewAdam(ops.DefaultAdam(), []*ops.Param{x, y})
	s := newSlope(t, x, y)
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1))} {
		s.run(t, []float32{1, bad}, []float32{1})
		if err := a.Step(s.grads); err == nil {
			t.Errorf("a gradient of %v was accepted", bad)
		}
	}
	if !slices.Equal(x.Value.Float32s(), []float32{1, 2}) || y.Value.Float32s()[0] != 3 || a.Moments(x).Steps != 0 {
		t.Errorf("a refused step changed x %v, y %v, moments %+v", x.Value.Float32s(), y.Value.Float32s(), a.Moments(x))
	}
	stranger := newSlope(t, optest.Values("z", 1))
	stranger.run(t, []float32{1})
	if err := a.Step(stranger.grads); err == nil {
		t.Error("a parameter that the solver does not know was accepted")
	}
}

func TestAdamAllocatesNothing(t *testing.T) {
	x := optest.Random(1, "x", 40000)
	a := ops.NewAdam(ops.DefaultAdam(), []*ops.Param{x})
	s := newSlope(t, x)
	s.run(t, slices.Repeat([]float32{0.25}, 40000))
	if n := testing.AllocsPerRun(10, func() {
		if err := a.Step(s.grads); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("a step allocates %v times", n)
	}
}
