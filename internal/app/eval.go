package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"time"

	"glint/agent"
	"glint/env"
	"glint/internal/report"
	"glint/internal/telemetry"
)

// EvalOptions says what to play.
type EvalOptions struct {
	Who      Who
	Env      string
	Episodes int
	Envs     int
	Seed     uint64
	Video    string // GIF file of the first episode; empty for none
	Change   func(*Config)
}

// EvalResult holds the scores of full episodes, un-clipped.
type EvalResult struct {
	Env      string `json:"env"`
	Player   string `json:"player"`
	Episodes int    `json:"episodes"`
	// The interval of the interquartile mean is a 95 % percentile bootstrap.
	Mean            float64   `json:"mean"`
	Median          float64   `json:"median"`
	IQM             float64   `json:"iqm"`
	IQMLo           float64   `json:"iqm_lo"`
	IQMHi           float64   `json:"iqm_hi"`
	HumanNormalised *float64  `json:"human_normalised"` // null where no reference is known
	KnifeHitRate    *float64  `json:"knife_hit_rate"`   // null: no environment tells yet what hit the player
	Steps           float64   `json:"steps"`            // mean of an episode
	Truncated       int       `json:"truncated"`        // episodes that a time limit cut
	Scores          []float64 `json:"scores"`
}

// bootstrapReps is the number of resamples of an interval.
const bootstrapReps = 2000

// Eval plays full episodes and reports their scores.
func Eval(ctx context.Context, e EvalOptions, o IO) (res EvalResult, err error) {
	if e.Episodes < 1 || e.Envs < 1 {
		return res, usagef("give 1 or more", "%d episodes in %d environments", e.Episodes, e.Envs)
	}
	if err := newFile(e.Video); err != nil {
		return res, err
	}
	n := min(e.Envs, e.Episodes)
	g, err := player(ctx, e.Who, e.Env, n, e.Seed, e.Change, o)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	var v env.Vec = g.world
	var film *film
	if e.Video != "" {
		film = newFilm(g.world)
		v = env.Tee(v, film)
	}
	res = EvalResult{Env: g.config.Env, Player: e.Who.name()}
	bar := telemetry.NewProgress(o.Stderr, "playing")
	var steps env.Steps
	err = agent.Evaluate(ctx, v, g.policy, e.Episodes, seeds(e.Seed, n), func(ep agent.Episode) {
		res.Scores = append(res.Scores, ep.Score)
		steps += ep.Steps
		if ep.Truncated {
			res.Truncated++
		}
		bar.Update(float64(len(res.Scores))/float64(e.Episodes), telemetry.Field{Name: "mean score", Value: fmt.Sprintf("%.0f", report.Mean(res.Scores))})
	})
	bar.Finish()
	if err != nil {
		return res, err
	}
	res.figures(steps, e.Seed)
	if film != nil {
		if err := film.write(e.Video); err != nil {
			return res, err
		}
		o.notef("video: %s", e.Video)
	}
	if o.JSON {
		return res, json.NewEncoder(o.Stdout).Encode(res)
	}
	return res, res.summary().Write(o.Stdout)
}

// figures computes the statistics of the scores.
func (r *EvalResult) figures(steps env.Steps, seed uint64) {
	x := r.Scores
	r.Episodes = len(x)
	r.Mean, r.Median, r.IQM = report.Mean(x), report.Median(x), report.IQM(x)
	r.IQMLo, r.IQMHi = report.Bootstrap(x, report.IQM, bootstrapReps, seed)
	r.Steps = float64(steps) / float64(len(x))
	if ref, ok := references[gameName(r.Env)]; ok {
		r.HumanNormalised = finite(ref.normalised(r.Mean))
	}
}

func (r *EvalResult) summary() *report.Summary {
	s := &report.Summary{Title: fmt.Sprintf("%s plays %s", r.Player, r.Env)}
	rows := []string{
		"mean", fmt.Sprintf("%.0f over %d full episodes of %.0f steps", r.Mean, r.Episodes, r.Steps),
		"median", fmt.Sprintf("%.0f", r.Median),
		"IQM", fmt.Sprintf("%.0f, 95 %% interval %.0f to %.0f", r.IQM, r.IQMLo, r.IQMHi),
	}
	if ref, ok := references[gameName(r.Env)]; ok && r.HumanNormalised != nil {
		rows = append(rows, "normalised", fmt.Sprintf("%.0f %% (0 %% is random play, %.0f; 100 %% the %s, %.0f)", share(*r.HumanNormalised), ref.low, ref.highName, ref.high))
	}
	if r.Truncated > 0 {
		rows = append(rows, "cut", fmt.Sprintf("%d episodes by the time limit", r.Truncated))
	}
	return s.Add("Score, un-clipped", rows...)
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

// newFile refuses, before the games are played, a video that could not be written
// after them or would overwrite a file.
func newFile(path string) error {
	if path == "" {
		return nil
	}
	if !strings.EqualFold(filepath.Ext(path), ".gif") {
		return usagef("name it "+strings.TrimSuffix(path, filepath.Ext(path))+".gif", "the video %s would be a GIF", path)
	}
	if _, err := os.Lstat(path); err == nil {
		return usagef("choose another --video", "file %s exists", path)
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return usagef("make it first, or choose another --video", "there is no folder %s for the video", filepath.Dir(path))
	}
	return nil
}

// film keeps what the first environment shows during its first episode.
type film struct {
	world  *world
	frames []image.Image
	over   bool
}

func newFilm(w *world) *film { return &film{world: w} }

// maxFilm bounds the frames of a film: 100 s of play at 4 frames a step.
const maxFilm = 6000

// filmZoom is the side of a pixel of the game in a film.
const filmZoom = 2

// WriteBatch keeps the frames of environment 0.
func (f *film) WriteBatch(env.Spec, *env.Batch) error {
	s, b := f.world.Raw()
	if f.over = f.over || b.Ended(0); f.over || len(f.frames) >= maxFilm {
		return nil
	}
	obs, size := b.ObsOf(0), s.FrameLen()
	from := 0
	if s.Stacked {
		from = s.T - 1 // the other frames were shown before
	}
	for t := from; t < s.T; t++ {
		frame := append([]byte(nil), obs[t*size:(t+1)*size]...)
		f.frames = append(f.frames, report.Enlarge(picture(s, frame), filmZoom))
	}
	return nil
}

// write makes a GIF of 50 frames a second, the fastest that viewers play.
func (f *film) write(path string) error {
	w, err := os.Create(path)
	if err != nil {
		return usagef("check the path of --video", "the video cannot be written (%v)", err)
	}
	if err := report.GIF(w, f.frames, 20*time.Millisecond); err != nil {
		return errors.Join(err, w.Close())
	}
	return w.Close()
}
