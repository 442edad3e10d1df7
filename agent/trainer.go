package agent

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"slices"

	"glint/autoencoder"
	"glint/env"
	"glint/internal/ops"
	"glint/internal/telemetry"
	"glint/replay"
	"glint/saliency"
)

// Stage is where a training stands.
type Stage string

// The stages, in their order.
const (
	Explore     Stage = "explore"     // random play fills the store
	Reconstruct Stage = "reconstruct" // the autoencoder trains alone
	Play        Stage = "play"        // all three heads
)

// Options are the parts that a Trainer works with.
type Options struct {
	Env       env.Vec // of Config.Envs environments; its observations are planes
	Content   image.Rectangle
	Finder    saliency.FinderConfig // finds the small objects of what is stored
	Weighting saliency.Weighting
	Seed      uint64
	Phases    *telemetry.Phases // nil to measure nothing
	// Alone says that there is no Play: Reconstruct goes on for as many updates as
	// its config says, without end where that says 0.
	Alone bool
	// Critic is a network on the same planes whose critic the weighting asks in Reconstruct;
	// nil to let all pixels count alike there.
	Critic *Net
	// Teacher returns what a demonstrator did on environment i's last observation, for an
	// environment that goes on as that one played. Play then imitates it. nil for play of
	// the agent's own.
	Teacher func(i int) int
	// KeepMean says that the network was trained before, so that its mean image stays.
	KeepMean bool
	// Part says what environment i's last observation is for; nil to judge those of the
	// last of several environments and to learn from the others.
	Part func(i int) Part
	// Taken is how often a demonstrator took each action in what is learned from.
	Taken []int
	// Raw returns environment i's last observation in its own format, to be kept
	// with examples; nil for none.
	Raw func(i int) []byte
}

// Part says what an observation is for.
type Part int

// The parts.
const (
	Learned Part = iota // trained on
	Judged              // looked at during training, never trained on
	Aside               // neither
)

// Counters count the work done since the start of a training.
type Counters struct {
	Steps      env.Steps  `json:"steps"`  // over all environments
	Frames     env.Frames `json:"frames"` // over all environments
	Updates    int64      `json:"updates"`
	Alone      int64      `json:"alone"` // updates of the autoencoder alone, known in Play
	Iterations int64      `json:"iterations"`
	Learned    env.Steps  `json:"learned"`    // steps that all three heads have learned from
	Explored   env.Steps  `json:"explored"`   // steps of Explore
	AESamples  int64      `json:"ae_samples"` // observations the autoencoder trained on in Play
	Episodes   int64      `json:"episodes"`
}

// AEPerStep returns the autoencoder's samples for each step that was learned from, and
// false before the first.
func (c Counters) AEPerStep() (float64, bool) {
	return float64(c.AESamples) / float64(c.Learned), c.Learned > 0
}

// Trainer trains a Net on an environment.
type Trainer struct {
	Net *Net

	cfg      Config
	o        Options
	spec     env.Spec
	player   *Player
	learner  *learner
	pre      *autoencoder.Trainer
	solver   *ops.Adam
	detector *saliency.Detector // for the gallery
	finders  *finders
	store    *replay.Store
	needs    saliency.Needs
	inputs   saliency.Inputs // of the last batch sampled
	slope    *Slope          // nil where the weighting needs none or there is none yet
	flat     []float32       // a slope of ones
	gallery  *Gallery

	// What collect touches, alone while it runs, with the environment, player, finders, gallery,
	// obs, actions, aside, scores, found, norm, and Steps, Frames and Episodes of the counters; the
	// other counters are learn's.
	acting *Net      // what it acts by: Net, or a copy where learning goes on meanwhile
	next   *played   // what it fills
	row    int       // of the rollout that the latest observations are for
	aside  []bool    // [N] the step that is played now is held out from all learning
	dice   *rand.PCG // the source of its random draws
	norm   rewardNorm

	last     *played   // what is learned from; next itself where nothing overlaps
	random   *rand.PCG // the source of every other random draw of training
	stage    Stage
	counters Counters
	horizon  env.Steps // where the schedules of learning rate, clip and entropy end; 0 means never
	aloneEnd int64     // the update where that of Reconstruct ends; 0 means never
	obs      []byte    // [N,T,H,W] the observations to act on
	held     []int     // steps that Explore still keeps each action
	actions  []int
	scores   scores
	found    []env.Box // scratch
	order    []int     // entries of the rollout as learn goes through them
	fresh    int       // autoencoder samples of an update that come from its minibatch, the last ones of that
	entries  []int     // of the rollout, that the minibatch consists of
	// classWeights [A] are those of the demonstrator's actions, nil for equal ones.
	classWeights []float32
}

// New returns a Trainer at the start of Explore. It resets the environment.
func New(ctx context.Context, cfg Config, o Options) (*Trainer, error) {
	t, err := newTrainer(cfg, o)
	if err != nil {
		return nil, err
	}
	seeds := make([]uint64, cfg.Envs)
	r := rand.New(rand.NewPCG(o.Seed, 1))
	for i := range seeds {
		seeds[i] = r.Uint64()
	}
	b, err := o.Env.Reset(ctx, seeds)
	if err != nil {
		return nil, err
	}
	if lives := slices.ContainsFunc(b.Lives, func(n int) bool { return n > 0 }); cfg.LifeLoss && !o.Alone && !lives {
		return nil, fmt.Errorf("agent: life_loss: %s has %w", t.spec.Name, ErrNoLives)
	}
	copy(t.obs, b.Obs)
	return t, nil
}

// ErrNoLives says that life_loss is set and no game has lives.
var ErrNoLives = errors.New("no lives to lose")

// ErrNoTruth says that a weighting needs true boxes and the environment knows none.
var ErrNoTruth = errors.New("the environment does not know where its small objects are")

// newTrainer builds everything but the state of the environment.
func newTrainer(cfg Config, o Options) (*Trainer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	s := o.Env.Spec()
	if s.N != cfg.Envs || s.Format != env.Plane {
		return nil, fmt.Errorf("agent: environment %s has %d environments of %s pixels, want %d of planes", s.Name, s.N, s.Format, cfg.Envs)
	}
	if err := cfg.CheckTaught(o.Teacher != nil); err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	weights, err := o.classWeights(cfg, s.Actions)
	if err != nil {
		return nil, err
	}
	needs := saliency.NeedsOf(o.Weighting)
	if _, known := env.As[env.Truther](o.Env); needs.Truth && !known {
		return nil, fmt.Errorf("agent: %w: weighting %s needs the true boxes of %s", ErrNoTruth, o.Weighting.Name(), s.Name)
	}
	if o.Phases == nil {
		o.Phases = new(telemetry.Phases)
	}
	t := &Trainer{
		cfg: cfg, o: o, spec: s, stage: Explore, aloneEnd: cfg.Pretrain.Updates,
		random: rand.NewPCG(o.Seed, 2), dice: rand.NewPCG(o.Seed, 5),
		obs: make([]byte, s.N*s.ObsLen()), held: make([]int, s.N), actions: make([]int, s.N), aside: make([]bool, s.N),
		next:    newPlayed(s.N, cfg.Horizon, s.ObsLen()),
		gallery: NewGallery(s, o.Content),
		order:   make([]int, s.N*cfg.Horizon),
		scores:  scores{Running: make([]float64, s.N)},
		norm:    newRewardNorm(s.N),
		needs:   needs, classWeights: weights,
	}
	if t.detector, err = saliency.NewDetector(o.Finder.Detector, s.H, s.W); err != nil {
		return nil, err
	}
	if t.finders, err = newFinders(o.Finder, s, t.put); err != nil {
		return nil, err
	}
	shape := autoencoder.Shape{T: s.T, H: s.H, W: s.W, Content: o.Content}
	if t.Net, err = NewNet(cfg.Autoencoder, shape, s.Actions, rand.New(rand.NewPCG(o.Seed, 3))); err != nil {
		return nil, err
	}
	t.last, t.acting = t.next, t.Net
	if cfg.Overlap && !o.Alone {
		t.last = newPlayed(s.N, cfg.Horizon, s.ObsLen())
		if t.acting, err = NewNet(cfg.Autoencoder, shape, s.Actions, rand.New(rand.NewPCG(0, 0))); err != nil {
			return nil, err
		}
	}
	t.solver = ops.NewAdam(cfg.adam(), t.Net.Params())
	t.store, err = replay.NewStore(replay.StoreConfig{
		Capacity: cfg.StoreCapacity, Classes: frameClasses, Least: []float64{0, cfg.SmallShare}, Len: s.ObsLen(),
	})
	if err != nil {
		return nil, err
	}
	t.inputs = saliency.Inputs{T: s.T, H: s.H, W: s.W, Content: o.Content, Boxes: make([][]env.Box, max(cfg.Pretrain.Batch, cfg.AEBatch()))}
	return t, t.prepare()
}

// progress returns the share of the schedule that lies behind.
func (t *Trainer) progress() float64 {
	if t.horizon <= 0 {
		return 0
	}
	return min(1, float64(t.counters.Steps)/float64(t.horizon))
}

// SetHorizon sets the step at which the schedules of learning rate, clip and entropy
// end. It is part of the saved state.
func (t *Trainer) SetHorizon(s env.Steps) { t.horizon = s }

// Horizon returns the step at which the schedules end, 0 where none is set.
func (t *Trainer) Horizon() env.Steps { return t.horizon }

// SetAloneEnd sets the update at which the learning-rate schedule of Reconstruct
// ends, 0 for never. It is part of the saved state.
func (t *Trainer) SetAloneEnd(update int64) { t.aloneEnd = update }

// AloneEnd returns the update at which the schedule of Reconstruct ends.
func (t *Trainer) AloneEnd() int64 { return t.aloneEnd }

// Stored returns the number of stored observations of each class, the bytes they take in
// memory and how many times smaller than uncompressed they are without what finds them.
func (t *Trainer) Stored() (classes []int, bytes int, ratio float64) {
	return t.store.Counts(), t.store.Memory(), t.store.Ratio()
}

// Stage returns where the training stands.
func (t *Trainer) Stage() Stage { return t.stage }

// Counters returns the work done so far.
func (t *Trainer) Counters() Counters { return t.counters }

// Gallery returns the examples that training is watched by.
func (t *Trainer) Gallery() *Gallery { return t.gallery }
