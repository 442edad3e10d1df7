package saliency

import "errors"

// Motion weighs pixels that have just changed and their surroundings more, by the
// difference of neighbouring frames of a stack (Jain and Nagel 1979):
//
//	w = Factor  within Margin of a pixel with |x_t - x_t-1| > Level,
//	    1       elsewhere
//
// The first frame is compared with the second. What an object has left counts as well
// as where it is.
type Motion struct {
	// Factor is the weight of pixels in and around motion.
	Factor float64 `toml:"factor"`
	// Level is the difference of a plane's bytes above which a pixel has changed.
	Level uint8 `toml:"level"`
	// Margin is how many pixels around a changed one count as changed.
	Margin int `toml:"margin"`
}

// DefaultMotion returns Factor 5, Level 31 and Margin 2.
func DefaultMotion() Motion { return Motion{Factor: 5, Level: 31, Margin: 2} }

// Validate names the first field that makes no weights.
func (m Motion) Validate() error {
	return limits{
		{"Factor", m.Factor, 0, maxWeight},
		{"Margin", float64(m.Margin), 0, maxMargin},
	}.check("motion")
}

// NewMotion returns a Weighting of these settings.
func NewMotion(m Motion) Weighting { return &motion{Motion: m} }

// motion is Motion with the bits of the frame at hand.
type motion struct {
	Motion
	moved, wide bitPlane
}

// Name returns "motion".
func (*motion) Name() string { return "motion" }

// Needs returns planes.
func (*motion) Needs() Needs { return Needs{Plane: true} }

// Weights needs Plane, of two frames or more.
func (m *motion) Weights(dst []float32, in Inputs) error {
	if err := m.Validate(); err != nil {
		return err
	}
	if err := in.check(m.Name(), dst, m.Needs()); err != nil {
		return err
	}
	if in.T < 2 {
		return errors.New("saliency: motion: an observation is 1 frame, want 2 or more to compare")
	}
	size, content := in.H*in.W, in.content()
	m.moved.resize(in.H, in.W)
	for f := range in.B * in.T {
		in.paint(dst, f, content, 1)
		before := f - 1
		if f%in.T == 0 {
			before = f + 1
		}
		m.moved.differ(in.Plane[f*size:(f+1)*size], in.Plane[before*size:(before+1)*size], m.Level)
		m.moved.dilate(m.Margin, &m.wide)
		for y := content.Min.Y; y < content.Max.Y; y++ {
			line := dst[f*size+y*in.W : f*size+(y+1)*in.W]
			eachRun(m.moved.row(y), content.Min.X, content.Max.X, func(from, to int) {
				for x := from; x < to; x++ {
					line[x] = float32(m.Factor)
				}
			})
		}
	}
	return nil
}
