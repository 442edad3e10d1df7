package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"

	"glint/agent"
	"glint/env"
	"glint/env/pixels"
	"glint/internal/judge"
	"glint/internal/report"
	"glint/internal/telemetry"
	"glint/replay"
)

// ViewOptions says what to look at.
type ViewOptions struct {
	Checkpoint string
	Data       string // recorded dataset; empty to play Env
	Env        string // empty for the checkpoint's
	Steps      int    // of each of the games played, or most of a film; 0 for the default
	Seed       uint64
	Out        string // folder of the pictures
	Change     func(*Config)
}

// ViewResult says what was drawn and what the judge says of the same observations.
type ViewResult struct {
	Sheet       string   `json:"sheet"`
	Frames      int      `json:"frames"`
	Kept        *float64 `json:"kept"`
	Contrast    *float64 `json:"contrast"`
	Detected    *float64 `json:"detected"`
	FalseKnives *float64 `json:"false_knives"`
	MSE         *float64 `json:"mse"`
}

// check refuses options that exclude each other.
func (v ViewOptions) check() error {
	if v.Data != "" && v.Env != "" {
		return usagef("give one of them", "--data and --env exclude each other")
	}
	return nil
}

// viewEnvs is the number of games played side by side to find examples, viewSteps the steps of each.
const (
	viewEnvs  = 4
	viewSteps = 500
)

// View draws a sheet of examples from a dataset or from play of the checkpoint.
func View(ctx context.Context, v ViewOptions, o IO) (res ViewResult, err error) {
	if err := v.check(); err != nil {
		return res, err
	}
	var gallery *agent.Gallery
	var m *monitor
	var title string
	if v.Data != "" {
		gallery, m, title, err = viewData(ctx, v, o)
	} else {
		gallery, m, title, err = viewPlay(ctx, v, o)
	}
	if err != nil {
		return res, err
	}
	values := telemetry.Values{}
	f, err := m.figures(gallery)
	if err != nil {
		return res, err
	}
	f.addTo(values)
	subtitle := v.Checkpoint
	if f.Visible > 0 {
		subtitle += fmt.Sprintf(", %s %s of %d", m.keptLabel(), percent(values, telemetry.KnivesKept), f.Visible)
	}
	sheet, err := m.sheet(gallery, title, subtitle)
	if err != nil {
		return res, err
	}
	if sheet == nil {
		return res, errors.New("nothing to draw: no observation was seen")
	}
	if err := os.MkdirAll(v.Out, 0o755); err != nil {
		return res, usagef("choose another --out", "the pictures cannot be written (%v)", err)
	}
	res = ViewResult{Sheet: filepath.Join(v.Out, "sheet.png"), Frames: f.Frames}
	if f.Frames > 0 {
		res.Kept, res.Contrast, res.Detected = finite(f.Kept), finite(f.Contrast), finite(f.Detected)
		res.FalseKnives, res.MSE = finite(f.FalseKnives), finite(f.MSE)
	}
	if err := sheet.WritePNG(res.Sheet); err != nil {
		return res, err
	}
	if o.JSON {
		return res, json.NewEncoder(o.Stdout).Encode(res)
	}
	return res, viewSummary(res, f.Figures, title).Write(o.Stdout)
}

func viewSummary(res ViewResult, f judge.Figures, title string) *report.Summary {
	s := &report.Summary{Title: title}
	var rows []string
	if f.Visible > 0 {
		rows = append(rows, "kept", fmt.Sprintf("%.0f %% of %d small objects that are visible in the truth", 100*f.Kept, f.Visible),
			"contrast", fmt.Sprintf("%.0f %% of theirs recovered in the mean", share(f.Contrast)))
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

// viewPlay lets the checkpoint play and keeps what it sees.
func viewPlay(ctx context.Context, v ViewOptions, o IO) (_ *agent.Gallery, _ *monitor, title string, err error) {
	g, err := player(ctx, Who{Checkpoint: v.Checkpoint}, v.Env, viewEnvs, v.Seed, v.Change, o)
	if err != nil {
		return nil, nil, "", err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	m, err := monitorOf(g.scene(), g.net, g.config)
	if err != nil {
		return nil, nil, "", err
	}
	gallery := agent.NewGallery(g.Spec(), m.content)
	b, err := g.Reset(ctx, seeds(v.Seed, viewEnvs))
	if err != nil {
		return nil, nil, "", err
	}
	actions := make([]int, viewEnvs)
	var boxes []env.Box
	bar := telemetry.NewProgress(o.Stderr, "playing")
	defer bar.Finish()
	steps := cmp.Or(v.Steps, viewSteps)
	for step := range steps {
		if err := g.policy.Act(b, actions); err != nil {
			return nil, nil, "", err
		}
		if b, err = g.Step(ctx, actions); err != nil {
			return nil, nil, "", err
		}
		for i := range viewEnvs {
			var known bool
			boxes, known = m.boxesOf(boxes[:0], g, b, i)
			gallery.Offer(int64(step*viewEnvs+i), b.ObsOf(i), boxes, known, func() []byte { _, raw := g.Raw(); return raw.ObsOf(i) })
		}
		bar.Update(float64(step+1) / float64(steps))
	}
	return gallery, m, "what the code keeps of " + g.config.Env, nil
}

// monitorOf returns a monitor with the config's detector and weighting.
func monitorOf(s scene, net *agent.Net, c Config) (*monitor, error) {
	w, err := c.weighting()
	if err != nil {
		return nil, &UsageError{Msg: err.Error()}
	}
	return newMonitor(s, net, c.Detector, w)
}

// viewData looks at a recorded dataset through the checkpoint's pixels.
func viewData(ctx context.Context, v ViewOptions, o IO) (*agent.Gallery, *monitor, string, error) {
	c, net, err := loadNet(v.Checkpoint)
	if err != nil {
		return nil, nil, "", err
	}
	v.Change(&c)
	data, err := openData(ctx, DataConfig{Dir: v.Data}, o)
	if err != nil {
		return nil, nil, "", err
	}
	pre, s, err := seen(data, c, net)
	if err != nil {
		return nil, nil, "", err
	}
	m, err := monitorOf(s, net, c)
	if err != nil {
		return nil, nil, "", err
	}
	gallery, err := m.read(ctx, data, pre, o)
	return gallery, m, "what the code keeps of " + v.Data, err
}

// seen returns how a network sees a dataset, by the config it was trained with.
func seen(data *replay.Dataset, c Config, net *agent.Net) (*pixels.Preprocessor, scene, error) {
	cfg := c.Pixels
	cfg.Crop = image.Rectangle{} // the dataset holds the crop
	pre, err := pixels.New(data.Meta().Spec(1), cfg)
	if err != nil {
		return nil, scene{}, &UsageError{Msg: err.Error()}
	}
	s, m := sceneOf(data.Meta(), pre), net.Autoencoder.Shape()
	if s.plane.T != m.T || s.plane.H != m.H || s.plane.W != m.W {
		return nil, s, usagef("use a dataset of the game it was trained on", "the checkpoint sees %dx%dx%d, the dataset makes %dx%dx%d", m.T, m.H, m.W, s.plane.T, s.plane.H, s.plane.W)
	}
	return pre, s, nil
}

// sceneOf is world.scene for what a dataset shows.
func sceneOf(meta replay.Meta, pre *pixels.Preprocessor) scene {
	s := scene{plane: pre.Spec(), raw: meta.Spec(1), content: pre.Content()}
	if meta.Truth && s.native() {
		s.objects = objectsOf(pixels.PresetFor(gameName(meta.Env)))
	}
	return s
}

// project writes the plane [T,H,W] of a row to dst.
func (s scene) project(pre *pixels.Preprocessor, dst []byte, row replay.Row) {
	for t := range s.plane.T {
		pre.Apply(dst[t*s.plane.FrameLen():(t+1)*s.plane.FrameLen()], row.Obs[t*s.raw.FrameLen():(t+1)*s.raw.FrameLen()])
	}
}

// look writes the plane of a row to obs and returns its boxes there, true ones where
// they are known.
func (m *monitor) look(pre *pixels.Preprocessor, obs []byte, row replay.Row, known bool) []env.Box {
	m.project(pre, obs, row)
	if !known {
		return m.detector.DetectStack(nil, obs)
	}
	for i := range row.Boxes {
		row.Boxes[i].Rect = pre.Box(row.Boxes[i].Rect)
	}
	return row.Boxes
}

// read keeps examples of a dataset.
func (m *monitor) read(ctx context.Context, data *replay.Dataset, pre *pixels.Preprocessor, o IO) (*agent.Gallery, error) {
	gallery := agent.NewGallery(m.plane, m.content)
	obs := make([]byte, m.plane.ObsLen())
	known := data.Meta().Truth
	bar := telemetry.NewProgress(o.Stderr, "reading")
	defer bar.Finish()
	step := 0
	for row, err := range data.Rows(ctx) {
		if err != nil {
			return nil, err
		}
		step++
		bar.Update(float64(step) / float64(data.Len()))
		if row.Terminated || row.Truncated {
			continue // the boxes of a last observation are not recorded
		}
		boxes := m.look(pre, obs, row, known)
		gallery.Offer(int64(step), obs, boxes, known, func() []byte { return row.Obs })
	}
	return gallery, nil
}
