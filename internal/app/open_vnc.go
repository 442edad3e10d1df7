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
	Rate      float64  `toml:"rate"`       // frames a second
	Repeat    int      `toml:"repeat"`     // frames an action is held for
	MaxFrames int64    `toml:"max_frames"` // frames after which an episode is cut
	Encoding  string   `toml:"encoding"`   // how pixels are sent: auto, raw, copyrect, hextile or zrle
	EnvID     string   `toml:"env_id"`     // what a rewarder shall start; empty for what it has
	Password  string   `toml:"password"`   // file with the password of server and rewarder; empty for none
}

func defaultVNC() VNCConfig {
	o := vnc.DefaultOptions("")
	return VNCConfig{Keys: o.Keys, Restart: []string{}, Rate: o.Rate, Repeat: o.Repeat, MaxFrames: int64(o.MaxFrames), Encoding: o.Encoding}
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

// Close closes the environment.
func (s *screen) Close() error {
	if st := s.Stats(); !s.closed && st.Steps > 0 {
		s.o.notef("screen: %d steps, %d late (%d frames missed), %d reconnects; latency %s in the median, %s in the 95th percentile",
			st.Steps, st.Late, st.Missed, st.Reconnects, milliseconds(st.LatencyP50), milliseconds(st.LatencyP95))
	}
	s.closed = true
	return s.Vec.Close()
}

// milliseconds writes a latency, which is 0 where it was not measured.
func milliseconds(d time.Duration) string {
	if d == 0 {
		return "not measured"
	}
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
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
	v.Rewarder, v.RewarderEnv = rewarder, c.VNC.EnvID
	v.MaxFrames, v.Encoding, v.Crop = env.Frames(c.VNC.MaxFrames), c.VNC.Encoding, c.Pixels.Crop
	if err := v.Validate(); err != nil {
		return opened{}, usagef("mend [vnc] or [pixels] crop in the config", "%v", err)
	}
	if v.Password, err = readPassword(c.VNC.Password); err != nil {
		return opened{}, err
	}
	s, err := vnc.Open(ctx, v)
	if err != nil {
		return opened{}, explainScreen(err)
	}
	return opened{Vec: &screen{Vec: s, o: o}, crop: s.Crop(), origin: s.Crop().Min, cropped: true}, nil
}

// explainScreen says what the user can do about a screen that cannot be opened.
func explainScreen(err error) error {
	for _, c := range []struct {
		is   error
		hint string
	}{
		{vnc.ErrPassword, "name the file with the password: --token-file FILE, or [vnc] password in the config"},
		{vnc.ErrSecurity, "let the server offer None or VncAuth, and go through ssh -L"},
		{vnc.ErrRewarder, "name an environment that the rewarder has: [vnc] env_id in the config"},
		{vnc.ErrCrop, "change [pixels] crop in the config, or the size of the screen"},
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
