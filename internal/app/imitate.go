package app

import (
	"context"
	"errors"
	"fmt"

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
	if file == "" {
		c = base.defaults().imitating()
	} else if c, err = loadConfig(file, base, Config.imitating); err != nil {
		return c, err
	} else if err := c.of("imitate", file); err != nil {
		return c, err
	}
	c.Data.Dir, c.Data.SkipBad, c.Data.ID, c.Sticky = data, skipBad, "", opened.Meta().Sticky
	return c, nil
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
	w.parts, w.teacher = p, d.Action
	w.part = func(i int) agent.Part { return p.of[d.Row(i).Episode] }
	return w, nil
}

// imitateSummary is the one screen at the end of learning from demonstrations.
func (t *training) imitateSummary(r Result) *report.Summary {
	s := &report.Summary{Title: "glint learned from the demonstrations in " + t.cfg.Data.Dir}
	if r.Interrupted {
		s.Title = fmt.Sprintf("glint stopped learning from %s, saved at step %d", t.cfg.Data.Dir, r.Steps)
	}
	var rows []string
	switch a := r.Agreement; {
	case a == nil:
		rows = append(rows, "agrees", "not asked before the end")
	case a.Accuracy == nil:
		rows = append(rows, "agrees", "no episode was held out, so nothing says how well")
	default:
		rows = append(rows, "agrees", fmt.Sprintf("in %.1f %% of %d steps of %s episodes; actions' mean recall %.3f, F1 %.3f",
			100**a.Accuracy, a.Steps, a.Part, *a.BalancedAccuracy, *a.MacroF1))
	}
	checkpoint, from := t.outcome(r)
	rows = append(rows, t.earlySummary(r)...)
	if r.KnivesKept != nil {
		rows = append(rows, t.monitor.keptLabel(), fmt.Sprintf("%.0f %% of those in %s", 100**r.KnivesKept, t.judgedEpisodes()))
	}
	s.Add("Result", append(rows, "work", fmt.Sprintf("%d steps shown, %d updates in %.0f s", r.Steps, r.Updates, r.Seconds))...)
	if r.Agreement != nil && r.Agreement.Accuracy != nil {
		s.Add("What the demonstrator did in these steps, and in columns what the network does", r.Agreement.table()...)
	}
	s.Add("Where it is", "checkpoint", checkpoint)
	return s.Add("Try next",
		"judge it", "glint eval --checkpoint "+from+" --greedy",
		"go on by play", "glint train --env "+t.cfg.Env+" --from "+from,
		"go on", "glint imitate --resume "+t.dir+t.longer(r))
}
