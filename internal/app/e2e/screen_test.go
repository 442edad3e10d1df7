package e2e_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glint/env/score"
	"glint/env/vnc/vnctest"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/envs"
	"glint/internal/app/eval"
	"glint/internal/app/play"
	"glint/internal/app/record"
	"glint/internal/app/train"
	"glint/internal/app/view"
	"glint/internal/report"
	"glint/replay"
)

// stripes draws a picture that moves.
func stripes(pix []byte, frame int) {
	for i := range pix {
		pix[i] = byte(i/64*8 + frame)
	}
}

// screen returns a config that trains on a server for about a second.
func screen(s *vnctest.Server) config.Config {
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
	if _, err := train.Run(t.Context(), c, filepath.Join(dir, "no"), o); !errors.As(err, &usage) || !strings.Contains(err.Error(), "--token-file") {
		t.Errorf("a training without the password: %v, want a way to give it", err)
	}
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.SetSecret(secret)
	res, err := train.Run(t.Context(), c, filepath.Join(dir, "run"), o)
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
	if err := os.Rename(secret, secret+"2"); err != nil {
		t.Fatal(err)
	}
	resumed := func(c *config.Config) { c.Steps = 240; c.SetSecret(secret + "2") }
	res, err = train.Resume(t.Context(), filepath.Join(dir, "run"), resumed, o)
	if err != nil || res.Steps < 240 {
		t.Errorf("resumed: %d steps, %v; want 240", res.Steps, err)
	}
	looked := view.Options{Checkpoint: filepath.Join(dir, "run"), Steps: 20, Out: filepath.Join(dir, "view"), Change: func(*config.Config) {}}
	if _, err := view.Sheet(t.Context(), looked, o); err != nil {
		t.Errorf("view: %v", err)
	}
	e := eval.Options{Who: play.Who{Checkpoint: filepath.Join(dir, "run")}, Episodes: 2, Envs: 8, Change: func(*config.Config) {}}
	if res, err := eval.Run(t.Context(), e, o); err != nil || len(res.Scores) != 2 || res.Truncated != 2 {
		t.Errorf("eval: %d scores, %d episodes cut, %v; want 2 and 2", len(res.Scores), res.Truncated, err)
	}
	c.SetSecret(secret + "2")
	c.Pixels.Crop = image.Rect(8, 4, 56, 49)
	if _, err := train.Run(t.Context(), c, filepath.Join(dir, "no"), o); !errors.As(err, &usage) || !strings.Contains(err.Error(), "64x48") {
		t.Errorf("a crop that is larger than the screen: %v", err)
	}
}

// TestVNCRecord records a screen and looks at what the dataset says of it.
func TestVNCRecord(t *testing.T) {
	s := vnctest.Start(t, vnctest.Options{Size: image.Pt(64, 48), Draw: stripes, Pause: time.Millisecond})
	c, out := screen(s), filepath.Join(t.TempDir(), "data")
	res, err := record.Run(t.Context(), record.Options{
		Who: play.Who{Policy: "random"}, Env: c.Env, Steps: 50, Envs: 8, Out: out,
		Change: func(into *config.Config) { into.Pixels, into.VNC = c.Pixels, c.VNC },
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

// TestVNCTells opens a screen before its server listens, measures which projection suits it,
// and hears of both before it waits.
func TestVNCTells(t *testing.T) {
	o := vnctest.Options{Address: "127.0.0.1:" + freePort(t), Size: image.Pt(64, 48), Draw: stripes, Pause: time.Millisecond}
	time.AfterFunc(300*time.Millisecond, func() { vnctest.Start(t, o) })
	c, stderr := screen(&vnctest.Server{Address: o.Address}), new(bytes.Buffer)
	c.Pixels.Projection = "auto"
	_, err := record.Run(t.Context(), record.Options{
		Who: play.Who{Policy: "random"}, Env: c.Env, Steps: 5, Envs: 1, Out: filepath.Join(t.TempDir(), "data"),
		Change: func(into *config.Config) { into.Pixels, into.VNC = c.Pixels, c.VNC },
	}, app.IO{Stdout: new(bytes.Buffer), Stderr: stderr})
	if err != nil {
		t.Fatal(err)
	}
	said := stderr.String()
	for _, want := range []string{"waiting for up to 30s", "1000 frames of random keys, 1 s", "measuring 100%", "projection "} {
		i := strings.Index(said, want)
		if i < 0 {
			t.Fatalf("%q is not said, or too late:\n%s", want, stderr)
		}
		said = said[i:]
	}
}

// TestVNCHints wants a failure of a reset to say what to do.
func TestVNCHints(t *testing.T) {
	s := vnctest.Start(t, vnctest.Options{Size: image.Pt(64, 48), Draw: stripes})
	r := vnctest.StartRewarder(t, vnctest.RewarderOptions{Refuse: true})
	c := screen(s)
	_, port, _ := strings.Cut(r.Address, ":")
	c.Env += "+" + port
	var usage *app.UsageError
	if _, err := train.Run(t.Context(), c, filepath.Join(t.TempDir(), "run"), quiet()); !errors.As(err, &usage) || !strings.Contains(err.Error(), "[vnc] env_id") {
		t.Errorf("a rewarder that refuses: %v, want what to do", err)
	}
}

// TestEnvView looks at a moving screen and compares the picture with what is drawn.
func TestEnvView(t *testing.T) {
	s := vnctest.Start(t, vnctest.Options{Size: image.Pt(64, 48), Draw: stripes, Pause: 10 * time.Millisecond})
	e := envs.ViewOptions{Env: "vnc://" + s.Address, Seconds: 1.5, Out: filepath.Join(t.TempDir(), "seen.png"), Change: func(c *config.Config) {
		c.Pixels.Crop, c.VNC.Rate = image.Rect(8, 4, 56, 44), 100
	}}
	res, err := envs.View(t.Context(), e, quiet())
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

// bars draws a number of two digits with bars of a height of their own for each digit, at
// 4,4 on a screen of 64 pixels, which counts from 0 to 60, where it rests.
func bars(pix []byte, frame int) { drawBars(pix, min(60, frame%110)) }

func drawBars(pix []byte, n int) {
	for y := range 12 {
		for x := range 14 {
			digit, column := []int{n / 10, n % 10}[x/7], x%7
			if column < 5 && (y == digit || y == 11 || column == digit/2) {
				pix[((4+y)*64+4+x)*4+1] = 200
			} else {
				pix[((4+y)*64+4+x)*4+1] = 0
			}
		}
	}
}

// learnBars learns the digits of bars by a picture of each, of the whole screen.
func learnBars(t *testing.T) (file string) {
	t.Helper()
	dir := t.TempDir()
	for _, n := range []int{1, 23, 45, 67, 89, 98, 0} {
		pix, img := make([]byte, 64*48*4), image.NewRGBA(image.Rect(0, 0, 64, 48))
		drawBars(pix, n)
		for i := 0; i < len(pix); i += 4 {
			copy(img.Pix[i:], []byte{pix[i], pix[i+1], pix[i+2], 255})
		}
		if err := report.WritePNG(filepath.Join(dir, fmt.Sprintf("%02d-a.png", n)), img); err != nil {
			t.Fatal(err)
		}
	}
	file = filepath.Join(dir, "score.json")
	stdout := new(bytes.Buffer)
	e := envs.ScoreOptions{Dir: dir, Crop: "14x12+4+4", Digits: score.Digits, Out: file}
	res, err := envs.Score(e, app.IO{Stdout: stdout, Stderr: new(bytes.Buffer)})
	if err != nil || res.Right != 7 || res.Wrong+res.Unread+res.Skipped != 0 {
		t.Fatalf("%+v, %v; want 7 read right", res, err)
	}
	if !strings.Contains(stdout.String(), "7 read right") {
		t.Errorf("the summary does not tell what was read:\n%s", stdout)
	}
	return file
}

// TestVNCScore views and evaluates a screen whose score counts up, and begins again.
func TestVNCScore(t *testing.T) {
	s := vnctest.Start(t, vnctest.Options{Size: image.Pt(64, 48), Draw: bars, Pause: 2 * time.Millisecond})
	c, file := screen(s), learnBars(t)
	confirm := 3
	c.VNC.Score = []config.Score{{File: file, Confirm: &confirm}}
	c.VNC.End.Zero, c.VNC.MaxFrames = true, 5_000
	change := func(into *config.Config) { into.Pixels, into.VNC = c.Pixels, c.VNC }
	pictures := filepath.Join(t.TempDir(), "pictures")
	view, err := envs.View(t.Context(), envs.ViewOptions{Env: c.Env, Seconds: 1, Every: 0.3, Out: pictures, Change: change}, quiet())
	if err != nil || len(view.Scores) != 1 || view.Scores[0].ReadShare < 0.9 || view.Scores[0].Confidence < 0.9 {
		t.Fatalf("%+v, %v; want one score, which is read", view, err)
	}
	if files := glob(t, pictures, "frame-*.png"); len(files) < 2 || len(files) != view.Pictures {
		t.Errorf("%d pictures were saved, %d are told of; want 3", len(files), view.Pictures)
	}
	stderr := new(bytes.Buffer)
	e := eval.Options{Who: play.Who{Policy: "random"}, Env: c.Env, Episodes: 3, Envs: 1, Change: change}
	res, err := eval.Run(t.Context(), e, app.IO{Stdout: new(bytes.Buffer), Stderr: stderr})
	if err != nil || res.Truncated > 0 || len(res.Scores) != 3 {
		t.Fatalf("%+v, %v; want three episodes that end by themselves", res, err)
	}
	for _, score := range res.Scores[1:] { // the first one begins anywhere
		if score < 40 || score > 60 {
			t.Errorf("scores %v, want 60 less what is counted before an episode begins", res.Scores)
		}
	}
	for _, want := range []string{"rewards are the gains", "[vnc.end]", "score 1: read in "} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("the notes do not say %q:\n%s", want, stderr)
		}
	}
}

// TestVNCScoreRefuses wants settings of scores and ends that cannot be.
func TestVNCScoreRefuses(t *testing.T) {
	s := vnctest.Start(t, vnctest.Options{Size: image.Pt(16, 12)})
	file := learnBars(t)
	picture := filepath.Join(filepath.Dir(file), "01-a.png")
	far := int64(100)
	for name, c := range map[string]struct {
		change func(*config.VNC)
		want   string
	}{
		"no file":         {func(c *config.VNC) { c.Score[0].File = "" }, "glint env score"},
		"missing file":    {func(c *config.VNC) { c.Score[0].File = "none.json" }, "none.json"},
		"no templates":    {func(c *config.VNC) { c.Score[0].File = picture }, "01-a.png"},
		"jump":            {func(c *config.VNC) { c.Score[0].Jump = &far }, "jump of 100"},
		"off the screen":  {func(*config.VNC) {}, "16x12"},
		"end without":     {func(c *config.VNC) { c.End.Pictures = []string{picture} }, "without the other"},
		"end's crop":      {func(c *config.VNC) { c.End = config.End{Pictures: []string{picture}, Crop: "1,2"} }, "WIDTHxHEIGHT+X+Y"},
		"end's picture":   {func(c *config.VNC) { c.End = config.End{Pictures: []string{file}, Crop: "9x9+0+0"} }, "score.json"},
		"beside it":       {func(c *config.VNC) { c.End = config.End{Pictures: []string{picture}, Crop: "9x9+60+0"} }, "64x48"},
		"zero of nothing": {func(c *config.VNC) { c.Score, c.End.Zero = nil, true }, "without a score"},
	} {
		conf := screen(s)
		conf.Pixels.Crop = image.Rectangle{}
		conf.VNC.Score = []config.Score{{File: file}}
		c.change(&conf.VNC)
		var usage *app.UsageError
		if _, err := train.Run(t.Context(), conf, filepath.Join(t.TempDir(), "no"), quiet()); !errors.As(err, &usage) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", name, err, c.want)
		}
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
	res, err := eval.Run(t.Context(), eval.Options{
		Who: play.Who{Policy: "random"}, Env: c.Env + "+" + port, Episodes: 4, Envs: 1,
		Change: func(into *config.Config) { into.Pixels, into.VNC = c.Pixels, c.VNC },
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
