package app

import (
	"fmt"
	"io"
)

// UsageError is a mistake in what the user asked for, with what to do instead.
type UsageError struct{ Msg, Hint string }

// Error returns the message and the hint in one line.
func (e *UsageError) Error() string {
	if e.Hint == "" {
		return e.Msg
	}
	return e.Msg + ": " + e.Hint
}

// Usagef returns a UsageError; hint says what to do.
func Usagef(hint, format string, args ...any) error {
	return &UsageError{Msg: fmt.Sprintf(format, args...), Hint: hint}
}

// IO is where a verb writes.
type IO struct {
	Stdout io.Writer // figures
	Stderr io.Writer // progress and notes
	JSON   bool      // figures as one JSON object
}

// Notef writes one line of note.
func (o IO) Notef(format string, args ...any) {
	_, _ = fmt.Fprintf(o.Stderr, format+"\n", args...)
}
