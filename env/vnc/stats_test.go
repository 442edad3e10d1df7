package vnc_test

import (
	"bytes"
	"image"
	"testing"
	"time"

	"glint/env/vnc/vnctest"
)

// TestLate thinks for longer than a frame lasts, twice.
func TestLate(t *testing.T) {
	s := vnctest.Start(t, vnctest.Options{Draw: count})
	o := options(s)
	o.Rate, o.MaxFrames = 50, 1000
	v := open(t, o)
	reset(t, v)
	for _, think := range []time.Duration{0, 50 * time.Millisecond, 0, 90 * time.Millisecond} {
		time.Sleep(think)
		start := time.Now()
		last(t, v)
		if took := time.Since(start); took < 60*time.Millisecond-10*time.Millisecond {
			t.Errorf("after %v of thought a step of 4 frames took %v: it was played faster to catch up", think, took)
		}
	}
	if st := v.Stats(); st.Steps != 4 || st.Late < 2 || st.Missed < 2+4 {
		t.Errorf("%+v, want 4 steps, 2 late ones, 6 frames missed", st)
	}
}

// TestLatency probes a server that takes its time.
func TestLatency(t *testing.T) {
	const delay = 30 * time.Millisecond
	s := vnctest.Start(t, vnctest.Options{Draw: count, Delay: delay})
	o := options(s)
	o.MaxFrames = 10_000
	v := open(t, o)
	reset(t, v)
	if st := v.Stats(); st.LatencyP50 != 0 || st.LatencyP95 != 0 {
		t.Errorf("before the first probe the latency is %v and %v", st.LatencyP50, st.LatencyP95)
	}
	for start := time.Now(); v.Stats().LatencyP50 == 0 && time.Since(start) < 10*time.Second; {
		last(t, v)
	}
	s.Drop()
	until(t, v)
	if st := v.Stats(); st.Reconnects != 1 || st.LatencyP50 < delay || st.Updates < 30 {
		t.Errorf("%+v after a reconnect, want the latency and the updates of before", st)
	}
	if st := v.Stats(); st.LatencyP50 < delay || st.LatencyP95 < st.LatencyP50 || st.LatencyP95 > 20*delay {
		t.Errorf("latencies of %v and %v, the server takes %v", st.LatencyP50, st.LatencyP95, delay)
	}
}

// TestRest plays on a screen that never changes: probes keep the connection.
func TestRest(t *testing.T) {
	o := options(nil)
	o.Address, o.MaxFrames, o.Timeout = tiger(t).address, 10_000, time.Second
	v := open(t, o)
	reset(t, v)
	for start := time.Now(); time.Since(start) < 3500*time.Millisecond; {
		last(t, v)
	}
	if st := v.Stats(); st.Reconnects != 0 || st.LatencyP50 == 0 {
		t.Errorf("%+v: want no reconnect and answered probes", st)
	}
}

// TestDamage compares the frames of a step, outside of the damage, with the last frame
// of the step before.
func TestDamage(t *testing.T) {
	s := tiger(t)
	a := newArtist(t, s)
	o := options(nil)
	o.Address, o.MaxFrames, o.Crop = s.address, 100_000, image.Rect(40, 30, 280, 200)
	v := open(t, o)
	reset(t, v)
	before := bytes.Clone(last(t, v))
	changed, still := 0, 0
	for k := range 60 {
		if k%3 == 0 {
			a.ask("ops 1 %d", k)
		}
		b, err := v.Step(t.Context(), []int{0})
		if err != nil {
			t.Fatal(err)
		}
		width := v.Spec().W
		damaged := make([]bool, width*v.Spec().H)
		for _, r := range v.Damage() {
			for y := r.Min.Y; y < r.Max.Y; y++ {
				for x := r.Min.X; x < r.Max.X; x++ {
					damaged[y*width+x] = true
				}
			}
		}
		size := v.Spec().FrameLen()
		for frame := b.Obs; len(frame) > 0; frame = frame[size:] {
			for i, d := range damaged {
				if now, was := frame[i*3:i*3+3], before[i*3:i*3+3]; !d && !bytes.Equal(now, was) {
					t.Fatalf("step %d: pixel %v changed outside of the damage %v", k, image.Pt(i%width, i/width), v.Damage())
				}
			}
		}
		if len(v.Damage()) == 0 {
			still++
		} else {
			changed++
		}
		copy(before, b.Obs[3*size:])
	}
	if changed < 5 || still < 5 {
		t.Errorf("%d steps with damage and %d without, want some of both", changed, still)
	}
}
