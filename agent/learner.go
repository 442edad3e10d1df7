package agent

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"glint/autoencoder"
	"glint/internal/ops"
	"glint/replay"
)

// learner makes joint updates: actor and critic on a minibatch of the rollout, the
// autoencoder on some of its observations and a batch of the store, one gradient.
type learner struct {
	net    *Net
	cfg    Config
	rl     rlBatch
	ae     *autoencoder.Batch // nil where the autoencoder does not train
	policy ops.PolicyConfig
	value  ops.ValueConfig
	stats  ops.PolicyStats

	total *G.Node
	prog  *ops.Program
	grads []G.ValueGrad
	far   bool // the last minibatch's policy was beyond target_kl, and no step was made
}

// rlBatch holds the leaves of actor and critic for m steps.
type rlBatch struct {
	obs                                  *tensor.Dense // [m,T,H,W] u8, and what the autoencoder has beside them
	action, adv, logp, returns, oldValue *tensor.Dense // [m]
	policyLoss, valueLoss                *G.Node
}

// newLearner builds the graph of the joint loss and compiles it. The autoencoder's batch
// begins with that many of the minibatch's last observations; all are encoded in one go.
func newLearner(n *Net, cfg Config, late bool, fresh int) (*learner, error) {
	l := &learner{net: n, cfg: cfg}
	l.policy.Clipped, l.value.Clipped = cfg.Algo == PPO, cfg.ClipValue
	l.begin(0)
	g := ops.NewBuilder()
	code := l.addRL(g, cfg.AEBatch()-fresh)
	coefs, terms := []float64{1, cfg.ValueCoef}, []*G.Node{l.rl.policyLoss, l.rl.valueLoss}
	by := append(n.Autoencoder.Encoder(), n.actorW, n.actorB, n.criticW, n.criticB)
	if b := cfg.AEBatch(); b > 0 {
		first := cfg.Minibatch - fresh
		l.ae = n.Autoencoder.AddBatch(g, autoencoder.BatchConfig{
			Size: b, FreezeEncoder: cfg.EncoderMoved == MovedByRL, Late: late,
			Encoded: &autoencoder.Encoded{Obs: l.rl.from(first), Code: g.Rows(code, first, first+b)},
		})
		coefs, terms = append(coefs, cfg.AECoef), append(terms, l.ae.Loss)
		by = n.Params()
	}
	l.total = g.WeightedSum(coefs, terms...)
	grads := g.Grads(l.total, by)
	if err := g.Err(); err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	outputs := append(G.Nodes{l.total, l.rl.policyLoss, l.rl.valueLoss}, grads...)
	if l.ae != nil {
		outputs = append(outputs, l.ae.Outputs()...)
	}
	prog, err := ops.Compile(outputs...)
	if err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	l.prog, l.grads = prog, prog.Gradients(by, grads)
	return l, nil
}

// from returns the observations from one on, in the same memory.
func (r *rlBatch) from(first int) *tensor.Dense {
	shape := r.obs.Shape().Clone()
	size := shape.TotalSize() / shape[0]
	shape[0] -= first
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(r.obs.Uint8s()[first*size:]))
}

// addRL adds actor and critic with their losses on a minibatch, and returns the code of
// that and of as many more observations.
func (l *learner) addRL(g *ops.Builder, more int) *G.Node {
	m, s := l.cfg.Minibatch, l.net.Autoencoder.Shape()
	r := &l.rl
	r.obs = ops.NewBytes(m+more, s.T, s.H, s.W)
	r.action, r.adv, r.logp = ops.NewTensor(m), ops.NewTensor(m), ops.NewTensor(m)
	r.returns, r.oldValue = ops.NewTensor(m), ops.NewTensor(m)
	all := l.net.Autoencoder.Encode(g, g.Input("obs", r.obs))
	code := g.Rows(all, 0, m)
	if l.cfg.EncoderMoved == MovedByAutoencoder {
		code = g.StopGradient(code)
	}
	logits, value := l.net.heads(g, code)
	r.policyLoss = g.PolicyLoss(logits, g.Input("action", r.action), g.Input("advantage", r.adv), g.Input("log probability", r.logp), &l.policy, &l.stats)
	r.valueLoss = g.ValueLoss(value, g.Input("return", r.returns), g.Input("old value", r.oldValue), &l.value)
	return all
}

// begin prepares for the updates of a rollout, with the given share of the schedule
// behind.
func (l *learner) begin(progress float64) {
	l.far = false
	l.policy.Clip = l.cfg.Clip * left(progress, l.cfg.ClipFinal)
	l.policy.Entropy = l.cfg.EntropyCoef * left(progress, l.cfg.EntropyFinal)
	l.value.Clip = l.policy.Clip
}

// left returns the share of a setting that a linear schedule down to final leaves.
func left(progress, final float64) float64 { return 1 - progress*(1-final) }

// load copies the entries of a rollout into the minibatch.
func (l *learner) load(ro *replay.Rollout, entries []int) {
	r := &l.rl
	obs, action, adv := r.obs.Uint8s(), r.action.Float32s(), r.adv.Float32s()
	logp, returns, old := r.logp.Float32s(), r.returns.Float32s(), r.oldValue.Float32s()
	for i, k := range entries {
		copy(obs[i*ro.ObsLen:], ro.ObsAt(k))
		action[i], adv[i], logp[i] = float32(ro.Action[k]), ro.Advantage[k], ro.Logp[k]
		returns[i], old[i] = ro.Return[k], ro.Value[k]
	}
	if l.cfg.Actions.Balance == BalanceWeights {
		scaleToMean1(adv)
	}
	if l.cfg.NormalizeAdv {
		normalize(adv, func(i int) bool { return ro.Invalid[entries[i]] })
	}
}

// update makes one optimiser step on the loaded minibatch and a batch drawn from
// the sampler, unless the policy has gone too far already. A loss that is not finite
// is an error, and nothing changes.
func (l *learner) update(solver *ops.Adam, from autoencoder.Sampler) error {
	var err error
	if l.ae != nil {
		err = l.ae.Run(l.prog, from)
	} else {
		err = l.prog.Run()
	}
	if err == nil {
		err = l.sound()
	}
	if err != nil {
		return err
	}
	if l.far = l.cfg.TargetKL > 0 && l.stats.ApproxKL > klSlack*l.cfg.TargetKL; l.far {
		return nil
	}
	return solver.Step(l.grads)
}

// klSlack is how many times target_kl the policy may be off, as in the
// implementations that FIDELITY.md names.
const klSlack = 1.5

// sound refuses losses that are not finite.
func (l *learner) sound() error {
	losses := []float64{l.stats.Loss, l.stats.Entropy, l.prog.Scalar(l.rl.valueLoss), l.prog.Scalar(l.total)}
	for i, name := range []string{"policy loss", "entropy", "value loss", "total loss"} {
		if x := losses[i]; !finite(x) {
			return fmt.Errorf("the %s is %v; start anew with a lower lr", name, x)
		}
	}
	return nil
}
