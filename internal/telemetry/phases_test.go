package telemetry_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"glint/internal/telemetry"
)

func TestPhases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p telemetry.Phases
		span := p.Start(telemetry.Learn)
		time.Sleep(3 * time.Second)
		span.Stop()
		var wg sync.WaitGroup
		for range 2 { // spans of two goroutines at once both count
			wg.Go(func() {
				span := p.Start(telemetry.Env)
				time.Sleep(time.Second)
				span.Stop()
			})
		}
		wg.Wait()
		if got := p.Total(telemetry.Env); got != 2*time.Second {
			t.Errorf("env took %v", got)
		}
		values := telemetry.Values{}
		p.Drain(values)
		want := telemetry.Values{"phase/env": 2, "phase/preprocess": 0, "phase/act": 0, "phase/learn": 3, "phase/save": 0, "phase/wait": 0}
		if d := cmp.Diff(want, values); d != "" {
			t.Error(d)
		}
		if p.Total(telemetry.Learn) != 0 {
			t.Error("Drain did not start again from zero")
		}
	})
}

func TestPhaseNames(t *testing.T) {
	for phase, want := range map[telemetry.Phase]string{
		telemetry.Env: "env", telemetry.Preprocess: "preprocess", telemetry.Act: "act", telemetry.Learn: "learn", telemetry.Save: "save", telemetry.Wait: "wait",
	} {
		if got := phase.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if m, ok := telemetry.Lookup("phase/" + want); !ok || !m.Timing || m.Unit != "s" {
			t.Errorf("the metric of phase %q is %+v", want, m)
		}
	}
}

func TestPhasesDoNotAllocate(t *testing.T) {
	var p telemetry.Phases
	if n := testing.AllocsPerRun(100, func() { p.Start(telemetry.Act).Stop() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
