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
	part   ops.PolicyStats // of the last part
	stats  lossStats       // of the last minibatch

	total *G.Node
	prog  *ops.Program
	grads *ops.Accumulator
	far   bool // the last minibatch's policy was beyond target_kl, and no step was made

	// What is loaded: entries of a rollout, the last fresh of which the autoencoder has too,
	// with their advantages.
	rollout *replay.Rollout
	entries []int
	adv     []float32
	fresh   int
}

// lossStats are means over a minibatch.
type lossStats struct {
	ops.PolicyStats
	value, total float64
}

// rlBatch holds the leaves of actor and critic for the m steps of one part of a minibatch.
type rlBatch struct {
	obs                                  *tensor.Dense // [m,T,H,W] u8, and what the autoencoder has beside them
	action, adv, logp, returns, oldValue *tensor.Dense // [m]
	policyLoss, valueLoss                *G.Node
	logits, value                        *G.Node // [m,A], [m,1]
}

// newLearner builds the graph of the joint loss and compiles it. The autoencoder's batch
// begins with that many of the minibatch's last observations; all are encoded in one go.
func newLearner(n *Net, cfg Config, late bool, fresh int) (*learner, error) {
	l := &learner{net: n, cfg: cfg, fresh: fresh, adv: make([]float32, cfg.Minibatch)}
	l.policy.Clipped, l.value.Clipped = cfg.Algo == PPO, cfg.ClipValue
	l.begin(0)
	g := ops.NewBuilder()
	parts := cfg.MicroBatches
	code := l.addRL(g, (cfg.AEBatch()-fresh)/parts)
	coefs, terms := []float64{1, cfg.ValueCoef}, []*G.Node{l.rl.policyLoss, l.rl.valueLoss}
	by := append(n.Autoencoder.Encoder(), n.actorW, n.actorB, n.criticW, n.criticB)
	if b := cfg.AEBatch(); b > 0 {
		first := (cfg.Minibatch - fresh) / parts
		l.ae = n.Autoencoder.AddBatch(g, autoencoder.BatchConfig{
			Size: b, Parts: parts, First: fresh, FreezeEncoder: cfg.EncoderMoved == MovedByRL, Late: late,
			Encoded: &autoencoder.Encoded{Obs: l.rl.from(first), Code: g.Rows(code, first, first+b/parts)},
		})
		coefs, terms = append(coefs, cfg.AECoef), append(terms, l.ae.Loss)
		by = n.Params()
	}
	l.total = g.WeightedSum(coefs, terms...)
	grads := g.Grads(l.total, by)
	if err := g.Err(); err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	outputs := append(G.Nodes{l.total, l.rl.policyLoss, l.rl.valueLoss, l.rl.logits, l.rl.value}, grads...)
	if l.ae != nil {
		outputs = append(outputs, l.ae.Outputs()...)
	}
	prog, err := ops.Compile(outputs...)
	if err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	l.prog, l.grads = prog, ops.NewAccumulator(prog.Gradients(by, grads), parts)
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
	m, s := l.cfg.Minibatch/l.cfg.MicroBatches, l.net.Autoencoder.Shape()
	r := &l.rl
	r.obs = ops.NewBytes(m+more, s.T, s.H, s.W)
	r.action, r.adv, r.logp = ops.NewTensor(m), ops.NewTensor(m), ops.NewTensor(m)
	r.returns, r.oldValue = ops.NewTensor(m), ops.NewTensor(m)
	all := l.net.Autoencoder.Encode(g, g.Input("obs", r.obs))
	code := g.Rows(all, 0, m)
	if l.cfg.EncoderMoved == MovedByAutoencoder {
		code = g.StopGradient(code)
	}
	r.logits, r.value = l.net.heads(g, code)
	r.policyLoss = g.PolicyLoss(r.logits, g.Input("action", r.action), g.Input("advantage", r.adv), g.Input("log probability", r.logp), &l.policy, &l.part)
	r.valueLoss = g.ValueLoss(r.value, g.Input("return", r.returns), g.Input("old value", r.oldValue), &l.value)
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

// load takes the entries of a rollout as the minibatch.
func (l *learner) load(ro *replay.Rollout, entries []int) {
	l.rollout, l.entries = ro, entries
	for i, k := range entries {
		l.adv[i] = ro.Advantage[k]
	}
	if l.cfg.ActionClasses.Balance == BalanceWeights {
		scaleToMean1(l.adv)
	}
	if l.cfg.NormalizeAdv {
		normalize(l.adv, func(i int) bool { return ro.Invalid[entries[i]] })
	}
	if l.cfg.MicroBatches == 1 {
		l.fill(0)
	} else if l.ae != nil {
		for i, k := range entries[len(entries)-l.fresh:] {
			copy(l.ae.Drawn()[i*ro.ObsLen:], ro.ObsAt(k))
		}
	}
}

// fill copies a part of the minibatch to its leaves: as much of the observations that the
// autoencoder has too as every other part, at the end.
func (l *learner) fill(part int) {
	r, ro := &l.rl, l.rollout
	obs, action, adv := r.obs.Uint8s(), r.action.Float32s(), r.adv.Float32s()
	logp, returns, old := r.logp.Float32s(), r.returns.Float32s(), r.oldValue.Float32s()
	shared := l.fresh / l.cfg.MicroBatches
	own := len(action) - shared
	for i := range action {
		at := part*own + i
		if i >= own {
			at = len(l.entries) - l.fresh + part*shared + i - own
		}
		k := l.entries[at]
		copy(obs[i*ro.ObsLen:], ro.ObsAt(k))
		action[i], adv[i], logp[i] = float32(ro.Action[k]), l.adv[at], ro.Logp[k]
		returns[i], old[i] = ro.Return[k], ro.Value[k]
	}
}

// update makes one optimiser step on the loaded minibatch and a batch drawn from
// the sampler, unless the policy has gone too far already. A loss that is not finite
// is an error, and nothing changes.
func (l *learner) update(solver *ops.Adam, from autoencoder.Sampler) error {
	if err := l.run(from); err != nil {
		return err
	}
	if err := l.sound(); err != nil {
		return err
	}
	if l.far = l.cfg.TargetKL > 0 && l.stats.ApproxKL > klSlack*l.cfg.TargetKL; l.far {
		return nil
	}
	return solver.Step(l.grads.Mean())
}

// run computes losses and gradients, part by part.
func (l *learner) run(from autoencoder.Sampler) error {
	l.stats = lossStats{}
	with := autoencoder.PartRun{Done: l.done}
	if l.cfg.MicroBatches > 1 {
		with.Load = l.fill
	}
	if l.ae != nil {
		return l.ae.Run(l.prog, from, with)
	}
	for i := range l.cfg.MicroBatches {
		if with.Load != nil {
			with.Load(i)
		}
		if err := l.prog.Run(); err != nil {
			return err
		}
		if err := l.done(i); err != nil {
			return err
		}
	}
	return nil
}

// done takes in a part that was run.
func (l *learner) done(part int) error {
	s, share := &l.stats, 1/float64(l.cfg.MicroBatches)
	s.Loss += l.part.Loss * share
	s.Entropy += l.part.Entropy * share
	s.ApproxKL += l.part.ApproxKL * share
	s.ClipFraction += l.part.ClipFraction * share
	s.value += l.prog.Scalar(l.rl.valueLoss) * share
	s.total += l.prog.Scalar(l.total) * share
	return l.grads.Add(part)
}

// klSlack is how many times target_kl the policy may be off, as in the
// implementations that FIDELITY.md names.
const klSlack = 1.5

// sound refuses losses that are not finite.
func (l *learner) sound() error {
	losses := []float64{l.stats.Loss, l.stats.Entropy, l.stats.value, l.stats.total}
	for i, name := range []string{"policy loss", "entropy", "value loss", "total loss"} {
		if x := losses[i]; !finite(x) {
			return fmt.Errorf("the %s is %v; start anew with a lower lr", name, x)
		}
	}
	return nil
}
