package agent_test

import (
	"math"
	"strings"
	"testing"

	"glint/agent"
)

func TestDefaultsAreValid(t *testing.T) {
	for _, algo := range []string{agent.PPO, agent.A2C} {
		if err := agent.DefaultConfig(algo).Validate(); err != nil {
			t.Errorf("%s: %v", algo, err)
		}
	}
}

// Each wrong field is refused by its name in the config file, with the value and
// what would be right.
func TestValidate(t *testing.T) {
	type change = func(c *agent.Config)
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		change change
		words  string
	}{
		{func(c *agent.Config) { c.Algo = "dqn" }, "algo dqn ppo"},
		{func(c *agent.Config) { c.Envs = 0 }, "envs 0"},
		{func(c *agent.Config) { c.Envs = agent.MaxEnvs + 1 }, "envs 4097 4096"},
		{func(c *agent.Config) { c.Envs = math.MaxInt }, "envs 4096"},
		{func(c *agent.Config) { c.Horizon = 0 }, "horizon 0"},
		{func(c *agent.Config) { c.Horizon = math.MaxInt / 16 }, "horizon envs*horizon"},
		{func(c *agent.Config) { c.Epochs = math.MaxInt }, "epochs 1000"},
		{func(c *agent.Config) { c.StoreCapacity = math.MaxInt }, "store_capacity 10000000"},
		{func(c *agent.Config) { c.Pretrain.Batch = math.MaxInt }, "pretrain.batch 4096"},
		{func(c *agent.Config) { c.Epochs = 0 }, "epochs 0"},
		{func(c *agent.Config) { c.Algo = agent.A2C }, "epochs 2 a2c"},
		{func(c *agent.Config) { c.Minibatch = 0 }, "minibatch 0"},
		{func(c *agent.Config) { c.Envs, c.Horizon, c.Minibatch = 3, 5, 4 }, "minibatch 4 divisor 15"},
		{func(c *agent.Config) { c.Minibatch = 2 * c.Envs * c.Horizon }, "minibatch divisor"},
		{func(c *agent.Config) { c.Gamma = 1.01 }, "gamma 1.01 0..1"},
		{func(c *agent.Config) { c.Gamma = nan }, "gamma NaN"},
		{func(c *agent.Config) { c.Lambda = -0.1 }, "lambda -0.1"},
		{func(c *agent.Config) { c.Clip = 0 }, "clip 0"},
		{func(c *agent.Config) { c.Clip = nan }, "clip NaN"},
		{func(c *agent.Config) { c.ClipFinal = 1.5 }, "clip_final 1.5 0..1"},
		{func(c *agent.Config) { c.ClipFinal = nan }, "clip_final NaN"},
		{func(c *agent.Config) { c.EntropyFinal = -1 }, "entropy_final -1 0..1"},
		{func(c *agent.Config) { c.TargetKL = -0.01 }, "target_kl -0.01"},
		{func(c *agent.Config) { c.TargetKL = inf }, "target_kl Inf"},
		{func(c *agent.Config) { c.ValueCoef = -1 }, "value_coef -1"},
		{func(c *agent.Config) { c.EntropyCoef = nan }, "entropy_coef NaN"},
		{func(c *agent.Config) { c.RewardScale = inf }, "reward_scale Inf"},
		{func(c *agent.Config) { c.RewardClip = 0 }, "reward_clip 0"},
		{func(c *agent.Config) { c.LR = -1e-3 }, "lr -0.001"},
		{func(c *agent.Config) { c.LR = inf }, "lr Inf"},
		{func(c *agent.Config) { c.LRFinal = 2 }, "lr_final 2"},
		{func(c *agent.Config) { c.AdamEps = 0 }, "adam_eps 0"},
		{func(c *agent.Config) { c.GradNorm = 0 }, "grad_norm 0"},
		{func(c *agent.Config) { c.EncoderMoved = "none" }, "encoder_moved none both"},
		{func(c *agent.Config) { c.AECoef = -1 }, "ae_coef -1"},
		{func(c *agent.Config) { c.AEPerStep = 65 }, "ae_per_step 65"},
		{func(c *agent.Config) { c.AEPerStep = nan }, "ae_per_step NaN"},
		{func(c *agent.Config) { c.SmallShare = 1.5 }, "small_share 1.5"},
		{func(c *agent.Config) { c.AEFresh = -0.1 }, "ae_fresh -0.1"},
		{func(c *agent.Config) { c.TargetKL = 0.02 }, "target_kl 0.02"},
		{func(c *agent.Config) { c.StoreCapacity = 0 }, "store_capacity 0"},
		{func(c *agent.Config) { c.Pretrain.Steps = 0 }, "pretrain.steps 0"},
		{func(c *agent.Config) { c.Pretrain.Updates = -1 }, "pretrain.updates -1"},
		{func(c *agent.Config) { c.Pretrain.Batch = 0 }, "pretrain.batch 0"},
		{func(c *agent.Config) { c.Pretrain.LR = nan }, "pretrain.lr NaN"},
		{func(c *agent.Config) { c.Pretrain.Hold = 0 }, "pretrain.hold 0"},
		{func(c *agent.Config) { c.Autoencoder.Channels = []int{4} }, "autoencoder.channels"},
		{func(c *agent.Config) { c.Autoencoder.Code = 0 }, "autoencoder.code 0"},
		{func(c *agent.Config) { c.EncoderMoved, c.AECoef = agent.MovedByAutoencoder, 0 }, "encoder_moved ae_coef"},
		{func(c *agent.Config) { c.EncoderMoved, c.AEPerStep = agent.MovedByAutoencoder, 0 }, "encoder_moved ae_per_step"},
	} {
		cfg := agent.DefaultConfig(agent.PPO)
		c.change(&cfg)
		err := cfg.Validate()
		if err == nil {
			t.Errorf("%s: accepted", c.words)
			continue
		}
		words := strings.Fields(c.words)
		if !strings.HasPrefix(err.Error(), words[0]) {
			t.Errorf("%q does not begin with %s", err, words[0])
		}
		for _, w := range words[1:] {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%q does not say %q", err, w)
			}
		}
	}
}

// What may be zero is allowed to be.
func TestZeroIsZero(t *testing.T) {
	cfg := agent.DefaultConfig(agent.PPO)
	cfg.Gamma, cfg.Lambda, cfg.ValueCoef, cfg.EntropyCoef, cfg.RewardScale, cfg.LR, cfg.LRFinal = 0, 0, 0, 0, 0, 0, 0
	cfg.ClipFinal, cfg.EntropyFinal, cfg.TargetKL = 0, 0, 0
	cfg.AECoef, cfg.AEPerStep, cfg.SmallShare, cfg.Pretrain.Updates, cfg.Pretrain.LR = 0, 0, 0, 0, 0
	if err := cfg.Validate(); err != nil {
		t.Error(err)
	}
}

func TestBatchSizes(t *testing.T) {
	for _, c := range []struct {
		envs, horizon, epochs, minibatch int
		perStep, coef                    float64
		updates, batch                   int
	}{
		{8, 128, 4, 256, 1, 1, 16, 64},
		{16, 5, 1, 80, 1, 1, 1, 80},
		{8, 128, 4, 256, 0.5, 1, 16, 32},
		{8, 128, 4, 256, 0, 1, 16, 0},
		{8, 128, 4, 256, 1, 0, 16, 0},
		{2, 4, 4, 2, 0.1, 1, 16, 1}, // never less than one
	} {
		cfg := agent.DefaultConfig(agent.PPO)
		cfg.Envs, cfg.Horizon, cfg.Epochs, cfg.Minibatch, cfg.AEPerStep, cfg.AECoef = c.envs, c.horizon, c.epochs, c.minibatch, c.perStep, c.coef
		if cfg.Updates() != c.updates || cfg.AEBatch() != c.batch {
			t.Errorf("%+v: %d updates with batches of %d", c, cfg.Updates(), cfg.AEBatch())
		}
	}
}
