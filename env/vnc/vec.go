package vnc

import (
	"context"
	"fmt"
	"image"
	"slices"
	"time"

	"glint/env"
)

var _ env.Vec = (*Vec)(nil)

// Vec is a screen as one environment.
type Vec struct {
	o       Options
	spec    env.Spec
	crop    image.Rectangle
	chords  []chord
	restart []chord
	link    *link // nil after a failure
	sizes   int   // how often the screen of link had changed its size when the episode began
	held    chord // the keys that are down
	ticks   ticker
	batch   *env.Batch
	damage  []image.Rectangle
	ready   bool
	closed  bool
	losses  int // connections lost since the last good step
	stats   Stats
}

// Stats says how well a Vec keeps time, since it was opened.
type Stats struct {
	// Steps are all steps, Late those that began after their first frame was due.
	Steps, Late env.Steps
	// Missed are the frames that were due while nobody looked.
	Missed env.Frames
	// Updates are the server's, over the present connection.
	Updates int64
	// Reconnects is how often a lost connection was made anew.
	Reconnects int
	// LatencyP50 and LatencyP95 are quantiles of the time from a request to its answer,
	// over the present connection's last 1,024; 0 before the first.
	LatencyP50, LatencyP95 time.Duration
}

// Open connects to a server. The size of an observation is that of the crop or, without
// one, of the screen as it is now.
func Open(ctx context.Context, o Options) (*Vec, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	v := &Vec{o: o, crop: o.Crop}
	var err error
	if v.chords, err = parseChords(o.Keys); err != nil {
		return nil, err
	}
	if v.restart, err = parseChords(o.Restart); err != nil {
		return nil, err
	}
	if v.link, err = dial(ctx, o, o.Crop); err != nil {
		return nil, v.errorf("open", err)
	}
	v.crop = v.link.view.crop
	v.spec = env.Spec{
		Name: "vnc://" + o.Address, N: 1, T: o.Repeat, H: v.crop.Dy(), W: v.crop.Dx(), Format: env.RGB,
		Actions: len(o.Keys), Meanings: slices.Clone(o.Keys), Repeat: o.Repeat,
	}
	v.batch = env.NewBatch(v.spec)
	return v, nil
}

func (v *Vec) errorf(doing string, err error) error {
	return fmt.Errorf("vnc: %s vnc://%s: %w", doing, v.o.Address, err)
}

// Spec describes the environment.
func (v *Vec) Spec() env.Spec { return v.spec }

// Crop returns the part of the screen that observations show.
func (v *Vec) Crop() image.Rectangle { return v.crop }

// Reset begins an episode, over a new connection where the last one failed. Its seed
// changes nothing.
func (v *Vec) Reset(ctx context.Context, seeds []uint64) (*env.Batch, error) {
	if err := v.usable(ctx); err != nil {
		return nil, v.errorf("reset", err)
	}
	if len(seeds) != v.spec.N {
		return nil, fmt.Errorf("vnc: reset: %d seeds for 1 environment", len(seeds))
	}
	v.ready, v.losses = false, 0
	b := v.batch
	b.EpisodeID[0], b.Truncated[0], b.Invalid[0] = 0, false, false
	err := v.begin(ctx)
	if err != nil && v.lost(ctx, err) {
		if err = v.reconnect(ctx); err == nil {
			err = v.begin(ctx)
		}
	}
	if err != nil {
		return nil, v.fail("reset", err)
	}
	v.ready = true
	return b, nil
}

// Step presses the keys of an action, lets go of others, and returns the frames that
// follow.
func (v *Vec) Step(ctx context.Context, actions []int) (*env.Batch, error) {
	if err := v.usable(ctx); err != nil {
		return nil, v.errorf("step", err)
	}
	if err := v.spec.CheckActions(actions); err != nil {
		return nil, err
	}
	if !v.ready {
		return nil, v.errorf("step", env.ErrNotReset)
	}
	b := v.batch
	b.Truncated[0], b.Invalid[0] = false, false
	v.stats.Steps++
	b.Elapsed[0] += env.Frames(v.o.Repeat)
	changed, err := v.play(ctx, v.chords[actions[0]])
	broken := err != nil && v.lost(ctx, err)
	switch {
	case broken:
		err = v.reconnect(ctx)
	case err == nil:
		v.losses = 0
	}
	if err == nil && (broken || changed || b.Elapsed[0] >= v.o.MaxFrames) {
		b.Truncated[0], b.Invalid[0] = true, broken || changed
		copy(b.Final, b.Obs)
		b.EpisodeID[0]++
		err = v.begin(ctx)
	}
	if err != nil {
		return nil, v.fail("step", err)
	}
	return b, nil
}

func (v *Vec) usable(ctx context.Context) error {
	if v.closed {
		return env.ErrClosed
	}
	return ctx.Err()
}

// play acts first and looks then. It says whether the screen changed its size.
func (v *Vec) play(ctx context.Context, c chord) (changed bool, err error) {
	if err := v.press(c); err != nil {
		return false, err
	}
	sizes, err := v.watch(ctx)
	return sizes != v.sizes, err
}

// press makes c the keys that are down.
func (v *Vec) press(c chord) error {
	without := func(c, other chord) (rest chord) {
		for _, key := range c {
			if !slices.Contains(other, key) {
				rest = append(rest, key)
			}
		}
		return rest
	}
	up, down := without(v.held, c), without(c, v.held)
	v.held = append(append(chord(nil), v.held...), down...) // until the server has heard of it
	if err := v.link.keys(up, down); err != nil {
		return err
	}
	v.held = c
	return nil
}

// watch takes the frames of an observation at the next ticks. It says how often the
// screen has changed its size.
func (v *Vec) watch(ctx context.Context) (sizes int, err error) {
	v.damage = v.damage[:0]
	size := v.spec.FrameLen()
	late := false
	for t := range v.spec.T {
		at, missed := v.ticks.due(time.Now())
		v.stats.Missed += missed
		late = late || missed > 0
		if err := v.link.until(ctx, at); err != nil {
			return 0, err
		}
		v.damage, sizes = v.link.view.look(v.batch.Obs[t*size:(t+1)*size], v.damage)
	}
	if late {
		v.stats.Late++
	}
	return sizes, nil
}

// begin begins an episode: with a whole picture, no key down, and the keys of
// Options.Restart struck.
func (v *Vec) begin(ctx context.Context) error {
	if v.link == nil {
		if err := v.reconnect(ctx); err != nil {
			return err
		}
	}
	if err := v.link.whole(ctx); err != nil {
		return err
	}
	period := newTicker(time.Time{}, v.o.Rate).period
	for _, c := range append([]chord{nil}, v.restart...) {
		for _, keys := range []chord{c, nil} {
			if err := v.press(keys); err != nil {
				return err
			}
			if err := v.link.until(ctx, time.Now().Add(period)); err != nil {
				return err
			}
		}
	}
	v.ticks = newTicker(time.Now(), v.o.Rate)
	v.batch.Elapsed[0] = 0
	var err error
	v.sizes, err = v.watch(ctx)
	return err
}

// maxLosses is how many connections may be lost without a good step between them.
const maxLosses = 3

// lost says whether an error is a lost connection that may be made anew.
func (v *Vec) lost(ctx context.Context, err error) bool {
	v.losses++
	return ctx.Err() == nil && !lasting(err) && v.losses <= maxLosses
}

// The time between two attempts to connect: the first, which doubles.
const firstPause = 100 * time.Millisecond

// reconnect makes a connection in the place of a lost one. An episode must begin then,
// which lets go of the keys that were down.
func (v *Vec) reconnect(ctx context.Context) error {
	v.drop()
	end := time.Now().Add(v.o.Patience)
	for pause := firstPause; ; pause *= 2 {
		l, err := dial(ctx, v.o, v.crop)
		if err == nil {
			v.link = l
			v.stats.Reconnects++
			return nil
		}
		if ctx.Err() != nil || lasting(err) || time.Now().Add(pause).After(end) {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// fail gives up the connection after an error. Keys are let go if they still can be.
func (v *Vec) fail(doing string, err error) error {
	v.ready = false
	if v.link != nil && v.press(nil) == nil {
		return v.errorf(doing, err) // the connection is sound
	}
	v.drop()
	return v.errorf(doing, err)
}

// drop closes the connection, if there is one.
func (v *Vec) drop() {
	if v.link != nil {
		v.link.close()
		v.link = nil
	}
}

// Damage returns the parts of the last observation, in its pixels, that the server has
// painted since the one before, which is Batch.Final where an episode ended: outside of
// them all its frames show what the last frame before showed. There are at most 64; they
// may overlap, and belong to the Vec until its next call.
func (v *Vec) Damage() []image.Rectangle { return v.damage }

// Stats returns how well the Vec has kept time.
func (v *Vec) Stats() Stats {
	s := v.stats
	if v.link != nil {
		s.Updates, s.LatencyP50, s.LatencyP95 = v.link.view.figures()
	}
	return s
}

// Close lets go of all keys and ends the connection.
func (v *Vec) Close() error {
	if v.closed {
		return nil
	}
	v.closed = true
	if v.link != nil {
		_ = v.press(nil) // the server forgets them with the connection, or never hears again
	}
	v.drop()
	return nil
}
