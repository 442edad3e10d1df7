package vnc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"glint/env"
)

// The clocks.
const (
	// Realtime takes frames when they are due.
	Realtime = "realtime"
	// Lockstep asks the server for each frame.
	Lockstep = "lockstep"
)

// A server that numbers its frames draws three pixels at the left of its last row: one that
// says so, the number, and its complement, all in 24 bits, red first.
const (
	stampMark = 0x676c74
	stampMask = 1<<24 - 1
)

// stamp is the number of a frame, where it has one.
type stamp struct {
	number uint32
	is     bool
}

// readStamp reads the number of the frame that a screen shows.
func readStamp(s *screen) stamp {
	if s.w < 3 {
		return stamp{}
	}
	row := s.row(0, s.h-1, 3)
	value := func(i int) uint32 {
		p := row[i*pixelLen:]
		return uint32(p[0])<<16 | uint32(p[1])<<8 | uint32(p[2])
	}
	if n := value(1); value(0) == stampMark && value(2) == ^n&stampMask {
		return stamp{number: n, is: true}
	}
	return stamp{}
}

// since returns the number of frames from an earlier one to s.
func (s stamp) since(earlier stamp) env.Frames {
	return env.Frames((s.number - earlier.number) & stampMask)
}

// after says whether s is a later frame than an earlier one, of which numbers that begin
// anew allow 2^23.
func (s stamp) after(earlier stamp) bool {
	n := s.since(earlier)
	return s.is && n > 0 && n <= stampMask/2
}

// count notes which frame of a server in real time was looked at. It is an error where that
// has been the same one for too long.
func (v *Vec) count(s stamp, now time.Time) error {
	switch {
	case !s.is || !v.stamp.is:
		v.moved = now
	case s == v.stamp:
		v.stats.Repeated++
		if now.Sub(v.moved) > v.o.Timeout {
			return fmt.Errorf("%w: it has shown frame %d for %v", ErrClock, s.number, v.o.Timeout)
		}
	default:
		v.stats.Skipped += s.since(v.stamp) - 1
		v.moved = now
	}
	v.stamp = s
	return nil
}

// advance plays a step in lock step: it asks for one frame after the other. Where the
// episode ends before the last one, its last frame stands for the missing ones.
func (v *Vec) advance(ctx context.Context) (out outcome, changed bool, err error) {
	v.damage = v.damage[:0]
	sizes := 0
	for t := range v.spec.T {
		if over := out.done || out.cut; over {
			copy(v.frame(t), v.frame(t-1))
			continue
		}
		if err := v.link.strike(v.commit); err != nil {
			return out, false, err
		}
		v.stamp.number = (v.stamp.number + 1) & stampMask
		if err := v.judge.paid(ctx, v.stamp); err != nil {
			return out, false, err
		}
		if sizes, err = v.receive(ctx, v.frame(t)); err != nil {
			return out, false, err
		}
		frame, err := v.judge.take()
		if err != nil {
			return out, false, err
		}
		out = outcome{reward: out.reward + frame.reward, done: frame.done, cut: frame.cut}
	}
	return out, sizes != v.sizes, nil
}

// first begins an episode in lock step. Its first frame is all frames of the observation.
func (v *Vec) first(ctx context.Context, anew bool) error {
	v.damage = v.damage[:0]
	switch {
	case !anew:
		if err := v.link.strike(v.commit); err != nil {
			return err
		}
	case v.stamp.is: // a stroke of a step that failed must not count for the new episode
		if err := v.link.shows(ctx, v.stamp); err != nil {
			return err
		}
	}
	if err := v.await(ctx, anew); err != nil {
		return err
	}
	var err error
	if v.stamp, err = v.judge.begun(ctx); err != nil {
		return err
	}
	v.batch.Elapsed[0] = 0
	if v.sizes, err = v.receive(ctx, v.frame(0)); err != nil {
		return err
	}
	for t := 1; t < v.spec.T; t++ {
		copy(v.frame(t), v.frame(0))
	}
	return nil
}

// frame returns frame t of the observation, [H,W,3].
func (v *Vec) frame(t int) []byte {
	size := v.spec.FrameLen()
	return v.batch.Obs[t*size : (t+1)*size]
}

// receive waits until the screen shows the frame that v.stamp numbers, and copies it to dst.
func (v *Vec) receive(ctx context.Context, dst []byte) (sizes int, err error) {
	if err := v.link.shows(ctx, v.stamp); err != nil {
		return 0, err
	}
	g := v.link.view.look(dst, v.damage, nil)
	v.damage = g.damage
	return g.sizes, nil
}

// shows waits until the screen shows a frame.
func (l *link) shows(ctx context.Context, want stamp) error {
	var seen stamp
	ended, err := waitFor(ctx, l.timeout, l.done, func() (bool, <-chan struct{}) {
		var changed <-chan struct{}
		seen, changed = l.view.stamped()
		return seen == want, changed
	})
	switch {
	case ended:
		return l.err
	case !errors.Is(err, errLate):
		return err
	case !seen.is:
		return fmt.Errorf("%w: it shows no numbers of frames in the last row of its screen", ErrRealtime)
	case seen.after(want):
		return fmt.Errorf("%w: it shows frame %d, %d was the last that was asked for", ErrRealtime, seen.number, want.number)
	}
	return fmt.Errorf("%w: it shows frame %d, and not %d within %v", ErrSilent, seen.number, want.number, l.timeout)
}

// stamped returns the number of the frame that is shown, and what gets a value when that
// may have changed.
func (v *view) stamped() (stamp, <-chan struct{}) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.stamp, v.news
}

// paid waits until a frame was paid for.
func (r *rewarder) paid(ctx context.Context, want stamp) error {
	var got stamp
	err := r.wait(ctx, r.timeout, fmt.Sprintf("says nothing of frame %d", want.number), func() (bool, <-chan struct{}) {
		var changed <-chan struct{}
		got, changed = r.books.paid()
		return got == want, changed
	})
	if errors.Is(err, ErrSilent) && got.after(want) {
		return fmt.Errorf("%w: its rewarder pays for frame %d, %d was the last that was asked for", ErrRealtime, got.number, want.number)
	}
	return err
}

// begun waits for the number of the first frame of the current episode.
func (r *rewarder) begun(ctx context.Context) (first stamp, err error) {
	err = r.wait(ctx, r.timeout, "", func() (bool, <-chan struct{}) {
		var changed <-chan struct{}
		first, changed = r.books.paid()
		return first.is, changed
	})
	if errors.Is(err, ErrSilent) {
		return first, fmt.Errorf("%w: its rewarder says no number of the first frame, within %v", ErrRealtime, r.timeout)
	}
	return first, err
}
