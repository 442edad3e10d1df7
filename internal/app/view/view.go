// Package view draws what a network sees: sheets of reconstructions, films, units of the
// code, and the saliency of policy and value.
package view

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/monitor"
	"glint/internal/judge"
	"glint/internal/report"
	"glint/internal/telemetry"
)

// Options says what to look at.
type Options struct {
	Checkpoint string
	Data       string // recorded dataset; empty to play Env
	Env        string // empty for the checkpoint's
	Steps      int    // of each of the games played, or most of a film; 0 for the default
	Seed       uint64
	Out        string // folder of the pictures
	Change     func(*config.Config)
}

// SheetResult says what was drawn and what the judge says of the same observations.
type SheetResult struct {
	Sheet       string   `json:"sheet"`
	Frames      int      `json:"frames"`
	Kept        *float64 `json:"kept"`
	Contrast    *float64 `json:"contrast"`
	Detected    *float64 `json:"detected"`
	FalseKnives *float64 `json:"false_knives"`
	MSE         *float64 `json:"mse"`
}

// check refuses options that exclude each other.
func (v Options) check() error {
	if v.Data != "" && v.Env != "" {
		return app.Usagef("give one of them", "--data and --env exclude each other")
	}
	return nil
}

// viewEnvs is the number of games played side by side to find examples, viewSteps the steps of each.
const (
	viewEnvs  = 4
	viewSteps = 500
)

// Sheet draws a sheet of examples from a dataset or from play of the checkpoint.
func Sheet(ctx context.Context, v Options, o app.IO) (res SheetResult, err error) {
	if err := v.check(); err != nil {
		return res, err
	}
	m, err := newSample(ctx, v, false, o)
	if err != nil {
		return res, err
	}
	title := "what the code keeps of " + m.of
	values := telemetry.Values{}
	f, err := m.Figures(m.gallery)
	if err != nil {
		return res, err
	}
	f.AddTo(values)
	subtitle := v.Checkpoint
	if f.Visible > 0 {
		subtitle += fmt.Sprintf(", %s %s of %d", m.KeptLabel(), monitor.Percent(values, telemetry.KnivesKept), f.Visible)
	}
	sheet, err := m.Sheet(m.gallery, title, subtitle)
	if err != nil {
		return res, err
	}
	if sheet == nil {
		return res, errors.New("nothing to draw: no observation was seen")
	}
	res = SheetResult{Frames: f.Frames}
	if res.Sheet, err = v.write(sheet, "sheet.png"); err != nil {
		return res, err
	}
	if f.Frames > 0 {
		res.Kept, res.Contrast, res.Detected = app.Finite(f.Kept), app.Finite(f.Contrast), app.Finite(f.Detected)
		res.FalseKnives, res.MSE = app.Finite(f.FalseKnives), app.Finite(f.MSE)
	}
	if o.JSON {
		return res, json.NewEncoder(o.Stdout).Encode(res)
	}
	return res, viewSummary(res, f.Figures, title).Write(o.Stdout)
}

// write draws a sheet into the folder of the pictures and returns its path.
func (v Options) write(sheet interface{ WritePNG(path string) error }, name string) (string, error) {
	if err := os.MkdirAll(v.Out, 0o755); err != nil {
		return "", app.Usagef("choose another --out", "the pictures cannot be written (%v)", err)
	}
	path := filepath.Join(v.Out, name)
	return path, sheet.WritePNG(path)
}

func viewSummary(res SheetResult, f judge.Figures, title string) *report.Summary {
	s := &report.Summary{Title: title}
	var rows []string
	if f.Visible > 0 {
		rows = append(rows, "kept", fmt.Sprintf("%.0f %% of %d small objects that are visible in the truth", 100*f.Kept, f.Visible),
			"contrast", fmt.Sprintf("%.0f %% of theirs recovered in the mean", app.Share(f.Contrast)))
	}
	if res.Detected != nil {
		rows = append(rows, "detected", fmt.Sprintf("%.2f, finds on reconstructions over finds on the truth", *res.Detected))
	}
	if f.EmptyFrames > 0 {
		rows = append(rows, "false", fmt.Sprintf("%.1f %% of %d frames without one", 100*f.FalseKnives, f.EmptyFrames))
	}
	if len(rows) > 0 {
		s.Add("The judge says", rows...)
	}
	return s.Add("Where it is", "sheet", res.Sheet)
}
