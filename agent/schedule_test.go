package agent_test

import (
	"math"
	"strings"
	"testing"

	"glint/agent"
)

func TestRates(t *testing.T) {
	type at struct {
		progress float64
		updates  int64
		want     float64
	}
	rate := agent.Rate{LR: 0.01, LRFinal: 0.1, Stepsize: 100, LRGamma: 0.5}
	for schedule, points := range map[string][]at{
		agent.ConstantRate: {{0, 0, 0.01}, {1, 900, 0.01}},
		agent.LinearRate:   {{0, 0, 0.01}, {0.5, 9, 0.0055}, {1, 900, 0.001}},
		agent.CosineRate:   {{0, 0, 0.01}, {0.25, 5, 0.01 * (1 - 0.9*(1-math.Sqrt2/2)/2)}, {0.5, 9, 0.0055}, {1, 900, 0.001}},
		agent.StepRate:     {{0, 0, 0.01}, {1, 99, 0.01}, {0, 100, 0.005}, {0.3, 350, 0.00125}},
	} {
		rate.Schedule = schedule
		for _, p := range points {
			if got := rate.At(p.progress, p.updates); math.Abs(got-p.want) > 1e-15 {
				t.Errorf("%s, %v of the training and %d updates behind: %v, want %v", schedule, p.progress, p.updates, got, p.want)
			}
		}
	}
}

func TestRatesRefuse(t *testing.T) {
	for want, change := range map[string]func(*agent.Config){
		`schedule is "stairs"`:             func(c *agent.Config) { c.Schedule = "stairs" },
		"stepsize is 0":                    func(c *agent.Config) { c.Stepsize = 0 },
		"lr_gamma is 2":                    func(c *agent.Config) { c.LRGamma = 2 },
		"pretrain.lr_final is -1":          func(c *agent.Config) { c.Pretrain.LRFinal = -1 },
		"micro_batches is 3":               func(c *agent.Config) { c.MicroBatches = 3 },
		"micro_batches is 0":               func(c *agent.Config) { c.MicroBatches = 0 },
		"pretrain.micro_batches is 5":      func(c *agent.Config) { c.Pretrain.MicroBatches = 5 },
		`action_classes.balance is "even"`: func(c *agent.Config) { c.ActionClasses.Balance = "even" },
		"action_classes.values are all 0": func(c *agent.Config) {
			c.ActionClasses = agent.ClassConfig{Balance: agent.BalanceBatches, Values: []float64{0, 0}}
		},
		"action_classes.values are set": func(c *agent.Config) { c.ActionClasses.Values = []float64{1, 2} },
	} {
		c := agent.DefaultConfig(agent.PPO)
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
