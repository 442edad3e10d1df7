package pixels

import (
	"context"
	"fmt"
	"math/rand/v2"

	"glint/env"
	"glint/internal/kernel"
)

// SurveyFrames is the number of frames that Decide looks at, or some more.
const SurveyFrames = 1000

// surveyShare is how much of the median row must be of one colour for Decide to choose
// Foreground.
const surveyShare = 0.60

// Survey measures over many frames how much of a row its most frequent colour
// fills.
type Survey struct {
	spec    env.Spec
	crop    func(dst, src []byte)
	cropped []byte
	width   int
	common  func(row []byte) int
	rows    []int64 // rows[n] rows had n pixels of their most frequent colour
	total   int64
}

// NewSurvey measures the part of the Spec's frames that cfg keeps. The Projection
// of cfg is ignored.
func NewSurvey(s env.Spec, cfg Config) (*Survey, error) {
	cfg.Projection = Foreground
	if err := cfg.Validate(s); err != nil {
		return nil, err
	}
	part := cfg.crop(s)
	st := cropStage(s, part)
	v := &Survey{
		spec: s, crop: st.apply, cropped: make([]byte, st.size),
		width: part.Dx(), rows: make([]int64, part.Dx()+1),
	}
	if s.Format == env.RGB {
		counter := newColourCounter(v.width)
		v.common = func(row []byte) int { _, n := counter.common(row); return n }
		return v, nil
	}
	same := grayLevels()
	if s.Format == env.Index {
		same = sameColour(s.Palette)
	}
	v.common = func(row []byte) int { _, n := kernel.CommonByte(row, same); return n }
	return v, nil
}

// Add measures whole frames [n,H,W,C]. It panics when the length is no multiple of
// a frame's.
func (v *Survey) Add(frames []byte) {
	size := v.spec.FrameLen()
	if len(frames)%size != 0 {
		panic("pixels: Survey.Add: length is not a whole number of frames")
	}
	stride := v.width * v.spec.Format.Channels()
	for ; len(frames) > 0; frames = frames[size:] {
		v.crop(v.cropped, frames[:size])
		for row := v.cropped; len(row) > 0; row = row[stride:] {
			v.rows[v.common(row[:stride])]++
			v.total++
		}
	}
}

// Share returns the median over rows and frames of the share, 0..1, of a row's most
// frequent colour; 0 before any frame.
func (v *Survey) Share() float64 {
	var seen int64
	for n, rows := range v.rows {
		if seen += rows; 2*seen >= v.total && seen > 0 {
			return float64(n) / float64(v.width)
		}
	}
	return 0
}

// Projection returns Foreground where the share is at least 60 %, else Luma.
func (v *Survey) Projection() Projection {
	if v.Share() >= surveyShare {
		return Foreground
	}
	return Luma
}

// Decide settles an Auto projection: it resets the environment, plays random
// actions drawn from the seed for at least SurveyFrames, and returns cfg with the
// Projection of the Survey, and the measured share. A cfg that names a Projection
// comes back unchanged, unplayed, with share 0. The environment must be reset
// before it is used again.
func Decide(ctx context.Context, v env.Vec, cfg Config, seed uint64) (Config, float64, error) {
	if cfg.Projection != Auto {
		return cfg, 0, nil
	}
	s := v.Spec()
	survey, err := NewSurvey(s, cfg)
	if err != nil {
		return cfg, 0, err
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	seeds, actions := make([]uint64, s.N), make([]int, s.N)
	for i := range seeds {
		seeds[i] = rng.Uint64()
	}
	b, err := v.Reset(ctx, seeds)
	if err != nil {
		return cfg, 0, fmt.Errorf("pixels: measuring the background of %s: %w", s.Name, err)
	}
	for frames := s.N * s.T; ; frames += s.N * s.T {
		survey.Add(b.Obs)
		if frames >= SurveyFrames {
			cfg.Projection = survey.Projection()
			return cfg, survey.Share(), nil
		}
		for i := range actions {
			actions[i] = rng.IntN(s.Actions)
		}
		if b, err = v.Step(ctx, actions); err != nil {
			return cfg, 0, fmt.Errorf("pixels: measuring the background of %s: %w", s.Name, err)
		}
	}
}
