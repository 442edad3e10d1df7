package telemetry_test

import (
	"testing"

	"glint/internal/telemetry"
)

func BenchmarkPhase(b *testing.B) {
	var p telemetry.Phases
	b.ReportAllocs()
	for b.Loop() {
		p.Start(telemetry.Act).Stop()
	}
}

func BenchmarkRunWrite(b *testing.B) {
	r, err := telemetry.Create(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	full := telemetry.Row{Values: telemetry.Values{}}
	for i, m := range telemetry.Metrics {
		full.Values[m.Name] = 1 / float64(i+3)
	}
	for b.Loop() {
		if err := r.Write(full); err != nil {
			b.Fatal(err)
		}
	}
	if err := r.Close(); err != nil {
		b.Fatal(err)
	}
}
