package e2e_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glint/agent"
	"glint/env/gym"
	"glint/env/pixels"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/play"
	"glint/internal/app/record"
	"glint/internal/app/train"
	"glint/internal/app/view"
	"glint/replay"
)

// TestViewOfUnknownTruth looks at datasets whose small objects are not known or have
// another size than the judge's: nothing may be judged.
func TestViewOfUnknownTruth(t *testing.T) {
	dir := t.TempDir()
	resized := func(c *config.Config) { c.Pixels.Resize = image.Pt(84, 84) }
	c := smallA2C("dojo")
	resized(&c)
	c.Steps, c.FramesEvery = 200, 0
	run := filepath.Join(dir, "run")
	trained(t, c, run)
	for _, tc := range []struct {
		name   string
		change func(*config.Config)
		truth  bool
	}{{"resized", resized, false}, {"native", func(*config.Config) {}, true}} {
		t.Run(tc.name, func(t *testing.T) {
			data := filepath.Join(dir, tc.name)
			rec, err := record.Run(t.Context(), record.Options{
				Who: play.Who{Policy: "scripted"}, Env: "dojo", Steps: 400, Envs: 2, Seed: 1, Out: data, Change: tc.change,
			}, quiet())
			if err != nil {
				t.Fatal(err)
			}
			d, err := replay.Open(data)
			if err != nil {
				t.Fatal(err)
			}
			if d.Meta().Truth != tc.truth || rec.Truth != tc.truth || (rec.Small > 0) != tc.truth {
				t.Errorf("the dataset says truth %v, the recorder %+v; want %v", d.Meta().Truth, rec, tc.truth)
			}
			res, err := view.Sheet(t.Context(), view.Options{
				Checkpoint: run, Data: data, Steps: 1, Out: filepath.Join(dir, "view", tc.name), Change: func(*config.Config) {},
			}, quiet())
			if err != nil {
				t.Fatal(err)
			}
			if res.Frames != 0 || res.FalseKnives != nil || res.Kept != nil || res.MSE != nil {
				t.Errorf("the judge says %+v of what it cannot know", res)
			}
			if _, err := png.Decode(bytes.NewReader(read(t, res.Sheet))); err != nil {
				t.Errorf("the sheet: %v", err)
			}
		})
	}
}

// TestGames trains a little on environments of the bridge: what works on the dojo's
// planes of 64x144 must depend neither on their size nor on the truth nor on a Saver.
func TestGames(t *testing.T) {
	needGym(t)
	const kungFu = "gym:ALE/KungFuMaster-v5"
	for _, tc := range []struct {
		name, env, extra string
		pixels           func(*pixels.Config)
		projection       pixels.Projection // settled
		content          image.Point       // of the pictures on the sheet
		unjudged         bool
	}{
		{name: "Pong", env: "gym:ALE/Pong-v5", pixels: func(*pixels.Config) {}, projection: pixels.Foreground, content: image.Pt(160, 160)},
		{name: "resized", env: kungFu, pixels: func(p *pixels.Config) { p.Resize = image.Pt(84, 84) }, projection: pixels.Foreground, content: image.Pt(84, 84), unjudged: true},
		{name: "uncropped", env: kungFu, pixels: func(p *pixels.Config) { *p = pixels.Config{Projection: pixels.Luma} }, projection: pixels.Luma, content: image.Pt(160, 210)},
		{name: "MiniGrid", env: "gym:MiniGrid-Empty-5x5-v0", extra: "minigrid", pixels: func(*pixels.Config) {}, projection: pixels.Luma, content: image.Pt(40, 40), unjudged: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			needExtra(t, tc.extra)
			c := small(tc.env, agent.A2C)
			a := &c.Agent
			// An episode of Kung-Fu Master shows nothing for 80 steps: the first 100
			// of each game are the random play.
			a.Envs, a.Horizon, a.Minibatch = 2, 10, 20
			a.Pretrain.Steps, a.Pretrain.Updates, a.Pretrain.Batch = 200, 40, 8
			c.Steps = 1000
			tc.pixels(&c.Pixels)
			run := filepath.Join(t.TempDir(), "run")
			res := trained(t, c, run)
			if res.Steps != 1000 || res.Iterations <= 40 || res.AEPerStep <= 0 || res.StepsPerS <= 0 || res.Interrupted {
				t.Errorf("figures of the training: %+v", res)
			}
			if tc.unjudged && res.KnivesKept != nil {
				t.Errorf("%v of the small objects are kept, want no judgement", *res.KnivesKept)
			}
			checkMetrics(t, run, tc.unjudged)
			checkSheets(t, run, tc.content)
			saved, err := config.Load(filepath.Join(run, "config.toml"), config.Base{})
			if err != nil || saved.Pixels.Projection != tc.projection {
				t.Errorf("projection %s was settled, error %v; want %s", saved.Pixels.Projection, err, tc.projection)
			}
			if tc.extra != "" {
				goOnAnew(t, run)
			}
		})
	}
}

// needExtra installs a set of packages in CI. Elsewhere a test without them is
// skipped.
func needExtra(t *testing.T, name string) {
	t.Helper()
	if name == "" {
		return
	}
	python, err := gym.Python("")
	if os.Getenv("CI") == "true" {
		_, err = gym.Install(t.Context(), gym.InstallOptions{Extras: []string{name}, Progress: func(line string) { t.Log(line) }})
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	if err != nil {
		t.Skip(err)
	}
	if home := filepath.Dir(filepath.Dir(python)); len(glob(t, home, ".installed-"+name+"-*")) == 0 {
		t.Skipf("the extra packages are not installed (glint env install --extra %s makes them; CI=true does so here)", name)
	}
}

func glob(t *testing.T, path ...string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// checkMetrics wants every figure to be a number: null is one that went wrong.
func checkMetrics(t *testing.T, run string, unjudged bool) {
	t.Helper()
	seen := map[string]bool{}
	for line := range strings.Lines(string(read(t, run, "metrics.jsonl"))) {
		var row struct {
			Step   int64               `json:"step"`
			Values map[string]*float64 `json:"values"`
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		for name, v := range row.Values {
			seen[name] = true
			// There may be no object that a share could be of.
			if v == nil && !strings.HasPrefix(name, "knives/") {
				t.Errorf("step %d: %s is no number", row.Step, name)
			}
			if strings.HasPrefix(name, "knives/") && unjudged {
				t.Errorf("step %d: %s is written where the truth is unknown", row.Step, name)
			}
		}
	}
	for _, name := range []string{"loss/total", "loss/reconstruction", "loss/value", "mse", "class/share"} {
		if !seen[name] {
			t.Errorf("no row of the metrics has %s", name)
		}
	}
}

// checkSheets wants sheets whose four large pictures have whole pixels of the
// content.
func checkSheets(t *testing.T, run string, content image.Point) {
	t.Helper()
	sheets := glob(t, run, "frames", "*.png")
	if len(sheets) < 2 {
		t.Errorf("sheets %q, want several", sheets)
	}
	for _, sheet := range sheets {
		c, err := png.DecodeConfig(bytes.NewReader(read(t, sheet)))
		if err != nil || c.Width < 4*content.X || c.Width > 4096 || c.Height < content.Y || c.Height > 8192 {
			t.Errorf("%s has %dx%d pixels, error %v", sheet, c.Width, c.Height, err)
		}
	}
}

// goOnAnew resumes a run whose environment cannot be saved.
func goOnAnew(t *testing.T, run string) {
	t.Helper()
	notes := new(bytes.Buffer)
	res, err := train.Resume(t.Context(), run, func(c *config.Config) { c.Steps = 1100 }, app.IO{Stdout: new(bytes.Buffer), Stderr: notes})
	if err != nil || res.Steps != 1100 {
		t.Errorf("resumed: %+v, error %v", res, err)
	}
	if !strings.Contains(notes.String(), "its episodes start anew") {
		t.Errorf("nobody is told that the episodes start anew:\n%s", notes)
	}
}
