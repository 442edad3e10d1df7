package agent

import (
	"context"
	"image"
	"math/rand/v2"
	"testing"

	"glint/autoencoder"
	"glint/env"
	"glint/internal/telemetry"
	"glint/saliency"
)

// toySize is the rows and columns of a toy's plane.
const toySize = 16

// toy is N games of one plane each. What is seen is a bright block whose place is
// the game's scene; it cannot be saved.
type toy struct {
	spec env.Spec
	play func(g *toyGame, action int) toyStep
	// begin chooses the scene that an episode begins with.
	begin func(g *toyGame)
	lives int // as the batches tell them

	games []toyGame
	batch *env.Batch
}

// toyGame is one of a toy's games.
type toyGame struct {
	rand  *rand.Rand
	scene int // 0..3: left, right, left below, right below; above that no block
	first int // action at the start of the episode
	steps int // of the episode
	total float64
	final bool // total is of an ended episode
}

// toyStep is what a step of a game does.
type toyStep struct {
	reward                         float64
	terminated, truncated, invalid bool
	died                           bool
}

func newToy(n, actions int, play func(g *toyGame, action int) toyStep) *toy {
	t := &toy{play: play, games: make([]toyGame, n), begin: func(g *toyGame) { g.scene = g.rand.IntN(2) }}
	t.spec = env.Spec{Name: "toy", N: n, T: 1, H: toySize, W: toySize, Format: env.Plane, Actions: actions, Repeat: 1}
	t.batch = env.NewBatch(t.spec)
	return t
}

// bandit rewards the action that has the number of the block's place, once.
func bandit(n int) *toy {
	return newToy(n, 2, func(g *toyGame, action int) toyStep {
		s := toyStep{terminated: true}
		if action == g.scene {
			s.reward = 1
		}
		return s
	})
}

func (t *toy) Spec() env.Spec { return t.spec }
func (t *toy) Close() error   { return nil }

func (t *toy) Reset(_ context.Context, seeds []uint64) (*env.Batch, error) {
	t.batch = env.NewBatch(t.spec)
	for i := range t.games {
		t.games[i] = toyGame{rand: rand.New(rand.NewPCG(seeds[i], 0))}
		t.begin(&t.games[i])
		drawScene(t.batch.ObsOf(i), t.games[i].scene)
		t.batch.Lives[i] = t.lives
	}
	return t.batch, nil
}

func (t *toy) Step(ctx context.Context, actions []int) (*env.Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := t.spec.CheckActions(actions); err != nil {
		return nil, err
	}
	b := t.batch
	for i := range t.games {
		g := &t.games[i]
		if g.final {
			g.total, g.steps, g.final = 0, 0, false
		}
		if g.steps == 0 {
			g.first = actions[i]
		}
		s := t.play(g, actions[i])
		g.steps++
		g.total += s.reward
		b.Reward[i], b.Return[i] = s.reward, g.total
		b.Terminated[i], b.Truncated[i], b.Invalid[i], b.LifeLost[i] = s.terminated, s.truncated, s.invalid, s.died
		if b.Ended(i) {
			drawScene(b.FinalOf(i), g.scene)
			b.EpisodeID[i]++
			g.final = true
			t.begin(g)
		}
		drawScene(b.ObsOf(i), g.scene)
	}
	return b, nil
}

// drawScene draws the block, 4x2 pixels like a knife's core.
func drawScene(plane []byte, scene int) {
	clear(plane)
	if scene > 3 {
		return
	}
	x, y := 3+scene%2*6, 4+scene/2*6
	for row := y; row < y+2; row++ {
		for col := x; col < x+4; col++ {
			plane[row*toySize+col] = 200
		}
	}
}

// toyConfig is a tiny network that learns toys fast, without autoencoder in Play. It
// owes nothing to the defaults, which are for another size of work.
func toyConfig(algo string, n int) Config {
	c := DefaultConfig(algo)
	c.Envs, c.Horizon, c.Epochs, c.Minibatch = n, 32, 4, 64
	c.LR, c.LRFinal, c.Lambda, c.Clip, c.EntropyCoef = 3e-3, 1, 0.95, 0.2, 0.01
	c.AdamEps, c.GradNorm, c.ValueCoef, c.ClipValue, c.NormalizeAdv = 1e-5, 0.5, 0.5, false, true
	c.AEPerStep, c.AECoef, c.EncoderMoved, c.SmallShare = 0, 1, MovedByBoth, 0.5
	c.RewardScale, c.RewardClip, c.Gamma, c.StoreCapacity = 1, 10, 0.99, 500
	c.Overlap, c.AEFresh = false, 0
	c.Pretrain = PretrainConfig{Steps: 64, Updates: 25, Batch: 8, MicroBatches: 1, Rate: defaultRate(1e-3, 0), Hold: 4}
	c.Autoencoder = autoencoder.Config{Channels: []int{4, 8}, Code: 16}
	if algo == A2C {
		c.Horizon, c.Epochs, c.Minibatch, c.NormalizeAdv = 8, 1, 8*n, false
	}
	return c
}

// planesOptions are the parts to train on planes v. Each stack is looked at by itself.
func planesOptions(tb testing.TB, v env.Vec, seed uint64) Options {
	tb.Helper()
	s := v.Spec()
	return Options{
		Env: v, Content: image.Rect(0, 0, s.W, s.H), Weighting: saliency.DefaultKnife(), Seed: seed,
		Finder: saliency.FinderConfig{Detector: saliency.DefaultDetectorConfig(), Flight: saliency.DefaultFlightConfig()},
	}
}

// begin returns a new Trainer on v.
func begin(tb testing.TB, cfg Config, v env.Vec, seed uint64) *Trainer {
	tb.Helper()
	t, err := New(tb.Context(), cfg, planesOptions(tb, v, seed))
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// advance does units of work and returns their reports.
func advance(tb testing.TB, t *Trainer, units int) []Report {
	tb.Helper()
	var rs []Report
	for range units {
		r, err := t.Advance(tb.Context())
		if err != nil {
			tb.Fatal(err)
		}
		t.Measure(&r)
		rs = append(rs, r)
	}
	return rs
}

// until advances to a stage and returns the reports on the way.
func until(tb testing.TB, t *Trainer, s Stage) []Report {
	tb.Helper()
	var rs []Report
	for t.Stage() != s {
		rs = append(rs, advance(tb, t, 1)...)
	}
	return rs
}

// sick returns the first sickness reported.
func sick(rs []Report) string {
	for _, r := range rs {
		if r.Sickness != "" {
			return r.Sickness
		}
	}
	return ""
}

// codeMeasured says whether any report has figures of the code.
func codeMeasured(rs []Report) bool {
	for _, r := range rs {
		if _, ok := r.Values[telemetry.CodeSaturated]; ok {
			return true
		}
	}
	return false
}
