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
func NewMotion(m Motion) Weighting { return motion{m} }

type motion struct{ Motion }

// Name returns "motion".
func (motion) Name() string { return "motion" }

// Needs returns planes.
func (motion) Needs() Needs { return Needs{Plane: true} }

// Weights needs Plane, of two frames or more.
func (m motion) Weights(dst []float32, in Inputs) error { return weights(m, dst, in) }

func (m motion) begin(in *Inputs) error {
	if in.T < 2 {
		return errors.New("saliency: motion: an observation is 1 frame, want 2 or more to compare")
	}
	return m.Validate()
}

func (m motion) weigh(dst []float32, in *Inputs, b int, _ float64, mem *memory) {
	in.paint(dst, 1)
	size, content, moved := in.H*in.W, in.content(), &mem.bits
	moved.resize(in.H, in.W)
	for t := range in.T {
		before := t - 1
		if t == 0 {
			before = 1
		}
		moved.differ(in.Plane[(b*in.T+t)*size:][:size], in.Plane[(b*in.T+before)*size:][:size], m.Level)
		moved.dilate(m.Margin, &mem.other)
		for y := content.Min.Y; y < content.Max.Y; y++ {
			line := dst[t*size+y*in.W:][:in.W]
			eachRun(moved.row(y), content.Min.X, content.Max.X, func(from, to int) { fill(line[from:to], float32(m.Factor)) })
		}
	}
}
