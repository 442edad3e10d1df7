package config

import (
	"glint/agent"
	"glint/internal/app"
)

// Pretraining turns the default settings of a training into those of the autoencoder
// alone: it ends by the clock, its learning rate begins higher and falls to 0, and a tenth
// of a dataset's episodes is judged.
func (c Config) Pretraining() Config {
	c.Alone, c.Data.ValShare = true, 0.1
	c.Agent.Pretrain.LR, c.Agent.Pretrain.LRFinal, c.Agent.Pretrain.Updates = 2e-3, 0, 0
	return c
}

// Verb is how a user names the training of a config.
func (c Config) Verb() string {
	switch {
	case c.Alone:
		return "pretrain"
	case c.Imitate:
		return "imitate"
	}
	return "train"
}

// Of refuses a file with the settings of another verb's training.
func (c Config) Of(verb, file string) error {
	if c.Verb() == verb {
		return nil
	}
	return app.Usagef("give one of glint "+verb+", or copy the settings you want into a file of their own", "config %s is of a run of glint %s", file, c.Verb())
}

// Imitating turns the default settings of a training into those of learning from
// demonstrations.
func (c Config) Imitating() Config {
	c.Imitate, c.Data.ValShare, c.Data.TestShare = true, 0.1, 0.1
	c.Agent.Algo, c.Agent.NormalizeAdv, c.Agent.EntropyCoef, c.Agent.AEFresh = agent.A2C, false, 0, 0
	return c
}
