package agent

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"glint/internal/kernel"
	"glint/internal/ops"
)

// Slope computes how much an output of the network depends on each pixel, as the
// derivative of Simonyan et al., arXiv 1312.6034, equation 3: a forward and a backward
// pass through encoder and head, without the gradients of weights.
type Slope struct {
	net  *Net
	x    *ops.Param // centred observations [B,T,H,W]
	prog *ops.Program
	grad *G.Node
	abs  []float32

	logits *G.Node       // of a policy's slope, else nil
	best   *tensor.Dense // [B] the most probable actions
}

// NewSlope returns a Slope of the critic's value, of b observations.
func (n *Net) NewSlope(b int) (*Slope, error) {
	l, g := n.newSlope(b)
	_, value := n.heads(g, n.Autoencoder.Encode(g, g.Param(l.x)))
	return l, l.compile(g, g.Sum(value))
}

// NewPolicySlope returns a Slope of the log probability of the most probable action,
// of b observations.
func (n *Net) NewPolicySlope(b int) (*Slope, error) {
	l, g := n.newSlope(b)
	l.logits, _ = n.heads(g, n.Autoencoder.Encode(g, g.Param(l.x)))
	l.best = ops.NewTensor(b)
	// The plain policy loss is the mean of -log p times the advantage.
	adv := ops.NewTensor(b)
	for i := range adv.Float32s() {
		adv.Float32s()[i] = -float32(b)
	}
	logp := g.PolicyLoss(l.logits, g.Input("action", l.best), g.Input("advantage", adv), g.Input("log probability", ops.NewTensor(b)), &ops.PolicyConfig{}, &ops.PolicyStats{})
	return l, l.compile(g, logp)
}

func (n *Net) newSlope(b int) (*Slope, *ops.Builder) {
	s := n.Autoencoder.Shape()
	return &Slope{net: n, x: ops.NewParam("x", b, s.T, s.H, s.W), abs: make([]float32, b*s.T*s.H*s.W)}, ops.NewBuilder()
}

// compile plans the gradient of a scalar by the observations.
func (l *Slope) compile(g *ops.Builder, of *G.Node) error {
	grads := g.Grads(of, []*ops.Param{l.x})
	if err := g.Err(); err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	outputs := grads
	if l.logits != nil {
		outputs = append(outputs, l.logits)
	}
	prog, err := ops.Compile(outputs...)
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	l.prog, l.grad = prog, grads[0]
	return nil
}

// Of returns the absolute derivatives [B,T,H,W] at observations [B,T,H,W], which the
// next call overwrites. A unit of x is a plane's 255.
func (l *Slope) Of(obs []byte) ([]float32, error) {
	l.net.Autoencoder.CenterBytes(l.x.Value.Float32s(), obs)
	if err := l.run(); err != nil {
		return nil, err
	}
	kernel.Ramp(l.abs, l.prog.Floats(l.grad), 0, 1, float32(math.Inf(1)))
	return l.abs, nil
}

func (l *Slope) run() error {
	if l.logits == nil {
		return l.prog.Run()
	}
	if err := l.prog.RunTo(l.logits); err != nil {
		return err
	}
	best := l.best.Float32s()
	for i := range best {
		best[i] = float32(bestOf(l.prog.Floats(l.logits)[i*l.net.Actions : (i+1)*l.net.Actions]))
	}
	return l.prog.RunAfter(l.logits)
}
