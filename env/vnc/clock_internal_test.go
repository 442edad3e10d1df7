package vnc

import (
	"errors"
	"testing"
	"time"

	"glint/env"
)

func TestTicker(t *testing.T) {
	start := time.Unix(1000, 0)
	k := newTicker(start, 100)
	ms := func(n int) time.Time { return start.Add(time.Duration(n) * time.Millisecond) }
	for i, c := range []struct {
		now, due int
		missed   env.Frames
	}{
		{0, 10, 0},
		{10, 20, 0}, // woken in time
		{26, 30, 0}, // late for nothing
		{40, 40, 0}, // the last moment
		{51, 60, 1}, // 50 has passed
		{61, 70, 0}, // back in step
		{999, 1000, 92},
		{1005, 1010, 0},
	} {
		if at, missed := k.due(ms(c.now)); at != ms(c.due) || missed != c.missed {
			t.Errorf("call %d at %d ms: due at %v and %d missed, want %d ms and %d", i, c.now, at.Sub(start), missed, c.due, c.missed)
		}
	}
}

// TestTickerDoesNotDrift asks for a second of ticks, each a little late.
func TestTickerDoesNotDrift(t *testing.T) {
	start := time.Unix(1000, 0)
	k := newTicker(start, 60)
	now := start
	for range 60 {
		at, missed := k.due(now)
		if missed > 0 {
			t.Fatalf("%d frames missed by a delay of less than one", missed)
		}
		now = at.Add(12 * time.Millisecond)
	}
	if off := now.Add(-12*time.Millisecond).Sub(start) - time.Second; off.Abs() > time.Microsecond {
		t.Errorf("60 ticks of 1/60 s end %v off a second", off)
	}
}

func TestQuantiles(t *testing.T) {
	var l latencies
	if q := l.quantiles(0.5); q[0] != 0 {
		t.Errorf("no latency has the median %v", q[0])
	}
	for i := range 100 {
		l.add(time.Duration(100 - i))
	}
	for q, want := range map[float64]time.Duration{0: 1, 0.5: 50, 0.95: 95, 1: 100} {
		if got := l.quantiles(q)[0]; got != want {
			t.Errorf("quantile %v of 1..100 is %d, want %d", q, got, want)
		}
	}
	for range maxSamples {
		l.add(7)
	}
	if got := l.quantiles(0, 1); len(l.last) != maxSamples || got[0] != 7 || got[1] != 7 {
		t.Errorf("after %d times 7 the quantiles are %v of %d", maxSamples, got, len(l.last))
	}
}

// TestFollow lets updates come at all phases of the ticks.
func TestFollow(t *testing.T) {
	const period = 16 * time.Millisecond
	start := time.Unix(1000, 0)
	for phase := time.Duration(0); phase < period; phase += time.Millisecond {
		k := ticker{start: start, period: period, next: 1}
		for i := range 60 {
			if i == 30 { // one that comes late moves the ticks by a part of that alone
				before := k.start
				k.follow(start.Add(phase+period*time.Duration(i)+4*time.Millisecond), slew)
				if moved := k.start.Sub(before).Abs(); moved > 4*time.Millisecond/slew+time.Microsecond*100 {
					t.Errorf("an update that is 4 ms late moves the ticks by %v", moved)
				}
			}
			k.follow(start.Add(phase+period*time.Duration(i)), slew)
			k.follow(start.Add(phase), slew) // an old one
		}
		at, _ := k.due(start.Add(60 * period))
		if off := at.Sub(start.Add(phase)) % period; (off - period/lead).Abs() > 200*time.Microsecond {
			t.Errorf("updates at %v of a period of %v: a tick is due %v after one, want %v", phase, period, off, period/lead)
		}
		k.follow(start.Add(time.Hour), 1)
		if at, _ := k.due(start.Add(time.Hour + time.Millisecond)); at.Sub(start.Add(time.Hour))%period != period/lead {
			t.Errorf("a tick is due %v after the update that it was set by", at.Sub(start.Add(time.Hour)))
		}
	}
}

// TestCount looks at frames with numbers, which begin anew after 2^24.
func TestCount(t *testing.T) {
	var v Vec
	for _, s := range []stamp{{1<<24 - 2, true}, {1<<24 - 1, true}, {0, true}, {0, true}, {0, true}, {1, true}, {4, true}, {}, {100, true}} {
		if err := v.count(s, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	if v.stats.Repeated != 2 || v.stats.Skipped != 2 {
		t.Errorf("%d frames were seen twice and %d never, want 2 and 2", v.stats.Repeated, v.stats.Skipped)
	}
}

// TestReadStamp asks for three pixels that belong together.
func TestReadStamp(t *testing.T) {
	var s screen
	for _, c := range []struct {
		w      int
		pixels [3]uint32
		want   stamp
	}{
		{3, [3]uint32{stampMark, 0x123456, 0xedcba9}, stamp{0x123456, true}},
		{9, [3]uint32{stampMark, 0, 0xffffff}, stamp{0, true}},
		{9, [3]uint32{stampMark, 0x123456, 0xedcba8}, stamp{}},
		{9, [3]uint32{stampMark + 1, 0, 0xffffff}, stamp{}},
		{2, [3]uint32{}, stamp{}},
	} {
		if err := s.resize(c.w, 2); err != nil {
			t.Fatal(err)
		}
		for i, p := range c.pixels[:min(3, c.w)] {
			copy(s.row(i, 1, 1), []byte{byte(p >> 16), byte(p >> 8), byte(p), 0x55})
		}
		if got := readStamp(&s); got != c.want {
			t.Errorf("pixels %06x of a row of %d are the stamp %v, want %v", c.pixels, c.w, got, c.want)
		}
	}
}

// TestFrozenFrame: a server that shows the same number for too long waits for keys.
func TestFrozenFrame(t *testing.T) {
	v := &Vec{o: Options{Timeout: time.Second}}
	start := time.Now()
	for _, look := range []struct {
		number uint32
		after  time.Duration
		ends   bool
	}{{7, 0, false}, {7, time.Second, false}, {8, 2 * time.Second, false}, {8, 3 * time.Second, false}, {8, 3*time.Second + 1, true}} {
		err := v.count(stamp{number: look.number, is: true}, start.Add(look.after))
		if errors.Is(err, ErrClock) != look.ends {
			t.Errorf("frame %d after %v: %v", look.number, look.after, err)
		}
	}
	if v.stats.Repeated != 3 || !lasting(ErrClock) {
		t.Errorf("%d frames seen twice, want 3", v.stats.Repeated)
	}
}
