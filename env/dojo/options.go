package dojo

import (
	"fmt"
	"image"
)

// Screen is the whole picture, as large as an Atari game's. Options.Crop lies
// inside.
var Screen = image.Rect(0, 0, 160, 210)

// Options says how to open the game. Zero means zero: start from DefaultOptions.
type Options struct {
	// N is the number of environments, at least 1.
	N int
	// Sticky is the probability, in every frame, that the last frame's action is
	// played again instead of the agent's, 0..1.
	Sticky float64
	// NoopMax is the highest number of frames without action that an episode
	// starts with; the number is drawn anew for each.
	NoopMax int
	// MaxFrames cuts an episode after so many frames; 0 never does. An episode is
	// only cut at the end of a step.
	MaxFrames int
	// Repeat is the number of frames that an action is held for, and the number
	// of frames of an observation, at least 1.
	Repeat int
	// Crop is the part of Screen that is drawn. The zero Rectangle is all of it.
	Crop image.Rectangle
}

// DefaultOptions returns one environment with sticky actions of 0.25, up to 30
// no-op frames, episodes of at most 20,000 frames, 4 frames a step, and a crop of
// 64x144 pixels around the fight.
func DefaultOptions() Options {
	return Options{
		N: 1, Sticky: 0.25, NoopMax: 30, MaxFrames: 20000, Repeat: 4,
		Crop: image.Rect(12, 98, 156, 162),
	}
}

// Validate returns an error that names the first field which is out of range.
func (o Options) Validate() error {
	switch {
	case o.N < 1:
		return fmt.Errorf("dojo: N is %d, want at least 1", o.N)
	case !(o.Sticky >= 0 && o.Sticky <= 1):
		return fmt.Errorf("dojo: Sticky is %g, want 0..1", o.Sticky)
	case o.NoopMax < 0:
		return fmt.Errorf("dojo: NoopMax is %d, want 0 or more", o.NoopMax)
	case o.MaxFrames < 0:
		return fmt.Errorf("dojo: MaxFrames is %d, want 0 (no limit) or more", o.MaxFrames)
	case o.Repeat < 1:
		return fmt.Errorf("dojo: Repeat is %d, want at least 1", o.Repeat)
	case !o.Crop.In(Screen):
		return fmt.Errorf("dojo: Crop is %v, want it inside %v", o.Crop, Screen)
	}
	return nil
}
