package envs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"glint/env/vnc"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/world"
	"glint/internal/report"
)

// ViewOptions says which screen to look at, and for how long.
type ViewOptions struct {
	Env     string
	Seconds float64
	Out     string  // PNG file of the last frame; empty for none
	Every   float64 // seconds between two pictures, which make Out a folder of them; 0 for the last frame alone
	Change  func(*config.Config)
}

// ViewResult says what a screen shows, and how fast. No key is pressed.
type ViewResult struct {
	Env          string   `json:"env"`
	Width        int      `json:"width"`
	Height       int      `json:"height"`
	FramesPerS   float64  `json:"frames_per_s"`   // that were looked at
	UpdatesPerS  float64  `json:"updates_per_s"`  // of the server; a screen that rests has one for each probe
	MissedFrames int64    `json:"missed_frames"`  // that were due while nobody looked
	LatencyP50   *float64 `json:"latency_p50_ms"` // from a request to its answer; null before the first probe, after a second
	LatencyP95   *float64 `json:"latency_p95_ms"`
	Picture      string   `json:"picture"`
	Pictures     int      `json:"pictures"`
	Scores       []Seen   `json:"scores"`
}

// Seen is what was read of a score of [config.VNC].
type Seen struct {
	File       string  `json:"file"`
	Text       string  `json:"text"` // in the last frame; "?" for what is no digit
	Confidence float64 `json:"confidence"`
	Score      int64   `json:"score"`      // the last one that counts
	ReadShare  float64 `json:"read_share"` // of the frames
}

// View looks at a screen.
func View(ctx context.Context, e ViewOptions, o app.IO) (res ViewResult, err error) {
	if !config.IsScreen(e.Env) {
		return res, app.Usagef("give a screen as vnc://HOST:PORT", "%s is no screen", e.Env)
	}
	if !(e.Seconds > 0 && e.Seconds <= maxLook) {
		return res, app.Usagef(fmt.Sprintf("give more than 0 and at most %d", maxLook), "--seconds is %v", e.Seconds)
	}
	if _, err := os.Lstat(e.Out); e.Out != "" && err == nil {
		return res, app.Usagef("choose another --out", "file %s exists", e.Out)
	}
	if !(e.Every >= 0) || e.Every > 0 && e.Out == "" {
		return res, app.Usagef("give seconds above 0, and --out DIR for the pictures", "--every is %v", e.Every)
	}
	if e.Every > e.Seconds {
		return res, app.Usagef("look for longer, or save more often", "--every %v is more than --seconds %v", e.Every, e.Seconds)
	}
	screenOnly, _, _ := strings.Cut(e.Env, "+") // a rewarder lets one player in, and begins an episode for him
	c := config.Default(screenOnly, config.DefaultAlgo)
	e.Change(&c)
	c.VNC.Keys, c.VNC.Restart, c.VNC.MaxFrames = []string{vnc.None}, nil, math.MaxInt32
	c.VNC.Clock, c.VNC.End = vnc.Realtime, config.End{}
	screen, err := world.OpenScreen(ctx, &c, 1, o)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, screen.Close()) }()
	if e.Every > 0 {
		if err := os.Mkdir(e.Out, 0o755); err != nil {
			return res, fmt.Errorf("making the folder of the pictures: %w", err)
		}
	}
	if res, err = e.look(ctx, screen); err != nil {
		return res, err
	}
	for i, st := range screen.Scores() {
		res.Scores = append(res.Scores, Seen{
			File: c.VNC.Score[i].File, Text: strings.TrimSpace(st.Last.Text), Confidence: st.Last.Confidence, Score: st.Score,
			ReadShare: float64(st.Read) / float64(max(1, st.Frames)),
		})
	}
	if o.JSON {
		return res, json.NewEncoder(o.Stdout).Encode(res)
	}
	return res, res.summary().Write(o.Stdout)
}

// maxLook is the longest time that a screen is looked at, in seconds.
const maxLook = 3600

// look takes frames until the time is over.
func (e ViewOptions) look(ctx context.Context, s *world.Screen) (ViewResult, error) {
	b, err := s.Reset(ctx, []uint64{0})
	if err != nil {
		return ViewResult{}, err
	}
	start, before := time.Now(), s.Stats()
	spec, pictures := s.Spec(), 0
	save := func(path string) error {
		pictures++
		return report.WritePNG(path, report.RGB(b.Obs[len(b.Obs)-spec.FrameLen():], spec.H, spec.W))
	}
	for err == nil && time.Since(start).Seconds() < e.Seconds {
		if b, err = s.Step(ctx, []int{0}); err == nil && e.Every > 0 && time.Since(start).Seconds() >= float64(pictures+1)*e.Every {
			err = save(filepath.Join(e.Out, fmt.Sprintf("frame-%04d.png", pictures+1)))
		}
	}
	if err != nil {
		return ViewResult{}, err
	}
	took, st := time.Since(start).Seconds(), s.Stats()
	res := ViewResult{
		Env: e.Env, Width: spec.W, Height: spec.H, MissedFrames: int64(st.Missed),
		FramesPerS:  float64(st.Steps) * float64(spec.Repeat) / took,
		UpdatesPerS: float64(max(0, st.Updates-before.Updates)) / took,
		LatencyP50:  world.InMilliseconds(st.LatencyP50), LatencyP95: world.InMilliseconds(st.LatencyP95),
	}
	if res.Picture = e.Out; e.Out != "" && e.Every == 0 {
		err = save(e.Out)
	}
	res.Pictures = pictures
	return res, err
}

func (r ViewResult) summary() *report.Summary {
	s := &report.Summary{Title: r.Env}
	s.Add("", "frames", fmt.Sprintf("%dx%d pixels, %.1f a second, %d missed", r.Width, r.Height, r.FramesPerS, r.MissedFrames),
		"updates", fmt.Sprintf("%.1f a second", r.UpdatesPerS),
		"latency", world.Milliseconds(r.LatencyP50)+" in the median, "+world.Milliseconds(r.LatencyP95)+" in the 95th percentile")
	if r.Picture != "" {
		s.Add("", "pictures", fmt.Sprintf("%d: %s", r.Pictures, r.Picture))
	}
	for _, seen := range r.Scores {
		s.Add("", "score", fmt.Sprintf("%s in the last frame, confidence %.2f", seen.Text, seen.Confidence),
			"read", fmt.Sprintf("in %.1f %% of the frames; the last that counts is %d", 100*seen.ReadShare, seen.Score), "templates", seen.File)
	}
	return s
}
