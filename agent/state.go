package agent

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"

	"glint/env"
	"glint/replay"
	"glint/saliency"
)

// The files of a checkpoint.
const (
	WeightsFile   = "weights.safetensors"
	optimizerFile = "optimizer.safetensors"
	StateFile     = "state.json"
	storeFile     = "store.bin"
	playFile      = "play.gob.zz"
)

// state is everything of a Trainer that is neither weights nor observations.
type state struct {
	Stage     Stage     `json:"stage"`
	Counters  Counters  `json:"counters"`
	Horizon   env.Steps `json:"horizon"`
	AloneEnd  int64     `json:"alone_end"`
	Random    []byte    `json:"random"`
	Dice      []byte    `json:"dice"`
	Held      []int     `json:"held"`
	Actions   []int     `json:"actions"`
	Scores    scores    `json:"scores"`
	AdamSteps []int64   `json:"adam_steps"`
	// RewardNorm is nil unless rewards are normalised.
	RewardNorm *rewardNorm `json:"reward_norm,omitempty"`
}

// HeadsLearned says whether the StateFile of a checkpoint is of a training whose actor
// and critic have learned.
func HeadsLearned(b []byte) (bool, error) {
	var s state
	if err := json.Unmarshal(b, &s); err != nil {
		return false, fmt.Errorf("agent: %s: %w", StateFile, err)
	}
	return s.Stage == Play && s.Counters.Updates > s.Counters.Alone, nil
}

// play is the part of a state that is bytes: observations and environments.
type play struct {
	Obs          []byte
	Envs         [][]byte // nil where the environment cannot be saved
	Known        bool
	Small, Empty []Example
	NextS, NextE int
	Weighting    [][]float64 // what a weighting with a memory remembers
	Strands      [][]strandState
	Rollout      *replay.Rollout // what was played and waits to be learned from
	RolloutKnown []bool
	RolloutBoxes [][]env.Box
}

// write writes p compressed: most pixels of a plane are background.
func (p *play) write(w io.Writer) error {
	z, err := zlib.NewWriterLevel(w, zlib.BestSpeed)
	if err != nil {
		return err
	}
	return errors.Join(gob.NewEncoder(z).Encode(p), z.Close())
}

func (p *play) read(b []byte) error {
	z, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return err
	}
	return gob.NewDecoder(z).Decode(p)
}

// Files returns the content of a checkpoint by file name. Environments are saved
// when Files is called; the rest is written by the functions, so call them before
// the next Advance.
func (t *Trainer) Files(ctx context.Context) (map[string]func(io.Writer) error, error) {
	p := play{Obs: t.obs, Known: t.gallery.Known, Small: t.gallery.Small, Empty: t.gallery.Empty, NextS: t.gallery.small.next, NextE: t.gallery.empty.next}
	if err := t.storeFound(t.last); err != nil {
		return nil, err
	}
	if t.last.full {
		r := *t.last.rollout
		r.Advantage, r.Return = nil, nil // of the one before
		p.Rollout, p.RolloutKnown, p.RolloutBoxes = &r, t.last.known, t.last.knownBoxes()
	}
	p.Weighting, p.Strands = saliency.States(t.o.Weighting), t.finders.state()
	if saver, ok := env.As[env.Saver](t.o.Env); ok && t.spec.Saves {
		for i := range t.spec.N {
			s, err := saver.Save(ctx, i)
			if err != nil {
				return nil, err
			}
			p.Envs = append(p.Envs, s)
		}
	}
	return map[string]func(io.Writer) error{
		WeightsFile:   func(w io.Writer) error { _, err := t.Net.WriteTo(w); return err },
		optimizerFile: func(w io.Writer) error { return writeMoments(w, t.solver, t.Net.Params()) },
		StateFile:     t.writeState,
		storeFile:     t.store.Save,
		playFile:      p.write,
	}, nil
}

func (t *Trainer) writeState(w io.Writer) error {
	random, err := t.random.MarshalBinary()
	if err != nil {
		return fmt.Errorf("agent: saving: %w", err)
	}
	dice, err := t.dice.MarshalBinary()
	if err != nil {
		return fmt.Errorf("agent: saving: %w", err)
	}
	s := state{
		Stage: t.stage, Counters: t.counters, Horizon: t.horizon, AloneEnd: t.aloneEnd, Random: random, Dice: dice,
		Held: t.held, Actions: t.actions, Scores: t.scores,
	}
	if t.cfg.RewardNorm {
		s.RewardNorm = &t.norm
	}
	for _, p := range t.Net.Params() {
		s.AdamSteps = append(s.AdamSteps, t.solver.Moments(p).Steps)
	}
	return json.NewEncoder(w).Encode(s)
}

// Resume returns a Trainer that goes on where the one whose Files file reads was
// saved. Exact says that the environments go on as well; otherwise they could not
// be saved and start new episodes.
func Resume(ctx context.Context, cfg Config, o Options, file func(name string) ([]byte, error)) (t *Trainer, exact bool, err error) {
	if t, err = newTrainer(cfg, o); err != nil {
		return nil, false, err
	}
	var p play
	for _, part := range []struct {
		name string
		read func(b []byte) error
	}{
		{StateFile, t.readState},
		{WeightsFile, func(b []byte) error { return t.Net.load(bytes.NewReader(b)) }},
		{optimizerFile, func(b []byte) error { return readMoments(bytes.NewReader(b), t.solver, t.Net.Params()) }},
		{storeFile, func(b []byte) error { return t.store.Load(bytes.NewReader(b)) }},
		{playFile, p.read},
	} {
		b, err := file(part.name)
		if err == nil {
			err = part.read(b)
		}
		if err != nil {
			return nil, false, fmt.Errorf("agent: resuming from %s: %w", part.name, err)
		}
	}
	if err := t.prepare(); err != nil {
		return nil, false, err
	}
	// The environments come last: they are the caller's, and stay as they are when a
	// file cannot be read.
	if err := t.takePlay(ctx, p); err != nil {
		return nil, false, err
	}
	return t, p.Envs != nil, nil
}

func (t *Trainer) readState(b []byte) error {
	var s state
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	params := t.Net.Params()
	if !slices.Contains([]Stage{Explore, Reconstruct, Play}, s.Stage) {
		return fmt.Errorf("there is no stage %q", s.Stage)
	}
	if len(s.Held) != t.spec.N || len(s.Actions) != t.spec.N || len(s.Scores.Running) != t.spec.N || len(s.AdamSteps) != len(params) {
		return fmt.Errorf("the state is of %d environments and %d parameters, want %d and %d", len(s.Held), len(s.AdamSteps), t.spec.N, len(params))
	}
	if t.cfg.RewardNorm && (s.RewardNorm == nil || len(s.RewardNorm.Running) != t.spec.N) {
		return fmt.Errorf("reward_norm is on, but the state holds no deviation of the returns of %d environments", t.spec.N)
	}
	if err := t.random.UnmarshalBinary(s.Random); err != nil {
		return err
	}
	if s.Dice != nil {
		if err := t.dice.UnmarshalBinary(s.Dice); err != nil {
			return err
		}
	}
	t.stage, t.counters, t.horizon, t.aloneEnd = s.Stage, s.Counters, s.Horizon, s.AloneEnd
	if t.counters.Learned == 0 && t.counters.AESamples > 0 { // written before it was counted
		t.counters.Learned = t.counters.Steps - t.counters.Explored
	}
	t.held, t.actions, t.scores = s.Held, s.Actions, s.Scores
	if s.RewardNorm != nil {
		t.norm = *s.RewardNorm
	}
	for i, p := range params {
		t.solver.Moments(p).Steps = s.AdamSteps[i]
	}
	return nil
}

// takePlay puts observations and environments back.
func (t *Trainer) takePlay(ctx context.Context, p play) error {
	g := t.gallery
	if err := saliency.SetStates(t.o.Weighting, p.Weighting); err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	if err := t.finders.setState(p.Strands); err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	g.Known, g.Small, g.Empty, g.small.next, g.empty.next = p.Known, p.Small, p.Empty, p.NextS, p.NextE
	if err := t.takeRollout(p); err != nil {
		return err
	}
	if p.Envs == nil {
		return t.restart(ctx)
	}
	saver, ok := env.As[env.Saver](t.o.Env)
	if !ok || len(p.Envs) != t.spec.N || len(p.Obs) != len(t.obs) {
		return fmt.Errorf("agent: the checkpoint is of another environment than %s", t.spec.Name)
	}
	for i, s := range p.Envs {
		if err := saver.Load(ctx, i, s); err != nil {
			return err
		}
	}
	copy(t.obs, p.Obs)
	return nil
}

// takeRollout puts back what waits to be learned from, if anything does.
func (t *Trainer) takeRollout(p play) error {
	r := p.Rollout
	switch {
	case r == nil:
		return nil
	case !t.cfg.Overlap || r.N != t.spec.N || r.T != t.cfg.Horizon || r.ObsLen != t.spec.ObsLen() ||
		len(r.Obs) != len(t.last.rollout.Obs) || len(p.RolloutKnown) != r.N*r.T || len(p.RolloutBoxes) != r.N*r.T:
		return fmt.Errorf("agent: the checkpoint waits to learn from %d steps of %d environments, which this config does not", r.T, r.N)
	}
	r.Advantage, r.Return = make([]float32, r.N*r.T), make([]float32, r.N*r.T)
	t.last.rollout, t.last.full = r, true
	copy(t.last.known, p.RolloutKnown)
	copy(t.last.boxes, p.RolloutBoxes)
	return nil
}

// restart begins new episodes, other ones than the training began with.
func (t *Trainer) restart(ctx context.Context) error {
	if err := errors.Join(t.finders.endAll(), t.storeFound(t.next)); err != nil {
		return err
	}
	seeds := make([]uint64, t.spec.N)
	r := rand.New(rand.NewPCG(t.o.Seed, 4+uint64(t.counters.Steps)))
	for i := range seeds {
		seeds[i] = r.Uint64()
	}
	b, err := t.o.Env.Reset(ctx, seeds)
	if err != nil {
		return err
	}
	copy(t.obs, b.Obs)
	clear(t.scores.Running)
	clear(t.norm.Running)
	return nil
}
