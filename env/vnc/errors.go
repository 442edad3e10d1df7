package vnc

import "errors"

// Errors that a caller can tell apart with errors.Is.
var (
	// ErrAbsent is given where nobody listens at the address of a server or rewarder, or
	// where who does hangs up before he greets, as a tunnel to such an address does.
	ErrAbsent = errors.New("nobody listens there")
	// ErrPassword is given where a server wants a password and there is none, or
	// another one.
	ErrPassword = errors.New("password refused")
	// ErrRefused is given where a server turns the connection away and says why, as it
	// does with an address that failed to authenticate too often.
	ErrRefused = errors.New("the server turned the connection away")
	// ErrSecurity is given where a server offers other ways to authenticate than none
	// and VncAuth.
	ErrSecurity = errors.New("no way to authenticate in common")
	// ErrCrop is given where the crop does not lie on the screen.
	ErrCrop = errors.New("the crop does not lie on the screen")
	// ErrProtocol is given where a server says what no VNC server may, or too much.
	ErrProtocol = errors.New("the server breaks the protocol")
	// ErrRewarder is given where a rewarder refuses what it is asked for.
	ErrRewarder = errors.New("the rewarder refuses")
	// ErrRestart is given where the keys of Options.Restart begin no episode.
	ErrRestart = errors.New("the keys of Restart begin no episode")
	// ErrClock is given in real time where a server that numbers its frames shows the same
	// one for longer than Options.Timeout, as one in lock step does.
	ErrClock = errors.New("the server plays in lock step")
	// ErrRealtime is given in lock step where a server does not number its frames, or shows
	// some that nobody has asked for.
	ErrRealtime = errors.New("the server does not play in lock step")
	// ErrSilent is given where a server stops to answer.
	ErrSilent = errors.New("the server does not answer")
)

// lasting says whether an error would come again over a new connection.
func lasting(err error) bool {
	for _, e := range []error{ErrPassword, ErrRefused, ErrSecurity, ErrCrop, ErrProtocol, ErrRewarder, ErrRestart, ErrClock} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
