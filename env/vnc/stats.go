package vnc

import (
	"sync"
	"time"

	"glint/env"
)

// Stats says how well a Vec keeps time, since it was opened.
type Stats struct {
	// Steps are all steps, Late those that began after their first frame was due.
	Steps, Late env.Steps
	// Missed are the frames that were due while nobody looked.
	Missed env.Frames
	// Repeated are frames that were looked at twice and Skipped those that nobody looked at,
	// of a server in real time that numbers its frames; each within episodes.
	Repeated, Skipped env.Frames
	// Updates are the server's.
	Updates int64
	// Reconnects is how often a lost connection was made anew.
	Reconnects int
	// LatencyP50 and LatencyP95 are quantiles of the time from a request to its answer,
	// over the last 1,024; 0 before the first.
	LatencyP50, LatencyP95 time.Duration
}

// Stats returns how well the Vec has kept time.
func (v *Vec) Stats() Stats {
	s := v.stats
	s.Updates, s.LatencyP50, s.LatencyP95 = v.meter.figures()
	return s
}

// meter measures what comes over all connections of a Vec, one after the other.
type meter struct {
	mu      sync.Mutex
	updates int64
	latency latencies
}

// count takes down an update, and how long the answer to a probe took, 0 where it is none.
func (m *meter) count(answered time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.updates++
	if answered > 0 {
		m.latency.add(answered)
	}
}

// figures returns the number of updates and quantiles of the latency.
func (m *meter) figures() (updates int64, p50, p95 time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	q := m.latency.quantiles(0.50, 0.95)
	return m.updates, q[0], q[1]
}
