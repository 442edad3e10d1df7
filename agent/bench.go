package agent

import (
	"fmt"
	"math"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"

	"glint/autoencoder"
	"glint/internal/ops"
)

// Update is one update of a Net with all three heads on the same observations, to be
// timed: centring, encoder, decoder with weighted loss, clipped policy loss, value
// loss, all gradients, the limit on their norm, and Adam. Its data are noise.
type Update struct {
	prog   *ops.Program
	grads  []G.ValueGrad
	solver *ops.Adam
	policy ops.PolicyConfig
	stats  ops.PolicyStats
}

// NewUpdate returns an update of n on b observations.
func NewUpdate(n *Net, b int, r *rand.Rand) (*Update, error) {
	cfg := DefaultConfig(PPO)
	u := &Update{policy: ops.PolicyConfig{Clipped: true, Clip: cfg.Clip, Entropy: cfg.EntropyCoef}}
	g := ops.NewBuilder()
	ae := n.Autoencoder.AddBatch(g, autoencoder.BatchConfig{Size: b})
	logits, value := n.heads(g, ae.Code)
	scalars := map[string]*G.Node{}
	for _, name := range []string{"action", "advantage", "log probability", "return", "old value"} {
		t := ops.NewTensor(b)
		scalars[name] = g.Input(name, t)
		for i := range t.Float32s() {
			switch name {
			case "action":
				t.Float32s()[i] = float32(r.IntN(n.Actions))
			case "log probability":
				t.Float32s()[i] = float32(-math.Log(float64(n.Actions)))
			default:
				t.Float32s()[i] = float32(r.NormFloat64())
			}
		}
	}
	policy := g.PolicyLoss(logits, scalars["action"], scalars["advantage"], scalars["log probability"], &u.policy, &u.stats)
	worth := g.ValueLoss(value, scalars["return"], scalars["old value"], &ops.ValueConfig{})
	total := g.WeightedSum([]float64{1, cfg.ValueCoef, cfg.AECoef}, policy, worth, ae.Loss)
	by := n.Params()
	grads := g.Grads(total, by)
	if err := g.Err(); err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	prog, err := ops.Compile(append(G.Nodes{total}, grads...)...)
	if err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	paintNoise(ae, r)
	u.prog, u.grads, u.solver = prog, prog.Gradients(by, grads), ops.NewAdam(ops.DefaultAdam(), by)
	return u, nil
}

// paintNoise fills a batch with pixels of which most are background, as on planes, and
// weights of 1 and 10.
func paintNoise(b *autoencoder.Batch, r *rand.Rand) {
	obs, weights := b.Obs.Uint8s(), b.Weights.Float32s()
	for i := range obs {
		weights[i] = 1
		switch r.IntN(64) {
		case 0:
			weights[i] = 10
			obs[i] = 126
		case 1, 2, 3, 4, 5, 6:
			obs[i] = byte(r.IntN(256))
		}
	}
}

// Step makes the update.
func (u *Update) Step() error {
	if err := u.prog.Run(); err != nil {
		return err
	}
	return u.solver.Step(u.grads)
}
