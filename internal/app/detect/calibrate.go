package detect

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/pelletier/go-toml/v2"

	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/report"
	"glint/internal/telemetry"
	"glint/replay"
	"glint/saliency"
)

// Calibration says what detector a dataset asks for by what moves in it, and how
// sure that is.
type Calibration struct {
	Config    string   `json:"config"` // file that --config takes
	Threshold float64  `json:"threshold"`
	Detector  Settings `json:"detector"`
	Size      [2]int   `json:"size"`    // width and height of the object's box
	Value     int      `json:"value"`   // of its pixels on the plane
	Flights   int      `json:"flights"` // stacks in which it was seen to fly
	Share     float64  `json:"share"`   // its part of the small things that move
	Flying    float64  `json:"flying"`  // share of the detector's finds that fly
	Sure      float64  `json:"sure"`    // 0..1: share * flying * flights/(flights+5)
	// Preset are the figures of the preset's detector and Own those of this one, both
	// without fill-in; nil without truth.
	Preset *Figures `json:"preset"`
	Own    *Figures `json:"own"`

	config saliency.DetectorConfig
}

// few is the number of flights at which it is half as sure as at many.
const few = 5

// calibrate finds a detector by what moves in the recording, without its truth, and
// writes it into a file.
func (r *Recording) calibrate(ctx context.Context, d Options, o app.IO) (*Calibration, error) {
	s := r.Scene.Plane
	c, err := saliency.NewCalibrator(saliency.DefaultCalibratorConfig(), s.H, s.W)
	if err != nil {
		return nil, err
	}
	if err := r.stacks(ctx, "looking for what moves", o, c.Add); err != nil {
		return nil, err
	}
	object, err := c.Object()
	if errors.Is(err, saliency.ErrNothingMoves) {
		return nil, app.Usagef("record more steps, or check the projection", "%v", err)
	}
	if err != nil {
		return nil, err
	}
	trial, err := saliency.NewTrial(object, saliency.DefaultFlightConfig(), s.H, s.W)
	if err != nil {
		return nil, err
	}
	if err := r.stacks(ctx, "trying thresholds", o, func(stack []byte) error { trial.Add(stack); return nil }); err != nil {
		return nil, err
	}
	best, err := trial.Best()
	if err != nil {
		return nil, app.Usagef("record more steps, or check the projection", "%v", err)
	}
	object.Config.Threshold = best.Threshold
	res := &Calibration{
		Threshold: best.Threshold, Detector: settingsOf(object.Config), Size: [2]int{object.Size.X, object.Size.Y}, Value: int(object.Value),
		Flights: object.Flights, Share: object.Share, Flying: best.Flying,
		Config: filepath.Join(d.Out, "detector.toml"), config: object.Config,
	}
	res.Sure = res.Share * res.Flying * float64(res.Flights) / float64(res.Flights+few)
	return res, res.write(d, r.Data.Meta())
}

// stacks gives the planes [T,H,W] of all steps to a function.
func (r *Recording) stacks(ctx context.Context, what string, o app.IO, add func(stack []byte) error) error {
	if t := r.Scene.Plane.T; t < 3 {
		return app.Usagef("record an environment with 3 frames a step or more", "a step of %d frames shows no movement", t)
	}
	bar := telemetry.NewProgress(o.Stderr, what)
	defer bar.Finish()
	n := 0
	for row, err := range r.Data.Rows(ctx) {
		if err != nil {
			return err
		}
		if err := add(r.project(row)); err != nil {
			return err
		}
		n++
		bar.Update(float64(n) / float64(r.Data.Len()))
	}
	return nil
}

// write writes the config file.
func (c *Calibration) write(d Options, meta replay.Meta) error {
	if err := os.MkdirAll(d.Out, 0o755); err != nil {
		return app.Usagef("choose another --out", "the config cannot be written (%v)", err)
	}
	body, err := toml.Marshal(struct {
		Env      string                  `toml:"env"`
		Detector saliency.DetectorConfig `toml:"detector"`
	}{meta.Env, c.config})
	if err != nil {
		return fmt.Errorf("writing the calibrated config: %w", err)
	}
	head := fmt.Sprintf("# Found by glint detect --calibrate, without labels: %d flights of things of %dx%d pixels,\n# %.2f sure of 0..1. For --config of other verbs.\n",
		c.Flights, c.Size[0], c.Size[1], c.Sure)
	if err := report.ReplaceFile(c.Config, append([]byte(head), body...)); err != nil {
		return fmt.Errorf("writing %s: %w", c.Config, err)
	}
	return nil
}

// checkCalibration compares the calibrated detector with the preset's where the truth
// is known.
func (r *Recording) checkCalibration(ctx context.Context, c *Calibration, o app.IO) error {
	if c == nil || len(r.Scene.Objects) == 0 {
		return nil
	}
	preset := config.Default(r.Data.Meta().Env, config.DefaultAlgo).Detector
	alone := Options{}
	s, err := r.search(append(alone.finders(preset, r), alone.finders(c.config, r)...), false)
	if err != nil {
		return err
	}
	if err := s.read(ctx, o); err != nil {
		return err
	}
	a, b := s.figures(0), s.figures(1)
	c.Preset, c.Own = &a, &b
	return nil
}

// rows are for a summary.
func (c *Calibration) rows() []string {
	rows := []string{
		"object", fmt.Sprintf("%dx%d pixels of value %d, seen to fly %d times", c.Size[0], c.Size[1], c.Value, c.Flights),
		"sure", fmt.Sprintf("%.2f: %.0f %% of the small things that move are of this size, %.0f %% of the finds fly", c.Sure, 100*c.Share, 100*c.Flying),
	}
	if c.Preset != nil && c.Preset.Recall != nil && c.Own.Precision != nil && c.Preset.Precision != nil {
		off := max(math.Abs(*c.Own.Precision-*c.Preset.Precision), math.Abs(*c.Own.Recall-*c.Preset.Recall))
		rows = append(rows, "checked", fmt.Sprintf("precision and recall within %.3f of the preset's", off))
	}
	return append(rows, "config", c.Config)
}
