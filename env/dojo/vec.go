package dojo

import (
	"context"
	"fmt"
	"image"
	"slices"

	"glint/env"
)

var (
	_ env.Vec     = (*Vec)(nil)
	_ env.Saver   = (*Vec)(nil)
	_ env.Truther = (*Vec)(nil)
)

// Vec is N games in lock step. It implements env.Vec, env.Saver and env.Truther.
type Vec struct {
	opt    Options
	spec   env.Spec
	crop   image.Rectangle
	back   backdrop
	games  []game
	ready  []bool
	boxes  [][]env.Box // of the last observation of each environment
	played [][]Moment  // of the frames of each environment's last step
	batch  *env.Batch
	closed bool
}

// Open returns the game; it must be reset before it is stepped. It refuses
// Options that Validate refuses.
func Open(o Options) (*Vec, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	crop := o.Crop
	if crop.Empty() {
		crop = Screen
	}
	v := &Vec{opt: o, crop: crop, back: paintBackdrop(crop), games: make([]game, o.N), ready: make([]bool, o.N)}
	v.spec = env.Spec{
		Name: "dojo", N: o.N, T: o.Repeat, H: crop.Dy(), W: crop.Dx(),
		Format: env.Index, Palette: slices.Clone(palette[:]),
		Actions: actionCount,
		Meanings: []string{
			"NOOP", "LEFT", "RIGHT", "JUMP", "DUCK", "PUNCH_LEFT", "PUNCH_RIGHT", "KICK",
		},
		Repeat: o.Repeat, Saves: true,
	}
	v.batch = env.NewBatch(v.spec)
	v.boxes = make([][]env.Box, o.N)
	for i := range v.boxes {
		v.boxes[i] = make([]env.Box, 0, o.Repeat*len(v.games[i].Knives))
	}
	v.played = make([][]Moment, o.N)
	for i := range v.played {
		v.played[i] = make([]Moment, o.Repeat)
	}
	return v, nil
}

// Spec describes the game.
func (v *Vec) Spec() env.Spec { return v.spec }

// Close makes every later call fail with env.ErrClosed.
func (v *Vec) Close() error {
	v.closed = true
	return nil
}

// Reset starts a new game everywhere.
func (v *Vec) Reset(ctx context.Context, seeds []uint64) (*env.Batch, error) {
	if v.closed {
		return nil, fmt.Errorf("dojo: reset: %w", env.ErrClosed)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("dojo: reset: %w", err)
	}
	if len(seeds) != v.opt.N {
		return nil, fmt.Errorf("dojo: reset: %d seeds for %d environments", len(seeds), v.opt.N)
	}
	b := v.batch
	clear(b.Terminated)
	clear(b.Truncated)
	clear(b.LifeLost)
	clear(b.Reward)
	for i, seed := range seeds {
		g := &v.games[i]
		g.src.Seed(seed, 0x64_6f_6a_6f)
		g.Episode = 0
		v.begin(i)
		v.ready[i] = true
		v.say(i)
	}
	return b, nil
}

// Step plays one action an environment.
func (v *Vec) Step(ctx context.Context, actions []int) (*env.Batch, error) {
	if v.closed {
		return nil, fmt.Errorf("dojo: step: %w", env.ErrClosed)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("dojo: step: %w", err)
	}
	for i, ready := range v.ready {
		if !ready {
			return nil, fmt.Errorf("dojo: step: environment %d: %w", i, env.ErrNotReset)
		}
	}
	if err := v.spec.CheckActions(actions); err != nil {
		return nil, err
	}
	for i, a := range actions {
		v.play(i, a)
	}
	return v.batch, nil
}

// begin starts an episode of environment i and draws its first observation,
// which is one frame Repeat times.
func (v *Vec) begin(i int) {
	g := &v.games[i]
	g.start()
	for range g.below(v.opt.NoopMax + 1) {
		g.frame(noop)
	}
	v.boxes[i] = v.boxes[i][:0]
	for t := range v.opt.Repeat {
		v.show(i, t)
	}
}

// play plays one step of environment i.
func (v *Vec) play(i, action int) {
	g, b := &v.games[i], v.batch
	if g.AtEnd == 1 {
		g.AtEnd, g.Return = 0, 0
	}
	lives, points := g.Lives, 0
	v.boxes[i] = v.boxes[i][:0]
	for t := range v.opt.Repeat {
		if g.Lives > 0 {
			points += g.frame(g.stick(action, v.opt.Sticky))
		}
		v.show(i, t)
		v.note(i, t)
	}
	g.Return += float64(points)
	b.Reward[i] = float64(points)
	b.LifeLost[i] = g.Lives < lives
	b.Terminated[i] = g.Lives == 0
	b.Truncated[i] = !b.Terminated[i] && v.opt.MaxFrames > 0 && g.Frames >= int64(v.opt.MaxFrames)
	if b.Ended(i) {
		size := v.spec.ObsLen()
		copy(b.Final[i*size:(i+1)*size], b.ObsOf(i))
		total := g.Return
		g.Episode++
		v.begin(i)
		g.AtEnd, g.Return = 1, total
	}
	v.say(i)
}

// say fills in the counters of environment i.
func (v *Vec) say(i int) {
	g, b := &v.games[i], v.batch
	b.Return[i] = g.Return
	b.Lives[i] = int(g.Lives)
	b.EpisodeID[i] = g.Episode
	b.Elapsed[i] = env.Frames(g.Frames)
}

// stick returns the action that is played in this frame: the agent's, or with
// probability sticky the last frame's.
func (g *game) stick(action int, sticky float64) int {
	if sticky > 0 && float64(g.src.Uint64()>>11)/(1<<53) < sticky {
		return int(g.Last)
	}
	g.Last = uint8(action)
	return action
}

// show draws frame t of environment i's observation and notes its knives.
func (v *Vec) show(i, t int) {
	g := &v.games[i]
	size := v.spec.FrameLen()
	v.draw(v.batch.ObsOf(i)[t*size:(t+1)*size], g)
	for k := range g.Knives {
		if r := g.Knives[k].box(); r.Overlaps(v.crop) {
			v.boxes[i] = append(v.boxes[i], env.Box{Rect: r.Sub(v.crop.Min), Frame: t, Kind: "knife"})
		}
	}
}

// Player says where the player of environment i stands in the last frame of its last
// observation, as the middle of the body's upper edge in pixels of the observation,
// and what is left of health and lives.
func (v *Vec) Player(i int) (at image.Point, health, lives int) {
	g := &v.games[i]
	top, _ := g.body()
	return image.Pt(int(g.X), int(top)).Sub(v.crop.Min), int(g.Health), int(g.Lives)
}

// Truth appends the boxes of the knives in environment i's last observation to
// dst, Kind "knife", each around all 8 pixels of a knife.
func (v *Vec) Truth(dst []env.Box, i int) []env.Box { return append(dst, v.boxes[i]...) }
