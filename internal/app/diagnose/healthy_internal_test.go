package diagnose

import (
	"flag"
	"testing"

	"glint/agent"
	"glint/internal/app/config"
)

// healthyConfigs is how many configs TestDoctorHealthy examines, one of them in small batches: all
// are 20, and take 12 minutes.
var healthyConfigs = flag.Int("healthy", 1, "configs that the doctor must find nothing in")

// healthySetUps are changes to the defaults after which a network learns.
var healthySetUps = []struct {
	name   string
	algo   string
	change func(*config.Config)
}{
	{"small", agent.PPO, func(*config.Config) {}},
	{"a2c", agent.A2C, func(*config.Config) {}},
	{"seed 2", agent.PPO, func(c *config.Config) { c.Seed = 2 }},
	{"seed 3, a2c", agent.A2C, func(c *config.Config) { c.Seed = 3 }},
	{"rate doubled", agent.PPO, func(c *config.Config) { c.Agent.LR *= 2; c.Agent.Pretrain.LR *= 2 }},
	{"rate halved", agent.PPO, func(c *config.Config) { c.Agent.LR /= 2; c.Agent.Pretrain.LR /= 2 }},
	{"published size", agent.PPO, func(c *config.Config) { c.Agent.Autoencoder.Channels, c.Agent.Autoencoder.Code = []int{16, 32}, 64 }},
	{"large code", agent.PPO, func(c *config.Config) { c.Agent.Autoencoder.Code = 128 }},
	{"no places", agent.PPO, func(c *config.Config) { c.Agent.Autoencoder.Places = 0 }},
	{"encoder by rl", agent.PPO, func(c *config.Config) { c.Agent.EncoderMoved = agent.MovedByRL }},
	{"encoder by autoencoder", agent.PPO, func(c *config.Config) { c.Agent.EncoderMoved = agent.MovedByAutoencoder }},
	{"motion", agent.PPO, func(c *config.Config) { c.Weighting = "knife*motion" }},
	{"residual", agent.PPO, func(c *config.Config) { c.Weighting = "knife*residual" }},
	{"oracle", agent.PPO, func(c *config.Config) { c.Weighting = "oracle" }},
	{"4 games", agent.PPO, func(c *config.Config) { c.SetEnvs(4) }},
	{"large minibatch", agent.PPO, func(c *config.Config) { c.Agent.Minibatch = c.Agent.Envs * c.Agent.Horizon }},
	{"reward norm", agent.PPO, func(c *config.Config) { c.Agent.RewardNorm = true }},
	{"value clipped", agent.PPO, func(c *config.Config) { c.Agent.ClipValue = true }},
	{"epsilon", agent.PPO, func(c *config.Config) { c.Agent.AdamEps = 1e-6 }},
	{"no sticky actions", agent.PPO, func(c *config.Config) { c.Sticky = 0; c.Agent.AEFresh = 0 }},
}

// TestDoctorHealthy wants no finding in set-ups that learn.
func TestDoctorHealthy(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	for _, s := range healthySetUps[:min(*healthyConfigs, len(healthySetUps))] {
		t.Run(s.name, func(t *testing.T) {
			c := config.Default("dojo", s.algo)
			c.Agent.Autoencoder.Channels, c.Agent.Autoencoder.Code, c.Threads = []int{16, 16}, 32, 1
			s.change(&c)
			o := quietIO()
			p, err := newPatient(t.Context(), c, "", o)
			if err != nil {
				t.Fatal(err)
			}
			e := newExamination(p, Options{
				Memory: 4_000,
				Only:   []string{"gradients", "prediction", "overfitting", "shuffling", "inputs", "balance", "generalisation", "rates", "memory", "environment"},
			}, o)
			if *healthyConfigs == 1 {
				e.paint, e.choice = 4, 8
			}
			err = e.run(t.Context())
			if err := p.close(); err != nil {
				t.Error(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range e.verdicts {
				if !v.OK {
					t.Errorf("false alarm: %s: %s: %s", v.Check, v.Means, v.Advice)
				}
				if v.Figure != nil && v.Threshold != nil {
					t.Logf("%s: %.3g of %.3g", v.Check, *v.Figure, *v.Threshold)
				}
			}
		})
	}
}
