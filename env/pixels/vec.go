package pixels

import (
	"image"

	"glint/env"
)

// WrapOptions are what Wrap needs beyond the Config.
type WrapOptions struct {
	// Workers is the number of goroutines that project a batch; 1 or less projects
	// in the caller's.
	Workers int
	// Truth finds the small objects in the raw bytes of a frame, for an inner
	// environment that is no Truther itself; nil for none.
	Truth TruthFunc
	// Origin is the place on the screen of the inner observation's top left pixel,
	// for an environment that sends a crop already. Truth speaks of the screen.
	Origin image.Point
}

// Vec is an environment whose observations are planes. It is an env.Sender when
// the environment it wraps is one, and an env.Truther when that is one or
// WrapOptions.Truth can decode its raw bytes; ask with env.As.
type Vec interface {
	env.Vec
	// Saver is forwarded; errors.ErrUnsupported where the inner environment has
	// none.
	env.Saver
	// Unwrap returns the inner environment.
	Unwrap() env.Vec
	// Preprocessor returns a copy of the one in use.
	Preprocessor() *Preprocessor
	// Raw returns what the last Batch showed in the inner environment's own format:
	// the crop [N,T,h,w,C] before projection, resize and padding, for pictures and
	// recordings. The Batch is nil before the first Reset and belongs to the Vec
	// until its next call.
	Raw() (env.Spec, *env.Batch)
}

var (
	_ Vec         = (*planes)(nil)
	_ env.Sender  = (*sender)(nil)
	_ env.Truther = (*truther)(nil)
)

// Wrap makes an environment of planes; closing it closes the inner one, too. The
// errors are those of Config.Validate.
func Wrap(v env.Vec, cfg Config, o WrapOptions) (Vec, error) {
	p, err := New(v.Spec(), cfg)
	if err != nil {
		return nil, err
	}
	w := newPlanes(v, p, o)
	inner, sends := env.As[env.Sender](v)
	known, knows := env.As[env.Truther](v)
	knows = knows || (o.Truth != nil && v.Spec().AuxLen > 0)
	t := &truther{planes: w, inner: known}
	switch {
	case sends && knows:
		return &struct {
			*sender
			truths
		}{newSender(w, inner), t}, nil
	case sends:
		return newSender(w, inner), nil
	case knows:
		return t, nil
	}
	return w, nil
}
