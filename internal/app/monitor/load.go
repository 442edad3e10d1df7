package monitor

import (
	"bytes"
	"fmt"
	"path/filepath"

	"glint/agent"
	"glint/internal/app/config"
	"glint/internal/app/rundir"
	"glint/internal/ckpt"
)

// Learned says whether actor and critic of a checkpoint have learned.
func Learned(r *ckpt.Reader) (bool, error) {
	b, err := r.File(agent.StateFile)
	if err != nil {
		return false, err
	}
	return agent.HeadsLearned(b)
}

// LoadNet reads the config and the network of a run or checkpoint.
func LoadNet(path string) (config.Config, *agent.Net, error) {
	run, r, err := rundir.Locate(path)
	if err != nil {
		return config.Config{}, nil, err
	}
	c, err := config.Load(filepath.Join(run, config.File), config.Base{})
	if err != nil {
		return c, nil, err
	}
	c.VNC.Files = &config.ScreenFiles{Run: run}
	b, err := r.File(agent.WeightsFile)
	if err != nil {
		return c, nil, err
	}
	net, err := agent.ReadNet(bytes.NewReader(b))
	if err != nil {
		return c, nil, fmt.Errorf("checkpoint %s: %w", r.Dir(), err)
	}
	return c, net, nil
}
