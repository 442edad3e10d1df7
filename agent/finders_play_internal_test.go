package agent

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"glint/autoencoder"
	"glint/env"
	"glint/replay"
	"glint/saliency"
)

// A recording that left steps out, of two games side by side, is stored step by step,
// each once, and followed where it has no gap.
func TestFindersOfPlayback(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	w, err := replay.Create(dir, replay.MetaOf(throwSpec(2)))
	if err != nil {
		t.Fatal(err)
	}
	for k := range throwSteps {
		obs, _ := throwStack(k)
		for _, row := range []replay.Row{{Episode: 5, Step: uint64(k)}, {Episode: 6, Step: uint64(k)}} {
			if row.Episode == 6 && k > 8 {
				continue
			}
			if row.Episode == 6 && k > 5 {
				row.Step++ // one was left out
			}
			row.Obs, row.Terminated = obs, k == throwSteps-1
			if err := w.Add(row); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := replay.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	count := func(cfg saliency.FinderConfig) []int {
		_, v := replay.NewPlayback(data)
		c := toyConfig(PPO, 1)
		c.Minibatch, c.Horizon, c.Pretrain.Steps = 8, 8, 15+9
		c.Autoencoder = autoencoder.Config{Channels: []int{4, 8}, Code: 8}
		o := planesOptions(t, v, 1)
		o.Finder = cfg
		tr, err := New(t.Context(), c, o)
		if err != nil {
			t.Fatal(err)
		}
		until(t, tr, Reconstruct)
		classes, _, _ := tr.Stored()
		return classes
	}
	alone := throwFinder()
	alone.Side, alone.Flight.Reach = 0, 0
	// Beside the body the detector finds nothing in steps 6, 7 and 8; in the second game
	// nothing leads there.
	if got := count(alone); !slices.Equal(got, []int{6, 18}) {
		t.Errorf("the detector alone: %v by class, want 6 and 18", got)
	}
	if got := count(throwFinder()); !slices.Equal(got, []int{3, 21}) {
		t.Errorf("with fill-in: %v by class, want 3 and 21", got)
	}
}

// In the dojo the fill-in finds knives that the detector misses, and what it finds is
// a knife.
func TestFillInOfTheDojo(t *testing.T) {
	classes := func(change func(o *Options)) []int {
		cfg := dojoConfig(PPO)
		cfg.Pretrain.Steps, cfg.StoreCapacity = 900, 900
		o := dojoFor(t, cfg.Envs, 2000, 7)
		change(&o)
		tr, err := New(t.Context(), cfg, o)
		if err != nil {
			t.Fatal(err)
		}
		until(t, tr, Reconstruct)
		n, _, _ := tr.Stored()
		return n
	}
	alone := classes(func(o *Options) { o.Finder.Side, o.Finder.Flight.Reach = 0, 0 })
	filled := classes(func(*Options) {})
	truth := classes(func(o *Options) { o.Weighting = weighting(t, "oracle") })
	if alone[1] >= filled[1] || filled[1] > truth[1] || filled[0]+filled[1] != 600 {
		t.Errorf("by class: detector alone %v, with fill-in %v, truth %v", alone, filled, truth)
	}
}

// BenchmarkFinders times what a step of 16 environments of the dojo takes to find its
// small objects, on one core.
func BenchmarkFinders(b *testing.B) {
	const n = 16
	o := dojoFor(b, n, 2000, 1)
	r := &Random{Actions: o.Env.Spec().Actions, Hold: 8, Rand: rand.New(rand.NewPCG(1, 2))}
	var batches []*env.Batch
	actions := make([]int, n)
	if _, err := o.Env.Reset(b.Context(), make([]uint64, n)); err != nil {
		b.Fatal(err)
	}
	for range 200 {
		_ = r.Act(nil, actions)
		now, err := o.Env.Step(b.Context(), actions)
		if err != nil {
			b.Fatal(err)
		}
		kept := env.NewBatch(o.Env.Spec())
		copy(kept.Obs, now.Obs)
		copy(kept.EpisodeID, now.EpisodeID)
		copy(kept.Elapsed, now.Elapsed)
		copy(kept.Truncated, now.Truncated)
		batches = append(batches, kept)
	}
	alone := o.Finder
	alone.Side, alone.Flight.Reach = 0, 0
	for name, cfg := range map[string]saliency.FinderConfig{"alone": alone, "fill-in": o.Finder} {
		b.Run(name, func(b *testing.B) {
			f, err := newFinders(cfg, o.Env.Spec(), func(int, int, []byte, []env.Box) error { return nil })
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if err := f.see(batches[i%len(batches)], func(int) bool { return false }); err != nil {
					b.Fatal(err)
				}
				i++
			}
			b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "steps/s")
		})
	}
}
