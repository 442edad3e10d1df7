package agent

import (
	"slices"
	"testing"

	"glint/internal/ops"
	"glint/internal/telemetry"
	"glint/saliency"
)

// weightless is a Weighting under which no pixel counts.
type weightless struct{ saliency.Uniform }

func (weightless) Weights(dst []float32, _ saliency.Inputs) error {
	clear(dst)
	return nil
}

// parts are the parameters by what they belong to.
func parts(n *Net) map[string][]*ops.Param {
	return map[string][]*ops.Param{
		"encoder": n.Autoencoder.Encoder(), "decoder": n.Autoencoder.Decoder(),
		"actor": {n.actorW, n.actorB}, "critic": {n.criticW, n.criticB},
	}
}

// movedParts plays one rollout and returns which parts it moved.
func movedParts(tb testing.TB, t *Trainer) (moved map[string]bool, r Report) {
	tb.Helper()
	before := map[*ops.Param][]float32{}
	for _, p := range t.Net.Params() {
		before[p] = slices.Clone(p.Value.Float32s())
	}
	r = advance(tb, t, 1)[0]
	moved = map[string]bool{}
	for name, ps := range parts(t.Net) {
		for _, p := range ps {
			moved[name] = moved[name] || !slices.Equal(before[p], p.Value.Float32s())
		}
	}
	return moved, r
}

// What really moves under each encoder_moved while the agent plays, with one of the
// losses silenced: without a reward a critic of zeros errs nowhere, without weights
// a decoder cannot.
func TestWhatMoves(t *testing.T) {
	for _, c := range []struct {
		name, moved  string
		ae, noRL     bool
		noAE         bool
		lr           float64
		wantE, wantD bool
		wantHeads    bool
	}{
		{name: "both", moved: MovedByBoth, ae: true, lr: 1e-3, wantE: true, wantD: true, wantHeads: true},
		{name: "both, no reward", moved: MovedByBoth, ae: true, noRL: true, lr: 1e-3, wantE: true, wantD: true},
		{name: "both, no weights", moved: MovedByBoth, ae: true, noAE: true, lr: 1e-3, wantE: true, wantHeads: true},
		{name: "autoencoder", moved: MovedByAutoencoder, ae: true, lr: 1e-3, wantE: true, wantD: true, wantHeads: true},
		{name: "autoencoder, no weights", moved: MovedByAutoencoder, ae: true, noAE: true, lr: 1e-3, wantHeads: true},
		{name: "rl", moved: MovedByRL, ae: true, lr: 1e-3, wantE: true, wantD: true, wantHeads: true},
		{name: "rl, no reward", moved: MovedByRL, ae: true, noRL: true, lr: 1e-3, wantD: true},
		{name: "no autoencoder", moved: MovedByBoth, lr: 1e-3, wantE: true, wantHeads: true},
		{name: "no learning rate", moved: MovedByBoth, ae: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := toyConfig(PPO, 2)
			// Without Reconstruct no momentum is left over from it.
			cfg.EncoderMoved, cfg.LR, cfg.Pretrain.Updates = c.moved, c.lr, 0
			if c.ae {
				cfg.AEPerStep = 1
			}
			if c.noRL {
				cfg.RewardScale, cfg.EntropyCoef = 0, 0
			}
			o := planesOptions(t, bandit(2), 3)
			if c.noAE {
				o.Weighting = weightless{}
			}
			tr, err := New(t.Context(), cfg, o)
			if err != nil {
				t.Fatal(err)
			}
			until(t, tr, Play)
			if c.noRL {
				clear(tr.Net.criticW.Value.Float32s())
			}
			moved, r := movedParts(t, tr)
			for part, want := range map[string]bool{"encoder": c.wantE, "decoder": c.wantD, "actor": c.wantHeads, "critic": c.wantHeads} {
				if moved[part] != want {
					t.Errorf("%s moved: %v, want %v", part, moved[part], want)
				}
			}
			if _, measured := r.Values[telemetry.LossReconstruction]; measured != c.ae || (r.Counters.AESamples > 0) != c.ae {
				t.Errorf("reconstruction measured: %v, %d samples, autoencoder on: %v", measured, r.Counters.AESamples, c.ae)
			}
		})
	}
}

// The autoencoder trains on as many samples a step as it was asked for.
func TestAEPerStep(t *testing.T) {
	for _, want := range []float64{0, 0.5, 1, 2} {
		cfg := toyConfig(PPO, 2)
		cfg.AEPerStep = want
		tr := begin(t, cfg, bandit(2), 3)
		until(t, tr, Play)
		r := advance(t, tr, 2)[1]
		if got := r.Values[telemetry.AEPerStep]; got != want {
			t.Errorf("%v samples a step, want %v", got, want)
		}
	}
}
