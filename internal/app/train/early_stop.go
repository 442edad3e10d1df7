package train

import (
	"fmt"
	"math"
	"path/filepath"

	"glint/agent"
	"glint/internal/app"
	"glint/internal/app/monitor"
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
	case t.judges():
		var loss float64
		if loss, err = t.monitor.Loss(t.trainer.Gallery()); !math.IsNaN(loss) {
			r.Values[telemetry.ValidationLoss] = loss
		}
	}
	loss, ok := r.Values[telemetry.ValidationLoss]
	if err != nil || !ok {
		return false, err
	}
	return t.lower(loss), nil
}

// lower takes in a validation loss and says whether it is a new low. One that is not finite
// never is.
func (t *training) lower(loss float64) bool {
	switch {
	case t.cfg.Patience == 0:
	case app.Finite(loss) != nil && (t.low == nil || loss < t.low.Loss):
		t.low = &lowest{Loss: loss, At: t.at()}
		return true
	case t.low != nil:
		t.low.Since++
	}
	return false
}

// impatient says whether the validation loss has not fallen for too long.
func (t *training) impatient() bool {
	return t.cfg.Patience > 0 && t.low != nil && t.low.Since >= t.cfg.Patience
}

// judges says whether something is left aside to validate on.
func (t *training) judges() bool {
	return t.validation != nil || t.cfg.Alone && (t.cfg.Agent.Envs > 1 || t.world.Episodes[agent.Judged] > 0)
}

// validates refuses to wait for a validation loss that there will not be, and says so where
// the training is too short to end early.
func (t *training) validates() error {
	if t.cfg.Patience == 0 {
		return nil
	}
	if !t.judges() {
		return app.Usagef("record more episodes or raise --val-share, or set patience to 0", "patience is %d, but no episode is left aside to validate on", t.cfg.Patience)
	}
	all, every, unit := t.cfg.Steps, int64(judgeSteps), "steps"
	if t.cfg.Alone {
		all, every, unit = t.cfg.Agent.Pretrain.Updates, judgeIterations, "updates"
	}
	if least := int64(t.cfg.Patience+1) * every; 0 < all && all < least {
		t.io.Notef("patience %d cannot end these %d %s early: that takes %d judgements, one every %d", t.cfg.Patience, all, unit, t.cfg.Patience+1, every)
	}
	return nil
}

// earlySummary says when the validation loss was lowest and whether that ended the training.
func (t *training) earlySummary(r Result) (rows []string) {
	unit := "step"
	if t.cfg.Alone {
		unit = "update"
	}
	if b := r.Best; b != nil {
		rows = append(rows, "validation", fmt.Sprintf("loss lowest at %s %d: %.4g; that checkpoint counts", unit, b.At, b.Loss))
	}
	if r.StoppedEarly {
		rows = append(rows, "ended", fmt.Sprintf("early: no lower validation loss in the last %d judgements", t.cfg.Patience))
	}
	return rows
}

// outcome returns the checkpoint that a training is for and what a verb is given to use it: the
// best one where that was kept, else the last and the run.
func (t *training) outcome(r Result) (checkpoint, from string) {
	if r.Best != nil {
		return r.Best.Checkpoint, r.Best.Checkpoint
	}
	return r.Checkpoint, t.dir
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
	_, net, err := monitor.LoadNet(b.Checkpoint)
	return net, err
}
