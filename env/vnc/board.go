package vnc

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"math"
	"slices"
	"time"

	"glint/env"
	"glint/env/score"
)

// Score is a number on the screen whose gains are rewards.
type Score struct {
	// Templates read it, and say where it is.
	Templates *score.Templates
	// Weight is the reward of one point; below 0 for an opponent's.
	Weight float64
	// Tracker says which gains are plausible.
	Tracker score.TrackerOptions
}

// End says how the end of an episode shows; the zero value is none.
type End struct {
	// Crop is the part of the screen that Pictures show.
	Crop image.Rectangle
	// Pictures are of Crop, [H,W,3] each: where the screen shows one of them, an episode
	// is over.
	Pictures [][]byte
	// Zero says that an episode is over when a score that has gained in it is back to 0.
	Zero bool
	// Still is for how many frames the observation may stay the same, with which an
	// episode is over; 0 for ever.
	Still env.Frames
}

// ScoreStats says how well a score can be read, since the Vec was opened.
type ScoreStats struct {
	// Last is what was read in the last frame.
	Last score.Reading
	// Score is the last one that counted.
	Score int64
	// Frames were looked at, Read of them show a number beyond doubt.
	Frames, Read env.Frames
}

// aside is a part of the screen that is looked at beside the crop.
type aside struct {
	at  image.Rectangle
	pix []byte // [H,W,3]
}

// board reads rewards and ends off the screen.
type board struct {
	scores  []*counter
	end     End
	parts   []aside // those of the scores, and that of End.Crop last
	out     outcome
	before  []byte     // the last frame of an observation
	unmoved env.Frames // for how many frames it has been the same
}

// counter follows a score.
type counter struct {
	Score
	tracker *score.Tracker
	before  []byte // what Last was read in
	gained  bool   // in this episode
	stats   ScoreStats
}

// newBoard returns nil where nothing is to be read.
func newBoard(o Options) *board {
	if len(o.Scores) == 0 && len(o.End.Pictures) == 0 && o.End.Still == 0 {
		return nil
	}
	b := &board{end: o.End}
	for _, s := range o.Scores {
		b.scores = append(b.scores, &counter{Score: s, tracker: score.NewTracker(s.Tracker)})
	}
	for _, at := range o.places() {
		b.parts = append(b.parts, aside{at: at, pix: make([]byte, at.Dx()*at.Dy()*rgb)})
	}
	return b
}

// places returns the parts of the screen that a board looks at.
func (o Options) places() []image.Rectangle {
	var all []image.Rectangle
	for _, s := range o.Scores {
		all = append(all, s.Templates.Crop())
	}
	if len(o.End.Pictures) > 0 {
		all = append(all, o.End.Crop)
	}
	return all
}

// checkBoard names what is wrong with Scores and End.
func (o Options) checkBoard() error {
	for i, s := range o.Scores {
		switch t := s.Tracker; {
		case s.Templates == nil:
			return fmt.Errorf("vnc: Scores[%d] has no templates", i)
		case math.IsNaN(s.Weight) || math.IsInf(s.Weight, 0):
			return fmt.Errorf("vnc: the weight of Scores[%d] is %v", i, s.Weight)
		case t.Range != s.Templates.Range() || t.Jump < 0 || t.Jump >= t.Range || t.Confirm < 1:
			return fmt.Errorf("vnc: Scores[%d] has a jump of %d, confirmed by %d frames; want 0 or more and below %d, and 1 frame or more",
				i, t.Jump, t.Confirm, s.Templates.Range())
		}
	}
	for i, p := range o.End.Pictures {
		if want := o.End.Crop.Dx() * o.End.Crop.Dy() * rgb; want == 0 || len(p) != want {
			return fmt.Errorf("vnc: End.Pictures[%d] has %d bytes, want %d for the crop %v", i, len(p), want, o.End.Crop)
		}
	}
	switch {
	case o.Rewarder != "" && newBoard(o) != nil:
		return fmt.Errorf("vnc: Scores or End beside the rewarder %s, which tells both", o.Rewarder)
	case o.End.Zero && len(o.Scores) == 0:
		return fmt.Errorf("vnc: End.Zero without a score in Scores")
	case o.End.Still < 0:
		return fmt.Errorf("vnc: End.Still is %d, want 0 or more", o.End.Still)
	}
	return nil
}

// restart begins an episode: scores gain from the next frame on.
func (b *board) restart() {
	if b == nil {
		return
	}
	b.out, b.before, b.unmoved = outcome{}, b.before[:0], 0
	for _, c := range b.scores {
		c.gained = false
		c.tracker.Restart()
	}
}

// asides returns where the parts of the screen shall be copied to.
func (b *board) asides() []aside {
	if b == nil {
		return nil
	}
	return b.parts
}

// frame takes in the parts and the frame of an observation. What comes after the end of an
// episode does not count.
func (b *board) frame(obs []byte) {
	if b == nil || b.out.done {
		return
	}
	for i, c := range b.scores {
		gain, zeroed := c.frame(b.parts[i].pix)
		b.out.reward += c.Weight * float64(gain)
		b.out.done = b.out.done || zeroed && c.gained && b.end.Zero
		c.gained = (c.gained || gain > 0) && !zeroed
	}
	b.unmoved++
	if !bytes.Equal(obs, b.before) {
		b.before, b.unmoved = append(b.before[:0], obs...), 0
	}
	b.out.done = b.out.done || b.over() || b.end.Still > 0 && b.unmoved >= b.end.Still
}

// frame reads one frame, but for one that shows what the last one did.
func (c *counter) frame(pix []byte) (gain int64, zeroed bool) {
	if !bytes.Equal(pix, c.before) {
		c.before = append(c.before[:0], pix...)
		c.stats.Last = c.Templates.Read(pix)
	}
	c.stats.Frames++
	if c.stats.Last.Known {
		c.stats.Read++
	}
	gain, zeroed = c.tracker.Add(c.stats.Last)
	c.stats.Score, _ = c.tracker.Score()
	return gain, zeroed
}

// take returns what came in since the last call.
func (b *board) take() (out outcome) {
	if b != nil {
		out, b.out = b.out, outcome{}
	}
	return out
}

// A picture of an end is there where all but one in unlike pixels differ by less than
// unlikeBy in each colour.
const (
	unlike   = 50
	unlikeBy = 32
)

// over says whether the screen shows a picture of an end.
func (b *board) over() bool {
	return b != nil && slices.ContainsFunc(b.end.Pictures, func(want []byte) bool {
		got := b.parts[len(b.parts)-1].pix
		differ := 0
		for i := 0; i < len(got); i += rgb {
			for c := i; c < i+rgb; c++ {
				if max(got[c], want[c])-min(got[c], want[c]) >= unlikeBy {
					differ++
					break
				}
			}
		}
		return differ*unlike <= len(got)/rgb
	})
}

// Scores returns how well the scores of Options.Scores can be read.
func (v *Vec) Scores() []ScoreStats {
	var all []ScoreStats
	if v.board != nil {
		for _, c := range v.board.scores {
			all = append(all, c.stats)
		}
	}
	return all
}

// strikeEvery is the time between two strokes of the keys that begin an episode, where the
// screen does not leave the picture of an end.
const strikeEvery = time.Second

// strike strikes the keys of Options.Restart, each for as long as an action, until the screen shows no picture of an end.
func (v *Vec) strike(ctx context.Context) error {
	period := newTicker(time.Time{}, v.o.Rate).period
	for start := time.Now(); ; {
		for _, c := range v.restart {
			for _, keys := range []chord{c, nil} {
				if err := v.press(keys); err != nil {
					return err
				}
				if err := v.link.until(ctx, time.Now().Add(period*time.Duration(v.o.Repeat))); err != nil {
					return err
				}
			}
		}
		for struck := time.Now(); time.Since(struck) < strikeEvery; {
			if v.link.view.copy(v.board.asides()); !v.board.over() {
				return nil
			}
			if err := v.link.until(ctx, time.Now().Add(period)); err != nil {
				return err
			}
		}
		if time.Since(start) > v.o.Timeout {
			return fmt.Errorf("%w: the screen shows the picture of an end %v later", ErrRestart, v.o.Timeout)
		}
	}
}
