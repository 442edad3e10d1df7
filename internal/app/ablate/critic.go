package ablate

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"

	"github.com/pelletier/go-toml/v2"

	"glint/agent"
	"glint/internal/app/config"
	"glint/internal/app/rundir"
	"glint/internal/app/train"
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
	a.io.Notef("training %s: an agent for %d steps, whose critic the weighting value asks", at, c.Steps)
	_, err = trainOrResume(ctx, c, at, notesOnly(a.io))
	if err != nil && ctx.Err() == nil {
		a.io.Notef("%s cannot be trained, so the trials that ask it will fail: %v", at, err)
	}
	return ctx.Err()
}

// criticEnded says whether the study's critic has been trained to its end.
func criticEnded(at string) bool {
	var ended train.Result
	b, err := os.ReadFile(filepath.Join(at, rundir.ResultFile))
	return err == nil && json.Unmarshal(b, &ended) == nil && !ended.Interrupted
}

// criticConfig is glint train by the settings of the base arm, in the game of the datasets:
// what moves this critic is to come from the rewards, not from a weighting that is compared.
func (a *ablation) criticConfig() (config.Config, error) {
	b, err := toml.Marshal(a.plan.Merged(a.plan.Base))
	if err != nil {
		return config.Config{}, err
	}
	c, err := config.Parse("arm "+a.plan.Base, b, config.Base{Env: a.plan.Env, Algo: config.DefaultAlgo}, func(c config.Config) config.Config { return c })
	c.Critic, c.Agent.Autoencoder.Places = "", 0
	c.Seed, c.Steps, c.Minutes, c.FramesEvery = a.plan.Data.Seed, a.plan.CriticSteps, 0, 0
	return c, err
}

// noCritic stands for the hash of the study's critic where that is not trained.
const noCritic = "none"

// criticHash returns the hash of the weights whose critic a trial asks, "" where it asks none.
func (a *ablation) criticHash(c config.Config) (string, error) {
	at := c.Critic
	if at == "" {
		return "", nil
	}
	if at == criticFolder {
		if at = filepath.Join(a.dir, criticFolder); !criticEnded(at) {
			return noCritic, nil
		}
	}
	_, r, err := rundir.Locate(at)
	if err != nil {
		return "", err
	}
	return r.SHA256(agent.WeightsFile), nil
}
