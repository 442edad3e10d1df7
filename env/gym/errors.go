package gym

import (
	"errors"
	"fmt"
	"strings"
)

// ErrTimeout is what a call gives when a worker did not answer within
// Options.StepTimeout. The worker was killed; Reset starts another.
var ErrTimeout = errors.New("no answer in time")

// RemoteError is a fault that the Python side reported. Its text is one line;
// the traceback is kept apart.
type RemoteError struct {
	// Env is the environment it happened in, -1 where it was none in particular.
	Env int `json:"env"`
	// Code tells the kinds apart: "exception" is an exception of the environment
	// itself, "unknown_id", "missing_module", "action", "not_reset",
	// "unsupported", "token" and "refused" are the bridge's.
	Code string `json:"code"`
	// Text is the last line of the exception, or what was refused and why.
	Text string `json:"text"`
	// Traceback is Python's, empty where the bridge refused.
	Traceback string `json:"traceback"`
}

// Error returns one line.
func (e *RemoteError) Error() string {
	text, _, _ := strings.Cut(strings.TrimSpace(e.Text), "\n")
	if e.Env >= 0 {
		return fmt.Sprintf("environment %d: %s", e.Env, text)
	}
	return text
}

// Unwrap lets errors.Is find errors.ErrUnsupported.
func (e *RemoteError) Unwrap() error {
	if e.Code == "unsupported" {
		return errors.ErrUnsupported
	}
	return nil
}
