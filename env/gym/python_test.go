package gym_test

import (
	"os"
	"testing"

	"glint/env/gym"
)

// python returns the installed interpreter. Without one the test is skipped,
// except under CI, which installs it.
func python(tb testing.TB) string {
	tb.Helper()
	if testing.Short() {
		tb.Skip("needs Python")
	}
	if os.Getenv("CI") == "true" {
		p, err := gym.Install(tb.Context(), gym.InstallOptions{Progress: func(s string) { tb.Log(s) }})
		if err != nil {
			tb.Fatalf("Install: %v", err)
		}
		return p
	}
	p, err := gym.Python("")
	if err != nil {
		tb.Skip(err)
	}
	return p
}

// kungFu returns the options of Kung-Fu Master's fight, n environments in up to
// two workers.
func kungFu(tb testing.TB, n int) gym.Options {
	o := gym.DefaultOptions("ALE/KungFuMaster-v5")
	o.Python = python(tb)
	o.N, o.Workers = n, min(n, 2)
	o.Crop = fight
	return o
}

// open opens a Vec that is closed when the test ends.
func open(tb testing.TB, o gym.Options) *gym.Vec {
	tb.Helper()
	v, err := gym.Open(tb.Context(), o)
	if err != nil {
		tb.Fatalf("Open: %v", err)
	}
	tb.Cleanup(func() {
		if err := v.Close(); err != nil {
			tb.Errorf("Close: %v", err)
		}
	})
	return v
}
