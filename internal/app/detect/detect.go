// Package detect judges the detector of small objects on recorded data, and calibrates it.
package detect

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"os"
	"path/filepath"

	"github.com/pelletier/go-toml/v2"

	"glint/env/pixels"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/world"
	"glint/internal/report"
	"glint/replay"
	"glint/saliency"
)

// Options says what to look for and where.
type Options struct {
	Data      string
	Config    string            // TOML file with settings; empty for the game's preset
	Detector  map[string]string // settings of [detector] that go before the file's
	FillIn    bool
	Side      int    // steps before and after that a fill-in looks at
	Calibrate bool   // find the detector's settings in the dataset
	Curve     bool   // try all thresholds
	SkipBad   bool   // leave out shards that cannot be read
	Out       string // folder of the picture and of the calibrated config
}

// Result says what a detector found in a dataset. What needs truth is nil
// without it, and so is a share of nothing.
type Result struct {
	Data   string `json:"data"`
	Env    string `json:"env"`
	FillIn bool   `json:"fill_in"`
	Figures
	Threshold  float64              `json:"threshold"`
	Detector   Settings             `json:"detector"`
	Situations map[string]Situation `json:"situations,omitempty"`
	Curve      []CurvePoint         `json:"curve,omitempty"`
	Picture    string               `json:"picture"`
	Skipped    []string             `json:"skipped,omitempty"` // shards left out
	Calibrated *Calibration         `json:"calibration,omitempty"`
}

// Figures are the figures of one detector.
type Figures struct {
	Truth       bool     `json:"truth"` // the dataset knows its small objects
	Frames      int      `json:"frames"`
	Fires       int      `json:"fires"`
	FireRate    float64  `json:"fire_rate"` // fires a frame
	Precision   *float64 `json:"precision"`
	Recall      *float64 `json:"recall"`
	F1          *float64 `json:"f1"`
	FalseFrames *float64 `json:"false_frames"` // share of frames without an object in which it fired
	Objects     int      `json:"objects"`      // true ones, fully inside
	EmptyFrames int      `json:"empty_frames"` // without any true object
	FalseEmpty  int      `json:"false_empty"`  // fires in these
	FalseFires  int      `json:"false_fires"`  // fires on nothing in any frame
}

// Situation is what was found of the objects with the same surroundings.
type Situation struct {
	Objects int      `json:"objects"`
	Recall  *float64 `json:"recall"`
}

// CurvePoint is a threshold with its figures.
type CurvePoint struct {
	Threshold float64 `json:"threshold"`
	Figures
}

// Settings is the detector in plain numbers.
type Settings struct {
	Level    int     `json:"level"`
	Center   [2]int  `json:"center"` // width and height
	Gap      int     `json:"gap"`
	Ring     [2]int  `json:"ring"` // width and height
	Lambda   float64 `json:"lambda"`
	Polarity string  `json:"polarity"`
}

func settingsOf(c saliency.DetectorConfig) Settings {
	return Settings{
		Level: int(c.Level), Center: [2]int{c.Center.X, c.Center.Y}, Gap: c.Gap, Ring: [2]int{c.Ring.X, c.Ring.Y},
		Lambda: c.Lambda, Polarity: string(c.Polarity),
	}
}

// Run looks for small objects in a dataset and, where it has truth, says how well.
func Run(ctx context.Context, d Options, o app.IO) (res Result, err error) {
	if d.Side < 0 {
		return res, app.Usagef("give 0 or more", "--side is %d", d.Side)
	}
	r, err := OpenRecording(ctx, d, o)
	if err != nil {
		return res, err
	}
	cfg := r.cfg.Detector
	if d.Calibrate {
		if res.Calibrated, err = r.calibrate(ctx, d, o); err != nil {
			return res, err
		}
		cfg = res.Calibrated.config
	}
	if err := os.MkdirAll(d.Out, 0o755); err != nil {
		return res, app.Usagef("choose another --out", "the picture cannot be written (%v)", err)
	}
	s, err := r.search(d.finders(cfg, r), true)
	if err != nil {
		return res, err
	}
	if err := s.read(ctx, o); err != nil {
		return res, err
	}
	res.Data, res.Env, res.FillIn, res.Threshold, res.Detector = d.Data, r.Data.Meta().Env, d.FillIn, cfg.Threshold, settingsOf(cfg)
	res.Figures, res.Situations = s.figures(0), s.situations(0)
	for i := range s.lanes[1:] {
		res.Curve = append(res.Curve, CurvePoint{s.lanes[1+i].cfg.Detector.Threshold, s.figures(1 + i)})
	}
	for _, err := range r.Data.Skipped() {
		res.Skipped = append(res.Skipped, err.Error())
	}
	if err := r.checkCalibration(ctx, res.Calibrated, o); err != nil {
		return res, err
	}
	res.Picture = filepath.Join(d.Out, "finds.png")
	if err := s.picture(res).WritePNG(res.Picture); err != nil {
		return res, err
	}
	r.notes(res, o)
	if o.JSON {
		return res, json.NewEncoder(o.Stdout).Encode(res)
	}
	return res, res.summary().Write(o.Stdout)
}

// finders returns the detector asked for, then one for each threshold of the curve.
func (d Options) finders(cfg saliency.DetectorConfig, r *Recording) []saliency.FinderConfig {
	f := saliency.FinderConfig{Detector: cfg, Flight: r.cfg.Flight, Side: d.Side}
	f = config.FillIn(f, d.FillIn, r.Data.Meta().Stacked)
	all := []saliency.FinderConfig{f}
	for percent := 30; d.Curve && percent <= 100; percent += 5 {
		f.Detector.Threshold = float64(percent) / 100
		all = append(all, f)
	}
	return all
}

// Recording is a dataset with the settings to look at it with.
type Recording struct {
	Data  *replay.Dataset
	cfg   config.Config
	Pre   *pixels.Preprocessor
	Scene world.Scene
}

// OpenRecording opens the dataset that d names, and how a network would see it.
func OpenRecording(ctx context.Context, d Options, o app.IO) (*Recording, error) {
	data, err := world.OpenData(ctx, config.Data{Dir: d.Data, SkipBad: d.SkipBad}, o)
	if err != nil {
		return nil, err
	}
	r := &Recording{Data: data}
	if r.cfg, err = d.settings(data.Meta().Env); err != nil {
		return nil, err
	}
	c := &r.cfg.Pixels
	c.Crop = image.Rectangle{} // the dataset holds the crop
	if c.Projection == pixels.Auto {
		if c.Projection, err = decide(ctx, data, *c, o); err != nil {
			return nil, err
		}
	}
	if r.Pre, err = pixels.New(data.Meta().Spec(1), *c); err != nil {
		return nil, &app.UsageError{Msg: err.Error()}
	}
	r.Scene = world.SceneOf(data.Meta(), r.Pre)
	if data.Meta().Truth && len(r.Scene.Objects) == 0 {
		o.Notef("%s has true boxes, but nothing is judged: the game is unknown or resized", d.Data)
	}
	return r, nil
}

// settings returns the preset of a game, below the config file, below single
// settings.
func (d Options) settings(env string) (config.Config, error) {
	c := config.Default(env, config.DefaultAlgo)
	if d.Config != "" {
		var err error
		if c, err = config.Load(d.Config, config.Base{Env: env}); err != nil {
			return c, err
		}
	}
	for key, value := range d.Detector {
		line := fmt.Sprintf("[detector]\n%s = %s\n", key, value)
		if err := decodeStrict([]byte(line), &c); err != nil {
			return c, config.TOMLError("--detector", err)
		}
	}
	for _, err := range []error{c.Detector.Validate(), c.Flight.Validate()} {
		if err != nil {
			return c, &app.UsageError{Msg: err.Error(), Hint: "mend --detector or --config"}
		}
	}
	return c, nil
}

// decide settles the projection by the first frames of a dataset.
func decide(ctx context.Context, data *replay.Dataset, c pixels.Config, o app.IO) (pixels.Projection, error) {
	survey, err := pixels.NewSurvey(data.Meta().Spec(1), c)
	if err != nil {
		return "", &app.UsageError{Msg: err.Error()}
	}
	const steps = 250 // of 4 frames: as many as in play
	n := 0
	for row, err := range data.Rows(ctx) {
		if err != nil {
			return "", err
		}
		survey.Add(row.Obs)
		if n++; n == steps {
			break
		}
	}
	o.Notef("projection %s: the most frequent colour of a row covers %.0f %% of it in the median (60 %% or more means foreground)", survey.Projection(), 100*survey.Share())
	return survey.Projection(), nil
}

// notes says what could not be judged.
func (r *Recording) notes(res Result, o app.IO) {
	switch {
	case !r.Data.Meta().Truth:
		o.Notef("the dataset has no truth: precision, recall and false fires are not known, fires are counted")
	case res.Truth && res.Objects == 0:
		o.Notef("no true object lies fully inside a frame of the dataset: recall is not known; record more steps")
	}
	if r.Data.Meta().Stacked && res.FillIn {
		o.Notef("the stacks overlap, so each is filled in from its own frames alone")
	}
}

func (res Result) summary() *report.Summary {
	s := &report.Summary{Title: "small objects in " + res.Data}
	rows := []string{"found", fmt.Sprintf("%d in %d frames, threshold %.2f", res.Fires, res.Frames, res.Threshold)}
	if res.Truth {
		rows = append(rows,
			"precision", app.Number(res.Precision), "recall", fmt.Sprintf("%s of %d", app.Number(res.Recall), res.Objects), "F1", app.Number(res.F1),
			"false", fmt.Sprintf("%d fires in %d frames without a small object", res.FalseEmpty, res.EmptyFrames))
	}
	s.Add("", rows...)
	rows = nil
	for _, k := range SituationOrder {
		if in, ok := res.Situations[k.String()]; ok {
			rows = append(rows, SituationName[k], fmt.Sprintf("%s of %d", app.Number(in.Recall), in.Objects))
		}
	}
	if len(rows) > 0 {
		s.Add("Recall by what is around", rows...)
	}
	if c := res.Calibrated; c != nil {
		s.Add("Calibration", c.rows()...)
	}
	return s.Add("Where it is", "picture", res.Picture)
}

// decodeStrict reads TOML over a config and refuses unknown settings.
func decodeStrict(b []byte, c *config.Config) error {
	return toml.NewDecoder(bytes.NewReader(b)).DisallowUnknownFields().Decode(c)
}
