package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"glint/agent"
	"glint/env"
	"glint/env/pixels"
	"glint/internal/report"
	"glint/internal/stats"
	"glint/internal/telemetry"
)

// EvalOptions says what to play.
type EvalOptions struct {
	Who      Who
	Env      string
	Episodes int
	Envs     int
	Seed     uint64
	Video    string // GIF or MP4 file of the first episode; empty for none
	Change   func(*Config)
}

// EvalResult holds the scores of full episodes, un-clipped, and what the player makes
// of small objects. docs/METRICS.md has the formulas. What cannot be known is null.
type EvalResult struct {
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

	Screen *ScreenFigures `json:"screen,omitempty"` // of vnc:// alone

	unasked string // why the network was not asked
}

// bootstrapReps is the number of resamples of an interval.
const bootstrapReps = 2000

// Eval plays full episodes and reports their scores.
func Eval(ctx context.Context, e EvalOptions, o IO) (res EvalResult, err error) {
	if e.Episodes < 1 || e.Envs < 1 {
		return res, usagef("give 1 or more", "%d episodes in %d environments", e.Episodes, e.Envs)
	}
	if e.Who.person() {
		return res, usagef("play by glint record --policy person", "a person plays to be recorded, not to be judged")
	}
	filmer, err := newFilmer(ctx, e.Video)
	if err != nil {
		return res, err
	}
	n := min(e.Envs, e.Episodes)
	g, err := player(ctx, e.Who, e.Env, n, e.Seed, e.Change, o)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	res = EvalResult{Env: g.config.Env, Player: e.Who.name(), Greedy: e.Who.Checkpoint != "" && e.Who.Greedy}
	film, err := filmer(g.world)
	if err != nil {
		return res, err
	}
	err = res.play(ctx, g, e, film, o)
	if ended := film.close(); err == nil {
		err = ended
	}
	if err != nil {
		return res, errors.Join(err, film.remove())
	}
	if e.Video != "" {
		o.notef("video: %s", e.Video)
	}
	if film.cut {
		o.notef(cutShort)
	}
	if o.JSON {
		return res, json.NewEncoder(o.Stdout).Encode(res)
	}
	return res, res.summary().Write(o.Stdout)
}

// play plays the episodes and computes the figures.
func (r *EvalResult) play(ctx context.Context, g *game, e EvalOptions, f *film, o IO) error {
	t := newTallies(g.Spec().N)
	h := newHits(g.world, t)
	policy := g.policy
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
	err = agent.Evaluate(ctx, env.Tee(g.world, f, h, t), policy, e.Episodes, seeds(e.Seed, g.Spec().N), func(ep agent.Episode) {
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
	if s, ok := env.As[*screen](g.world); ok {
		f := s.figures()
		r.Screen = &f
	}
	r.small(t.sum(), h.known)
	return r.figures(steps, e.Seed)
}

// small computes the figures about small objects.
func (r *EvalResult) small(t tally, hitsKnown bool) {
	if hitsKnown {
		r.Knives, r.KnifeHits = &t.knives, &t.hits
		r.KnifeHitRate = finite(float64(t.hits) / float64(t.knives))
	}
	r.PolicyChange, r.ActionChange = t.erased.means()
	r.PolicyChangeControl, r.ActionChangeControl = t.control.means()
	r.ChangeSteps, r.ChangeStepsControl = t.erased.steps, t.control.steps
}

// figures computes the statistics of the scores.
func (r *EvalResult) figures(steps env.Steps, seed uint64) error {
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
	r.Mean, r.MeanLo, r.MeanHi = mean.Value, finite(mean.Lo), finite(mean.Hi)
	r.IQM, r.IQMLo, r.IQMHi = iqm.Value, finite(iqm.Lo), finite(iqm.Hi)
	r.Median = stats.Quantile(r.Scores, 0.5)
	r.Steps = float64(steps) / float64(len(x))
	if ref, ok := references[gameName(r.Env)]; ok {
		r.HumanNormalised = finite(ref.normalised(r.Mean))
	}
	return nil
}

func (r *EvalResult) summary() *report.Summary {
	s := &report.Summary{Title: fmt.Sprintf("%s plays %s", r.Player, r.Env)}
	rows := []string{
		"mean", fmt.Sprintf("%s over %d full episodes of %.0f steps, %s", points(r.Mean), r.Episodes, r.Steps, between(r.MeanLo, r.MeanHi)),
		"median", points(r.Median),
		"IQM", fmt.Sprintf("%s, %s", points(r.IQM), between(r.IQMLo, r.IQMHi)),
	}
	if ref, ok := references[gameName(r.Env)]; ok && r.HumanNormalised != nil {
		rows = append(rows, "normalised", fmt.Sprintf("%.0f %% (0 %% is random play, %s; 100 %% the %s, %s)", share(*r.HumanNormalised), points(ref.low), ref.highName, points(ref.high)))
	}
	if r.Truncated > 0 {
		rows = append(rows, "cut", fmt.Sprintf("%d episodes by the time limit", r.Truncated))
	}
	s.Add("Score, un-clipped", rows...)
	if r.Screen != nil {
		s.Add("Screen", "time", r.Screen.String())
	}
	name := smallName(pixels.PresetFor(gameName(r.Env)))
	return s.Add("Small objects", name+" that hit", r.hitText(name), "without "+name, r.changeText(name))
}

// between formats an interval of scores.
func between(lo, hi *float64) string {
	if lo == nil || hi == nil {
		return "no interval of one episode"
	}
	return fmt.Sprintf("95 %% interval %s to %s", points(*lo), points(*hi))
}

// points formats a score, with a decimal where games are decided by a few points.
func points(x float64) string {
	if math.Abs(x) < 100 {
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.0f", x)
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

func (r *EvalResult) hitText(name string) string {
	switch {
	case r.Knives == nil:
		return "not known: the environment does not tell what hurts the player"
	case r.KnifeHitRate == nil:
		return "no " + name + " flew"
	}
	return fmt.Sprintf("%d of %d (%.0f %%)", *r.KnifeHits, *r.Knives, share(*r.KnifeHitRate))
}

func (r *EvalResult) changeText(name string) string {
	switch {
	case r.unasked != "":
		return "not asked: " + r.unasked
	case r.PolicyChange == nil:
		return "no " + name + " were seen"
	}
	text := fmt.Sprintf("asked in %d steps, the policy moves by %.2g (0 to 1), its best action changes in %.0f %%", r.ChangeSteps, *r.PolicyChange, share(*r.ActionChange))
	if r.PolicyChangeControl != nil {
		text += fmt.Sprintf("; without as much of other things %.2g and %.0f %%", *r.PolicyChangeControl, share(*r.ActionChangeControl))
	}
	return text
}

// name says who plays in a few words.
func (w Who) name() string {
	name := w.Policy
	if w.Checkpoint != "" {
		name = w.Checkpoint
		if w.Greedy {
			name += " (greedy)"
		}
	}
	for _, other := range w.With {
		name += "," + other.name()
	}
	return name
}
