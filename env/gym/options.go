package gym

import (
	"fmt"
	"image"
	"strings"
	"time"

	"glint/env"
)

// Options says what to open. Zero means zero: start from DefaultOptions.
type Options struct {
	// ID is a Gymnasium id, such as "ALE/KungFuMaster-v5" or "module:Name-v0".
	ID string
	// Backend is "ale", "gym", or "" for ale where ID begins with "ALE/" and gym
	// elsewhere.
	Backend string
	// Kwargs are keyword arguments of gymnasium.make; JSON values, gym only.
	Kwargs map[string]any
	// Wrapper lists wrappers as "module:Class", applied from the left, separated
	// by commas; gym only.
	Wrapper string
	// N is the number of environments.
	N int
	// Workers is the number of processes they are spread over, 1..N.
	Workers int
	// Seed starts the stream that seeds the environments of a crashed worker.
	Seed uint64
	// Sticky is the probability, per emulated frame, that the action executed
	// last is executed again instead of the new one; ale only.
	Sticky float64
	// NoopMax starts each episode with 1..NoopMax frames without an action, not
	// counted as elapsed; 0 with none; ale only.
	NoopMax int
	// MaxFrames is the time limit after which an episode is Truncated.
	MaxFrames env.Frames
	// Repeat is the number of frames that an action is held for.
	Repeat int
	// Stack makes an observation of the last frames of the last 4 steps; else its
	// T frames are the Repeat sequential frames of one step.
	Stack bool
	// Crop is the part of the screen that is sent; empty sends all of it.
	Crop image.Rectangle
	// FullActions offers all 18 actions of the console, not those alone that the
	// game uses; ale only.
	FullActions bool
	// Format is env.Index, env.Gray or env.RGB, or "" for what is native: Index
	// for ale, what the environment gives for gym.
	Format env.Format
	// Address is a remote server as "tcp://host:port", "" for processes here.
	Address string
	// Token is the remote server's.
	Token string
	// Python is the interpreter for processes here, "" for the installed one.
	Python string
	// StepTimeout is how long one answer may take before its worker is killed.
	StepTimeout time.Duration
}

// DefaultOptions returns the options that suit an id: sticky actions of 0.25, a
// limit of 108,000 frames, one environment in one worker, answers within 30 s;
// for Atari ids the 4 sequential frames of an action held for 4; for all others
// an action a frame and the last 4 frames. CarRacing is made discrete, and
// MiniGrid's worlds are drawn in pixels.
func DefaultOptions(id string) Options {
	o := Options{
		ID: id, N: 1, Workers: 1, Sticky: 0.25, MaxFrames: 108_000,
		Repeat: 4, StepTimeout: 30 * time.Second,
	}
	if o.backend() == "gym" {
		o.Repeat, o.Stack, o.Sticky = 1, true, 0
	}
	if strings.HasPrefix(id, "CarRacing-") {
		o.Kwargs = map[string]any{"continuous": false}
	}
	if strings.HasPrefix(id, "MiniGrid-") || strings.HasPrefix(id, "BabyAI-") {
		o.Wrapper = "minigrid.wrappers:RGBImgObsWrapper,minigrid.wrappers:ImgObsWrapper"
	}
	return o
}

func (o Options) backend() string {
	switch {
	case o.Backend != "":
		return o.Backend
	case strings.HasPrefix(o.ID, "ALE/"):
		return "ale"
	default:
		return "gym"
	}
}

// Validate names the first field that is wrong, and what it may be.
func (o Options) Validate() error {
	ale := o.backend() == "ale"
	for _, c := range []struct {
		bad  bool
		text string
	}{
		{o.ID == "", "ID is empty"},
		{o.backend() != "ale" && o.backend() != "gym", fmt.Sprintf("Backend %q, valid are ale and gym", o.Backend)},
		{o.N < 1 || o.N > 4096, fmt.Sprintf("N is %d, valid are 1..4096", o.N)},
		{o.Workers < 1 || o.Workers > o.N, fmt.Sprintf("Workers is %d, valid are 1..N (%d)", o.Workers, o.N)},
		{!(o.Sticky >= 0 && o.Sticky < 1), fmt.Sprintf("Sticky is %g, it is a probability below 1", o.Sticky)},
		{!ale && (o.Sticky != 0 || o.NoopMax != 0 || o.FullActions), "Sticky, NoopMax and FullActions are for the ale backend"},
		{ale && (len(o.Kwargs) > 0 || o.Wrapper != ""), "Kwargs and Wrapper are for the gym backend"},
		{o.NoopMax < 0, fmt.Sprintf("NoopMax is %d, it must not be negative", o.NoopMax)},
		{o.MaxFrames < 1, fmt.Sprintf("MaxFrames is %d, it must be positive", o.MaxFrames)},
		{o.Repeat < 1 || o.Repeat > 256, fmt.Sprintf("Repeat is %d, valid are 1..256", o.Repeat)},
		{o.Crop != o.Crop.Canon() || o.Crop.Min.X < 0 || o.Crop.Min.Y < 0, fmt.Sprintf("Crop %v is not a rectangle on the screen", o.Crop)},
		{o.Format != "" && o.Format != env.Index && o.Format != env.Gray && o.Format != env.RGB, fmt.Sprintf("Format %q, valid are index, gray and rgb", o.Format)},
		{o.StepTimeout <= 0, fmt.Sprintf("StepTimeout is %v, it must be positive", o.StepTimeout)},
		{o.Address != "" && !strings.HasPrefix(o.Address, "tcp://"), fmt.Sprintf("Address %q, it is written tcp://host:port", o.Address)},
		{o.Address != "" && o.Token == "", "Token is empty; a remote server wants the one of its token file"},
	} {
		if c.bad {
			return fmt.Errorf("gym: option %s", c.text)
		}
	}
	return nil
}

// request is what MAKE says, for n environments.
func (o Options) request(n int) map[string]any {
	kwargs := o.Kwargs
	if kwargs == nil {
		kwargs = map[string]any{}
	}
	crop := [4]int{o.Crop.Min.X, o.Crop.Min.Y, o.Crop.Max.X, o.Crop.Max.Y}
	if o.Crop.Empty() {
		crop = [4]int{}
	}
	return map[string]any{
		"backend": o.backend(), "id": o.ID, "kwargs": kwargs, "wrapper": o.Wrapper, "n": n,
		"sticky": o.Sticky, "noop_max": o.NoopMax, "max_frames": o.MaxFrames, "repeat": o.Repeat,
		"stack": o.Stack, "crop": crop, "full_actions": o.FullActions, "format": o.Format,
	}
}
