// Package eval plays full episodes and reports scores, knives that hit, and how the
// policy changes where a knife is erased.
package eval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"glint/agent"
	"glint/env"
	"glint/env/pixels"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/film"
	"glint/internal/app/play"
	"glint/internal/app/world"
	"glint/internal/report"
	"glint/internal/stats"
	"glint/internal/telemetry"
)

// Options says what to play.
type Options struct {
	Who      play.Who
	Env      string
	Episodes int
	Envs     int
	Seed     uint64
	Video    string // GIF or MP4 file of the first episode; empty for none
	Change   func(*config.Config)
}

// Result holds the scores of full episodes, un-clipped, and what the player makes
// of small objects. docs/METRICS.md has the formulas. What cannot be known is null.
type Result struct {
	Env      string `json:"env"`
	Player   string `json:"player"`
	Greedy   bool   `json:"greedy"` // the most probable actions, not drawn ones
	Episodes int    `json:"episodes"`
	// Intervals are 95 % percentile bootstraps over episodes; null of one episode.
	Mean            float64  `json:"mean"`
	MeanLo          *float64 `json:"mean_lo"`
	MeanHi          *float64 `json:"mean_hi"`
	Median          float64  `json:"median"`
	IQM             float64  `json:"iqm"`
	IQMLo           *float64 `json:"iqm_lo"`
	IQMHi           *float64 `json:"iqm_hi"`
	HumanNormalised *float64 `json:"human_normalised"` // null where no reference is known
	// Knives are those that flew in the episodes.
	Knives       *int     `json:"knives"`
	KnifeHits    *int     `json:"knife_hits"`
	KnifeHitRate *float64 `json:"knife_hit_rate"`
	// What the network would do without the small objects in sight; the control is
	// without as much of other things.
	PolicyChange        *float64 `json:"policy_change"`
	PolicyChangeControl *float64 `json:"policy_change_control"`
	ActionChange        *float64 `json:"action_change"`
	ActionChangeControl *float64 `json:"action_change_control"`
	ChangeSteps         int      `json:"change_steps"`         // steps with a small object that it was asked about
	ChangeStepsControl  int      `json:"change_steps_control"` // those with something else to take away

	Steps     float64   `json:"steps"`     // mean of an episode
	Truncated int       `json:"truncated"` // episodes that a time limit cut
	Scores    []float64 `json:"scores"`

	Screen *world.ScreenFigures `json:"screen,omitempty"` // of vnc:// alone

	unasked string // why the network was not asked
}

// bootstrapReps is the number of resamples of an interval.
const bootstrapReps = 2000

// Run plays full episodes and reports their scores.
func Run(ctx context.Context, e Options, o app.IO) (res Result, err error) {
	if e.Episodes < 1 || e.Envs < 1 {
		return res, app.Usagef("give 1 or more", "%d episodes in %d environments", e.Episodes, e.Envs)
	}
	if e.Who.Person() {
		return res, app.Usagef("play by glint record --policy person", "a person plays to be recorded, not to be judged")
	}
	filmer, err := film.New(ctx, e.Video)
	if err != nil {
		return res, err
	}
	n := min(e.Envs, e.Episodes)
	g, err := play.Open(ctx, e.Who, e.Env, n, e.Seed, e.Change, o)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	res = Result{Env: g.Config.Env, Player: e.Who.Name(), Greedy: e.Who.Checkpoint != "" && e.Who.Greedy}
	movie, err := filmer(g.World)
	if err != nil {
		return res, err
	}
	err = res.play(ctx, g, e, movie, o)
	if ended := movie.Close(); err == nil {
		err = ended
	}
	if err != nil {
		return res, errors.Join(err, movie.Remove())
	}
	if e.Video != "" {
		o.Notef("video: %s", e.Video)
	}
	if movie.Cut {
		o.Notef(film.CutShort)
	}
	if o.JSON {
		return res, json.NewEncoder(o.Stdout).Encode(res)
	}
	return res, res.summary().Write(o.Stdout)
}

// play plays the episodes and computes the figures.
func (r *Result) play(ctx context.Context, g *play.Game, e Options, f *film.Film, o app.IO) error {
	t := newTallies(g.Spec().N)
	h := newHits(g.World, t)
	policy := g.Policy
	x, unasked, err := newErasure(g, t, e.Seed)
	if err != nil {
		return err
	}
	if r.unasked = unasked; x != nil {
		policy = x
	}
	bar := telemetry.NewProgress(o.Stderr, "playing")
	defer bar.Finish()
	var steps env.Steps
	err = agent.Evaluate(ctx, env.Tee(g.World, f, h, t), policy, e.Episodes, play.Seeds(e.Seed, g.Spec().N), func(ep agent.Episode) {
		r.Scores = append(r.Scores, ep.Score)
		steps += ep.Steps
		if ep.Truncated {
			r.Truncated++
		}
		t.count(ep.Env)
		bar.Update(float64(len(r.Scores))/float64(e.Episodes), telemetry.Field{Name: "mean score", Value: fmt.Sprintf("%.0f", stats.Mean(stats.Task(r.Scores)))})
	})
	if err == nil && x != nil {
		err = x.flush()
	}
	if err != nil {
		return err
	}
	if s, ok := env.As[*world.Screen](g.World); ok {
		f := s.Figures()
		r.Screen = &f
	}
	r.small(t.sum(), h.known)
	return r.figures(steps, e.Seed)
}

// small computes the figures about small objects.
func (r *Result) small(t tally, hitsKnown bool) {
	if hitsKnown {
		r.Knives, r.KnifeHits = &t.knives, &t.hits
		r.KnifeHitRate = app.Finite(float64(t.hits) / float64(t.knives))
	}
	r.PolicyChange, r.ActionChange = t.erased.means()
	r.PolicyChangeControl, r.ActionChangeControl = t.control.means()
	r.ChangeSteps, r.ChangeStepsControl = t.erased.steps, t.control.steps
}

// figures computes the statistics of the scores.
func (r *Result) figures(steps env.Steps, seed uint64) error {
	x := stats.Task(r.Scores)
	mean, err := stats.Interval(x, stats.Mean, bootstrapReps, seed)
	if err != nil {
		return err
	}
	iqm, err := stats.Interval(x, stats.IQM, bootstrapReps, seed)
	if err != nil {
		return err
	}
	r.Episodes = len(x)
	r.Mean, r.MeanLo, r.MeanHi = mean.Value, app.Finite(mean.Lo), app.Finite(mean.Hi)
	r.IQM, r.IQMLo, r.IQMHi = iqm.Value, app.Finite(iqm.Lo), app.Finite(iqm.Hi)
	r.Median = stats.Quantile(r.Scores, 0.5)
	r.Steps = float64(steps) / float64(len(x))
	if ref, ok := world.ReferenceOf(r.Env); ok {
		r.HumanNormalised = app.Finite(ref.Normalised(r.Mean))
	}
	return nil
}

func (r *Result) summary() *report.Summary {
	s := &report.Summary{Title: fmt.Sprintf("%s plays %s", r.Player, r.Env)}
	rows := []string{
		"mean", fmt.Sprintf("%s over %d full episodes of %.0f steps, %s", app.Points(r.Mean), r.Episodes, r.Steps, between(r.MeanLo, r.MeanHi)),
		"median", app.Points(r.Median),
		"IQM", fmt.Sprintf("%s, %s", app.Points(r.IQM), between(r.IQMLo, r.IQMHi)),
	}
	if ref, ok := world.ReferenceOf(r.Env); ok && r.HumanNormalised != nil {
		rows = append(rows, "normalised", fmt.Sprintf("%.0f %% (0 %% is random play, %s; 100 %% the %s, %s)", app.Share(*r.HumanNormalised), app.Points(ref.Low), ref.HighName, app.Points(ref.High)))
	}
	if r.Truncated > 0 {
		rows = append(rows, "cut", fmt.Sprintf("%d episodes by the time limit", r.Truncated))
	}
	s.Add("Score, un-clipped", rows...)
	if r.Screen != nil {
		s.Add("Screen", "time", r.Screen.String())
	}
	name := smallName(pixels.PresetFor(config.GameName(r.Env)))
	return s.Add("Small objects", name+" that hit", r.hitText(name), "without "+name, r.changeText(name))
}

// between formats an interval of scores.
func between(lo, hi *float64) string {
	if lo == nil || hi == nil {
		return "no interval of one episode"
	}
	return fmt.Sprintf("95 %% interval %s to %s", app.Points(*lo), app.Points(*hi))
}

// smallName is what a game's small objects are called.
func smallName(p pixels.Preset) string {
	if len(p.Objects) == 0 {
		return "small objects"
	}
	if kind := p.Objects[0].Kind; kind != "knife" {
		return kind + "s"
	}
	return "knives"
}

func (r *Result) hitText(name string) string {
	switch {
	case r.Knives == nil:
		return "not known: the environment does not tell what hurts the player"
	case r.KnifeHitRate == nil:
		return "no " + name + " flew"
	}
	return fmt.Sprintf("%d of %d (%.0f %%)", *r.KnifeHits, *r.Knives, app.Share(*r.KnifeHitRate))
}

func (r *Result) changeText(name string) string {
	switch {
	case r.unasked != "":
		return "not asked: " + r.unasked
	case r.PolicyChange == nil:
		return "no " + name + " were seen"
	}
	text := fmt.Sprintf("asked in %d steps, the policy moves by %.2g (0 to 1), its best action changes in %.0f %%", r.ChangeSteps, *r.PolicyChange, app.Share(*r.ActionChange))
	if r.PolicyChangeControl != nil {
		text += fmt.Sprintf("; without as much of other things %.2g and %.0f %%", *r.PolicyChangeControl, app.Share(*r.ActionChangeControl))
	}
	return text
}
