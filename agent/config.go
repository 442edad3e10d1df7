package agent

import (
	"errors"
	"fmt"
	"math"

	"glint/autoencoder"
	"glint/internal/ops"
)

// Config holds every setting of training. A zero is a zero, never a default; start
// from DefaultConfig.
type Config struct {
	Algo         string  `toml:"algo"`          // "ppo" or "a2c"
	Envs         int     `toml:"envs"`          // environments in lock step
	Horizon      int     `toml:"horizon"`       // steps of each environment in a rollout
	Epochs       int     `toml:"epochs"`        // passes over a rollout
	Minibatch    int     `toml:"minibatch"`     // steps in a minibatch
	MicroBatches int     `toml:"micro_batches"` // parts that a minibatch is computed in, one after the other, which takes less memory
	Gamma        float64 `toml:"gamma"`         // discount of the reward a step later
	Lambda       float64 `toml:"lambda"`        // of generalised advantage estimation

	Rate // of all three heads

	Clip          float64 `toml:"clip"`           // PPO's epsilon
	ClipFinal     float64 `toml:"clip_final"`     // share of Clip left at the end, reached linearly
	ClipValue     bool    `toml:"clip_value"`     // clip the value loss as well
	ValueCoef     float64 `toml:"value_coef"`     // weight of the value loss
	EntropyCoef   float64 `toml:"entropy_coef"`   // weight of the entropy bonus
	EntropyFinal  float64 `toml:"entropy_final"`  // share of EntropyCoef left at the end, reached linearly
	TargetKL      float64 `toml:"target_kl"`      // a rollout's updates stop once the policy is 1.5 times as far from the one that played; 0 for never
	NormalizeAdv  bool    `toml:"normalize_adv"`  // advantages of a minibatch to mean 0, deviation 1
	LifeLoss      bool    `toml:"life_loss"`      // for learning, a lost life ends an episode; scores and games go on
	RewardNorm    bool    `toml:"reward_norm"`    // divide rewards by the running deviation of the discounted return, before RewardScale
	RewardScale   float64 `toml:"reward_scale"`   // factor on rewards for learning
	RewardClip    float64 `toml:"reward_clip"`    // limit of a scaled reward; scores stay un-clipped
	AdamEps       float64 `toml:"adam_eps"`       // epsilon of Adam
	GradNorm      float64 `toml:"grad_norm"`      // limit of the norm of the whole gradient
	EncoderMoved  string  `toml:"encoder_moved"`  // by which loss: "both", "autoencoder" or "rl"
	AECoef        float64 `toml:"ae_coef"`        // weight of the autoencoder's loss
	AEPerStep     float64 `toml:"ae_per_step"`    // autoencoder samples trained on per environment step
	AEFresh       float64 `toml:"ae_fresh"`       // share of those taken from what actor and critic learn from, which is encoded once for all
	SmallShare    float64 `toml:"small_share"`    // least share of an autoencoder batch that shows a small object
	StoreCapacity int     `toml:"store_capacity"` // observations kept for the autoencoder
	Overlap       bool    `toml:"overlap"`        // play a rollout while learning from the one before

	FrameClasses  ClassConfig        `toml:"frame_classes"`  // weights of what shows no small object and what does, in the autoencoder's loss; small_share balances batches
	ActionClasses ClassConfig        `toml:"action_classes"` // balance of the demonstrator's actions, where there is one
	Pretrain      PretrainConfig     `toml:"pretrain"`
	Autoencoder   autoencoder.Config `toml:"autoencoder"`
}

// PretrainConfig holds the settings of the first two phases.
type PretrainConfig struct {
	Rate

	Steps        int64 `toml:"steps"`         // of random play, over all environments
	Updates      int64 `toml:"updates"`       // of the autoencoder alone
	Batch        int   `toml:"batch"`         // observations an update
	MicroBatches int   `toml:"micro_batches"` // parts that a batch is computed in, one after the other
	Hold         int   `toml:"hold"`          // longest time, in steps, that random play keeps an action
}

// The algorithms.
const (
	PPO = "ppo"
	A2C = "a2c"
)

// Which loss moves the encoder.
const (
	MovedByBoth        = "both"
	MovedByAutoencoder = "autoencoder"
	MovedByRL          = "rl"
)

// DefaultConfig returns the settings for an algorithm that reached most within some
// minutes on 2 cores: fewer passes over fewer steps and a higher learning rate than
// the papers', which were tuned for ten times the frames.
func DefaultConfig(algo string) Config {
	c := Config{
		Algo: algo, Envs: 16, Horizon: 32, Epochs: 2, Minibatch: 128, MicroBatches: 1, Gamma: 0.99, Lambda: 0.95,
		Clip: 0.2, ClipFinal: 1, ClipValue: false, ValueCoef: 0.5, EntropyCoef: 0.0005, EntropyFinal: 1, NormalizeAdv: true,
		RewardScale: 1, RewardClip: 1, Rate: defaultRate(1.5e-3, 0.1), AdamEps: 1e-8, GradNorm: 0.5,
		EncoderMoved: MovedByBoth, AECoef: 50, AEPerStep: 1, AEFresh: 0.7, SmallShare: 0.3, StoreCapacity: 50_000, Overlap: true,
		FrameClasses:  ClassConfig{Balance: BalanceNone, Values: []float64{}},
		ActionClasses: ClassConfig{Balance: BalanceNone, Values: []float64{}},
		Pretrain:      PretrainConfig{Steps: 20_000, Updates: 1_000, Batch: 32, MicroBatches: 1, Rate: defaultRate(1e-3, 1), Hold: 8},
		Autoencoder:   autoencoder.DefaultConfig(),
	}
	if algo == A2C {
		c.Horizon, c.Epochs, c.Minibatch = 16, 1, 128
		c.NormalizeAdv = false
	}
	return c
}

// Validate names the first field that cannot be used and says what it wants.
func (c Config) Validate() error {
	for _, f := range []struct {
		name string
		ok   bool
		got  any
		want string
	}{
		{"algo", c.Algo == PPO || c.Algo == A2C, c.Algo, "ppo or a2c"},
		{"envs", within(c.Envs, MaxEnvs), c.Envs, upTo(MaxEnvs)},
		{"horizon", within(c.Horizon, maxRollout/max(1, c.Envs)), c.Horizon, fmt.Sprintf("1 or more, and envs*horizon at most %d", maxRollout)},
		{"epochs", within(c.Epochs, 1000), c.Epochs, upTo(1000)},
		{"epochs", c.Epochs == 1 || c.Algo != A2C, c.Epochs, "1: a2c has no clipping that would keep a second pass near the policy that played"},
		{
			"minibatch", c.Minibatch >= 1 && c.Minibatch <= c.Envs*c.Horizon && (c.Envs*c.Horizon)%c.Minibatch == 0, c.Minibatch,
			fmt.Sprintf("a divisor of envs*horizon = %d", c.Envs*c.Horizon),
		},
		{"gamma", c.Gamma >= 0 && c.Gamma <= 1, c.Gamma, "0..1"},
		{"lambda", c.Lambda >= 0 && c.Lambda <= 1, c.Lambda, "0..1"},
		{"clip", positive(c.Clip), c.Clip, "above 0"},
		{"clip_final", c.ClipFinal >= 0 && c.ClipFinal <= 1, c.ClipFinal, "0..1"},
		{"value_coef", notNegative(c.ValueCoef), c.ValueCoef, "0 or more"},
		{"entropy_coef", notNegative(c.EntropyCoef), c.EntropyCoef, "0 or more"},
		{"entropy_final", c.EntropyFinal >= 0 && c.EntropyFinal <= 1, c.EntropyFinal, "0..1"},
		{"target_kl", notNegative(c.TargetKL), c.TargetKL, "0 or more"},
		{"reward_scale", !math.IsNaN(c.RewardScale) && !math.IsInf(c.RewardScale, 0), c.RewardScale, "a number"},
		{"reward_clip", positive(c.RewardClip), c.RewardClip, "above 0"},
		{"adam_eps", positive(c.AdamEps), c.AdamEps, "above 0"},
		{"grad_norm", positive(c.GradNorm), c.GradNorm, "above 0"},
		{"encoder_moved", c.EncoderMoved == MovedByBoth || c.EncoderMoved == MovedByAutoencoder || c.EncoderMoved == MovedByRL, c.EncoderMoved, "both, autoencoder or rl"},
		{"ae_coef", notNegative(c.AECoef), c.AECoef, "0 or more"},
		{"ae_per_step", c.AEPerStep >= 0 && c.AEPerStep <= 64, c.AEPerStep, "0..64"},
		{"ae_fresh", c.AEFresh >= 0 && c.AEFresh <= 1, c.AEFresh, "0..1"},
		{"small_share", c.SmallShare >= 0 && c.SmallShare <= 1, c.SmallShare, "0..1"},
		{"store_capacity", within(c.StoreCapacity, 10_000_000), c.StoreCapacity, upTo(10_000_000)},
		{"pretrain.steps", c.Pretrain.Steps >= 1, c.Pretrain.Steps, "1 or more: the mean image is made of them"},
		{"pretrain.updates", c.Pretrain.Updates >= 0, c.Pretrain.Updates, "0 or more"},
		{"pretrain.batch", within(c.Pretrain.Batch, 4096), c.Pretrain.Batch, upTo(4096)},
		{
			"pretrain.micro_batches", within(c.Pretrain.MicroBatches, c.Pretrain.Batch) && c.Pretrain.Batch%c.Pretrain.MicroBatches == 0,
			c.Pretrain.MicroBatches, fmt.Sprintf("a divisor of pretrain.batch = %d", c.Pretrain.Batch),
		},
		{"pretrain.hold", c.Pretrain.Hold >= 1, c.Pretrain.Hold, "1 or more"},
	} {
		if !f.ok {
			return fmt.Errorf("%s is %v, want %s", f.name, f.got, f.want)
		}
	}
	if n := c.MicroBatches; n < 1 || c.Minibatch%n != 0 || c.AEBatch()%n != 0 {
		return fmt.Errorf("micro_batches is %d, want a divisor of minibatch = %d and of the %d autoencoder samples beside it", n, c.Minibatch, c.AEBatch())
	}
	for i, rate := range []Rate{c.Rate, c.Pretrain.Rate} {
		if err := rate.validate(); err != nil {
			return fmt.Errorf("%s%w", []string{"", "pretrain."}[i], err)
		}
	}
	if err := errors.Join(c.FrameClasses.validate(), c.FrameClasses.suits(frameClasses)); err != nil {
		return fmt.Errorf("frame_classes.%w", err)
	}
	if c.FrameClasses.Balance == BalanceBatches {
		return errors.New("frame_classes.balance is batches, want none or weights: small_share is the share of a batch that shows a small object")
	}
	if err := c.ActionClasses.validate(); err != nil {
		return fmt.Errorf("action_classes.%w", err)
	}
	if err := c.Autoencoder.Validate(); err != nil {
		return fmt.Errorf("autoencoder.%w", err)
	}
	if c.TargetKL > 0 && c.Overlap {
		return fmt.Errorf("target_kl is %v, want overlap = false with it: a policy that learned to the target from one rollout is that far from the policy that played the next one", c.TargetKL)
	}
	if c.AEBatch() == 0 && c.EncoderMoved == MovedByAutoencoder {
		return errors.New("encoder_moved is autoencoder, want ae_coef and ae_per_step above 0: nothing else would move it")
	}
	return nil
}

// Bounds of what is allocated at once, far above what is of use.
const (
	// MaxEnvs is the largest number of environments in lock step.
	MaxEnvs = 4096
	// maxRollout is the largest number of steps in a rollout.
	maxRollout = 1 << 17
)

func within(n, most int) bool    { return n >= 1 && n <= most }
func upTo(most int) string       { return fmt.Sprintf("1 to %d", most) }
func positive(x float64) bool    { return x > 0 && !math.IsNaN(x) }
func notNegative(x float64) bool { return x >= 0 && !math.IsInf(x, 0) }

// Updates returns the optimiser steps made on one rollout.
func (c Config) Updates() int { return c.Epochs * c.Envs * c.Horizon / c.Minibatch }

// AEBatch returns the autoencoder samples in each update of Play, 0 where
// ae_per_step asks for none.
func (c Config) AEBatch() int {
	if c.AEPerStep == 0 || c.AECoef == 0 {
		return 0
	}
	return max(1, int(math.Round(c.AEPerStep*float64(c.Envs*c.Horizon)/float64(c.Updates()))))
}

func (c Config) adam() ops.AdamConfig {
	a := ops.DefaultAdam()
	a.Eps, a.ClipNorm = c.AdamEps, c.GradNorm
	return a
}
