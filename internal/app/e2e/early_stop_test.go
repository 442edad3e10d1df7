package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/train"
)

// once is a context that says it is cancelled as soon as a file has a text in it.
type once struct {
	context.Context
	file, text string
}

func (c once) Err() error {
	if b, err := os.ReadFile(c.file); err == nil && strings.Contains(string(b), c.text) {
		return context.Canceled
	}
	return c.Context.Err()
}

// lowestRow returns the update and the value of the lowest validation loss of a run, and how
// many rows have one.
func lowestRow(t *testing.T, run string) (update int64, loss float64, rows int) {
	t.Helper()
	loss = math.Inf(1)
	for line := range strings.Lines(string(read(t, run, "metrics.jsonl"))) {
		var row struct {
			Update int64
			Values map[string]float64
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		x, ok := row.Values["validation/loss"]
		if !ok {
			continue
		}
		if rows++; x < loss {
			update, loss = row.Update, x
		}
	}
	return update, loss, rows
}

// words returns what was said without its line breaks.
func words(said *bytes.Buffer) string { return strings.Join(strings.Fields(said.String()), " ") }

// TestPretrainStopsEarly overfits a few observations, stops where the validation loss falls no
// more, and keeps the best checkpoint, the same after an interruption.
func TestPretrainStopsEarly(t *testing.T) {
	dir := t.TempDir()
	c := smallAlone(t, recordDojo(t, "varied", 1200, 1))
	c.Agent.Pretrain.Updates, c.Patience, c.FramesEvery = 4000, 2, 0
	c.Agent.Pretrain.LR, c.Agent.Pretrain.Batch = 2e-2, 4 // too high, so that it comes and goes
	unbroken, broken := filepath.Join(dir, "unbroken"), filepath.Join(dir, "broken")
	said := new(bytes.Buffer)
	want, err := train.Run(t.Context(), c, unbroken, app.IO{Stdout: said, Stderr: new(bytes.Buffer)})
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"loss lowest at update", "early: no lower validation loss in the last 2", filepath.Join(unbroken, "ckpt", "best"), "--updates 8000 --patience 0"} {
		if !strings.Contains(words(said), part) {
			t.Errorf("the summary lacks %q:\n%s", part, said)
		}
	}
	update, loss, rows := lowestRow(t, unbroken)
	if !want.StoppedEarly || want.Best == nil || want.Best.At != update || want.Best.Loss != loss {
		t.Fatalf("stopped %v with best %+v; the lowest validation loss is %v at update %d of %d", want.StoppedEarly, want.Best, loss, update, want.Updates)
	}
	if want.Updates != update+200 || int64(rows)*100 != want.Updates {
		t.Errorf("it ended at update %d after %d judgements, want two judgements after update %d", want.Updates, rows, update)
	}
	if _, err := os.Stat(filepath.Join(want.Best.Checkpoint, "weights.safetensors")); err != nil || filepath.Base(want.Best.Checkpoint) != "best" {
		t.Errorf("the best checkpoint is %s: %v", want.Best.Checkpoint, err)
	}
	cut := once{t.Context(), filepath.Join(broken, "metrics.jsonl"), `"update":100,`}
	if res, err := train.Run(cut, c, broken, quiet()); err != nil || !res.Interrupted {
		t.Fatalf("stopped at %+v, error %v; want an interruption", res, err)
	}
	got, err := train.ResumePretrain(t.Context(), broken, func(*config.Config) {}, quiet())
	if err != nil || got.WeightsSHA256 != want.WeightsSHA256 || !got.StoppedEarly || got.Best == nil || got.Best.At != update {
		t.Errorf("after an interruption: %+v, want %+v (%v)", got, want, err)
	}
	if a, b := read(t, broken, "metrics.jsonl"), read(t, unbroken, "metrics.jsonl"); !bytes.Equal(a, b) {
		t.Errorf("metrics differ:\nresumed\n%s\nunbroken\n%s", a, b)
	}
	if a, b := read(t, got.Best.Checkpoint, "weights.safetensors"), read(t, want.Best.Checkpoint, "weights.safetensors"); !bytes.Equal(a, b) {
		t.Error("the best weights differ after an interruption")
	}
	again, err := train.ResumePretrain(t.Context(), broken, func(*config.Config) {}, quiet())
	if err != nil || again.Updates != want.Updates {
		t.Errorf("resumed after its end it went on to update %d (%v)", again.Updates, err)
	}
	longer := func(c *config.Config) { c.Patience, c.Agent.Pretrain.Updates = 0, want.Updates+25 }
	if on, err := train.ResumePretrain(t.Context(), broken, longer, quiet()); err != nil || on.Updates != want.Updates+25 || on.StoppedEarly {
		t.Errorf("without the early end it went on to %+v (%v)", on, err)
	}
}

// TestImitateStopsEarly learns nothing, so that no judgement is better than the first.
func TestImitateStopsEarly(t *testing.T) {
	if testing.Short() {
		t.Skip("plays 20,000 steps")
	}
	c := smallImitation(t, recordDojo(t, "scripted", 4500, 1))
	c.Agent.LR, c.Patience, c.Steps, c.FramesEvery = 0, 1, 60_000, 0
	c.Agent.ActionClasses.Balance = "batches"
	out := filepath.Join(t.TempDir(), "run")
	said := new(bytes.Buffer)
	res, err := train.Run(t.Context(), c, out, app.IO{Stdout: said, Stderr: new(bytes.Buffer)})
	if err != nil || !res.StoppedEarly || res.Best == nil || res.Best.At/1000 != 10 || res.Steps/1000 != 20 {
		t.Fatalf("it ended at step %d with best %+v (%v), want an end at step 20,000 and the first judgement to be the best", res.Steps, res.Best, err)
	}
	// Of 8 actions that it knows nothing about.
	if x := res.Best.Loss; math.Abs(x-math.Log(8)) > 0.3 {
		t.Errorf("the validation loss of an actor that has learned nothing is %v, want about ln 8", x)
	}
	for _, part := range []string{"ended", "go on by play", "--steps 120000 --patience 0", filepath.Join(out, "ckpt", "best"), "F1"} {
		if !strings.Contains(words(said), part) {
			t.Errorf("the summary lacks %q:\n%s", part, said)
		}
	}
}

func TestPatienceNeedsValidation(t *testing.T) {
	c := smallAlone(t, recordDojo(t, "varied", 300, 1))
	c.Patience, c.Data.ValShare = 3, 0
	if _, err := notes(t, c); err == nil || !strings.Contains(err.Error(), "no episode is left aside to validate on") {
		t.Errorf("without a validation part: %v", err)
	}
	c.Patience, c.Agent.Pretrain.Updates, c.Data.ValShare = 1, 150, 0.3
	if said, err := notes(t, c); err != nil || !strings.Contains(said, "patience 1 cannot end these 150 updates early: that takes 2 judgements, one every 100") {
		t.Errorf("of a training too short to end early it says (%v):\n%s", err, said)
	}
	c.Patience, c.Agent.Pretrain.Updates, c.Data.ValShare = 0, 100, 0
	out := filepath.Join(t.TempDir(), "run")
	if res := trained(t, c, out); res.Updates != 100 {
		t.Errorf("it ended at update %d, want 100", res.Updates)
	}
	if _, _, rows := lowestRow(t, out); rows > 0 {
		t.Errorf("%d rows have a validation loss of frames that were learned from", rows)
	}
	c = small("dojo", "ppo")
	c.Patience = 3
	if _, err := notes(t, c); err == nil || !strings.Contains(err.Error(), "only pretrain and imitate") {
		t.Errorf("in play: %v", err)
	}
}
