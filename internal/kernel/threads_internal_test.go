package kernel

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// waitJob has 4 parts, of which the first, the caller's, waits for the second.
type waitJob struct {
	done [4]atomic.Bool
	late bool
}

func (j *waitJob) do(_ *scratch, i int) {
	for start := time.Now(); i == 0 && !j.done[1].Load() && !j.late; runtime.Gosched() {
		j.late = time.Since(start) > 10*time.Second
	}
	j.done[i].Store(true)
}

// Cores that other work keeps busy are not used.
func TestBusyCoresRest(t *testing.T) {
	SetThreads(2)
	SetBusy(1)
	t.Cleanup(func() { SetThreads(1); SetBusy(0) })
	j := waitJob{late: true}
	crew := hire()
	shared.serving = nil
	crew.run(&j, len(j.done))
	crew.leave()
	if shared.serving != nil {
		t.Errorf("%d goroutines served a call with one of two cores busy", len(shared.serving))
	}
	SetBusy(0)
	crew = hire()
	crew.run(&j, len(j.done))
	crew.leave()
	if len(shared.serving) != 2 {
		t.Errorf("%d goroutines served a call with two cores free", len(shared.serving))
	}
}

// A worker that is done with its share takes what another has left.
func TestSharesAreTaken(t *testing.T) {
	SetThreads(2)
	t.Cleanup(func() { SetThreads(1) })
	var j waitJob
	crew := hire()
	defer crew.leave()
	crew.run(&j, len(j.done))
	if j.late {
		t.Error("nobody took the second part of a worker that was busy with the first")
	}
}
