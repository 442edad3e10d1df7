package agent

import (
	"fmt"
	"math"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"glint/autoencoder"
	"glint/internal/kernel"
	"glint/internal/ops"
)

// Net is the whole network: the autoencoder and, on its code, an actor and a
// critic of one dense layer each.
type Net struct {
	Autoencoder *autoencoder.Model
	Actions     int

	actorW, actorB, criticW, criticB *ops.Param
}

// NewNet returns a network for observations of shape s and that many actions. The
// actor starts near the uniform policy (gain 0.01).
func NewNet(cfg autoencoder.Config, s autoencoder.Shape, actions int, r *rand.Rand) (*Net, error) {
	if actions < 1 {
		return nil, fmt.Errorf("agent: a network for %d actions, want 1 or more", actions)
	}
	m, err := autoencoder.New(cfg, s, r)
	if err != nil {
		return nil, err
	}
	n := &Net{
		Autoencoder: m, Actions: actions,
		actorW: ops.NewParam("actor.weight", actions, cfg.Code), actorB: ops.NewParam("actor.bias", actions),
		criticW: ops.NewParam("critic.weight", 1, cfg.Code), criticB: ops.NewParam("critic.bias", 1),
	}
	n.actorW.Orthogonal(0.01, r)
	n.criticW.Orthogonal(1, r)
	return n, nil
}

// Params returns all trained parameters: those of the autoencoder, actor, critic.
func (n *Net) Params() []*ops.Param {
	return append(n.Autoencoder.Params(), n.actorW, n.actorB, n.criticW, n.criticB)
}

// heads adds actor and critic: code [B,Code] -> logits [B,A], value [B,1].
func (n *Net) heads(g *ops.Builder, code *G.Node) (logits, value *G.Node) {
	logits = g.Dense(code, g.Param(n.actorW), g.Param(n.actorB), kernel.None)
	value = g.Dense(code, g.Param(n.criticW), g.Param(n.criticB), kernel.None)
	return logits, value
}

// Reads says how strongly actor and critic read a unit of the code: the norm of the
// unit's weights in the logits around their mean, which moves no policy, and the
// magnitude of its weight in the value.
func (n *Net) Reads(unit int) (actor, critic float64) {
	code := n.Autoencoder.Config().Code
	w := n.actorW.Value.Float32s()
	mean := 0.0
	for a := range n.Actions {
		mean += float64(w[a*code+unit]) / float64(n.Actions)
	}
	for a := range n.Actions {
		d := float64(w[a*code+unit]) - mean
		actor += d * d
	}
	return math.Sqrt(actor), math.Abs(float64(n.criticW.Value.Float32s()[unit]))
}

// Player computes policy and value of a fixed number of observations at once.
type Player struct {
	obs           *tensor.Dense
	prog          *ops.Program
	logits, value *G.Node
	actions       int
}

// NewPlayer returns a Player of b observations.
func (n *Net) NewPlayer(b int) (*Player, error) {
	s := n.Autoencoder.Shape()
	p := &Player{obs: ops.NewBytes(b, s.T, s.H, s.W), actions: n.Actions}
	g := ops.NewBuilder()
	code := n.Autoencoder.Encode(g, g.Input("obs", p.obs))
	p.logits, p.value = n.heads(g, code)
	if err := g.Err(); err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	prog, err := ops.Compile(p.logits, p.value)
	if err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	p.prog = prog
	return p, nil
}

// Think computes logits [B,A] and values [B] of observations [B,T,H,W], which the
// next call overwrites. Any that is not finite is an error.
func (p *Player) Think(obs []byte) (logits, values []float32, err error) {
	copy(p.obs.Uint8s(), obs)
	if err := p.prog.Run(); err != nil {
		return nil, nil, err
	}
	logits, values = p.prog.Floats(p.logits), p.prog.Floats(p.value)
	for i, x := range logits {
		if !finite(float64(x)) {
			return nil, nil, fmt.Errorf("agent: the network's logit of action %d is %v for observation %d: its weights are of no use", i%p.actions, x, i/p.actions)
		}
	}
	for i, x := range values {
		if !finite(float64(x)) {
			return nil, nil, fmt.Errorf("agent: the network's value is %v for observation %d: its weights are of no use", x, i)
		}
	}
	return logits, values, nil
}

// Sample draws an action for each row of logits [B,A] and writes it with its log
// probability.
func (p *Player) Sample(logits []float32, r *rand.Rand, actions []int, logp []float32) {
	for i := range actions {
		a, lp := ops.SampleAction(logits[i*p.actions:(i+1)*p.actions], r.Float64())
		actions[i], logp[i] = a, float32(lp)
	}
}

// Greedy writes the most probable action of each row of logits [B,A].
func (p *Player) Greedy(logits []float32, actions []int) {
	for i := range actions {
		actions[i] = bestOf(logits[i*p.actions : (i+1)*p.actions])
	}
}

// bestOf returns the index of the largest logit, the first of equal ones.
func bestOf(logits []float32) int {
	best := 0
	for a, z := range logits {
		if z > logits[best] {
			best = a
		}
	}
	return best
}
