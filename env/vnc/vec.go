package vnc

import (
	"context"
	"errors"
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
	commit  chord
	link    *link     // nil after a failure
	judge   *rewarder // nil where there is none, and after a failure
	board   *board    // nil where nothing is read off the screen
	seed    uint64    // of the next episode that the rewarder is asked for
	ended   bool      // the last step ended an episode
	sizes   int       // how often the screen of link had changed its size when the episode began
	held    chord     // the keys that are down
	stamp   stamp     // of the last frame
	moved   time.Time // when that was another one
	ticks   ticker
	batch   *env.Batch
	damage  []image.Rectangle
	ready   bool
	closed  bool
	losses  int // connections lost since the last good step
	meter   meter
	stats   Stats
}

// Open connects to a server, for which it waits up to Options.Startup where nobody listens
// yet. The size of an observation is that of the crop or, without one, of the screen as it
// is now.
func Open(ctx context.Context, o Options) (*Vec, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	v := &Vec{o: o, crop: o.Crop, board: newBoard(o)}
	var err error
	if v.chords, err = parseChords(o.Keys); err != nil {
		return nil, err
	}
	if v.restart, err = parseChords(o.Restart); err != nil {
		return nil, err
	}
	if v.commit, err = parseChord(o.Commit); err != nil {
		return nil, err
	}
	if err := v.insist(ctx, v.o.Startup, v.starting()); err != nil {
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

// connect connects to the screen and, where there is one, to its rewarder.
func (v *Vec) connect(ctx context.Context) (err error) {
	if v.link, err = dial(ctx, v.o, v.crop, &v.meter); err != nil || v.o.Rewarder == "" {
		return err
	}
	if v.judge, err = dialRewarder(ctx, v.o); err != nil {
		v.drop()
	}
	return err
}

func (v *Vec) errorf(doing string, err error) error {
	return fmt.Errorf("vnc: %s vnc://%s: %w", doing, v.o.Address, err)
}

// Spec describes the environment.
func (v *Vec) Spec() env.Spec { return v.spec }

// Crop returns the part of the screen that observations show.
func (v *Vec) Crop() image.Rectangle { return v.crop }

// Reset begins an episode, over a new connection where the last one failed. Its seed goes
// to the rewarder; without one it changes nothing.
func (v *Vec) Reset(ctx context.Context, seeds []uint64) (*env.Batch, error) {
	if err := v.usable(ctx); err != nil {
		return nil, v.errorf("reset", err)
	}
	if len(seeds) != v.spec.N {
		return nil, fmt.Errorf("vnc: reset: %d seeds for 1 environment", len(seeds))
	}
	v.ready, v.losses = false, 0
	b := v.batch
	b.EpisodeID[0], b.Reward[0], b.Return[0] = 0, 0, 0
	b.Terminated[0], b.Truncated[0], b.Invalid[0] = false, false, false
	v.seed, v.ended = seeds[0], false
	err := v.begin(ctx, true)
	if err != nil && v.lost(ctx, err) {
		if err = v.reconnect(ctx); err == nil {
			err = v.begin(ctx, true)
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
	if v.ended {
		b.Return[0], v.ended = 0, false
	}
	v.stats.Steps++
	b.Elapsed[0] += env.Frames(v.o.Repeat)
	out, changed, err := v.play(ctx, v.chords[actions[0]])
	broken := err != nil && v.lost(ctx, err)
	switch {
	case broken:
		out, err = outcome{}, v.reconnect(ctx)
	case err == nil:
		v.losses = 0
	}
	b.Reward[0] = out.reward
	b.Return[0] += out.reward
	b.Invalid[0] = broken || changed
	b.Terminated[0] = out.done && !b.Invalid[0]
	b.Truncated[0] = b.Invalid[0] || !out.done && (out.cut || b.Elapsed[0] >= v.o.MaxFrames)
	if err == nil && b.Ended(0) {
		v.ended = true
		copy(b.Final, b.Obs)
		b.EpisodeID[0]++
		err = v.begin(ctx, b.Invalid[0] || !out.done && !out.cut)
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

// play acts first and looks then. It returns the rewards until then, and whether the
// screen changed its size.
func (v *Vec) play(ctx context.Context, c chord) (out outcome, changed bool, err error) {
	if err := v.press(c); err != nil {
		return out, false, err
	}
	if v.o.Clock == Lockstep {
		return v.advance(ctx)
	}
	sizes, err := v.watch(ctx)
	switch {
	case err == nil && v.judge != nil:
		out, err = v.judge.take()
	case err == nil:
		out = v.board.take()
	}
	return out, sizes != v.sizes, err
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
	late := false
	for t := range v.spec.T {
		at, missed := v.ticks.due(time.Now())
		v.stats.Missed += missed
		late = late || missed > 0
		if err := v.link.until(ctx, at); err != nil {
			return 0, err
		}
		obs := v.frame(t)
		g := v.link.view.look(obs, v.damage, v.board.asides())
		v.damage, sizes = g.damage, g.sizes
		v.ticks.follow(g.arrived, slew)
		if err := v.count(g.stamp, at); err != nil {
			return 0, err
		}
		v.board.frame(obs)
	}
	if late {
		v.stats.Late++
	}
	return sizes, nil
}

// begin begins an episode: with a whole picture, no key down, a rewarder that says the
// game runs, and the keys of Options.Restart struck. anew says that the rewarder must be
// asked for it; else the next episode comes by itself.
func (v *Vec) begin(ctx context.Context, anew bool) error {
	if v.link == nil {
		if err := v.reconnect(ctx); err != nil {
			return err
		}
	}
	if err := v.link.whole(ctx); err != nil {
		return err
	}
	if err := v.press(nil); err != nil {
		return err
	}
	if v.o.Clock == Lockstep {
		return v.first(ctx, anew)
	}
	if err := v.await(ctx, anew); err != nil {
		return err
	}
	if err := v.strike(ctx); err != nil {
		return err
	}
	v.board.restart()
	v.ticks = newTicker(time.Now(), v.o.Rate)
	v.ticks.follow(v.link.view.last(), 1)
	v.batch.Elapsed[0], v.stamp = 0, stamp{}
	var err error
	v.sizes, err = v.watch(ctx)
	return err
}

// await waits until the rewarder, where there is one, says that the episode runs.
func (v *Vec) await(ctx context.Context, anew bool) error {
	switch {
	case v.judge == nil:
		return nil
	case anew:
		seed := v.seed
		v.seed++
		if v.o.Clock == Realtime {
			seed &= 1<<31 - 1 // as many bits as every server takes
		}
		return v.judge.reset(ctx, v.o.RewarderEnv, seed, v.o.Rate)
	}
	return v.judge.start(ctx)
}

// maxLosses is how many connections may be lost without a good step between them.
const maxLosses = 3

// lost says whether an error is a lost connection that may be made anew.
func (v *Vec) lost(ctx context.Context, err error) bool {
	v.losses++
	return ctx.Err() == nil && !lasting(err) && v.losses <= maxLosses
}

// reconnect makes a connection in the place of a lost one. An episode must begin then,
// which lets go of the keys that were down.
func (v *Vec) reconnect(ctx context.Context) error {
	v.drop()
	err := v.insist(ctx, v.o.Patience, func(err error) bool { return !lasting(err) })
	if err == nil {
		v.stats.Reconnects++
	}
	return err
}

// starting says which errors may be those of a server that has not started yet, and tells
// of the first.
func (v *Vec) starting() func(error) bool {
	told := false
	return func(err error) bool {
		is := errors.Is(err, ErrAbsent)
		if is && !told && v.o.Waiting != nil && v.o.Startup > 0 {
			v.o.Waiting(err)
			told = true
		}
		return is
	}
}

// The time between two attempts to connect: the first, which doubles, and the longest.
const (
	firstPause = 100 * time.Millisecond
	maxPause   = time.Second
)

// insist connects, time and again for as long as patience where passing says of an error
// that it may pass.
func (v *Vec) insist(ctx context.Context, patience time.Duration, passing func(error) bool) error {
	end := time.Now().Add(patience)
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		err := v.connect(ctx)
		if err == nil || ctx.Err() != nil || !passing(err) {
			return err
		}
		left := time.Until(end)
		if left <= 0 {
			return fmt.Errorf("%w (tried for %v)", err, patience)
		}
		select {
		case <-time.After(min(pause, left)):
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

// drop closes the connections that there are.
func (v *Vec) drop() {
	if v.judge != nil {
		v.judge.close()
		v.judge = nil
	}
	if v.link != nil {
		v.link.close()
		v.link = nil
	}
	v.stamp = stamp{}
}

// Damage returns the parts of the last observation, in its pixels, that the server has
// painted since the one before, which is Batch.Final where an episode ended: outside of
// them all its frames show what the last frame before showed. There are at most 64; they
// may overlap, and belong to the Vec until its next call.
func (v *Vec) Damage() []image.Rectangle { return v.damage }

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
