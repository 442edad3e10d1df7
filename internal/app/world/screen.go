package world

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"glint/env"
	"glint/env/vnc"
	"glint/internal/app"
	"glint/internal/app/config"
)

// Screen is a VNC environment that says at its end how well it kept time.
type Screen struct {
	*vnc.Vec
	o      app.IO
	closed bool
}

// Unwrap returns the environment below, for env.As.
func (s *Screen) Unwrap() env.Vec { return s.Vec }

// Reset begins an episode.
func (s *Screen) Reset(ctx context.Context, seeds []uint64) (*env.Batch, error) {
	b, err := s.Vec.Reset(ctx, seeds)
	return b, explainScreen(err, inPlay)
}

// Step plays a step.
func (s *Screen) Step(ctx context.Context, actions []int) (*env.Batch, error) {
	b, err := s.Vec.Step(ctx, actions)
	return b, explainScreen(err, inPlay)
}

// Close closes the environment.
func (s *Screen) Close() error {
	if f := s.Figures(); !s.closed && f.Steps > 0 {
		s.o.Notef("screen: %s", f)
	}
	for i, st := range s.Scores() {
		if !s.closed && st.Frames > 0 {
			s.o.Notef("score %d: read in %.1f %% of the frames; %d at last", i+1, 100*float64(st.Read)/float64(st.Frames), st.Score)
		}
	}
	s.closed = true
	return s.Vec.Close()
}

// ScreenFigures says how well the time of a screen was kept.
type ScreenFigures struct {
	Steps          int64    `json:"steps"`
	LateSteps      int64    `json:"late_steps"`      // that began after their first frame was due
	MissedFrames   int64    `json:"missed_frames"`   // that were due while nobody looked
	RepeatedFrames int64    `json:"repeated_frames"` // that were looked at twice, of a server that numbers its frames
	SkippedFrames  int64    `json:"skipped_frames"`  // that were never looked at, of such a server
	Reconnects     int      `json:"reconnects"`
	LatencyP50     *float64 `json:"latency_p50_ms"` // from a request to its answer; null before the first probe, after a second
	LatencyP95     *float64 `json:"latency_p95_ms"`
}

// Figures says how well the time was kept until now.
func (s *Screen) Figures() ScreenFigures {
	st := s.Stats()
	return ScreenFigures{
		Steps: int64(st.Steps), LateSteps: int64(st.Late), MissedFrames: int64(st.Missed),
		RepeatedFrames: int64(st.Repeated), SkippedFrames: int64(st.Skipped), Reconnects: st.Reconnects,
		LatencyP50: InMilliseconds(st.LatencyP50), LatencyP95: InMilliseconds(st.LatencyP95),
	}
}

// String says it in one line.
func (f ScreenFigures) String() string {
	return fmt.Sprintf("%d steps, %d late (%d frames missed), %d frames seen twice, %d never, %d reconnects; latency %s in the median, %s in the 95th percentile",
		f.Steps, f.LateSteps, f.MissedFrames, f.RepeatedFrames, f.SkippedFrames, f.Reconnects, Milliseconds(f.LatencyP50), Milliseconds(f.LatencyP95))
}

// Milliseconds writes a latency, nil where it was not measured.
func Milliseconds(ms *float64) string {
	if ms == nil {
		return "not measured"
	}
	return fmt.Sprintf("%.1f ms", *ms)
}

// InMilliseconds returns nil for a latency that was not measured.
func InMilliseconds(d time.Duration) *float64 {
	if d == 0 {
		return nil
	}
	ms := float64(d) / float64(time.Millisecond)
	return &ms
}

// OpenScreen connects to a screen.
func OpenScreen(ctx context.Context, c *config.Config, n int, o app.IO) (*Screen, error) {
	address, rewarder, err := vnc.ParseURL(c.Env)
	if err != nil {
		return nil, &app.UsageError{Msg: err.Error()}
	}
	if n != 1 {
		return nil, app.Usagef("give --envs 1", "a screen is one environment, not %d", n)
	}
	v := vnc.DefaultOptions(address)
	v.Keys, v.Restart, v.Rate, v.Repeat = c.VNC.Keys, c.VNC.Restart, c.VNC.Rate, c.VNC.Repeat
	v.Rewarder, v.RewarderEnv, v.Clock, v.Commit = rewarder, c.VNC.EnvID, c.VNC.Clock, c.VNC.Commit
	v.MaxFrames, v.Encoding, v.Crop = env.Frames(c.VNC.MaxFrames), c.VNC.Encoding, c.Pixels.Crop
	if c.VNC.Clock == vnc.Lockstep && rewarder == "" {
		return nil, app.Usagef("give its port as well, as in --env "+strings.TrimRight(c.Env, "/")+"+15900, or leave out [vnc] clock in the config", "lock step wants a rewarder that says what each frame brought")
	}
	if v.Scores, v.End, err = c.VNC.Board(); err != nil {
		return nil, err
	}
	if err := v.Validate(); err != nil {
		return nil, app.Usagef("mend [vnc] or [pixels] crop in the config", "%v", err)
	}
	if v.Password, err = readPassword(c.VNC.Password); err != nil {
		return nil, err
	}
	v.Waiting = func(missing error) {
		o.Notef("%s: waiting for up to %v: %v", c.Env, v.Startup, missing)
	}
	s, err := vnc.Open(ctx, v)
	if err != nil {
		return nil, explainScreen(err, "check the address: "+ports)
	}
	return &Screen{Vec: s, o: o}, nil
}

// ports says which ports an address names.
const ports = "the port of a VNC server is 5900 and the number of its display, the one after the + is the rewarder's"

// inPlay is what to do about a server that played before.
const inPlay = "look whether it hangs or has crashed, and whether somebody else presses its keys"

// explainScreen says what the user can do about a screen that cannot be played; otherwise is
// what to do where the error tells no more than that.
func explainScreen(err error, otherwise string) error {
	switch {
	case errors.Is(err, vnc.ErrAbsent):
		return fmt.Errorf("%w: start it, or check the address: %s", err, ports)
	case errors.Is(err, vnc.ErrSilent):
		return fmt.Errorf("%w: %s", err, otherwise)
	}
	for _, c := range []struct {
		is   error
		hint string
	}{
		{vnc.ErrPassword, "name the file with the password: --token-file FILE, or [vnc] password in the config"},
		{vnc.ErrRefused, "mend what it says; a server that was shown wrong passwords shuts out who comes again, until some time has passed or it starts anew"},
		{vnc.ErrSecurity, "let the server offer None or VncAuth, and go through ssh -L"},
		{vnc.ErrRewarder, "let one client play at a time, and name an environment that the rewarder has, or none: [vnc] env_id in the config"},
		{vnc.ErrCrop, "change [pixels] crop, or the crop of a score or of [vnc.end], in the config, or the size of the screen"},
		{vnc.ErrRestart, "set [vnc] restart to keys that begin a game"},
		{vnc.ErrClock, `set [vnc] clock = "lockstep" in the config, or start the server without lock step`},
		{vnc.ErrRealtime, `start the server in lock step, as scripts/remote --lockstep does, and press none of its keys elsewhere; or leave out [vnc] clock in the config`},
		{vnc.ErrProtocol, otherwise},
	} {
		if errors.Is(err, c.is) {
			return &app.UsageError{Msg: err.Error(), Hint: c.hint}
		}
	}
	return err
}

// readPassword reads a file with a password; without one there is none.
func readPassword(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", app.Usagef("give a file that holds the password alone: --token-file FILE, or [vnc] password in the config", "the password file cannot be read (%v)", err)
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}
