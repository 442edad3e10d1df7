package kernel_test

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"glint/internal/kernel"
)

// batches are geometries of the model at batch 1 and at odd ones, and small ones of
// large odd batches.
func batches() []kernel.Conv {
	list := append(model(1), model(3)...)
	for _, b := range []int{5, 31, 33, 257} {
		list = append(list, kernel.Conv{B: b, C: 3, H: 9, W: 11, F: 9, KH: 3, KW: 4, Stride: 2, Pad: 1})
	}
	return brief(append(list, kernel.Conv{B: 1, C: 33, H: 7, W: 5, F: 130, KH: 2, KW: 3, Stride: 1}))
}

// started is an operation with operands, and what one thread computes of them.
type started struct {
	operation
	call, want, again *call
}

// start runs every operation of the geometries with one thread.
func start(list []kernel.Conv) []started {
	r := source()
	kernel.SetThreads(1)
	var all []started
	for i, c := range list {
		for _, op := range operations(c, kernel.Act(i%3)) {
			s := started{operation: op, call: op.newCall(r, c)}
			s.want = s.call.clone(op, offsets[0])
			op.run(s.want)
			s.again = s.call.clone(op, offsets[0])
			all = append(all, s)
		}
	}
	return all
}

// run runs the operation anew.
func (s *started) run() {
	for _, x := range s.again.out {
		clear(x)
	}
	for i, x := range s.again.both {
		copy(x, s.call.both[i])
	}
	s.operation.run(s.again)
}

func TestSameBitsForAnyThreads(t *testing.T) {
	kernel.EachLevel(t, func(t *testing.T) {
		defer kernel.SetThreads(1)
		all := start(batches())
		for _, n := range []int{1, 2, 3, 8} {
			kernel.SetThreads(n)
			if got := kernel.Threads(); got != n {
				t.Fatalf("Threads() = %d, want %d", got, n)
			}
			for i := range all {
				all[i].run()
				all[i].sameResults(t, fmt.Sprintf("%s on %d threads", all[i].name, n), all[i].again, all[i].want)
			}
		}
	})
}

// Goroutines that never rest, on more threads than the machine has cores, stop
// workers at any place.
func TestSameBitsUnderLoad(t *testing.T) {
	before := runtime.GOMAXPROCS(4 * runtime.NumCPU())
	defer runtime.GOMAXPROCS(before)
	var stop atomic.Bool
	var busy sync.WaitGroup
	for range 2 * runtime.NumCPU() {
		busy.Go(func() {
			for !stop.Load() {
			}
		})
	}
	defer busy.Wait()
	defer stop.Store(true)
	kernel.EachLevel(t, func(t *testing.T) {
		defer kernel.SetThreads(1)
		all := start(batches()[len(batches())/2:])
		for _, n := range []int{2, 3, 8} {
			kernel.SetThreads(n)
			for i := range all {
				all[i].run()
				all[i].sameResults(t, fmt.Sprintf("%s on %d threads", all[i].name, n), all[i].again, all[i].want)
			}
		}
	})
}

// squaring is a Job that squares numbers, and notes how often each was asked for.
type squaring struct{ x, times []int }

func (s *squaring) Do(i int) {
	s.x[i] *= s.x[i]
	s.times[i]++
}

func TestParallel(t *testing.T) {
	defer kernel.SetThreads(1)
	for _, threads := range []int{1, 2, 8} {
		kernel.SetThreads(threads)
		for _, n := range []int{0, 1, 5, 100} {
			s := squaring{make([]int, n), make([]int, n)}
			for i := range s.x {
				s.x[i] = i
			}
			kernel.Parallel(&s, n)
			for i, v := range s.x {
				if v != i*i || s.times[i] != 1 {
					t.Fatalf("%d threads: part %d of %d ran %d times and gave %d", threads, i, n, s.times[i], v)
				}
			}
		}
	}
}

// A worker's memory grows with the first part that it gets of a geometry, which
// may be late where cores are few.
func TestNothingAllocated(t *testing.T) {
	kernel.EachLevel(t, func(t *testing.T) {
		defer kernel.SetThreads(1)
		list := batches()
		all := start(list[:min(4, len(list))])
		for _, n := range []int{1, 2} {
			kernel.SetThreads(n)
			allocated := 1.
			for try := 0; try < 50 && allocated > 0; try++ {
				allocated = testing.AllocsPerRun(2, func() {
					for i := range all {
						all[i].run()
					}
				})
			}
			if allocated != 0 {
				t.Errorf("%d threads: %v allocations in every run", n, allocated)
			}
		}
	})
}

// Goroutines that call at the same time, some of them alone and all while cores are given
// away and taken back, get what one gets.
func TestSameBitsAtOnce(t *testing.T) {
	defer kernel.SetThreads(1)
	defer kernel.SetBusy(0)
	list := batches()
	callers := make([][]started, 3)
	for c := range callers {
		callers[c] = start(list[len(list)/2:])
	}
	kernel.SetThreads(2)
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := range callers[c] {
				kernel.SetBusy(i % 3)
				callers[c][i].run()
			}
		})
	}
	wg.Wait()
	for _, all := range callers {
		for _, s := range all {
			s.sameResults(t, s.name+" beside others", s.again, s.want)
		}
	}
}

func TestWorkersEnd(t *testing.T) {
	before := runtime.NumGoroutine()
	kernel.SetThreads(8)
	kernel.SetThreads(0)
	if got := kernel.Threads(); got != 1 {
		t.Errorf("Threads() = %d after SetThreads(0), want 1", got)
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines, were %d", runtime.NumGoroutine(), before)
}
