package telemetry

import (
	"sync/atomic"
	"time"
)

// Phase is a part of the training loop that is timed.
type Phase int

// The phases of the loop, named as in the registry.
const (
	Env Phase = iota
	Preprocess
	Act
	Learn
	Save
	Wait
	phaseCount
)

// phaseMetrics holds the metric of every phase.
var phaseMetrics = [phaseCount]string{PhaseEnv, PhasePreprocess, PhaseAct, PhaseLearn, PhaseSave, PhaseWait}

// String returns the name of the phase's metric without its group, such as
// "learn".
func (p Phase) String() string { return phaseMetrics[p][len("phase/"):] }

// Phases adds up the time spent in every phase. The zero value is ready. Spans
// of different goroutines may overlap; each counts in full.
type Phases struct{ total [phaseCount]atomic.Int64 }

// Span is a running measurement.
type Span struct {
	total *atomic.Int64
	start time.Time
}

// Start begins to time a phase, without allocating:
//
//	span := phases.Start(telemetry.Learn)
//	... the work ...
//	span.Stop()
func (p *Phases) Start(phase Phase) Span {
	return Span{total: &p.total[phase], start: time.Now()}
}

// Stop ends the measurement and adds it to its phase. It is called once.
func (s Span) Stop() { s.total.Add(int64(time.Since(s.start))) }

// Total returns the time spent in a phase since the start or the last Drain.
func (p *Phases) Total(phase Phase) time.Duration {
	return time.Duration(p.total[phase].Load())
}

// Drain puts the seconds of every phase into values and starts again from zero.
func (p *Phases) Drain(values Values) {
	for i := range p.total {
		values[phaseMetrics[i]] = time.Duration(p.total[i].Swap(0)).Seconds()
	}
}
