package env

import (
	"context"
	"errors"
	"fmt"
	"image/color"
	"math"
)

// Frames counts emulator frames.
type Frames int64

// Steps counts decisions of an agent; a step lasts Spec.Repeat frames.
type Steps int64

// Errors that every environment reports by these values, so that a caller can
// tell them apart with errors.Is.
var (
	// ErrAction refuses an action outside 0..Spec.Actions-1. The environment is
	// unchanged and may be stepped again.
	ErrAction = errors.New("action out of range")
	// ErrClosed is returned by every method of a Vec after Close.
	ErrClosed = errors.New("environment is closed")
	// ErrNotReset is returned by Step before the first Reset or Load.
	ErrNotReset = errors.New("environment was never reset")
)

// Format says what the bytes of a pixel mean.
type Format string

// The pixel formats.
const (
	// Index is one byte a pixel, an index into Spec.Palette.
	Index Format = "index"
	// Gray is one byte a pixel, luminance.
	Gray Format = "gray"
	// RGB is three bytes a pixel.
	RGB Format = "rgb"
	// Plane is one byte a pixel where 0 is background: what a projection makes.
	Plane Format = "plane"
)

// Channels returns the bytes of a pixel, C.
func (f Format) Channels() int {
	if f == RGB {
		return 3
	}
	return 1
}

// Spec describes a Vec. It never changes during the life of the Vec.
type Spec struct {
	// Name is the environment's name as a user writes it, such as "dojo" or
	// "gym:ALE/KungFuMaster-v5".
	Name string
	// N is the number of environments in lock step.
	N int
	// T, H and W are the frames, rows and columns of an observation.
	T, H, W int
	// Format is the meaning of a pixel's bytes.
	Format Format
	// Palette holds the colours of Index pixels, at most 256; else it is empty.
	Palette []color.RGBA
	// Actions is the number of discrete actions, numbered from 0.
	Actions int
	// Meanings names the actions; empty where the environment has no names.
	Meanings []string
	// Repeat is the number of emulator frames that an action is held for.
	Repeat int
	// Stacked says that an observation is the last frames of the last T steps.
	// Otherwise its T frames are the sequential frames of one step (T == Repeat).
	Stacked bool
	// AuxLen is the number of raw bytes that come with a frame (128 of RAM for an
	// Atari game), 0 where there are none.
	AuxLen int
	// Saves says that the Vec is a Saver whose Load continues exactly.
	Saves bool
}

// FrameLen returns the bytes of one frame, H*W*C.
func (s Spec) FrameLen() int { return s.H * s.W * s.Format.Channels() }

// ObsLen returns the bytes of one observation, T*H*W*C.
func (s Spec) ObsLen() int { return s.T * s.FrameLen() }

// CheckActions refuses a slice of actions that is not N long or holds an action
// out of range, with an error that wraps ErrAction and names the environment.
func (s Spec) CheckActions(actions []int) error {
	if len(actions) != s.N {
		return fmt.Errorf("%s: %d actions for %d environments: %w", s.Name, len(actions), s.N, ErrAction)
	}
	for i, a := range actions {
		if a < 0 || a >= s.Actions {
			return fmt.Errorf("%s: environment %d: action %d, valid are 0..%d: %w", s.Name, i, a, s.Actions-1, ErrAction)
		}
	}
	return nil
}

// Batch is what N environments say after Reset or Step. Every slice is of length
// N times what its comment says.
type Batch struct {
	Obs        []byte    // [N,T,H,W,C] the observation to act on
	Reward     []float64 // reward_t+1 of the last action; 0 after Reset
	Terminated []bool    // the game's own rules ended the episode
	Truncated  []bool    // a time limit or a fault ended it
	Invalid    []bool    // the transition is no experience: the environment crashed and was started again
	LifeLost   []bool    // a life was lost in this step
	Lives      []int     // lives left, 0 where the game has none
	EpisodeID  []uint64  // counts the episodes of an environment from 0
	Elapsed    []Frames  // frames since the start of the episode in Obs
	Return     []float64 // un-clipped sum of rewards of the episode that this step belongs to
	Final      []byte    // [N,T,H,W,C] last observation of an ended episode; defined where Ended
	Aux        []byte    // [N,T,AuxLen] raw bytes of each frame of Obs
	FinalAux   []byte    // [N,T,AuxLen] the same of Final
}

// NewBatch returns a zeroed Batch of the Spec's shapes.
func NewBatch(s Spec) *Batch {
	return &Batch{
		Obs: make([]byte, s.N*s.ObsLen()), Final: make([]byte, s.N*s.ObsLen()),
		Aux: make([]byte, s.N*s.T*s.AuxLen), FinalAux: make([]byte, s.N*s.T*s.AuxLen),
		Reward: make([]float64, s.N), Return: make([]float64, s.N),
		Terminated: make([]bool, s.N), Truncated: make([]bool, s.N), Invalid: make([]bool, s.N),
		LifeLost: make([]bool, s.N), Lives: make([]int, s.N),
		EpisodeID: make([]uint64, s.N), Elapsed: make([]Frames, s.N),
	}
}

// CheckRewards refuses a reward or a score that no float32 can hold: it would end in
// every weight, and in no figure where it came from. step is the number of each
// environment's step, from 1.
func (b *Batch) CheckRewards(s Spec, step int64) error {
	finite := func(x float64) bool { return math.Abs(x) <= math.MaxFloat32 }
	for i, r := range b.Reward {
		if !finite(r) || !finite(b.Return[i]) {
			return fmt.Errorf("env: environment %d of %s: the reward of its step %d is %v (score %v), want finite ones: mend the environment",
				i, s.Name, step, r, b.Return[i])
		}
	}
	return nil
}

// Ended says whether environment i ended its episode in this step.
func (b *Batch) Ended(i int) bool { return b.Terminated[i] || b.Truncated[i] }

// ObsOf returns the observation of environment i, [T,H,W,C].
func (b *Batch) ObsOf(i int) []byte { return part(b.Obs, i, len(b.Reward)) }

// FinalOf returns the final observation of environment i, [T,H,W,C].
func (b *Batch) FinalOf(i int) []byte { return part(b.Final, i, len(b.Reward)) }

// AuxOf returns the raw bytes that came with the observation of environment i,
// [T,AuxLen].
func (b *Batch) AuxOf(i int) []byte { return part(b.Aux, i, len(b.Reward)) }

// FinalAuxOf returns the raw bytes that came with the final observation of environment
// i, [T,AuxLen].
func (b *Batch) FinalAuxOf(i int) []byte { return part(b.FinalAux, i, len(b.Reward)) }

func part(all []byte, i, n int) []byte {
	size := len(all) / n
	return all[i*size : (i+1)*size : (i+1)*size]
}

// Vec is N environments in lock step.
type Vec interface {
	// Spec describes the Vec.
	Spec() Spec
	// Reset starts a new episode everywhere. There is one seed an environment;
	// equal seeds and actions give equal frames.
	Reset(ctx context.Context, seeds []uint64) (*Batch, error)
	// Step plays one action an environment.
	Step(ctx context.Context, actions []int) (*Batch, error)
	// Close frees everything; it may be called again.
	Close() error
}

// Sender is a Vec that can emulate one half of its environments while its user
// thinks about the other. Group 0 is environments 0..N/2-1, group 1 the rest; N
// is even. The Batch of Recv has the shapes of the group's environments alone
// and stays valid until the next Send to the same group.
type Sender interface {
	Vec
	// Send starts one step of a group and returns at once.
	Send(ctx context.Context, group int, actions []int) error
	// Recv waits for what Send started. To receive without a Send is an error.
	Recv(ctx context.Context, group int) (*Batch, error)
}

// Saver is a Vec whose environments can be saved and continued exactly, with
// the frames, rewards and random draws an undisturbed run would have had. Only
// a Vec with Spec().Saves does so; others return errors.ErrUnsupported.
type Saver interface {
	// Save returns the whole state of environment i.
	Save(ctx context.Context, i int) ([]byte, error)
	// Load puts environment i into a saved state. It needs no Reset before.
	Load(ctx context.Context, i int, state []byte) error
}

// Truther is a Vec that knows where the small objects are. It serves judging
// alone: nothing that trains may read it unless its user asked for that.
type Truther interface {
	// Truth appends the boxes of the small objects in environment i's frames of
	// the last Batch's Obs to dst, in pixels of the observation.
	Truth(dst []Box, i int) []Box
}
