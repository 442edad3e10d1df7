package train

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"glint/agent"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/rundir"
	"glint/internal/app/world"
	"glint/internal/ckpt"
	"glint/internal/report"
	"glint/internal/telemetry"
)

// Result is what a training says at its end.
type Result struct {
	Run           string   `json:"run"`
	Checkpoint    string   `json:"checkpoint"`
	Steps         int64    `json:"steps"`
	Frames        int64    `json:"frames"`
	Updates       int64    `json:"updates"`
	Iterations    int64    `json:"iterations"`
	Seconds       float64  `json:"seconds"`
	StepsPerS     float64  `json:"steps_per_s"`   // of the phase with all three heads, wall clock
	UpdatesPerS   float64  `json:"updates_per_s"` // of an autoencoder alone, wall clock, reading and random play left out
	AEPerStep     float64  `json:"ae_per_step"`
	ScoreMean     *float64 `json:"score_mean"` // of the last 100 episodes; null before one has ended
	Episodes      int64    `json:"episodes"`
	KnivesKept    *float64 `json:"knives_kept"` // null where the truth is unknown
	HeldOutMSE    *float64 `json:"heldout_mse"` // of the observations judged; null where the truth is unknown
	Classes       []int    `json:"classes"`     // stored observations without and with a small object, by the detector
	StoreMiB      float64  `json:"store_mib"`   // that they take in memory
	StoreRatio    float64  `json:"store_ratio"` // uncompressed over compressed
	RSSMiB        float64  `json:"rss_mib"`
	WeightsSHA256 string   `json:"weights_sha256"`
	Interrupted   bool     `json:"interrupted"`
	// TruthInTraining says that true boxes took part in training, as by the weighting
	// oracle.
	TruthInTraining bool `json:"truth_in_training"`
	// Agreement is that with the demonstrator, nil but for a glint imitate that reached its end.
	Agreement *Agreement `json:"agreement,omitempty"`
	// StoppedEarly says that the validation loss fell no more, Best where it was lowest.
	StoppedEarly bool  `json:"stopped_early,omitempty"`
	Best         *Best `json:"best,omitempty"`
}

// finish draws the last sheet, writes result.json and prints the summary.
func (t *training) finish(ctx context.Context) (Result, error) {
	if err := t.judge(); err != nil {
		return Result{}, err
	}
	if t.cfg.FramesEvery > 0 {
		if err := t.sheet(); err != nil {
			return Result{}, err
		}
	}
	c := t.trainer.Counters()
	dir := ckpt.Dir(t.dir, t.at())
	r, err := ckpt.Open(dir)
	if err != nil {
		return Result{}, err
	}
	res := Result{
		Run: t.dir, Checkpoint: dir, Steps: int64(c.Steps), Frames: int64(c.Frames), Updates: c.Updates, Iterations: c.Iterations,
		Seconds: t.clock.elapsed().Seconds(), Episodes: c.Episodes, RSSMiB: residentMiB(),
		ScoreMean: app.Finite(t.trainer.ScoreMean()), WeightsSHA256: r.SHA256(agent.WeightsFile),
		Interrupted: ctx.Err() != nil && !t.done(), TruthInTraining: t.truth,
	}
	if kept, ok := t.judged[telemetry.KnivesKept]; ok {
		res.KnivesKept = app.Finite(kept)
	}
	if mse, ok := t.judged[telemetry.HeldOutMSE]; ok {
		res.HeldOutMSE = app.Finite(mse)
	}
	var bytes int
	res.Classes, bytes, res.StoreRatio = t.trainer.Stored()
	res.StoreMiB = float64(bytes) / (1 << 20)
	if t.clock.play > 0 {
		res.StepsPerS = float64(t.clock.playSteps) / t.clock.play.Seconds()
		if t.cfg.Alone {
			res.UpdatesPerS = float64(c.Updates) / t.clock.play.Seconds()
		}
	}
	if n, ok := c.AEPerStep(); ok {
		res.AEPerStep = n
	}
	res.StoppedEarly, res.Best = t.impatient(), t.best()
	if t.cfg.Imitate {
		res.ScoreMean = nil // it is the demonstrator's
		if !res.Interrupted {
			net, err := t.result()
			if err != nil {
				return res, err
			}
			if res.Agreement, err = t.agreement(context.WithoutCancel(ctx), net); err != nil {
				return res, err
			}
		}
	}
	if err := rundir.WriteJSON(filepath.Join(t.dir, rundir.ResultFile), res); err != nil {
		return res, err
	}
	if res.Interrupted {
		t.io.Notef("interrupted and saved; it goes on by: glint %s --resume %s", t.cfg.Verb(), t.dir)
	}
	if t.io.JSON {
		return res, json.NewEncoder(t.io.Stdout).Encode(res)
	}
	return res, t.summary(res).Write(t.io.Stdout)
}

// summary is the one screen at the end of a training.
func (t *training) summary(r Result) *report.Summary {
	switch {
	case t.cfg.Alone:
		return t.aloneSummary(r)
	case t.cfg.Imitate:
		return t.imitateSummary(r)
	}
	s := &report.Summary{Title: fmt.Sprintf("glint trained on %s", t.cfg.Env)}
	if r.Interrupted {
		s.Title = fmt.Sprintf("glint stopped on %s, saved at step %d", t.cfg.Env, r.Steps)
	}
	result := []string{"score", t.scoreLine(r)}
	if r.KnivesKept != nil {
		result = append(result, t.monitor.KeptLabel(), fmt.Sprintf("%.0f %% of those in %s", 100**r.KnivesKept, t.judgedEpisodes()))
	}
	work := fmt.Sprintf("%d steps (%d frames), %d updates in %.0f s", r.Steps, r.Frames, r.Updates, r.Seconds)
	if r.StepsPerS > 0 {
		work += fmt.Sprintf("; %.0f steps/s with all three heads, %.2f autoencoder samples a step", r.StepsPerS, r.AEPerStep)
	}
	result = append(result, "work", work)
	if r.TruthInTraining {
		result = append(result, "truth", "true boxes were used in training: an upper bound")
	}
	s.Add("Result", result...)
	pictures := filepath.Join(t.dir, rundir.FramesDir)
	if t.cfg.FramesEvery == 0 {
		pictures = "none were asked for (--frames-every 0)"
	}
	s.Add("Where it is",
		"pictures", pictures,
		"checkpoint", r.Checkpoint,
		"metrics", filepath.Join(t.dir, telemetry.MetricsFile),
		"TensorBoard", "tensorboard --logdir "+t.dir,
	)
	next := []string{
		"judge it", "glint eval --checkpoint " + t.dir,
		"look at it", "glint view --checkpoint " + t.dir,
		"go on", "glint train --resume " + t.dir + t.longer(r),
	}
	if t.cfg.Weighting != "uniform" && !config.IsScreen(t.cfg.Env) { // whose keys and crop no flag tells
		next = append(next, "compare", "glint train --env "+t.cfg.Env+" --weighting uniform")
	}
	return s.Add("Try next", next...)
}

// judgedEpisodes says which episodes the judge's examples come from: those of the
// environment whose observations never enter the autoencoder's store, if there are
// two or more.
func (t *training) judgedEpisodes() string {
	if t.cfg.Data.Dir != "" && t.world.Part == nil {
		return "episodes it trained on too: the dataset leaves none aside"
	}
	if t.cfg.Data.Dir == "" && t.cfg.Agent.Envs == 1 {
		return "episodes it trained on too: one environment alone leaves none aside"
	}
	return "episodes the autoencoder never saw"
}

// longer returns the flag that makes a finished run go on.
func (t *training) longer(r Result) string {
	impatient := ""
	if r.StoppedEarly {
		impatient = " --patience 0"
	}
	switch {
	case r.Interrupted:
		return ""
	case t.cfg.Alone && t.cfg.Agent.Pretrain.Updates > 0:
		return " --updates " + strconv.FormatInt(2*t.cfg.Agent.Pretrain.Updates, 10) + impatient
	case t.cfg.Steps > 0 && !t.cfg.Alone:
		return " --steps " + strconv.FormatInt(2*t.cfg.Steps, 10) + impatient
	default:
		return " --minutes " + strconv.FormatFloat(2*t.cfg.Minutes, 'g', -1, 64) + impatient
	}
}

// scoreLine says the score and, on the dojo, where it stands between random and
// scripted play.
func (t *training) scoreLine(r Result) string {
	if r.ScoreMean == nil {
		return "no episode has ended yet"
	}
	line := fmt.Sprintf("%.0f, mean of the last %d episodes", *r.ScoreMean, min(r.Episodes, 100))
	if r.Episodes == 1 {
		line = fmt.Sprintf("%.0f in the one episode that has ended", *r.ScoreMean)
	}
	if ref, ok := world.ReferenceOf(t.cfg.Env); ok {
		line += fmt.Sprintf("; %.0f %% of the way from random (%.0f) to %s (%.0f)", app.Share(ref.Normalised(*r.ScoreMean)), ref.Low, ref.HighName, ref.High)
	}
	return line
}

// residentMiB returns the resident memory of this process, 0 where the system does
// not tell.
func residentMiB() float64 {
	f, err := os.Open("/proc/self/statm")
	if err != nil {
		return 0
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	fields := strings.Fields(string(b))
	if err != nil || len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseFloat(fields[1], 64)
	if err != nil {
		return 0
	}
	return pages * float64(os.Getpagesize()) / (1 << 20)
}
