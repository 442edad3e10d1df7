package ops

import (
	"testing"

	G "gorgonia.org/gorgonia"
)

// A long chain with a node that two others read runs on a few buffers: each is
// free as soon as its last reader has run.
func TestBuffersAreReused(t *testing.T) {
	b := NewBuilder()
	n := b.Reshape(b.Input("x", NewTensor(6)), 2, 3)
	for range 10 {
		left, right := b.StopGradient(n), b.Reshape(n, 2, 3)
		n = b.backAct(left, right, 1)
	}
	if b.Err() != nil {
		t.Fatal(b.Err())
	}
	p, err := Compile(n)
	if err != nil {
		t.Fatal(err)
	}
	used := map[*float32]bool{}
	for _, s := range p.steps {
		used[&floats(s.out)[0]] = true
		for _, in := range s.in {
			if &floats(in)[0] == &floats(s.out)[0] {
				t.Errorf("%v writes over its input", s.op)
			}
		}
	}
	if len(p.steps) != 31 || len(used) > 3 {
		t.Errorf("%d steps on %d buffers, want 31 on 3", len(p.steps), len(used))
	}
}

// What no output needs does not run.
func TestOnlyWhatIsNeededRuns(t *testing.T) {
	b := NewBuilder()
	x := b.Param(NewParam("x", 1, 1, 4, 4))
	w, bias := NewParam("w", 1, 1, 2, 2), NewParam("bias", 1)
	y := b.Conv(x, b.Param(w), b.Param(bias), 1, 0, 0)
	loss := b.WeightedMSE(y, b.Input("zero", NewTensor(1, 1, 3, 3)), b.Input("one", NewTensor(1, 1, 3, 3)), 1)
	grads := b.Grads(loss, []*Param{w, bias})
	if b.Err() != nil {
		t.Fatal(b.Err())
	}
	p, err := Compile(append(G.Nodes{loss}, grads...)...)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range p.steps {
		if s.op.(*op).kind == "conv input gradient" {
			t.Error("the gradient by the observation is computed, which nobody asked for")
		}
	}
	// conv, loss, weighted loss gradient, bias and weight gradients.
	if len(p.steps) != 5 {
		t.Errorf("%d steps, want 5", len(p.steps))
	}
}
