package envtest

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"glint/env"
)

func checkContext(tb testing.TB, open opener, o Options) {
	d := drive(tb, open, o.several(), 1)
	cancelled, cancel := context.WithCancel(tb.Context())
	cancel()
	start := time.Now()
	if _, err := d.vec.Reset(cancelled, seedsFrom(1, d.spec.N)); !errors.Is(err, context.Canceled) {
		tb.Errorf("Reset under a cancelled context: %v, want context.Canceled", err)
	}
	prompt(tb, "Reset", start, o)

	o.vacate(d)
	d = drive(tb, open, o.several(), 1)
	d.reset(1)
	start = time.Now()
	if _, err := d.vec.Step(cancelled, d.next()); !errors.Is(err, context.Canceled) {
		tb.Errorf("Step under a cancelled context: %v, want context.Canceled", err)
	}
	prompt(tb, "Step", start, o)

	o.vacate(d)
	d = drive(tb, open, o.several(), 1)
	d.reset(1)
	const limit = 20 * time.Millisecond
	short, cancel := context.WithTimeout(tb.Context(), limit)
	defer cancel()
	start = time.Now()
	for time.Since(start) < limit+2*o.Prompt {
		if _, err := d.vec.Step(short, d.next()); err != nil {
			if !errors.Is(err, context.DeadlineExceeded) {
				tb.Errorf("Step under a context that ran out: %v, want context.DeadlineExceeded", err)
			}
			break
		}
	}
	prompt(tb, "Step at a deadline", start.Add(limit), o)
	if err := d.vec.Close(); err != nil {
		tb.Errorf("Close after a cancelled Step: %v", err)
	}
}

func prompt(tb testing.TB, name string, start time.Time, o Options) {
	tb.Helper()
	if took := time.Since(start); took > o.Prompt {
		tb.Errorf("%s returned %v after its context was cancelled, want %v at most", name, took, o.Prompt)
	}
}

func checkClosed(tb testing.TB, open opener, o Options) {
	for _, ever := range []bool{false, true} {
		d := drive(tb, open, o.several(), 1)
		if ever {
			d.reset(1)
			d.step()
		}
		for range 2 {
			if err := d.vec.Close(); err != nil {
				tb.Errorf("Close: %v", err)
			}
		}
		ctx := tb.Context()
		_, reset := d.vec.Reset(ctx, seedsFrom(1, d.spec.N))
		_, step := d.vec.Step(ctx, d.next())
		calls := map[string]error{"Reset": reset, "Step": step}
		if s, ok := env.As[env.Saver](d.vec); ok && d.spec.Saves {
			_, calls["Save"] = s.Save(ctx, 0)
			calls["Load"] = s.Load(ctx, 0, nil)
		}
		if s, ok := d.vec.(env.Sender); ok {
			calls["Send"] = s.Send(ctx, 0, []int{0})
			_, calls["Recv"] = s.Recv(ctx, 0)
		}
		for name, err := range calls {
			if !errors.Is(err, env.ErrClosed) {
				tb.Errorf("%s after Close: %v, want env.ErrClosed", name, err)
			}
		}
	}
}

// checkLeaks asks that Close ends every goroutine and process of the Vec. The
// processes are looked up where the system has /proc.
func checkLeaks(tb testing.TB, open opener, o Options) {
	already := goleak.IgnoreCurrent()
	before := descendants(os.Getpid())
	d := drive(tb, open, o.several(), 1)
	d.reset(1)
	for range 3 {
		d.step()
	}
	born := descendants(os.Getpid())
	for id := range before {
		delete(born, id)
	}
	if err := d.vec.Close(); err != nil {
		tb.Errorf("Close: %v", err)
	}
	deadline := time.Now().Add(o.Gone)
	for alive(born) > 0 && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if n := alive(born); n > 0 {
		tb.Errorf("%d of %d processes live %v after Close", n, len(born), o.Gone)
	}
	err := goleak.Find(already)
	for err != nil && time.Now().Before(deadline) {
		err = goleak.Find(already)
	}
	if err != nil {
		tb.Errorf("after Close: %v", err)
	}
}
