package gym_test

import (
	"testing"

	"glint/env/gym"
)

func TestBench(t *testing.T) {
	o := gym.DefaultBenchOptions("ALE/KungFuMaster-v5")
	o.Env.Python, o.Env.Crop = python(t), fight
	o.Steps, o.Runs = 20, 3
	r, err := gym.Bench(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", r)
	// The goal is 0.9; here other work runs beside, so only a blunder shows.
	if r.FramesPerS <= 0 || r.BareFramesPerS <= 0 || r.WorkerRatio < 0.6 || r.WorkerRatio > 1.5 {
		t.Errorf("Bench: %+v", r)
	}
	o.Env.Workers = 2
	if _, err := gym.Bench(t.Context(), o); err == nil {
		t.Error("a bench of two workers was accepted")
	}
}

func BenchmarkStep(b *testing.B) {
	o := kungFu(b, 8)
	o.Workers = 1
	v := open(b, o)
	if _, err := v.Reset(b.Context(), make([]uint64, 8)); err != nil {
		b.Fatal(err)
	}
	actions := make([]int, 8)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Step(b.Context(), actions); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(8*4*b.N)/b.Elapsed().Seconds(), "frames/s")
}
