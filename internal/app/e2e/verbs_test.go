package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"image/gif"
	"image/png"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"glint/agent"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/eval"
	"glint/internal/app/play"
	"glint/internal/app/record"
	"glint/internal/app/train"
	"glint/internal/app/view"
	"glint/internal/stats"
	"glint/replay"
)

// wants are the keys of --json that other programs may rely on.
var (
	wantTrain = []string{
		"run", "checkpoint", "steps", "frames", "updates", "iterations", "seconds", "steps_per_s", "ae_per_step", "score_mean", "episodes",
		"rss_mib", "weights_sha256",
	}
	wantEval = []string{
		"episodes", "greedy", "mean", "mean_lo", "mean_hi", "median", "iqm", "iqm_lo", "iqm_hi", "human_normalised", "knives", "knife_hits",
		"knife_hit_rate", "policy_change", "policy_change_control", "action_change", "action_change_control", "change_steps", "change_steps_control",
	}
)

// TestVerbs trains once and does with the run what a user would.
func TestVerbs(t *testing.T) {
	dir := t.TempDir()
	run := filepath.Join(dir, "run")
	out, notes := new(bytes.Buffer), new(bytes.Buffer)
	o := app.IO{Stdout: out, Stderr: notes, JSON: true}
	res, err := train.Run(t.Context(), small("dojo", agent.PPO), run, o)
	if err != nil {
		t.Fatal(err)
	}
	haveKeys(t, out, wantTrain)
	if res.Frames != 4*res.Steps || res.Steps < 640 || res.StepsPerS <= 0 || res.Seconds <= 0 || len(res.WeightsSHA256) != 64 {
		t.Errorf("figures of the training: %+v", res)
	}
	var onDisk train.Result
	if err := json.Unmarshal(read(t, run, "result.json"), &onDisk); err != nil || onDisk.WeightsSHA256 != res.WeightsSHA256 {
		t.Errorf("result.json holds %+v (%v)", onDisk, err)
	}
	before := tree(t, run)

	t.Run("eval", func(t *testing.T) { evalRun(t, run, filepath.Join(dir, "film.gif")) })
	t.Run("view and record", func(t *testing.T) { viewRecord(t, run, dir) })
	t.Run("looking changes nothing", func(t *testing.T) {
		if after := tree(t, run); after != before {
			t.Errorf("files of the run:\n%s\nwere\n%s", after, before)
		}
	})
	t.Run("a finished run", func(t *testing.T) {
		again, err := train.Resume(t.Context(), run, func(*config.Config) {}, quiet())
		if err != nil || again.WeightsSHA256 != res.WeightsSHA256 || again.StepsPerS != res.StepsPerS {
			t.Errorf("resumed: %+v, error %v; want %+v", again, err, res)
		}
		if longer, err := train.Resume(t.Context(), run, func(c *config.Config) { c.Steps = 800 }, quiet()); err != nil || longer.Steps < 800 {
			t.Errorf("gone on with: %+v, error %v", longer, err)
		}
		if c, err := config.Load(filepath.Join(run, "config.toml"), config.Base{}); err != nil || c.Steps != 800 {
			t.Errorf("the config ends at %d, error %v; want 800", c.Steps, err)
		}
	})
}

// TestResumeFromAnEarlierCheckpoint goes back in a run: what came after is gone, and
// the same end gives the same weights.
func TestResumeFromAnEarlierCheckpoint(t *testing.T) {
	run := filepath.Join(t.TempDir(), "run")
	c := smallA2C("dojo")
	c.Steps, c.FramesEvery = 640, 0
	want := trained(t, c, run)
	metrics := read(t, run, "metrics.jsonl")
	early, err := filepath.Glob(filepath.Join(run, "ckpt", "1*")) // of the end of Explore
	if err != nil || len(early) != 1 {
		t.Fatalf("checkpoints %q, want one of step 100 to 199 (%v)", early, err)
	}
	// An interrupted save of the same step may leave this.
	if err := os.CopyFS(want.Checkpoint+".old", os.DirFS(want.Checkpoint)); err != nil {
		t.Fatal(err)
	}
	stopped, err := train.Resume(&countdown{t.Context(), 10}, early[0], func(*config.Config) {}, quiet())
	if err != nil || !stopped.Interrupted {
		t.Fatalf("stopped at %+v, error %v", stopped, err)
	}
	if left, err := filepath.Glob(filepath.Join(run, "ckpt", "*")); err != nil || len(left) != 2 {
		t.Errorf("checkpoints %q, want the early one and that of the stop alone (%v)", left, err)
	}
	if _, err := os.Stat(want.Checkpoint); err == nil {
		t.Errorf("checkpoint %s is still there though the run is at step %d", want.Checkpoint, stopped.Steps)
	}
	got, err := train.Resume(t.Context(), run, func(*config.Config) {}, quiet())
	if err != nil || got.WeightsSHA256 != want.WeightsSHA256 {
		t.Errorf("weights %s, want %s (%v)", got.WeightsSHA256, want.WeightsSHA256, err)
	}
	if again := read(t, run, "metrics.jsonl"); !bytes.Equal(again, metrics) {
		t.Errorf("metrics\n%s\nwere\n%s", again, metrics)
	}
}

func haveKeys(t *testing.T, out *bytes.Buffer, want []string) {
	t.Helper()
	got := lastLine(t, out.String())
	for _, key := range want {
		if _, ok := got[key]; !ok {
			t.Errorf("no key %q in %s", key, out)
		}
	}
}

func evalRun(t *testing.T, run, film string) {
	out := new(bytes.Buffer)
	res, err := eval.Run(t.Context(), eval.Options{
		Who: play.Who{Checkpoint: run}, Episodes: 3, Envs: 2, Seed: 5, Video: film, Change: func(*config.Config) {},
	}, app.IO{Stdout: out, Stderr: new(bytes.Buffer), JSON: true})
	if err != nil {
		t.Fatal(err)
	}
	haveKeys(t, out, wantEval)
	if len(res.Scores) != 3 || res.Mean != stats.Mean(stats.Task(res.Scores)) || *res.IQMLo > res.IQM || res.IQM > *res.IQMHi || *res.MeanLo > res.Mean || res.Mean > *res.MeanHi {
		t.Errorf("figures: %+v", res)
	}
	if res.Greedy || res.Knives == nil || *res.KnifeHits < 1 || *res.KnifeHits > *res.Knives || *res.KnifeHitRate != float64(*res.KnifeHits)/float64(*res.Knives) {
		t.Errorf("knives: %+v", res)
	}
	if res.ChangeSteps < 5 || *res.PolicyChange <= 0 || *res.PolicyChange >= 1 || res.ChangeStepsControl > res.ChangeSteps {
		t.Errorf("what the policy would do without knives: %+v", res)
	}
	g, err := gif.DecodeAll(bytes.NewReader(read(t, film)))
	if err != nil || len(g.Image) < 100 {
		t.Errorf("the film does not show an episode: %v", err)
	}
	again, err := eval.Run(t.Context(), eval.Options{
		Who: play.Who{Checkpoint: run}, Episodes: 3, Envs: 2, Seed: 5, Change: func(*config.Config) {},
	}, quiet())
	if err != nil || !cmp.Equal(again, res, cmpopts.IgnoreUnexported(eval.Result{})) {
		t.Errorf("the same seed gives %+v and %+v (%v)", res, again, err)
	}
	greedy, err := eval.Run(t.Context(), eval.Options{
		Who: play.Who{Checkpoint: run, Greedy: true}, Episodes: 1, Envs: 1, Seed: 5, Change: func(*config.Config) {},
	}, quiet())
	if err != nil || !greedy.Greedy || greedy.MeanLo != nil || greedy.IQMHi != nil {
		t.Errorf("greedy play, of which one episode has no interval: %+v, error %v", greedy, err)
	}
}

func viewRecord(t *testing.T, run, dir string) {
	data, sheet := filepath.Join(dir, "data"), filepath.Join(dir, "view")
	rec, err := record.Run(t.Context(), record.Options{
		Who: play.Who{Checkpoint: run}, Steps: 500, Envs: 3, Seed: 1, Out: data, Change: func(*config.Config) {},
	}, quiet())
	if err != nil {
		t.Fatal(err)
	}
	d, err := replay.Open(data)
	if err != nil || d.Len() != 500 || rec.Steps != 500 {
		t.Fatalf("the dataset holds another number of steps than %+v: %v", rec, err)
	}
	small := int64(0)
	for row, err := range d.Rows(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if len(row.Boxes) > 0 {
			small++
		}
	}
	if small != rec.Small || small == 0 {
		t.Errorf("%d steps of the dataset show a small object, %d were reported", small, rec.Small)
	}
	for name, v := range map[string]view.Options{"play": {Steps: 60, Env: "dojo"}, "data": {Steps: 1, Data: data}} {
		v.Checkpoint, v.Out, v.Change = run, filepath.Join(sheet, name), func(*config.Config) {}
		res, err := view.Sheet(t.Context(), v, quiet())
		if err != nil {
			t.Fatal(err)
		}
		if res.Frames == 0 || res.Kept == nil || math.Abs(*res.Kept-0.5) > 0.5 {
			t.Errorf("%s: the judge says %+v", name, res)
		}
		if _, err := png.Decode(bytes.NewReader(read(t, res.Sheet))); err != nil {
			t.Errorf("%s: the sheet: %v", name, err)
		}
	}
}

// tree lists the files of a folder with their sizes and times.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && !d.IsDir() {
			all.WriteString(path + " " + info.ModTime().String() + "\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// TestBrokenCheckpoints wants a resume that fails to change nothing of the run.
func TestBrokenCheckpoints(t *testing.T) {
	dir := t.TempDir()
	c := small("dojo", agent.A2C)
	c.Agent.Horizon, c.Agent.Minibatch, c.Steps, c.FramesEvery = 5, 20, 250, 0
	for _, tc := range []struct {
		name  string
		spoil func(t *testing.T, run, ckpt string)
		want  string
	}{
		{"truncated", func(t *testing.T, _, ckpt string) {
			path := filepath.Join(ckpt, agent.WeightsFile)
			put(t, path, read(t, path)[:100])
		}, "truncated"},
		{"foreign weights", func(t *testing.T, _, ckpt string) {
			put(t, filepath.Join(ckpt, agent.WeightsFile), []byte("PK\x03\x04"))
		}, agent.WeightsFile},
		{"no manifest", func(t *testing.T, _, ckpt string) {
			if err := os.Remove(filepath.Join(ckpt, "manifest.json")); err != nil {
				t.Fatal(err)
			}
		}, "is no run and no checkpoint"},
		{"no checkpoint", func(t *testing.T, run, _ string) {
			if err := os.RemoveAll(filepath.Join(run, "ckpt")); err != nil {
				t.Fatal(err)
			}
		}, "start anew by: glint train --config"},
		{"other network", func(t *testing.T, run, _ string) {
			path := filepath.Join(run, "config.toml")
			put(t, path, bytes.Replace(read(t, path), []byte("code = 16"), []byte("code = 8"), 1))
		}, "agent.autoencoder.code = 8, it trained with code = 16"},
		{"no run", func(t *testing.T, run, _ string) {
			if err := os.Remove(filepath.Join(run, "config.toml")); err != nil {
				t.Fatal(err)
			}
		}, "not in the folder of its run"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			run := filepath.Join(dir, tc.name)
			res := trained(t, c, run)
			tc.spoil(t, run, res.Checkpoint)
			path := res.Checkpoint
			if _, err := os.Stat(filepath.Join(run, "ckpt")); err != nil {
				path = run
			}
			refuses(t, run, path, tc.want)
		})
	}
	t.Run("metrics gone, from an older checkpoint", func(t *testing.T) {
		run := filepath.Join(dir, "back")
		trained(t, c, run)
		put(t, filepath.Join(run, "metrics.jsonl"), nil)
		older, err := filepath.Glob(filepath.Join(run, "ckpt", "[0-9][0-9]"))
		if err != nil || len(older) == 0 {
			t.Fatalf("checkpoints %q, want one of step 10 to 99 (%v)", older, err)
		}
		refuses(t, run, older[0], "the file is shorter than the checkpoint says")
	})
}

// refuses wants a resume from path to fail so and to leave the run alone.
func refuses(t *testing.T, run, path, want string) {
	t.Helper()
	before := tree(t, run)
	_, err := train.Resume(t.Context(), path, func(c *config.Config) { c.Steps = 500 }, quiet())
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
	if after := tree(t, run); after != before {
		t.Errorf("files of the run:\n%s\nwere\n%s", after, before)
	}
}

func put(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCheckpointOfAnotherGame(t *testing.T) {
	needGym(t)
	c := small("dojo", agent.A2C)
	c.Agent.Horizon, c.Agent.Minibatch, c.Steps, c.FramesEvery = 5, 20, 250, 0
	run := filepath.Join(t.TempDir(), "run")
	trained(t, c, run)
	_, err := eval.Run(t.Context(), eval.Options{
		Who: play.Who{Checkpoint: run}, Env: "gym:ALE/Pong-v5", Episodes: 1, Envs: 1, Change: func(*config.Config) {},
	}, quiet())
	var usage *app.UsageError
	if !errors.As(err, &usage) || !strings.Contains(err.Error(), "another architecture") {
		t.Errorf("error %v, want a UsageError about the architecture", err)
	}
}
