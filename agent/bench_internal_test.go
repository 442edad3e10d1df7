package agent

import (
	"testing"

	"glint/env"
)

// BenchmarkPlay measures rollouts with their updates on the built-in game, with the
// default network and one autoencoder sample a step.
func BenchmarkPlay(b *testing.B) {
	for _, algo := range []string{PPO, A2C} {
		b.Run(algo, func(b *testing.B) {
			cfg := DefaultConfig(algo)
			cfg.AEPerStep, cfg.Pretrain.Steps, cfg.Pretrain.Updates = 1, 64, 0
			tr, err := New(b.Context(), cfg, dojoOptions(b, cfg.Envs, 1))
			if err != nil {
				b.Fatal(err)
			}
			until(b, tr, Play)
			var steps env.Steps
			for b.Loop() {
				before := tr.Counters().Steps
				advance(b, tr, 1)
				steps += tr.Counters().Steps - before
			}
			b.ReportMetric(float64(steps)/b.Elapsed().Seconds(), "steps/s")
		})
	}
}

// BenchmarkAct measures choosing the actions of 16 environments.
func BenchmarkAct(b *testing.B) {
	cfg := DefaultConfig(PPO)
	cfg.Envs, cfg.Horizon, cfg.Minibatch, cfg.Pretrain.Steps, cfg.Pretrain.Updates = 16, 8, 128, 64, 0
	tr, err := New(b.Context(), cfg, dojoOptions(b, cfg.Envs, 1))
	if err != nil {
		b.Fatal(err)
	}
	until(b, tr, Play)
	b.ReportAllocs()
	for b.Loop() {
		if err := tr.act(0); err != nil {
			b.Fatal(err)
		}
	}
}
