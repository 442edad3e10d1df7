package ops

import (
	"math"

	G "gorgonia.org/gorgonia"
)

// PolicyConfig holds what a policy loss reads at every run, so that schedules may
// change it between updates.
type PolicyConfig struct {
	// Clipped chooses PPO's clipped surrogate, else the plain policy gradient.
	Clipped bool
	// Clip is PPO's epsilon.
	Clip float64
	// Entropy is the coefficient of the entropy bonus.
	Entropy float64
}

// PolicyStats is what a policy loss observes in its last run, means over the batch.
type PolicyStats struct {
	Loss         float64 // without the entropy bonus
	Entropy      float64 // in nats
	ApproxKL     float64 // mean(ratio - 1 - log ratio), http://joschu.net/blog/kl-approx.html
	ClipFraction float64 // share of samples whose ratio left 1 +- Clip
}

// PolicyLoss is the scalar loss of a categorical policy over logits [B,A] for the
// actions [B] taken (whole numbers as f32), their advantages [B] and their log
// probabilities [B] when they were taken.
//
// With cfg.Clipped it is the negated equation 7 of Schulman et al., "Proximal
// Policy Optimization Algorithms", 2017: mean(min(r A, clip(r, 1-e, 1+e) A)).
// Otherwise it is the negated policy gradient objective mean(log p A) of Mnih et
// al., "Asynchronous Methods for Deep Reinforcement Learning", 2016, section 4.
// From both, cfg.Entropy times the mean entropy is subtracted.
func (b *Builder) PolicyLoss(logits, actions, adv, oldLogp *G.Node, cfg *PolicyConfig, stats *PolicyStats) *G.Node {
	if !b.ready(logits, actions, adv, oldLogp) || !b.want("policy loss", "logits", logits, -1, -1) {
		return nil
	}
	n, a := logits.Shape()[0], logits.Shape()[1]
	if !b.want("policy loss", "actions", actions, n) || !b.want("policy loss", "advantages", adv, n) ||
		!b.want("policy loss", "old log probabilities", oldLogp, n) {
		return nil
	}
	in := []*G.Node{logits, actions, adv, oldLogp}
	return b.lossOp("policy loss", a, in, 1, func(grads [][]float32, in []G.Value) float64 {
		*stats = PolicyStats{}
		logits, actions, adv, old := floats(in[0]), floats(in[1]), floats(in[2]), floats(in[3])
		for i := range n {
			row := i * a
			policySample(grads[0][row:row+a], logits[row:row+a], int(actions[i]), float64(adv[i]), float64(old[i]), n, cfg, stats)
		}
		return stats.Loss - cfg.Entropy*stats.Entropy
	})
}

// policySample adds one sample to the stats and writes its gradient by the logits.
func policySample(grad, logits []float32, action int, adv, oldLogp float64, n int, cfg *PolicyConfig, stats *PolicyStats) {
	lse := logSumExp(logits)
	logp := float64(logits[action]) - lse
	entropy := 0.0
	for _, z := range logits {
		lp := float64(z) - lse
		entropy -= math.Exp(lp) * lp
	}
	inv := 1 / float64(n)
	logRatio := logp - oldLogp
	ratio := math.Exp(logRatio)
	loss, byLogp := -logp*adv, -adv
	if cfg.Clipped {
		loss, byLogp = -ratio*adv, -ratio*adv
		if clipped := -min(max(ratio, 1-cfg.Clip), 1+cfg.Clip) * adv; clipped > loss {
			loss, byLogp = clipped, 0
		}
		if math.Abs(ratio-1) > cfg.Clip {
			stats.ClipFraction += inv
		}
	}
	stats.Loss += loss * inv
	stats.Entropy += entropy * inv
	stats.ApproxKL += (ratio - 1 - logRatio) * inv
	for j, z := range logits {
		lp := float64(z) - lse
		p := math.Exp(lp)
		taken := 0.0
		if j == action {
			taken = 1
		}
		// d log p(action) / d z_j = [j = action] - p_j and dH / d z_j = -p_j (log p_j + H).
		grad[j] = float32(inv * (byLogp*(taken-p) + cfg.Entropy*p*(lp+entropy)))
	}
}

// ValueConfig holds what a value loss reads at every run.
type ValueConfig struct {
	// Clipped limits how far the value may move from the old one before its loss
	// stops falling, as PPO's first implementation did.
	Clipped bool
	// Clip is that distance, in units of the return.
	Clip float64
}

// ValueLoss is the scalar mean of (value - returns)^2 / 2, with values [B,1] and
// returns and the values at acting time [B]. With cfg.Clipped the larger of the
// losses of the value and of the value clipped to old +- Clip counts.
func (b *Builder) ValueLoss(value, returns, old *G.Node, cfg *ValueConfig) *G.Node {
	if !b.ready(value, returns, old) || !b.want("value loss", "value", value, -1, 1) {
		return nil
	}
	n := value.Shape()[0]
	if !b.want("value loss", "returns", returns, n) || !b.want("value loss", "old values", old, n) {
		return nil
	}
	return b.lossOp("value loss", 0, []*G.Node{value, returns, old}, 1, func(grads [][]float32, in []G.Value) float64 {
		value, returns, old := floats(in[0]), floats(in[1]), floats(in[2])
		sum := 0.0
		for i, v := range value {
			d := float64(v) - float64(returns[i])
			loss, by := d*d/2, d
			if move := float64(v) - float64(old[i]); cfg.Clipped && math.Abs(move) > cfg.Clip {
				c := float64(old[i]) + math.Copysign(cfg.Clip, move) - float64(returns[i])
				if c*c/2 > loss {
					loss, by = c*c/2, 0
				}
			}
			sum += loss
			grads[0][i] = float32(by / float64(n))
		}
		return sum / float64(n)
	})
}

func logSumExp(logits []float32) float64 {
	top := math.Inf(-1)
	for _, z := range logits {
		top = max(top, float64(z))
	}
	sum := 0.0
	for _, z := range logits {
		sum += math.Exp(float64(z) - top)
	}
	return top + math.Log(sum)
}

// LogProb returns the log probability of an action by logits [A].
func LogProb(logits []float32, action int) float64 {
	return float64(logits[action]) - logSumExp(logits)
}

// SampleAction draws an action from the softmax of logits [A] with u uniform in
// [0,1) and returns it with its log probability.
func SampleAction(logits []float32, u float64) (action int, logp float64) {
	lse := logSumExp(logits)
	for action = range logits {
		logp = float64(logits[action]) - lse
		u -= math.Exp(logp)
		if u < 0 {
			break
		}
	}
	return action, logp
}
