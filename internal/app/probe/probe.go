// Package probe asks what the code of a network holds, on recorded data.
package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"

	"glint/agent"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/monitor"
	"glint/internal/app/world"
	"glint/internal/report"
	"glint/internal/stats"
	"glint/internal/telemetry"
	"glint/saliency"
)

// Options says what to judge and on what.
type Options struct {
	Checkpoint string
	Data       string
	Against    string // checkpoint to compare with, such as one trained uniformly; empty for none
	SkipBad    bool   // leave out shards that cannot be read
	Brief      bool   // no intervals and no controls, which take longer than all else
}

// Result says what a code keeps. What needs truth is nil without it, and so is what
// cannot be said of so few steps.
type Result struct {
	Checkpoint string `json:"checkpoint"`
	Data       string `json:"data"`
	Env        string `json:"env"`
	Truth      bool   `json:"truth"` // the dataset knows its small objects
	Frames     int    `json:"frames"`
	Steps      int    `json:"steps"`
	Episodes   int    `json:"episodes"`
	Knives     int    `json:"knives"`  // fully inside
	Visible    int    `json:"visible"` // of them with contrast in the truth
	Figures
	MSERatio *float64 `json:"mse_ratio"` // over that of Against
	// Intervals are 95 % percentile bootstraps over episodes, by the keys above.
	Intervals map[string][2]float64 `json:"intervals"`
	// Groups are the visible knives by floor, direction and what is around them.
	Groups  map[string]Group `json:"groups,omitempty"`
	Against *Figures         `json:"against"`
	// Controls are what the same probes read from the code of an untrained encoder
	// ("random_encoder") and from the means of blocks of pixels ("pixels").
	Controls        map[string]Readings `json:"controls"`
	TruthInTraining bool                `json:"truth_in_training"`
	// PlacesInTraining says that a head that reads places took part in the training.
	PlacesInTraining bool     `json:"places_in_training"`
	Skipped          []string `json:"skipped,omitempty"`
	// Ratios are what the judge's figures are made of, by episode and by their keys.
	Ratios map[uint64]map[string]stats.Ratio `json:"-"`
}

// Figures are the judge's figures and the probes'.
type Figures struct {
	Contrast    *float64 `json:"contrast"`
	Kept        *float64 `json:"kept"`
	Detected    *float64 `json:"detected"`
	FalseKnives *float64 `json:"false_knives"`
	MSE         *float64 `json:"mse"`
	KnifeMSE    *float64 `json:"knife_mse"`
	Background  *float64 `json:"background_mse"`
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

// Run judges what the code of a checkpoint keeps of a dataset.
func Run(ctx context.Context, p Options, o app.IO) (res Result, err error) {
	res = Result{
		Checkpoint: p.Checkpoint, Data: p.Data,
		Intervals: map[string][2]float64{}, Controls: map[string]Readings{},
	}
	x, err := newExam(ctx, p, &res, o)
	if err != nil {
		return res, err
	}
	res.Env, res.Truth = x.data.Meta().Env, x.known()
	if err := x.read(ctx, o); err != nil {
		return res, err
	}
	if x.steps() == 0 {
		return res, app.Usagef("record more", "dataset %s has no step to judge", p.Data)
	}
	bar := telemetry.NewProgress(o.Stderr, "probing")
	err = x.report(ctx, &res, bar)
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

// newExam opens the dataset and everything that is asked about it, and fills in what the
// trainings say of themselves.
func newExam(ctx context.Context, p Options, res *Result, o app.IO) (*exam, error) {
	data, err := world.OpenData(ctx, config.Data{Dir: p.Data, SkipBad: p.SkipBad}, o)
	if err != nil {
		return nil, err
	}
	x := &exam{data: data, brief: p.Brief}
	var first config.Config
	for i, path := range []string{p.Checkpoint, p.Against} {
		if path == "" {
			continue
		}
		c, net, err := monitor.LoadNet(path)
		if err != nil {
			return nil, err
		}
		pre, s, err := world.Seen(data, c, net)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			first, x.pre, x.scene = c, pre, s
		} else if a, b := c.Pixels, first.Pixels; a.Projection != b.Projection || a.Resize != b.Resize || a.MaxPixels != b.MaxPixels {
			return nil, app.Usagef("compare checkpoints of the same pixels", "%s sees other planes than %s", p.Against, p.Checkpoint)
		}
		one, err := x.add(net, path)
		if err != nil {
			return nil, err
		}
		if x.against = one; i == 0 {
			x.own, x.against = one, nil
		}
		if err := x.trained(ctx, c, path, o); err != nil {
			return nil, err
		}
		if i == 0 && !p.Brief {
			if err := x.addRandom(net, c.Seed); err != nil {
				return nil, err
			}
		}
		if err := res.training(c, path, data.Meta().Env, o); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// addRandom adds the untrained encoder of the same design.
func (x *exam) addRandom(net *agent.Net, seed uint64) (err error) {
	random, err := agent.NewNet(net.Autoencoder.Config(), net.Autoencoder.Shape(), net.Actions, rand.New(rand.NewPCG(seed, 7)))
	if err != nil {
		return err
	}
	copy(random.Autoencoder.Mean.Float32s(), net.Autoencoder.Mean.Float32s())
	x.random, err = x.add(random, "")
	return err
}

// training notes what of the training of a checkpoint bears on its figures.
func (res *Result) training(c config.Config, path, env string, o app.IO) error {
	w, err := c.NamedWeighting()
	if err != nil {
		return err
	}
	truth, places := saliency.NeedsOf(w).Truth, c.Agent.Autoencoder.Places > 0
	if path == res.Checkpoint {
		res.TruthInTraining, res.PlacesInTraining = truth, places
	}
	if truth {
		o.Notef("true boxes took part in the training of %s", path)
	}
	if places {
		o.Notef("a head that reads places took part in the training of %s: what probes read of presence, column and row was trained in", path)
	}
	if c.Env != env {
		o.Notef("%s was trained on %s, the dataset is of %s", path, c.Env, env)
	}
	return nil
}

// trained leaves out the episodes that a checkpoint was trained on, where it knows the
// dataset.
func (x *exam) trained(ctx context.Context, c config.Config, path string, o app.IO) error {
	if c.Data.ID == "" || c.Data.ID != x.data.Meta().ID() {
		return nil
	}
	episodes, err := x.data.Episodes(ctx)
	if err != nil {
		return err
	}
	aside := map[uint64]bool{}
	for e := range world.Divide(episodes, c.Data).Of {
		aside[e] = x.only == nil || x.only[e]
	}
	maps.DeleteFunc(aside, func(_ uint64, asked bool) bool { return !asked })
	if len(aside) == 0 {
		return app.Usagef("record other episodes with another --seed", "%s was trained on all episodes of the dataset", path)
	}
	x.only = aside
	o.Notef("%s was trained on this dataset: the %d episodes left aside are judged", path, len(aside))
	return nil
}

// notes says what could not be judged.
func (x *exam) notes(res Result, o app.IO) {
	switch {
	case !x.data.Meta().Truth:
		o.Notef("the dataset has no truth: small objects are not judged, the error of the frames is")
	case !x.known():
		o.Notef("%s has true boxes, but they are not judged: the game is unknown or resized", res.Data)
	case res.Visible == 0:
		o.Notef("no small object can be seen in these episodes, so none can be said to be kept; record more steps")
	}
}

func (res Result) summary() *report.Summary {
	s := &report.Summary{Title: "what the code keeps of " + res.Data}
	rows := []string{"judged", fmt.Sprintf("%d frames of %d steps in %d episodes, %d small objects, %d of them visible", res.Frames, res.Steps, res.Episodes, res.Knives, res.Visible)}
	for _, f := range res.list() {
		if f.value == nil {
			continue
		}
		text := fmt.Sprintf("%.4f", *f.value)
		if in, ok := res.Intervals[f.key]; ok {
			text += fmt.Sprintf("  (%.4f to %.4f)", in[0], in[1])
		}
		if res.Against != nil {
			text += "  against " + app.Number(f.of(*res.Against))
		}
		rows = append(rows, f.label, text)
	}
	if res.MSERatio != nil {
		rows = append(rows, "error ratio", fmt.Sprintf("%.3f", *res.MSERatio))
	}
	s.Add("", rows...)
	if len(res.Controls) == 0 {
		return s
	}
	rows = nil
	for _, name := range []string{"random_encoder", "pixels"} {
		c := res.Controls[name]
		rows = append(rows, strings.ReplaceAll(name, "_", " "), fmt.Sprintf("presence %s, column %s, height %s, player %s", app.Number(c.AUROC), app.Number(c.R2X), app.Number(c.AccY), app.Number(c.R2Player)))
	}
	return s.Add("The same linear probes on", rows...)
}

// figure is one figure of a list.
type figure struct {
	key, label string
	value      *float64
	of         func(Figures) *float64
}

// list returns all figures in the order in which they are shown.
func (f Figures) list() []figure {
	all := []figure{
		{key: "contrast", label: "contrast, share", of: func(f Figures) *float64 { return f.Contrast }},
		{key: "kept", label: "kept, share", of: func(f Figures) *float64 { return f.Kept }},
		{key: "detected", label: "detected, ratio", of: func(f Figures) *float64 { return f.Detected }},
		{key: "false_knives", label: "false, share", of: func(f Figures) *float64 { return f.FalseKnives }},
		{key: "mse", label: "error, MSE", of: func(f Figures) *float64 { return f.MSE }},
		{key: "knife_mse", label: "error on objects", of: func(f Figures) *float64 { return f.KnifeMSE }},
		{key: "background_mse", label: "error elsewhere", of: func(f Figures) *float64 { return f.Background }},
		{key: "auroc", label: "presence, AUROC", of: func(f Figures) *float64 { return f.AUROC }},
		{key: "r2_x", label: "column, R2", of: func(f Figures) *float64 { return f.R2X }},
		{key: "r2_x_mlp", label: "column, R2 MLP", of: func(f Figures) *float64 { return f.R2XMLP }},
		{key: "r2_y", label: "row, R2", of: func(f Figures) *float64 { return f.R2Y }},
		{key: "acc_y", label: "height, accuracy", of: func(f Figures) *float64 { return f.AccY }},
		{key: "r2_player", label: "player x, R2", of: func(f Figures) *float64 { return f.R2Player }},
	}
	for i := range all {
		all[i].value = all[i].of(f)
	}
	return all
}
