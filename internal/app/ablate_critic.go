package app

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"

	"github.com/pelletier/go-toml/v2"

	"glint/agent"
)

// wantsCritic says whether an arm asks the critic that the study trains.
func (a *ablation) wantsCritic() bool {
	return slices.ContainsFunc(a.plan.Order, func(arm string) bool {
		c, err := trialConfig(a.plan, arm, 1)
		return err == nil && c.Critic == criticFolder
	})
}

// trainCritic trains the agent whose critic arms ask, once. It goes on with what an earlier
// start left. Where it fails the trials that ask it do, and no others.
func (a *ablation) trainCritic(ctx context.Context) error {
	at := filepath.Join(a.dir, criticFolder)
	if !a.wantsCritic() || criticEnded(at) {
		return nil
	}
	c, err := a.criticConfig()
	if err != nil {
		return err
	}
	a.io.notef("training %s: an agent for %d steps, whose critic the weighting value asks", at, c.Steps)
	_, err = trainOrResume(ctx, c, at, notesOnly(a.io))
	if err != nil && ctx.Err() == nil {
		a.io.notef("%s cannot be trained, so the trials that ask it will fail: %v", at, err)
	}
	return ctx.Err()
}

// criticEnded says whether the study's critic has been trained to its end.
func criticEnded(at string) bool {
	var ended Result
	b, err := os.ReadFile(filepath.Join(at, resultFile))
	return err == nil && json.Unmarshal(b, &ended) == nil && !ended.Interrupted
}

// criticConfig is glint train by the settings of the base arm, in the game of the datasets:
// what moves this critic is to come from the rewards, not from a weighting that is compared.
func (a *ablation) criticConfig() (Config, error) {
	b, err := toml.Marshal(a.plan.Merged(a.plan.Base))
	if err != nil {
		return Config{}, err
	}
	c, err := parseConfig("arm "+a.plan.Base, b, Base{Env: a.plan.Env, Algo: DefaultAlgo}, func(c Config) Config { return c })
	c.Critic, c.Agent.Autoencoder.Places = "", 0
	c.Seed, c.Steps, c.Minutes, c.FramesEvery = a.plan.Data.Seed, a.plan.CriticSteps, 0, 0
	return c, err
}

// noCritic stands for the hash of the study's critic where that is not trained.
const noCritic = "none"

// criticHash returns the hash of the weights whose critic a trial asks, "" where it asks none.
func (a *ablation) criticHash(c Config) (string, error) {
	at := c.Critic
	if at == "" {
		return "", nil
	}
	if at == criticFolder {
		if at = filepath.Join(a.dir, criticFolder); !criticEnded(at) {
			return noCritic, nil
		}
	}
	_, r, err := locate(at)
	if err != nil {
		return "", err
	}
	return r.SHA256(agent.WeightsFile), nil
}
