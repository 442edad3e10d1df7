package vnc_test

import (
	"testing"
	"time"

	"glint/env/vnc"
	"glint/env/vnc/vnctest"
)

// options suits a server on this machine that is asked often; nil is one to be named yet.
func options(s *vnctest.Server) vnc.Options {
	o := vnc.DefaultOptions("")
	if s != nil {
		o.Address = s.Address
	}
	o.Rate, o.MaxFrames, o.Timeout, o.Patience, o.Startup = 1000, 40, 2*time.Second, 2*time.Second, 2*time.Second
	return o
}

// open opens a Vec that is closed when the test ends.
func open(tb testing.TB, o vnc.Options) *vnc.Vec {
	tb.Helper()
	v, err := vnc.Open(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := v.Close(); err != nil {
			tb.Errorf("Close: %v", err)
		}
	})
	return v
}

func reset(tb testing.TB, v *vnc.Vec) {
	tb.Helper()
	if _, err := v.Reset(tb.Context(), []uint64{1}); err != nil {
		tb.Fatal(err)
	}
}
