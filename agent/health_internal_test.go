package agent

import (
	"context"
	"strings"
	"testing"

	"glint/env"
)

// inverse shows the negative of planes: bright everywhere but for the block.
type inverse struct{ env.Vec }

func (v inverse) Reset(ctx context.Context, seeds []uint64) (*env.Batch, error) {
	return v.invert(v.Vec.Reset(ctx, seeds))
}

func (v inverse) Step(ctx context.Context, actions []int) (*env.Batch, error) {
	return v.invert(v.Vec.Step(ctx, actions))
}

func (inverse) invert(b *env.Batch, err error) (*env.Batch, error) {
	if err != nil {
		return nil, err
	}
	inv := *b
	inv.Obs = make([]byte, len(b.Obs))
	for i, v := range b.Obs {
		inv.Obs[i] = 255 - v
	}
	return &inv, nil
}

// A run whose inputs are not centred says that its code is sick; the same run with
// them centred is well.
func TestSaturatedCodeIsReported(t *testing.T) {
	for _, centred := range []bool{true, false} {
		cfg := toyConfig(PPO, 4)
		cfg.Pretrain.Updates, cfg.Pretrain.LR = 100, 5e-3
		tr := begin(t, cfg, inverse{bandit(4)}, 5)
		until(t, tr, Reconstruct)
		if !centred {
			clear(tr.Net.Autoencoder.Mean.Float32s())
		}
		rs := until(t, tr, Play)
		if !codeMeasured(rs) {
			t.Error("the code was never measured")
		}
		got := sick(rs)
		if centred && got != "" || !centred && !strings.Contains(got, "centred") {
			t.Errorf("centred %v: sickness %q", centred, got)
		}
	}
}

// Frames that never change give a constant code.
func TestConstantCodeIsReported(t *testing.T) {
	still := newToy(4, 2, func(*toyGame, int) toyStep { return toyStep{} })
	still.begin = func(g *toyGame) { g.scene = 0 }
	tr := begin(t, toyConfig(PPO, 4), still, 5)
	if got := sick(until(t, tr, Play)); !strings.Contains(got, "constant") || strings.Contains(got, "\n") {
		t.Errorf("sickness %q, want one line about a constant code", got)
	}
}
