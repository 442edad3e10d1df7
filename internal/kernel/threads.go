package kernel

import (
	"runtime"
	"sync/atomic"
	"time"
)

// tiles is work cut into independent numbered parts.
type tiles interface {
	// do computes part i with the scratch memory of the worker that runs it.
	do(s *scratch, i int)
}

// scratch is the private memory of one worker. Its buffers grow to the largest
// geometry seen and stay.
type scratch struct {
	image []float32 // an operand laid out for the micro-kernels
	other []float32 // the second operand of a dot
	out   []float32 // results before their epilogue
	grad  []float32 // the gradient by an image
	tile  [maxTile]float32
	wake  chan struct{} // nil for the calling goroutine
	state atomic.Int32
	next  atomic.Int64 // the first part of its share that nobody has taken
	end   int64        // the end of its share
}

// pool runs tiles on the calling goroutine and on parked workers. Each begins with a
// share of neighbouring parts, the same ones of every call: so the images that a worker
// reads are most often those that it wrote, and lie in the cache of its core.
type pool struct {
	workers []*scratch // the first belongs to the caller
	job     tiles
	serving []*scratch   // those of the workers that have a share of the call
	busy    atomic.Int64 // workers that serve the call
}

// others is the number of cores that SetBusy leaves to other work.
var others atomic.Int64

// SetThreads sets the number of goroutines that compute, the calling one
// included; numbers below 1 count as 1, which is also the initial setting.
// Results do not depend on it. A goroutine that calls while another one does computes
// alone.
func SetThreads(n int) {
	n = max(n, 1)
	shared.mu.Lock()
	defer shared.mu.Unlock()
	for len(shared.workers) > n {
		last := len(shared.workers) - 1
		close(shared.workers[last].wake)
		shared.workers[last] = nil
		shared.workers = shared.workers[:last]
	}
	for len(shared.workers) < n {
		w := &scratch{wake: make(chan struct{}, 1)}
		shared.workers = append(shared.workers, w)
		go shared.serve(w, len(shared.workers)-1)
	}
}

// Threads returns the number of goroutines that compute.
func Threads() int {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	return len(shared.workers)
}

// SetBusy says that other work keeps n cores busy: as many of the goroutines rest from the
// next call on, but for the calling one.
func SetBusy(n int) { others.Store(int64(max(n, 0))) }

// patience is how long a worker looks for the next call, and a caller for the last
// worker, before it sleeps: longer than the time between the calls of an update and
// shorter than what others would miss.
const patience = 50 * time.Microsecond

// run computes parts 0..n-1 of a job and returns when all are done.
func (p *pool) run(job tiles, n int) {
	if n <= 0 {
		return
	}
	team := max(1, min(n, len(p.workers)-int(others.Load())))
	if team == 1 {
		for i := range n {
			job.do(p.workers[0], i)
		}
		return
	}
	p.job, p.serving = job, p.workers[:team]
	for i, w := range p.serving {
		w.next.Store(int64(i * n / len(p.serving)))
		w.end = int64((i + 1) * n / len(p.serving))
	}
	p.busy.Store(int64(len(p.serving) - 1))
	for _, w := range p.serving[1:] {
		if w.state.Swap(called) == asleep {
			w.wake <- struct{}{}
		}
	}
	p.drain(0)
	for start := time.Now(); p.busy.Load() > 0; {
		if time.Since(start) > patience {
			runtime.Gosched()
		}
	}
	p.job = nil
}

// Job is work of a caller that is cut into independent numbered parts.
type Job interface {
	// Do computes part i. It may call what works in its caller's goroutine, but no
	// other function of this package.
	Do(i int)
}

// givenJob runs the Job of a caller.
type givenJob struct{ job Job }

func (g *givenJob) do(_ *scratch, i int) { g.job.Do(i) }

// Parallel computes parts 0..n-1 of a job on the goroutines of [SetThreads] and
// returns when all are done. Which of them computes a part, and when, is open.
func Parallel(job Job, n int) {
	crew := hire()
	defer crew.leave()
	crew.given.job = job
	crew.run(&crew.given, n)
	crew.given.job = nil
}

// The states of a worker.
const (
	waiting int32 = iota // looks for a call
	called               // has a call to serve
	asleep               // must be woken for its next call
)

// serve is the life of one worker, number me.
func (p *pool) serve(w *scratch, me int) {
	for p.await(w) {
		w.state.Store(waiting)
		p.drain(me)
		p.busy.Add(-1)
	}
}

// await returns true when there is a call to serve and false when the worker is to
// end.
func (p *pool) await(w *scratch) bool {
	for start := time.Now(); time.Since(start) < patience; {
		if w.state.Load() == called {
			return true
		}
	}
	if !w.state.CompareAndSwap(waiting, asleep) {
		return true
	}
	_, more := <-w.wake
	return more
}

// drain takes the parts of worker me's share, then those that the others have left.
func (p *pool) drain(me int) {
	s := p.serving[me]
	for i := range p.serving {
		share := p.serving[(me+i)%len(p.serving)]
		for part := share.next.Add(1) - 1; part < share.end; part = share.next.Add(1) - 1 {
			p.job.do(s, int(part))
		}
	}
}

// grow returns *buf with length n, reallocated when its capacity is too small.
// The contents are whatever was there.
func grow[E any](buf *[]E, n int) []E {
	if cap(*buf) < n {
		*buf = make([]E, n)
	}
	*buf = (*buf)[:n]
	return *buf
}

// need panics when a slice is shorter than its shape.
func need(op string, have, want int) {
	if have < want {
		panic("kernel: " + op + ": a slice is shorter than its shape")
	}
}

// ceilDiv returns a/b rounded up, for a >= 0.
func ceilDiv(a, b int) int { return (a + b - 1) / b }

// roundUp returns the multiple of b that is next to or at a.
func roundUp(a, b int) int { return ceilDiv(a, b) * b }
