package view

import (
	"bytes"
	"path/filepath"
	"testing"

	"glint/agent"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/play"
	"glint/internal/app/record"
	"glint/internal/app/train"
	"glint/replay"
)

// tinyRun trains a run of a second on the dojo.
func tinyRun(t *testing.T) string {
	t.Helper()
	c := config.Default("dojo", agent.PPO)
	c.Agent.Autoencoder.Channels, c.Agent.Autoencoder.Code = []int{4, 8}, 16
	c.Agent.Pretrain.Steps, c.Agent.Pretrain.Updates, c.Agent.Envs = 64, 20, 4
	c.Steps, c.Minutes, c.Threads, c.FramesEvery = 640, 0, 2, 0
	run := filepath.Join(t.TempDir(), "run")
	if _, err := train.Run(t.Context(), c, run, silent()); err != nil {
		t.Fatal(err)
	}
	return run
}

func silent() app.IO { return app.IO{Stdout: new(bytes.Buffer), Stderr: new(bytes.Buffer)} }

// A film of a dataset shows at each step what was played on what is seen, from the
// episode with most small objects.
func TestReelOfDataset(t *testing.T) {
	dir := t.TempDir()
	o := silent()
	run, data := tinyRun(t), filepath.Join(dir, "data")
	_, err := record.Run(t.Context(), record.Options{Who: play.Who{Policy: "scripted"}, Env: "dojo", Steps: 1600, Envs: 4, Seed: 1, Out: data, Change: func(*config.Config) {}}, o)
	if err != nil {
		t.Fatal(err)
	}
	r, err := newReel(t.Context(), Options{Checkpoint: run, Data: data, Change: func(*config.Config) {}}, o)
	if err != nil {
		t.Fatal(err)
	}
	d, err := replay.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	episodes, small := map[uint64][]replay.Row{}, map[uint64]int{}
	most := uint64(0)
	for row, err := range d.Rows(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		row.Obs = bytes.Clone(row.Obs)
		episodes[row.Episode] = append(episodes[row.Episode], row)
		if len(row.Boxes) > 0 {
			small[row.Episode]++
		}
		if small[row.Episode] > small[most] {
			most = row.Episode
		}
	}
	rows := episodes[most]
	if len(episodes) < 4 || r.small != small[most] || !r.known || !r.heads {
		t.Errorf("of %d episodes: %d steps with a small object, want %d; known %v", len(episodes), r.small, small[most], r.known)
	}
	score, different := 0.0, 0
	err = r.each(t.Context(), func(i int, e agent.Example, _, _ []float32) error {
		score += rows[i].Reward
		if !bytes.Equal(e.Raw, rows[i].Obs) || r.shots[i].score != score || len(e.Boxes) != len(rows[i].Boxes) {
			t.Fatalf("step %d shows another observation, score or box than the dataset", i)
		}
		if i+1 < len(rows) && r.shots[i].action != rows[i+1].Action {
			t.Fatalf("step %d: action %d, want %d", i, r.shots[i].action, rows[i+1].Action)
		}
		if rows[i].Action != rows[min(i+1, len(rows)-1)].Action {
			different++
		}
		return nil
	})
	if err != nil || different == 0 {
		t.Errorf("error %v, %d changes of action", err, different)
	}
	for _, row := range rows[len(r.shots):] {
		score += row.Reward
	}
	if len(r.shots) < len(rows)-1 || r.score != score {
		t.Errorf("%d steps of %d are filmed, score %v, want %v", len(r.shots), len(rows), r.score, score)
	}
}

// A film of play without a limit is a whole episode, whose score rises with its
// rewards, and each of its steps is what the network was asked about.
func TestReelOfPlay(t *testing.T) {
	r, err := newReel(t.Context(), Options{Checkpoint: tinyRun(t), Seed: 3, Change: func(*config.Config) {}}, silent())
	if err != nil {
		t.Fatal(err)
	}
	n := len(r.shots)
	if !r.ended || n < 50 || r.shots[0].score != 0 || r.shots[n-1].score <= 0 {
		t.Errorf("%d steps, ended %v, scores %v to %v", n, r.ended, r.shots[0].score, r.shots[n-1].score)
	}
	at := n / 2
	err = r.each(t.Context(), func(i int, e agent.Example, _, _ []float32) error {
		if i != at {
			return nil
		}
		logits, values, err := r.player.Think(e.Obs)
		if err == nil && (float64(values[0]) != r.shots[i].value || app.Softmax(logits)[1] != r.shots[i].policy[1]) {
			t.Errorf("step %d has value %v, the network says %v", i, r.shots[i].value, values[0])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
