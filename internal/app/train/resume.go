package train

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"

	"glint/agent"
	"glint/env"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/monitor"
	"glint/internal/app/rundir"
	"glint/internal/app/world"
	"glint/internal/ckpt"
	"glint/internal/telemetry"
)

// saved is what a checkpoint holds beside the Trainer's state.
type saved struct {
	Position  telemetry.Position `json:"position"`
	Elapsed   time.Duration      `json:"elapsed_ns"`
	Play      time.Duration      `json:"play_ns"`
	PlaySteps env.Steps          `json:"play_steps"`
	Judged    map[string]string  `json:"judged"` // floats as text: JSON knows no NaN
	Config    string             `json:"config"` // what of the config may not change
	Lowest    *lowest            `json:"lowest,omitempty"`
}

// savedKey is the checkpoint's metadata key of saved.
const savedKey = "run"

// Resume goes on with a run from its newest checkpoint, or from the checkpoint that
// path names, whose first save then replaces the later ones. The config is the
// run's; change may move its end.
func Resume(ctx context.Context, path string, change func(*config.Config), o app.IO) (Result, error) {
	return ResumeAs(ctx, path, "train", change, o)
}

// ResumePretrain is Resume for the autoencoder alone.
func ResumePretrain(ctx context.Context, path string, change func(*config.Config), o app.IO) (Result, error) {
	return ResumeAs(ctx, path, "pretrain", change, o)
}

// ResumeImitate is Resume for learning from demonstrations.
func ResumeImitate(ctx context.Context, path string, change func(*config.Config), o app.IO) (Result, error) {
	return ResumeAs(ctx, path, "imitate", change, o)
}

// ResumeAs is [Resume] for a run of any verb, which it refuses where the run is of another.
func ResumeAs(ctx context.Context, path, verb string, change func(*config.Config), o app.IO) (Result, error) {
	dir, r, err := rundir.Locate(path)
	if err != nil {
		return Result{}, err
	}
	c, err := config.LoadAdapted(filepath.Join(dir, config.File), config.Base{}, config.Earlier)
	if err != nil {
		return Result{}, err
	}
	if c.Verb() != verb {
		return Result{}, app.Usagef("go on with it by: glint "+c.Verb()+" --resume "+path, "%s is a run of glint %s", dir, c.Verb())
	}
	unlock, err := rundir.Lock(dir)
	if err != nil {
		return Result{}, err
	}
	defer unlock()
	c.VNC.Files = &config.ScreenFiles{Run: dir}
	old := c
	change(&c)
	if err := world.Prepare(c); err != nil {
		return Result{}, err
	}
	s, err := savedIn(r)
	if err != nil {
		return Result{}, err
	}
	if err := c.Unchanged(s.Config, dir); err != nil {
		return Result{}, err
	}
	t := &training{cfg: c, io: o, dir: dir, judged: valuesOf(s.Judged), low: s.Lowest, kept: true}
	t.clock = clock{before: s.Elapsed, play: s.Play, playSteps: s.PlaySteps}
	if t.critic, err = monitor.OpenCritic(c, dir); err != nil {
		return Result{}, err
	}
	return t.begin(ctx, func(opts agent.Options) error {
		trainer, exact, err := agent.Resume(ctx, t.cfg.Agent, opts, r.File)
		if err != nil {
			return err
		}
		t.trainer = trainer
		t.stretch(old)
		if !exact {
			o.Notef("%s cannot be saved: its episodes start anew, everything else goes on", c.Env)
		}
		t.last = t.trainer.Counters()
		o.Notef("going on from step %d, update %d", t.last.Steps, t.last.Updates)
		if t.stale, err = laterThan(dir, t.at()); err != nil {
			return err
		}
		if len(t.stale) > 0 {
			t.kept = false
			o.Notef("the run has checkpoints of later steps: they are replaced when it is saved")
		}
		if t.tel, err = telemetry.Resume(dir, s.Position); err != nil || reflect.DeepEqual(c, old) {
			return err
		}
		return rundir.SaveConfig(t.cfg, dir) // so that the next --resume has the same end
	})
}

// stretch moves the end of the learning-rate schedule where the run's end moved from
// that of the config old.
func (t *training) stretch(old config.Config) {
	switch updates := t.cfg.Agent.Pretrain.Updates; {
	case t.cfg.Alone && (updates != old.Agent.Pretrain.Updates || updates == 0 && t.cfg.Minutes != old.Minutes):
		t.trainer.SetAloneEnd(updates) // 0 to be estimated anew
	case t.cfg.Steps != old.Steps:
		t.trainer.SetHorizon(env.Steps(t.cfg.Steps))
	case t.cfg.Steps == 0 && t.cfg.Minutes != old.Minutes:
		t.trainer.SetHorizon(0) // to be estimated anew
	default:
		return
	}
	t.io.Notef("the learning-rate schedule is stretched to the new end")
}

// savedIn reads what a checkpoint holds beside the Trainer's state.
func savedIn(r *ckpt.Reader) (s saved, err error) {
	if err := json.Unmarshal([]byte(r.Meta()[savedKey]), &s); err != nil {
		return s, fmt.Errorf("checkpoint %s: %w", r.Dir(), err)
	}
	return s, nil
}

// save writes the checkpoint of this step.
func (t *training) save(ctx context.Context) error {
	dir := ckpt.Dir(t.dir, t.at())
	if err := t.write(ctx, dir); err != nil {
		return err
	}
	t.lastSave, t.kept = time.Now(), true
	// Before pruning, which keeps the latest.
	if err := t.rewind(dir); err != nil {
		return err
	}
	return ckpt.Prune(t.dir, checkpointsKept)
}

// write writes a checkpoint.
func (t *training) write(ctx context.Context, dir string) error {
	defer t.phases.Start(telemetry.Save).Stop()
	files, err := t.trainer.Files(ctx)
	if err != nil {
		return err
	}
	pos, err := t.tel.Position()
	if err != nil {
		return err
	}
	settled, err := t.cfg.Settled()
	if err != nil {
		return err
	}
	meta, err := json.Marshal(saved{
		Position: pos, Elapsed: t.clock.elapsed(), Play: t.clock.play, PlaySteps: t.clock.playSteps, Judged: textsOf(t.judged), Config: settled, Lowest: t.low,
	})
	if err != nil {
		return fmt.Errorf("saving: %w", err)
	}
	return ckpt.Write(dir, files, map[string]string{savedKey: string(meta)})
}

// checkpointsKept is how many checkpoints of a run stay on disk.
const checkpointsKept = 3

// rewind removes, after the checkpoint saved was written, those that the run left
// behind when it went back: its metrics were cut there, and what follows may differ.
func (t *training) rewind(saved string) error {
	for _, dir := range t.stale {
		if dir == saved {
			continue // replaced
		}
		t.io.Notef("the run went back: its checkpoint %s is removed", dir)
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("removing a checkpoint that the run went back before: %w", err)
		}
	}
	t.stale = nil
	return nil
}

// laterThan returns the checkpoints of a run after a step, those that a save left
// behind as STEP.old included.
func laterThan(run string, step int64) (dirs []string, err error) {
	parent := filepath.Dir(ckpt.Dir(run, step))
	entries, err := os.ReadDir(parent)
	if err != nil {
		return nil, fmt.Errorf("looking for later checkpoints: %w", err)
	}
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), ".old")
		if at, err := strconv.ParseInt(name, 10, 64); err == nil && at > step {
			dirs = append(dirs, filepath.Join(parent, e.Name()))
		}
	}
	return dirs, nil
}

func textsOf(v telemetry.Values) map[string]string {
	texts := map[string]string{}
	for name, x := range v {
		texts[name] = strconv.FormatFloat(x, 'g', -1, 64)
	}
	return texts
}

func valuesOf(texts map[string]string) telemetry.Values {
	v := telemetry.Values{}
	for name, s := range texts {
		if x, err := strconv.ParseFloat(s, 64); err == nil {
			v[name] = x
		}
	}
	return v
}
