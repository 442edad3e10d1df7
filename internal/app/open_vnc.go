package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"glint/env"
	"glint/env/vnc"
)

// VNCConfig is how a screen behind a VNC server is played. The part of it that is seen is
// pixels.crop.
type VNCConfig struct {
	Keys      []string `toml:"keys"`       // the actions: keys to hold, as in "Left+space"; "none" for no key
	Restart   []string `toml:"restart"`    // keys to strike, one after the other, when an episode begins
	Clock     string   `toml:"clock"`      // realtime, or lockstep with a server that numbers its frames
	Commit    string   `toml:"commit"`     // key that asks such a server for its next frame
	Rate      float64  `toml:"rate"`       // frames a second
	Repeat    int      `toml:"repeat"`     // frames an action is held for
	MaxFrames int64    `toml:"max_frames"` // frames after which an episode is cut
	Encoding  string   `toml:"encoding"`   // how pixels are sent: auto, raw, copyrect, hextile or zrle
	EnvID     string   `toml:"env_id"`     // what a rewarder shall start; empty for what it has
	Password  string   `toml:"password"`   // file with the password of server and rewarder; empty for none

	Score []ScoreConfig `toml:"score"` // numbers on the screen that rewards are taken from
	End   EndConfig     `toml:"end"`   // how the end of an episode shows

	Files *ScreenFiles `toml:"-"` // what Score and End name; nil before it is read, but for a run that has begun
}

func defaultVNC() VNCConfig {
	o := vnc.DefaultOptions("")
	return VNCConfig{
		Keys: o.Keys, Restart: []string{}, Clock: o.Clock, Commit: o.Commit, Rate: o.Rate, Repeat: o.Repeat,
		MaxFrames: int64(o.MaxFrames), Encoding: o.Encoding, Score: []ScoreConfig{}, End: EndConfig{Pictures: []string{}},
	}
}

// SetSecret names the file with what a remote environment wants to be shown, the token of
// a server or the password of a screen; an empty name changes nothing.
func (c *Config) SetSecret(file string) {
	if file != "" {
		c.Gym.Token, c.VNC.Password = file, file
	}
}

// isScreen says whether an environment is a screen, of which there is one.
func isScreen(name string) bool { return strings.HasPrefix(name, "vnc:") }

// screen is a VNC environment that says at its end how well it kept time.
type screen struct {
	*vnc.Vec
	o      IO
	closed bool
}

// Unwrap returns the environment below, for env.As.
func (s *screen) Unwrap() env.Vec { return s.Vec }

// Reset begins an episode.
func (s *screen) Reset(ctx context.Context, seeds []uint64) (*env.Batch, error) {
	b, err := s.Vec.Reset(ctx, seeds)
	return b, explainScreen(err, inPlay)
}

// Step plays a step.
func (s *screen) Step(ctx context.Context, actions []int) (*env.Batch, error) {
	b, err := s.Vec.Step(ctx, actions)
	return b, explainScreen(err, inPlay)
}

// Close closes the environment.
func (s *screen) Close() error {
	if f := s.figures(); !s.closed && f.Steps > 0 {
		s.o.notef("screen: %s", f)
	}
	for i, st := range s.Scores() {
		if !s.closed && st.Frames > 0 {
			s.o.notef("score %d: read in %.1f %% of the frames; %d at last", i+1, 100*float64(st.Read)/float64(st.Frames), st.Score)
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

// figures says how well the time was kept until now.
func (s *screen) figures() ScreenFigures {
	st := s.Stats()
	return ScreenFigures{
		Steps: int64(st.Steps), LateSteps: int64(st.Late), MissedFrames: int64(st.Missed),
		RepeatedFrames: int64(st.Repeated), SkippedFrames: int64(st.Skipped), Reconnects: st.Reconnects,
		LatencyP50: inMilliseconds(st.LatencyP50), LatencyP95: inMilliseconds(st.LatencyP95),
	}
}

// String says it in one line.
func (f ScreenFigures) String() string {
	return fmt.Sprintf("%d steps, %d late (%d frames missed), %d frames seen twice, %d never, %d reconnects; latency %s in the median, %s in the 95th percentile",
		f.Steps, f.LateSteps, f.MissedFrames, f.RepeatedFrames, f.SkippedFrames, f.Reconnects, milliseconds(f.LatencyP50), milliseconds(f.LatencyP95))
}

// milliseconds writes a latency, nil where it was not measured.
func milliseconds(ms *float64) string {
	if ms == nil {
		return "not measured"
	}
	return fmt.Sprintf("%.1f ms", *ms)
}

// inMilliseconds returns nil for a latency that was not measured.
func inMilliseconds(d time.Duration) *float64 {
	if d == 0 {
		return nil
	}
	ms := float64(d) / float64(time.Millisecond)
	return &ms
}

// openVNC connects to a screen.
func openVNC(ctx context.Context, c *Config, n int, o IO) (opened, error) {
	address, rewarder, err := vnc.ParseURL(c.Env)
	if err != nil {
		return opened{}, &UsageError{Msg: err.Error()}
	}
	if n != 1 {
		return opened{}, usagef("give --envs 1", "a screen is one environment, not %d", n)
	}
	v := vnc.DefaultOptions(address)
	v.Keys, v.Restart, v.Rate, v.Repeat = c.VNC.Keys, c.VNC.Restart, c.VNC.Rate, c.VNC.Repeat
	v.Rewarder, v.RewarderEnv, v.Clock, v.Commit = rewarder, c.VNC.EnvID, c.VNC.Clock, c.VNC.Commit
	v.MaxFrames, v.Encoding, v.Crop = env.Frames(c.VNC.MaxFrames), c.VNC.Encoding, c.Pixels.Crop
	if c.VNC.Clock == vnc.Lockstep && rewarder == "" {
		return opened{}, usagef("give its port as well, as in --env "+strings.TrimRight(c.Env, "/")+"+15900, or leave out [vnc] clock in the config", "lock step wants a rewarder that says what each frame brought")
	}
	if v.Scores, v.End, err = c.VNC.board(); err != nil {
		return opened{}, err
	}
	if err := v.Validate(); err != nil {
		return opened{}, usagef("mend [vnc] or [pixels] crop in the config", "%v", err)
	}
	if v.Password, err = readPassword(c.VNC.Password); err != nil {
		return opened{}, err
	}
	v.Waiting = func(missing error) {
		o.notef("%s: waiting for up to %v: %v", c.Env, v.Startup, missing)
	}
	s, err := vnc.Open(ctx, v)
	if err != nil {
		return opened{}, explainScreen(err, "check the address: "+ports)
	}
	return opened{Vec: &screen{Vec: s, o: o}, crop: s.Crop(), origin: s.Crop().Min, cropped: true}, nil
}

// note says where rewards and ends of a screen without a rewarder come from.
func (v VNCConfig) note(name string, o IO) {
	rewards := "every reward is 0, so actor and critic have nothing to learn from"
	if len(v.Score) > 0 {
		rewards = "rewards are the gains of the scores that are read"
	}
	ends := fmt.Sprintf("after %d frames", v.MaxFrames)
	if v.End.Zero || v.End.Still > 0 || len(v.End.Pictures) > 0 {
		ends = "as [vnc.end] says, or " + ends
	}
	o.notef("%s has no rewarder: %s; an episode ends %s", name, rewards, ends)
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
			return &UsageError{Msg: err.Error(), Hint: c.hint}
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
		return "", usagef("give a file that holds the password alone: --token-file FILE, or [vnc] password in the config", "the password file cannot be read (%v)", err)
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}
