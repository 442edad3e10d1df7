package app_test

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glint/env/vnc/vnctest"
	"glint/internal/app"
	"glint/replay"
)

// stripes draws a picture that moves.
func stripes(pix []byte, frame int) {
	for i := range pix {
		pix[i] = byte(i/64*8 + frame)
	}
}

// screen returns a config that trains on a server for about a second.
func screen(s *vnctest.Server) app.Config {
	c := small("vnc://"+s.Address, "a2c")
	c.SetEnvs(1)
	c.Steps, c.Agent.Pretrain.Steps, c.Agent.Pretrain.Updates = 160, 64, 10
	c.Pixels.Projection, c.Pixels.Crop = "luma", image.Rect(8, 4, 56, 44)
	c.VNC.Rate, c.VNC.MaxFrames = 1000, 100
	return c
}

func TestVNC(t *testing.T) {
	s := vnctest.Start(t, vnctest.Options{Size: image.Pt(64, 48), Draw: stripes, Pause: time.Millisecond, Password: "secret"})
	c, dir := screen(s), t.TempDir()
	stderr := new(bytes.Buffer)
	o := app.IO{Stdout: new(bytes.Buffer), Stderr: stderr}
	var usage *app.UsageError
	if _, err := app.Train(t.Context(), c, filepath.Join(dir, "no"), o); !errors.As(err, &usage) || !strings.Contains(err.Error(), "--token-file") {
		t.Errorf("a training without the password: %v, want a way to give it", err)
	}
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.SetSecret(secret)
	res, err := app.Train(t.Context(), c, filepath.Join(dir, "run"), o)
	if err != nil {
		t.Fatal(err)
	}
	if res.Steps < 160 || res.Episodes == 0 {
		t.Errorf("%d steps in %d episodes, want 160 and some", res.Steps, res.Episodes)
	}
	for _, want := range []string{"every reward is 0", "an episode ends after 100 frames", "screen: ", "latency "} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("the notes do not say %q:\n%s", want, stderr)
		}
	}
	res, err = app.Resume(t.Context(), filepath.Join(dir, "run"), func(c *app.Config) { c.Steps = 240 }, o)
	if err != nil || res.Steps < 240 {
		t.Errorf("resumed: %d steps, %v; want 240", res.Steps, err)
	}
	view := app.ViewOptions{Checkpoint: filepath.Join(dir, "run"), Steps: 20, Out: filepath.Join(dir, "view"), Change: func(*app.Config) {}}
	if _, err := app.View(t.Context(), view, o); err != nil {
		t.Errorf("view: %v", err)
	}
	e := app.EvalOptions{Who: app.Who{Checkpoint: filepath.Join(dir, "run")}, Episodes: 2, Envs: 8, Change: func(*app.Config) {}}
	if res, err := app.Eval(t.Context(), e, o); err != nil || len(res.Scores) != 2 || res.Truncated != 2 {
		t.Errorf("eval: %d scores, %d episodes cut, %v; want 2 and 2", len(res.Scores), res.Truncated, err)
	}
	c.Pixels.Crop = image.Rect(8, 4, 56, 49)
	if _, err := app.Train(t.Context(), c, filepath.Join(dir, "no"), o); !errors.As(err, &usage) || !strings.Contains(err.Error(), "64x48") {
		t.Errorf("a crop that is larger than the screen: %v", err)
	}
}

// TestVNCRecord records a screen and looks at what the dataset says of it.
func TestVNCRecord(t *testing.T) {
	s := vnctest.Start(t, vnctest.Options{Size: image.Pt(64, 48), Draw: stripes, Pause: time.Millisecond})
	c, out := screen(s), filepath.Join(t.TempDir(), "data")
	res, err := app.Record(t.Context(), app.RecordOptions{
		Who: app.Who{Policy: "random"}, Env: c.Env, Steps: 50, Envs: 8, Out: out,
		Change: func(into *app.Config) { into.Pixels, into.VNC = c.Pixels, c.VNC },
	}, quiet())
	if err != nil {
		t.Fatal(err)
	}
	if res.Steps != 50 || res.Episodes < 2 {
		t.Errorf("%d steps in %d episodes, want 50 in some", res.Steps, res.Episodes)
	}
	d, err := replay.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	m := d.Meta()
	if want := (replay.Crop{X: 8, Y: 4, W: 48, H: 40}); m.Crop != want || m.Env != c.Env || m.W != 48 || m.H != 40 {
		t.Errorf("the dataset is of %s, %dx%d, crop %v; want crop %v", m.Env, m.W, m.H, m.Crop, want)
	}
}

// TestEnvView looks at a moving screen and compares the picture with what is drawn.
func TestEnvView(t *testing.T) {
	s := vnctest.Start(t, vnctest.Options{Size: image.Pt(64, 48), Draw: stripes, Pause: 10 * time.Millisecond})
	e := app.EnvViewOptions{Env: "vnc://" + s.Address, Seconds: 1.5, Out: filepath.Join(t.TempDir(), "seen.png"), Change: func(c *app.Config) {
		c.Pixels.Crop, c.VNC.Rate = image.Rect(8, 4, 56, 44), 100
	}}
	res, err := app.EnvView(t.Context(), e, quiet())
	if err != nil {
		t.Fatal(err)
	}
	if res.Width != 48 || res.Height != 40 || res.FramesPerS < 50 || res.FramesPerS > 101 || res.UpdatesPerS < 10 || res.UpdatesPerS > 100 {
		t.Errorf("%+v, want 48x40 pixels, near 100 frames and below 100 updates a second", res)
	}
	if res.LatencyP50 == nil || res.LatencyP95 == nil {
		t.Errorf("no latency was measured in %v s", e.Seconds)
	}
	if len(s.Keys()) > 0 {
		t.Errorf("the look pressed keys: %v", s.Keys())
	}
	f, err := os.Open(e.Out)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	red := func(x, y int) byte { r, _, _, _ := img.At(x, y).RGBA(); return byte(r >> 8) }
	// On a screen of 64 pixels a row of 256 bytes steps by 4*8 in stripes.
	if got := red(0, 1) - red(0, 0); img.Bounds().Size() != image.Pt(48, 40) || got != 32 {
		t.Errorf("the picture has %v pixels, and its second row differs by %d from the first; want 48x40 and 32", img.Bounds().Size(), got)
	}
}

// TestVNCRewarder evaluates a game whose rewarder pays 1 ten times and ends it.
func TestVNCRewarder(t *testing.T) {
	s := vnctest.Start(t, vnctest.Options{Size: image.Pt(64, 48), Draw: stripes, Pause: time.Millisecond})
	r := vnctest.StartRewarder(t, vnctest.RewarderOptions{})
	c := screen(s)
	_, port, _ := strings.Cut(r.Address, ":")
	r.Play(t, 5*time.Millisecond)
	stderr := new(bytes.Buffer)
	res, err := app.Eval(t.Context(), app.EvalOptions{
		Who: app.Who{Policy: "random"}, Env: c.Env + "+" + port, Episodes: 4, Envs: 1,
		Change: func(into *app.Config) { into.Pixels, into.VNC = c.Pixels, c.VNC },
	}, app.IO{Stdout: new(bytes.Buffer), Stderr: stderr})
	if err != nil {
		t.Fatal(err)
	}
	whole := 0
	for _, score := range res.Scores[1:] { // the first may begin in the midst of ten
		if score == 10 {
			whole++
		}
	}
	if whole == 0 || strings.Contains(stderr.String(), "every reward is 0") {
		t.Errorf("scores %v, want 10; notes:\n%s", res.Scores, stderr)
	}
}
