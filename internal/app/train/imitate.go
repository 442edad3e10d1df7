package train

import (
	"fmt"

	"glint/agent"
	"glint/internal/app/config"
	"glint/internal/app/world"
	"glint/internal/report"
)

// ImitateSettings returns the settings of a training that learns from the demonstrations
// in folder data. A TOML file, "" for none, lies over the defaults.
func ImitateSettings(data, file string, skipBad bool) (c config.Config, err error) {
	d := config.Data{Dir: data, SkipBad: skipBad}
	opened, err := world.OpenEnds(d)
	if err != nil {
		return c, err
	}
	base := config.Base{Env: opened.Meta().Env, Algo: agent.A2C}
	if file == "" {
		c = base.Defaults().Imitating()
	} else if c, err = config.LoadAdapted(file, base, config.Config.Imitating); err != nil {
		return c, err
	} else if err := c.Of("imitate", file); err != nil {
		return c, err
	}
	c.Data.Dir, c.Data.SkipBad, c.Data.ID, c.Sticky = data, skipBad, "", opened.Meta().Sticky
	return c, nil
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
		rows = append(rows, t.monitor.KeptLabel(), fmt.Sprintf("%.0f %% of those in %s", 100**r.KnivesKept, t.judgedEpisodes()))
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
