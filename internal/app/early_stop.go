package app

import (
	"math"
	"path/filepath"

	"glint/agent"
	"glint/internal/ckpt"
	"glint/internal/telemetry"
)

// Training ends early where the validation loss, of episodes that nothing is learned from, has
// not fallen to a new low for Config.Patience judgements. The checkpoint of the lowest one stays
// under a name of its own.

// lowest is the lowest validation loss so far.
type lowest struct {
	Loss  float64 `json:"loss"`
	At    int64   `json:"at"`    // steps, or updates of an autoencoder alone
	Since int     `json:"since"` // judgements since then
}

// Best is the checkpoint of the lowest validation loss.
type Best struct {
	Checkpoint string  `json:"checkpoint"`
	At         int64   `json:"at"` // steps, or updates of an autoencoder alone
	Loss       float64 `json:"validation_loss"`
}

// bestName is the folder of that checkpoint, beside those of steps.
const bestName = "best"

func bestDir(run string) string { return filepath.Join(filepath.Dir(ckpt.Dir(run, 0)), bestName) }

// validate adds the validation loss to a row of metrics and says whether it is a new low.
func (t *training) validate(r agent.Report) (better bool, err error) {
	switch {
	case r.Stage != t.lastStage():
		return false, nil
	case t.validation != nil:
		err = t.validation.addTo(r.Values)
	case t.cfg.Alone:
		var loss float64
		if loss, err = t.monitor.loss(t.trainer.Gallery()); !math.IsNaN(loss) {
			r.Values[telemetry.ValidationLoss] = loss
		}
	}
	loss, ok := r.Values[telemetry.ValidationLoss]
	if err != nil || !ok {
		return false, err
	}
	if better = t.low == nil || loss < t.low.Loss; better {
		t.low = &lowest{Loss: loss, At: t.at()}
		return t.cfg.Patience > 0, nil
	}
	t.low.Since++
	return false, nil
}

// impatient says whether the validation loss has not fallen for too long.
func (t *training) impatient() bool {
	return t.cfg.Patience > 0 && t.low != nil && t.low.Since >= t.cfg.Patience
}

// validates refuses to wait for a validation loss that there will not be.
func (t *training) validates() error {
	judged := t.validation != nil || t.cfg.Alone && (t.cfg.Agent.Envs > 1 || t.world.episodes[agent.Judged] > 0)
	if t.cfg.Patience > 0 && !judged {
		return usagef("record more episodes or raise --val-share, or set patience to 0", "patience is %d, but no episode is left aside to validate on", t.cfg.Patience)
	}
	return nil
}

// best returns the checkpoint of the lowest validation loss, nil where there is none: none was
// kept, or the run went back before it.
func (t *training) best() *Best {
	if t.cfg.Patience == 0 || t.low == nil {
		return nil
	}
	r, err := ckpt.Open(bestDir(t.dir))
	if err != nil {
		return nil
	}
	s, err := savedIn(r)
	if err != nil || s.Lowest == nil || s.Lowest.At != t.low.At {
		return nil
	}
	return &Best{Checkpoint: r.Dir(), At: t.low.At, Loss: t.low.Loss}
}

// result returns the network that the training is for: the best one where that was kept.
func (t *training) result() (*agent.Net, error) {
	b := t.best()
	if b == nil {
		return t.trainer.Net, nil
	}
	_, net, err := loadNet(b.Checkpoint)
	return net, err
}
