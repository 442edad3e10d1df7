package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"math/rand/v2"
	"os"

	"glint/agent"
	"glint/env/pixels"
	"glint/internal/report"
	"glint/internal/telemetry"
	"glint/saliency"
)

// ProbeOptions says what to judge and on what.
type ProbeOptions struct {
	Checkpoint string
	Data       string
	Against    string // checkpoint to compare with, such as one trained uniformly; empty for none
	SkipBad    bool   // leave out shards that cannot be read
}

// ProbeResult says what a code keeps. What needs truth is nil without it, and so is what
// cannot be said of so few steps.
type ProbeResult struct {
	Checkpoint string `json:"checkpoint"`
	Data       string `json:"data"`
	Env        string `json:"env"`
	Truth      bool   `json:"truth"` // the dataset knows its small objects
	Frames     int    `json:"frames"`
	Steps      int    `json:"steps"`
	Episodes   int    `json:"episodes"`
	Knives     int    `json:"knives"`  // fully inside
	Visible    int    `json:"visible"` // of them with contrast in the truth
	ProbeFigures
	MSERatio *float64 `json:"mse_ratio"` // over that of Against
	// Intervals are 95 % percentile bootstraps over episodes, by the keys above.
	Intervals map[string][2]float64 `json:"intervals"`
	// Groups are the visible knives by floor, direction and what is around them.
	Groups  map[string]Group `json:"groups,omitempty"`
	Against *ProbeFigures    `json:"against"`
	// Controls are what the same probes read from the code of an untrained encoder
	// ("random_encoder") and from the means of blocks of pixels ("pixels").
	Controls        map[string]Readings `json:"controls"`
	TruthInTraining bool                `json:"truth_in_training"`
	Skipped         []string            `json:"skipped,omitempty"`
}

// ProbeFigures are the judge's figures and the probes'.
type ProbeFigures struct {
	Contrast    *float64 `json:"contrast"`
	Kept        *float64 `json:"kept"`
	Detected    *float64 `json:"detected"`
	FalseKnives *float64 `json:"false_knives"`
	MSE         *float64 `json:"mse"`
	KnifeMSE    *float64 `json:"knife_mse"`
	Readings
}

// Readings are what probes read from a code: linear ones, but for R2XMLP.
type Readings struct {
	AUROC    *float64 `json:"auroc"`     // of a knife in the last frame
	R2X      *float64 `json:"r2_x"`      // its column
	R2Y      *float64 `json:"r2_y"`      // its row
	R2XMLP   *float64 `json:"r2_x_mlp"`  // its column, by a small network; not of pixels
	AccY     *float64 `json:"acc_y"`     // which of two heights, balanced accuracy
	R2Player *float64 `json:"r2_player"` // the player's column
}

// Group is how many knives of a kind are kept.
type Group struct {
	Kept    *float64 `json:"kept"`
	Visible int      `json:"visible"`
}

// Probe judges what the code of a checkpoint keeps of a dataset.
func Probe(ctx context.Context, p ProbeOptions, o IO) (res ProbeResult, err error) {
	x, c, err := newExam(p, o)
	if err != nil {
		return res, err
	}
	res = ProbeResult{
		Checkpoint: p.Checkpoint, Data: p.Data, Env: x.data.Meta().Env, Truth: x.known(),
		Intervals: map[string][2]float64{}, Controls: map[string]Readings{},
	}
	w, err := c.weighting()
	if err != nil {
		return res, err
	}
	res.TruthInTraining = saliency.NeedsOf(w).Truth
	if err := x.trained(ctx, c, p.Data, o); err != nil {
		return res, err
	}
	if err := x.read(ctx, o); err != nil {
		return res, err
	}
	if x.steps() == 0 {
		return res, usagef("record more", "dataset %s has no step to judge", p.Data)
	}
	bar := telemetry.NewProgress(o.Stderr, "probing")
	err = x.report(&res, bar)
	bar.Finish()
	if err != nil {
		return res, err
	}
	for _, err := range x.data.Skipped() {
		res.Skipped = append(res.Skipped, err.Error())
	}
	x.notes(res, o)
	if o.JSON {
		return res, json.NewEncoder(o.Stdout).Encode(res)
	}
	return res, res.summary().Write(o.Stdout)
}

// newExam opens the dataset and everything that is asked about it.
func newExam(p ProbeOptions, o IO) (*exam, Config, error) {
	c, net, err := loadNet(p.Checkpoint)
	if err != nil {
		return nil, c, err
	}
	data, err := openData(DataConfig{Dir: p.Data, SkipBad: p.SkipBad}, o)
	if err != nil {
		return nil, c, err
	}
	cfg := c.Pixels
	cfg.Crop = image.Rectangle{} // the dataset holds the crop
	pre, err := pixels.New(data.Meta().Spec(1), cfg)
	if err != nil {
		return nil, c, &UsageError{Msg: err.Error()}
	}
	x := &exam{data: data, pre: pre, scene: sceneOf(data.Meta(), pre)}
	if err := x.add(net, p.Checkpoint); err != nil {
		return nil, c, err
	}
	random, err := agent.NewNet(net.Autoencoder.Config(), net.Autoencoder.Shape(), net.Actions, rand.New(rand.NewPCG(c.Seed, 7)))
	if err != nil {
		return nil, c, err
	}
	copy(random.Autoencoder.Mean.Float32s(), net.Autoencoder.Mean.Float32s())
	if err := x.add(random, ""); err != nil {
		return nil, c, err
	}
	if p.Against != "" {
		other, net, err := loadNet(p.Against)
		if err != nil {
			return nil, c, err
		}
		if other.Pixels.Projection != c.Pixels.Projection || other.Pixels.Resize != c.Pixels.Resize {
			return nil, c, usagef("compare checkpoints of the same pixels", "%s sees other planes than %s", p.Against, p.Checkpoint)
		}
		if err := x.add(net, p.Against); err != nil {
			return nil, c, err
		}
	}
	return x, c, nil
}

// trained leaves out the episodes that the checkpoint was trained on, where the dataset
// is the one it knows.
func (x *exam) trained(ctx context.Context, c Config, dir string, o IO) error {
	if c.Data.Dir == "" {
		return nil
	}
	here, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if there, err := os.Stat(c.Data.Dir); err == nil && !os.SameFile(here, there) || errors.Is(err, fs.ErrNotExist) {
		return nil // another dataset, or one that is gone
	} else if err != nil {
		return err
	}
	episodes, err := x.data.Episodes(ctx)
	if err != nil {
		return err
	}
	parts := divide(episodes, c.Data.ValShare)
	if len(parts.val) == 0 {
		return usagef("record other episodes with another --seed", "the checkpoint was trained on all episodes of %s", dir)
	}
	x.only = parts.val
	o.notef("the checkpoint was trained on %s: the %d episodes left aside are judged", dir, len(parts.val))
	return nil
}

// notes says what could not be judged.
func (x *exam) notes(res ProbeResult, o IO) {
	switch {
	case !x.data.Meta().Truth:
		o.notef("the dataset has no truth: small objects are not judged, the error of the frames is")
	case !x.known():
		o.notef("%s has true boxes, but they are not judged: the game is unknown or resized", res.Data)
	case res.Visible == 0:
		o.notef("no small object can be seen in these episodes, so none can be said to be kept; record more steps")
	}
	if res.TruthInTraining {
		o.notef("true boxes took part in the training of this checkpoint")
	}
}

func (res ProbeResult) summary() *report.Summary {
	s := &report.Summary{Title: "what the code keeps of " + res.Data}
	rows := []string{"judged", fmt.Sprintf("%d frames of %d steps in %d episodes, %d small objects", res.Frames, res.Steps, res.Episodes, res.Knives)}
	for _, f := range res.list() {
		if f.value == nil {
			continue
		}
		text := fmt.Sprintf("%.4f", *f.value)
		if in, ok := res.Intervals[f.key]; ok {
			text += fmt.Sprintf("  (%.4f to %.4f)", in[0], in[1])
		}
		if res.Against != nil {
			text += "  against " + number(f.of(*res.Against))
		}
		if f.key == "auroc" {
			s.Add("", rows...)
			rows = nil
		}
		rows = append(rows, f.label, text)
	}
	if res.MSERatio != nil {
		rows = append(rows, "error ratio", fmt.Sprintf("%.3f", *res.MSERatio))
	}
	return s.Add("", rows...)
}

// figure is one figure of a list.
type figure struct {
	key, label string
	value      *float64
	of         func(ProbeFigures) *float64
}

// list returns all figures in the order in which they are shown.
func (f ProbeFigures) list() []figure {
	all := []figure{
		{key: "contrast", label: "contrast", of: func(f ProbeFigures) *float64 { return f.Contrast }},
		{key: "kept", label: "kept", of: func(f ProbeFigures) *float64 { return f.Kept }},
		{key: "detected", label: "detected", of: func(f ProbeFigures) *float64 { return f.Detected }},
		{key: "false_knives", label: "false", of: func(f ProbeFigures) *float64 { return f.FalseKnives }},
		{key: "mse", label: "error", of: func(f ProbeFigures) *float64 { return f.MSE }},
		{key: "knife_mse", label: "error there", of: func(f ProbeFigures) *float64 { return f.KnifeMSE }},
		{key: "auroc", label: "presence", of: func(f ProbeFigures) *float64 { return f.AUROC }},
		{key: "r2_x", label: "column", of: func(f ProbeFigures) *float64 { return f.R2X }},
		{key: "r2_x_mlp", label: "column, MLP", of: func(f ProbeFigures) *float64 { return f.R2XMLP }},
		{key: "r2_y", label: "row", of: func(f ProbeFigures) *float64 { return f.R2Y }},
		{key: "acc_y", label: "height", of: func(f ProbeFigures) *float64 { return f.AccY }},
		{key: "r2_player", label: "player", of: func(f ProbeFigures) *float64 { return f.R2Player }},
	}
	for i := range all {
		all[i].value = all[i].of(f)
	}
	return all
}
