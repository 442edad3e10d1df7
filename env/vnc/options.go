package vnc

import (
	"fmt"
	"image"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"glint/env"
)

// Options says what to open. Zero means zero: start from DefaultOptions.
type Options struct {
	// Address is the server's, as "host:port".
	Address string
	// Rewarder is the address of a rewarder beside the screen, as "host:port"; empty for
	// none.
	Rewarder string
	// RewarderEnv is the id of the environment that the rewarder shall start, such as
	// "flashgames.DuskDrive-v0"; empty for the one that it has.
	RewarderEnv string
	// Password is for the rewarder, and for VncAuth, of which only the first 8 bytes count; empty for none.
	Password string
	// Keys are the actions: for each the keys it holds, names of X keysyms with "+"
	// between them, such as "Left+space"; "none" for no key.
	Keys []string
	// Restart are the chords that are struck, one after the other and each for as long
	// as an action, when an episode begins.
	Restart []string
	// Clock says what frames are taken by, Realtime or Lockstep.
	Clock string
	// Commit is the key that asks a server in lock step for its next frame.
	Commit string
	// Rate is the number of frames a second, above 0 and at most 1,000.
	Rate float64
	// Repeat is the number of frames that an action is held for and that an
	// observation has, 1..256.
	Repeat int
	// MaxFrames is the number of frames after which an episode is Truncated.
	MaxFrames env.Frames
	// Crop is the part of the screen that is shown; empty for all of it.
	Crop image.Rectangle
	// Scores are the numbers on the screen whose gains are rewards, and End is how the
	// end of an episode shows, both where there is no rewarder.
	Scores []Score
	End    End
	// Encoding is how the server should send pixels, one of Encodings.
	Encoding string
	// Timeout is how long connecting, a whole message, or an answer may take.
	Timeout time.Duration
	// Patience is how long a lost connection is tried to be made anew.
	Patience time.Duration
	// Startup is how long Open waits for a server and its rewarder to listen. Waiting is
	// called before it does so, with what is missing; nil for nobody.
	Startup time.Duration
	Waiting func(missing error)
}

// DefaultOptions returns the four arrows, space and nothing as actions, each held for 4
// of 60 frames a second, episodes of five minutes, ten seconds for the server and for the
// network, and thirty for a server that starts.
func DefaultOptions(address string) Options {
	return Options{
		Address: address, Keys: []string{None, "Left", "Right", "Up", "Down", "space"},
		Clock: Realtime, Commit: "F12", Rate: 60, Repeat: 4, MaxFrames: 18_000, Encoding: Auto, Timeout: 10 * time.Second, Patience: 10 * time.Second,
		Startup: 30 * time.Second,
	}
}

// Validate names the first field that is wrong, and what it may be.
func (o Options) Validate() error {
	switch {
	case o.Address == "":
		return fmt.Errorf("vnc: Address is empty, want host:port")
	case len(o.Keys) == 0 || len(o.Keys) > maxKeys:
		return fmt.Errorf("vnc: Keys names %d actions, want 1..%d", len(o.Keys), maxKeys)
	case len(o.Restart) > maxKeys:
		return fmt.Errorf("vnc: Restart names %d chords, want at most %d", len(o.Restart), maxKeys)
	case !(o.Rate > 0 && o.Rate <= 1000):
		return fmt.Errorf("vnc: Rate is %v, want above 0 and at most 1000 frames a second", o.Rate)
	case o.Repeat < 1 || o.Repeat > 256:
		return fmt.Errorf("vnc: Repeat is %d, want 1..256", o.Repeat)
	case o.MaxFrames < 1:
		return fmt.Errorf("vnc: MaxFrames is %d, want 1 or more", o.MaxFrames)
	case o.Crop != image.Rectangle{} && (o.Crop.Empty() || o.Crop.Min.X < 0 || o.Crop.Min.Y < 0):
		return fmt.Errorf("vnc: Crop %v is no rectangle on a screen", o.Crop)
	case !slices.Contains(Encodings(), o.Encoding):
		return fmt.Errorf("vnc: Encoding is %q, want one of %s", o.Encoding, strings.Join(Encodings(), ", "))
	case o.Clock != Realtime && o.Clock != Lockstep:
		return fmt.Errorf("vnc: Clock is %q, want %s or %s", o.Clock, Realtime, Lockstep)
	case o.Clock == Lockstep && o.Rewarder == "":
		return fmt.Errorf("vnc: Clock is %s, which wants a Rewarder that says what each frame brought", Lockstep)
	case o.Clock == Lockstep && len(o.Restart) > 0:
		return fmt.Errorf("vnc: Clock is %s, where Restart must be empty: the server begins episodes by itself", Lockstep)
	case o.Timeout <= 0:
		return fmt.Errorf("vnc: Timeout is %v, want above 0", o.Timeout)
	case o.Patience < 0 || o.Startup < 0:
		return fmt.Errorf("vnc: Patience is %v and Startup %v, want 0 or more", o.Patience, o.Startup)
	}
	for _, list := range []struct {
		name   string
		chords []string
	}{{"Keys", o.Keys}, {"Restart", o.Restart}, {"Commit", []string{o.Commit}}} {
		if _, err := parseChords(list.chords); err != nil {
			return fmt.Errorf("vnc: %s: %w", list.name, err)
		}
	}
	return o.checkBoard()
}

// maxKeys bounds the number of actions.
const maxKeys = 256

// defaultPort is that of the first display.
const defaultPort = "5900"

// ParseURL returns the addresses in a name such as "vnc://host", "vnc://host:5901" or
// "vnc://host:5900+15900", as "host:port": of the screen, and of the rewarder that the
// port after the "+" is of, empty without.
func ParseURL(name string) (screen, rewarder string, err error) {
	plain, second, beside := strings.Cut(name, "+")
	u, err := url.Parse(plain)
	if err == nil && beside {
		_, err = strconv.ParseUint(second, 10, 16)
	}
	if err != nil || u.Scheme != "vnc" || u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/")+u.RawQuery+u.Fragment != "" {
		return "", "", fmt.Errorf("vnc: %q is no address of a screen, want vnc://HOST:PORT, or vnc://HOST:PORT+PORT with that of a rewarder", name)
	}
	port := u.Port()
	if port == "" {
		port = defaultPort
	}
	if beside {
		rewarder = net.JoinHostPort(u.Hostname(), second)
	}
	return net.JoinHostPort(u.Hostname(), port), rewarder, nil
}
