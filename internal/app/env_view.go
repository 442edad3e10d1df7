package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"glint/env/vnc"
	"glint/internal/report"
)

// EnvViewOptions says which screen to look at, and for how long.
type EnvViewOptions struct {
	Env     string
	Seconds float64
	Out     string // PNG file of the last frame; empty for none
	Change  func(*Config)
}

// EnvViewResult says what a screen shows, and how fast. No key is pressed.
type EnvViewResult struct {
	Env          string   `json:"env"`
	Width        int      `json:"width"`
	Height       int      `json:"height"`
	FramesPerS   float64  `json:"frames_per_s"`   // that were looked at
	UpdatesPerS  float64  `json:"updates_per_s"`  // of the server; a screen that rests has one for each probe
	MissedFrames int64    `json:"missed_frames"`  // that were due while nobody looked
	LatencyP50   *float64 `json:"latency_p50_ms"` // from a request to its answer; null before the first probe, after a second
	LatencyP95   *float64 `json:"latency_p95_ms"`
	Picture      string   `json:"picture"`
}

// EnvView looks at a screen.
func EnvView(ctx context.Context, e EnvViewOptions, o IO) (res EnvViewResult, err error) {
	if !isScreen(e.Env) {
		return res, usagef("give a screen as vnc://HOST:PORT", "%s is no screen", e.Env)
	}
	if !(e.Seconds > 0 && e.Seconds <= maxLook) {
		return res, usagef(fmt.Sprintf("give more than 0 and at most %d", maxLook), "--seconds is %v", e.Seconds)
	}
	if _, err := os.Lstat(e.Out); e.Out != "" && err == nil {
		return res, usagef("choose another --out", "file %s exists", e.Out)
	}
	c := DefaultConfig(e.Env, DefaultAlgo)
	e.Change(&c)
	c.VNC.Keys, c.VNC.Restart, c.VNC.MaxFrames, c.VNC.Clock = []string{vnc.None}, nil, math.MaxInt32, vnc.Realtime
	raw, err := openVNC(ctx, &c, 1, o)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, raw.Close()) }()
	if res, err = e.look(ctx, raw.Vec.(*screen)); err != nil {
		return res, err
	}
	if o.JSON {
		return res, json.NewEncoder(o.Stdout).Encode(res)
	}
	return res, res.summary().Write(o.Stdout)
}

// maxLook is the longest time that a screen is looked at, in seconds.
const maxLook = 3600

// look takes frames until the time is over.
func (e EnvViewOptions) look(ctx context.Context, s *screen) (EnvViewResult, error) {
	b, err := s.Reset(ctx, []uint64{0})
	if err != nil {
		return EnvViewResult{}, err
	}
	start, before := time.Now(), s.Stats()
	for err == nil && time.Since(start).Seconds() < e.Seconds {
		b, err = s.Step(ctx, []int{0})
	}
	if err != nil {
		return EnvViewResult{}, err
	}
	took, st, spec := time.Since(start).Seconds(), s.Stats(), s.Spec()
	res := EnvViewResult{
		Env: e.Env, Width: spec.W, Height: spec.H, MissedFrames: int64(st.Missed),
		FramesPerS:  float64(st.Steps) * float64(spec.Repeat) / took,
		UpdatesPerS: float64(max(0, st.Updates-before.Updates)) / took,
		LatencyP50:  inMilliseconds(st.LatencyP50), LatencyP95: inMilliseconds(st.LatencyP95),
	}
	if e.Out != "" {
		res.Picture = e.Out
		err = report.WritePNG(e.Out, report.RGB(b.Obs[len(b.Obs)-spec.FrameLen():], spec.H, spec.W))
	}
	return res, err
}

func (r EnvViewResult) summary() *report.Summary {
	s := &report.Summary{Title: r.Env}
	s.Add("", "frames", fmt.Sprintf("%dx%d pixels, %.1f a second, %d missed", r.Width, r.Height, r.FramesPerS, r.MissedFrames),
		"updates", fmt.Sprintf("%.1f a second", r.UpdatesPerS),
		"latency", milliseconds(r.LatencyP50)+" in the median, "+milliseconds(r.LatencyP95)+" in the 95th percentile")
	if r.Picture != "" {
		s.Add("", "picture", r.Picture)
	}
	return s
}
