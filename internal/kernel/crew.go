package kernel

import "sync"

// crew is who computes a call: a pool with the memory of every job. A call has a crew
// for itself.
type crew struct {
	mu sync.Mutex // held for the length of a call
	pool

	backAct  backActJob
	backBias backBiasJob
	adam     adamJob
	forward  forwardJob
	input    inputJob
	loss     lossJob
	weights  weightsJob
	reduce   reduceJob
	dense    denseJob
	product  productJob
	wide     wideJob
	sum      addJob
	center   centerJob
	scale    scaleJob
	mse      mseJob
	squares  squaresJob
	given    givenJob

	meanPhases []float32 // the phases of a mean image during a call
}

func newCrew() *crew { return &crew{pool: pool{workers: []*scratch{{}}}} }

// shared is the crew with the goroutines of [SetThreads].
var shared = newCrew()

// lone are crews of the calling goroutine alone, for calls that find shared at work.
var lone struct {
	mu    sync.Mutex
	crews []*crew
}

// hire returns a crew that nobody else has until it leaves.
func hire() *crew {
	if shared.mu.TryLock() {
		return shared
	}
	lone.mu.Lock()
	defer lone.mu.Unlock()
	for _, c := range lone.crews {
		if c.mu.TryLock() {
			return c
		}
	}
	c := newCrew()
	c.mu.Lock()
	lone.crews = append(lone.crews, c)
	return c
}

// leave ends a call.
func (c *crew) leave() { c.mu.Unlock() }
