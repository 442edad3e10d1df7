package monitor

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"glint/agent"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/rundir"
	"glint/internal/app/world"
	"glint/internal/report"
)

// criticFile is the network whose critic the weighting asks, in the run folder: a copy,
// so that the run needs nothing else.
const criticFile = "critic.bin"

// OpenCritic returns the network that Config.Critic names, from the copy in the folder of a run
// that has begun, "" for one that is to begin; nil where it names none.
func OpenCritic(c config.Config, run string) (*Critic, error) {
	if c.Critic == "" {
		return nil, nil
	}
	b, err := criticBytes(c, run)
	if err != nil {
		return nil, err
	}
	net, err := agent.ReadNet(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("critic %s: %w", c.Critic, err)
	}
	return &Critic{net, b}, nil
}

func criticBytes(c config.Config, run string) ([]byte, error) {
	if run != "" {
		b, err := os.ReadFile(filepath.Join(run, criticFile))
		if err != nil {
			return nil, fmt.Errorf("the critic of the run's weighting: %w", err)
		}
		return b, nil
	}
	_, r, err := rundir.Locate(c.Critic)
	if err != nil {
		return nil, err
	}
	if done, err := Learned(r); err != nil {
		return nil, err
	} else if !done {
		return nil, app.Usagef("name a run of glint train", "critic %s has learned nothing of rewards", c.Critic)
	}
	return r.File(agent.WeightsFile)
}

// Suits refuses a critic that sees other planes.
func (k *Critic) Suits(w *world.World) error {
	s, m := w.Spec(), k.Net.Autoencoder.Shape()
	if s.T != m.T || s.H != m.H || s.W != m.W {
		return app.Usagef("name a run on the same game through the same pixels", "the critic sees %dx%dx%d, the data makes %dx%dx%d", m.T, m.H, m.W, s.T, s.H, s.W)
	}
	return nil
}

// Save puts the copy into a run folder.
func (k *Critic) Save(run string) error {
	if err := report.ReplaceFile(filepath.Join(run, criticFile), k.file); err != nil {
		return fmt.Errorf("saving the critic: %w", err)
	}
	return nil
}

// Critic is a trained network that a weighting asks in place of the one that trains.
type Critic struct {
	Net  *agent.Net
	file []byte // as criticFile has it
}
