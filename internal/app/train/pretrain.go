package train

import (
	"fmt"

	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/world"
	"glint/internal/report"
	"glint/internal/telemetry"
)

// PretrainSettings returns the settings of an autoencoder that trains alone: on a
// dataset in folder data, whose environment counts, or in play of env where data is
// empty. A TOML file, "" for none, lies over the defaults.
func PretrainSettings(data, env, file string, skipBad bool) (c config.Config, err error) {
	d := config.Data{Dir: data, SkipBad: skipBad}
	if data != "" {
		opened, err := world.OpenEnds(d)
		if err != nil {
			return c, err
		}
		env = opened.Meta().Env
	}
	if file != "" {
		if c, err = config.LoadAdapted(file, config.Base{Env: env}, config.Config.Pretraining); err == nil {
			err = c.Of("pretrain", file)
		}
	} else {
		c = config.Base{Env: env}.Defaults().Pretraining()
	}
	if data != "" {
		c.Data.Dir, c.Data.SkipBad, c.Data.ID = data, skipBad, ""
	}
	return c, err
}

// aloneDone says whether an autoencoder alone has reached its end.
func (t *training) aloneDone() bool {
	most := t.cfg.Agent.Pretrain.Updates
	return most > 0 && t.trainer.Counters().Updates >= most ||
		t.cfg.Minutes > 0 && t.clock.play.Minutes() >= t.cfg.Minutes
}

// aloneShare returns how much of it is done, reading the dataset or playing at
// random not counted.
func (t *training) aloneShare() (s float64) {
	if most := t.cfg.Agent.Pretrain.Updates; most > 0 {
		s = float64(t.trainer.Counters().Updates) / float64(most)
	}
	if t.cfg.Minutes > 0 {
		s = max(s, t.clock.play.Minutes()/t.cfg.Minutes)
	}
	return min(s, 1)
}

// planAlone sets the end of the learning-rate schedule of a training that only the
// clock ends, once, from its speed so far.
func (t *training) planAlone() {
	play, done := t.clock.play.Minutes(), t.trainer.Counters().Updates
	if t.trainer.AloneEnd() > 0 || t.cfg.Minutes == 0 || play < aloneWarmUpShare*t.cfg.Minutes {
		return
	}
	t.trainer.SetAloneEnd(max(1, int64(float64(done)/play*t.cfg.Minutes)))
}

// aloneWarmUpShare is the share of the minutes after which the end of the schedule
// of an autoencoder alone is estimated.
const aloneWarmUpShare = 0.05

// aloneSummary is the one screen at the end of a training of the autoencoder alone.
func (t *training) aloneSummary(r Result) *report.Summary {
	s := &report.Summary{Title: "glint trained the autoencoder alone on " + t.source()}
	if r.Interrupted {
		s.Title = fmt.Sprintf("glint stopped the autoencoder on %s, saved at update %d", t.source(), r.Updates)
	}
	var rows []string
	if r.KnivesKept != nil {
		rows = append(rows, t.monitor.KeptLabel(), fmt.Sprintf("%.0f %% of those in examples of %s; glint probe judges all", 100**r.KnivesKept, t.judgedEpisodes()))
	}
	if r.HeldOutMSE != nil {
		rows = append(rows, "error", fmt.Sprintf("%.5f mean squared, on the same", *r.HeldOutMSE))
	}
	checkpoint, from := t.outcome(r)
	rows = append(rows, t.earlySummary(r)...)
	rows = append(rows, "work", fmt.Sprintf("%d updates in %.0f s", r.Updates, r.Seconds),
		"stored", fmt.Sprintf("%d observations, by class %v, in %.1f MiB: %.0f times smaller than uncompressed", app.Sum(r.Classes), r.Classes, r.StoreMiB, r.StoreRatio))
	s.Add("Result", rows...)
	s.Add("Where it is", "checkpoint", checkpoint, "metrics", t.dir+"/"+telemetry.MetricsFile)
	return s.Add("Try next",
		"look at it", "glint view --checkpoint "+from,
		"go on", "glint pretrain --resume "+t.dir+t.longer(r))
}

// source names what an autoencoder alone trains on.
func (t *training) source() string {
	if t.cfg.Data.Dir != "" {
		return t.cfg.Data.Dir
	}
	return t.cfg.Env
}
