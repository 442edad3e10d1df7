package app

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"glint/agent"
	"glint/internal/report"
	"glint/replay"
)

// ImitateSettings returns the settings of a training that learns from the demonstrations
// in folder data. A TOML file, "" for none, lies over the defaults.
func ImitateSettings(data, file string, skipBad bool) (c Config, err error) {
	d := DataConfig{Dir: data, SkipBad: skipBad}
	opened, err := openEnds(d)
	if err != nil {
		return c, err
	}
	base := Base{Env: opened.Meta().Env, Algo: agent.A2C}
	if file != "" {
		if c, err = loadConfig(file, base, Config.imitating); err == nil {
			err = c.of("imitate", file)
		}
	} else {
		c = base.defaults().imitating()
	}
	c.Data.Dir, c.Data.SkipBad, c.Sticky = data, skipBad, opened.Meta().Sticky
	return c, err
}

// imitating turns the default settings of a training into those of learning from
// demonstrations.
func (c Config) imitating() Config {
	c.Imitate, c.Data.ValShare, c.Data.TestShare = true, 0.1, 0.1
	c.Agent.Algo, c.Agent.NormalizeAdv, c.Agent.EntropyCoef, c.Agent.AEFresh = agent.A2C, false, 0, 0
	return c
}

// openDemonstrations opens a dataset as the games that were recorded side by side.
func openDemonstrations(ctx context.Context, c *Config, data *replay.Dataset, p parts) (opened, error) {
	d, v, err := replay.NewDemonstrations(ctx, data)
	if errors.Is(err, replay.ErrDistinct) {
		return opened{}, usagef("record it without --dedup", "dataset %s cannot be imitated: %v", c.Data.Dir, err)
	}
	if err != nil {
		return opened{}, err
	}
	c.SetEnvs(v.Spec().N)
	c.Agent.Pretrain.Steps = min(c.Agent.Pretrain.Steps, int64(p.sums[agent.Learned].Rows))
	w := opened{Vec: v, cropped: true, crop: cropOf(data.Meta())}
	w.teacher, w.taken = d.Action, p.sums[agent.Learned].Taken
	w.part = func(i int) agent.Part { return p.of[d.Row(i).Episode] }
	return w, nil
}

// Agreement says how well a network does what a demonstrator did, in episodes that it did
// not learn from.
type Agreement struct {
	Steps    int      `json:"steps"`
	Accuracy *float64 `json:"accuracy"` // share of steps in which the most probable action is the demonstrator's
	// BalancedAccuracy is the mean recall over the actions that the demonstrator took.
	BalancedAccuracy *float64 `json:"balanced_accuracy"`
	LogLoss          *float64 `json:"log_loss"` // mean of −log π(demonstrator's action), in nats
	Actions          []Action `json:"actions"`
}

// Action is what an Agreement says of one action.
type Action struct {
	Name      string   `json:"name"`
	Count     int      `json:"count"`     // how often the demonstrator took it
	Recall    *float64 `json:"recall"`    // share of these that the network takes as well
	Precision *float64 `json:"precision"` // share of the network's that were the demonstrator's
	// Chosen is how often the network takes each action where the demonstrator took this
	// one: a row of the confusion matrix.
	Chosen []int `json:"chosen"`
}

// agreement plays no game: it asks the network about the steps of the dataset's episodes
// that are held out.
func (t *training) agreement(ctx context.Context) (a Agreement, err error) {
	data, err := openData(ctx, t.cfg.Data, notesOnly(t.io))
	if err != nil {
		return a, err
	}
	episodes, err := data.Episodes(ctx)
	if err != nil {
		return a, err
	}
	pre, s, err := seen(data, t.cfg, t.trainer.Net)
	if err != nil {
		return a, err
	}
	player, err := t.trainer.Net.NewPlayer(1)
	if err != nil {
		return a, err
	}
	p := divide(episodes, t.cfg.Data)
	asked := agent.Aside
	if p.episodes[asked] == 0 {
		asked = agent.Judged
	}
	before, obs := map[uint64]replay.Row{}, make([]byte, s.plane.ObsLen())
	for _, name := range actionNames(s.raw, t.trainer.Net.Actions) {
		a.Actions = append(a.Actions, Action{Name: name, Chosen: make([]int, t.trainer.Net.Actions)})
	}
	loss := 0.0
	for row, err := range data.Rows(ctx) {
		if err != nil {
			return a, err
		}
		if p.of[row.Episode] != asked {
			continue
		}
		if last, known := before[row.Episode]; known && last.Step+1 == row.Step {
			s.project(pre, obs, last)
			logits, _, err := player.Think(obs)
			if err != nil {
				return a, err
			}
			loss -= math.Log(softmax(logits)[row.Action])
			a.add(row.Action, logits)
		}
		before[row.Episode] = row
		if row.Terminated || row.Truncated {
			delete(before, row.Episode)
		}
	}
	a.sum(loss)
	return a, nil
}

// add takes in a step.
func (a *Agreement) add(done int, logits []float32) {
	a.Steps++
	a.Actions[done].Count++
	a.Actions[done].Chosen[slices.Index(logits, slices.Max(logits))]++
}

// sum fills in the shares.
func (a *Agreement) sum(loss float64) {
	right, recalls, taken := 0, 0.0, 0
	for i := range a.Actions {
		one := &a.Actions[i]
		chosen := 0
		for k := range a.Actions {
			chosen += a.Actions[k].Chosen[i]
		}
		hits := one.Chosen[i]
		right += hits
		one.Precision = finite(float64(hits) / float64(chosen))
		if one.Recall = finite(float64(hits) / float64(one.Count)); one.Recall != nil {
			recalls += *one.Recall
			taken++
		}
	}
	a.Accuracy = finite(float64(right) / float64(a.Steps))
	a.BalancedAccuracy = finite(recalls / float64(taken))
	a.LogLoss = finite(loss / float64(a.Steps))
}

// imitateSummary is the one screen at the end of learning from demonstrations.
func (t *training) imitateSummary(r Result) *report.Summary {
	s := &report.Summary{Title: "glint learned from the demonstrations in " + t.cfg.Data.Dir}
	if r.Interrupted {
		s.Title = fmt.Sprintf("glint stopped learning from %s, saved at step %d", t.cfg.Data.Dir, r.Steps)
	}
	a := r.Agreement
	rows := []string{"agrees", "no episode was held out, so nothing says how well"}
	if a.Accuracy != nil {
		rows = []string{"agrees", fmt.Sprintf("in %.1f %% of %d steps of episodes it did not learn from; %.1f %% in the mean over actions", 100**a.Accuracy, a.Steps, 100**a.BalancedAccuracy)}
	}
	if r.KnivesKept != nil {
		rows = append(rows, t.monitor.keptLabel(), fmt.Sprintf("%.0f %% of those in %s", 100**r.KnivesKept, t.judgedEpisodes()))
	}
	rows = append(rows, "work", fmt.Sprintf("%d steps shown, %d updates in %.0f s", r.Steps, r.Updates, r.Seconds))
	s.Add("Result", rows...)
	rows = nil
	for _, one := range a.Actions {
		if one.Count > 0 {
			rows = append(rows, one.Name, fmt.Sprintf("%d times, recall %s, precision %s", one.Count, number(one.Recall), number(one.Precision)))
		}
	}
	if len(rows) > 0 {
		s.Add("What the demonstrator did", rows...)
	}
	s.Add("Where it is", "checkpoint", r.Checkpoint)
	return s.Add("Try next",
		"judge it", "glint eval --checkpoint "+t.dir,
		"go on by play", "glint train --env "+t.cfg.Env+" --from "+t.dir,
		"go on", "glint imitate --resume "+t.dir+t.longer(r))
}
