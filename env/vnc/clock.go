package vnc

import (
	"slices"
	"time"

	"glint/env"
)

// ticker tells when frames are due: at whole periods after its start, so that what a
// frame costs moves no later one.
type ticker struct {
	start  time.Time
	period time.Duration
	next   int64     // the next tick, counted from start
	last   time.Time // the update that was followed last
}

func newTicker(start time.Time, rate float64) ticker {
	return ticker{start: start, period: time.Duration(float64(time.Second) / rate), next: 1}
}

// due returns the time of the next tick that has not passed, and how many passed unseen.
func (k *ticker) due(now time.Time) (at time.Time, missed env.Frames) {
	if late := now.Sub(k.start) - time.Duration(k.next)*k.period; late > 0 {
		missed = env.Frames((late + k.period - 1) / k.period)
	}
	k.next += int64(missed)
	at = k.start.Add(time.Duration(k.next) * k.period)
	k.next++
	return at, missed
}

const (
	// lead is the part of a period from an update to the tick that follows it: late enough
	// for an update that comes late, and early enough for an answer before the next.
	lead = 4
	// slew is the part of what is missing to that by which an update moves the ticks.
	slew = 8
)

// follow moves the ticks towards a fixed time after the updates of a server that draws at
// the same rate, so that each tick sees another of its frames. What it is off is divided by
// part. Updates at other rates move the ticks to and fro.
func (k *ticker) follow(update time.Time, part time.Duration) {
	if !update.After(k.last) {
		return
	}
	k.last = update
	off := update.Add(k.period/lead).Sub(k.start) % k.period
	switch {
	case off >= k.period/2:
		off -= k.period
	case off < -k.period/2:
		off += k.period
	}
	k.start = k.start.Add(off / part)
}

// maxSamples is the number of latencies that quantiles are taken of, the latest ones.
const maxSamples = 1024

// latencies are the times that answers took.
type latencies struct {
	last []time.Duration
	next int
}

func (l *latencies) add(d time.Duration) {
	if len(l.last) < maxSamples {
		l.last = append(l.last, d)
		return
	}
	l.last[l.next] = d
	l.next = (l.next + 1) % maxSamples
}

// quantiles returns the smallest latencies that at least a share q of all do not exceed,
// 0 where there are none.
func (l *latencies) quantiles(qs ...float64) []time.Duration {
	sorted := slices.Sorted(slices.Values(l.last))
	out := make([]time.Duration, len(qs))
	for i, q := range qs {
		if n := len(sorted); n > 0 {
			out[i] = sorted[min(n-1, max(0, int(q*float64(n)+0.999999)-1))]
		}
	}
	return out
}
