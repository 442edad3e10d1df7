package vnc

import (
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
	// Updates are the server's, over the present connection.
	Updates int64
	// Reconnects is how often a lost connection was made anew.
	Reconnects int
	// LatencyP50 and LatencyP95 are quantiles of the time from a request to its answer,
	// over the present connection's last 1,024; 0 before the first.
	LatencyP50, LatencyP95 time.Duration
}

// Stats returns how well the Vec has kept time.
func (v *Vec) Stats() Stats {
	s := v.stats
	if v.link != nil {
		s.Updates, s.LatencyP50, s.LatencyP95 = v.link.view.figures()
	}
	return s
}
