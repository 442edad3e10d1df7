package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"glint/internal/study"
)

// datasets makes what a study of pretrain trains on and judges, once.
func (a *ablation) datasets(ctx context.Context) error {
	if a.plan.Kind != study.Pretrain {
		return nil
	}
	d := a.plan.Data
	for _, part := range []struct {
		folder, given string
		steps         int64
		seed          uint64
		distinct      bool
	}{
		{dataFolder, a.Data, d.Steps, d.Seed, true},
		{heldFolder, a.HeldOut, d.HeldOutSteps, d.HeldOutSeed, false},
	} {
		at := filepath.Join(a.dir, part.folder)
		if part.given != "" {
			if err := link(part.given, at); err != nil {
				return err
			}
			continue
		}
		if _, err := os.Stat(at); err == nil {
			continue
		}
		a.io.notef("recording %s: %d steps", at, part.steps)
		r := RecordOptions{Who: WhoOf("varied", false, 1), Env: a.plan.Env, Steps: part.steps, Envs: d.Envs, Seed: part.seed, Distinct: part.distinct}
		if err := a.record(ctx, r, at); err != nil {
			return err
		}
	}
	return nil
}

// record records a dataset whole or not at all, by the settings of the base arm.
func (a *ablation) record(ctx context.Context, r RecordOptions, at string) error {
	base, err := trialConfig(a.plan, a.plan.Base, 1)
	if err != nil {
		return err
	}
	r.Out = at + ".part"
	r.Change = func(c *Config) { c.Pixels, c.Sticky, c.Gym = base.Pixels, base.Sticky, base.Gym }
	if err := os.RemoveAll(r.Out); err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	if _, err := Record(ctx, r, notesOnly(a.io)); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := os.Rename(r.Out, at); err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	return nil
}

// link puts a dataset that was given into the study folder.
func link(given, at string) error {
	to, err := filepath.Abs(given)
	if err != nil {
		return fmt.Errorf("dataset %s: %w", given, err)
	}
	if _, err := openEnds(DataConfig{Dir: to}); err != nil {
		return err
	}
	old, err := os.Readlink(at)
	if err == nil && old == to {
		return nil
	}
	if _, err := os.Lstat(at); !errors.Is(err, fs.ErrNotExist) {
		return usagef("give that one, or choose another --out", "%s was begun with another dataset than %s", at, given)
	}
	if err := os.Symlink(to, at); err != nil {
		return fmt.Errorf("dataset %s: %w", given, err)
	}
	return nil
}

// length is how long the trials of a study are, found once.
type length struct {
	Minutes float64 `json:"minutes"` // that were asked for
	Unit    string  `json:"unit"`    // updates or steps
	Rate    float64 `json:"rate"`    // of them a minute, by the base arm with all jobs running
	Length  int64   `json:"length"`
}

// How long the base arm is timed: a fifth of a trial, within these minutes.
const (
	timingShare    = 0.2
	timingShortest = 0.05
	timingLongest  = 0.5
)

// settle turns minutes a trial into updates or steps, once for a study.
func (a *ablation) settle(ctx context.Context) error {
	if a.plan.Length() > 0 {
		return nil
	}
	l := length{Minutes: a.plan.Minutes, Unit: a.plan.Unit()}
	file := filepath.Join(a.dir, lengthFile)
	if b, err := os.ReadFile(file); err == nil {
		if err := json.Unmarshal(b, &l); err != nil || l.Length < 1 {
			return usagef("remove it, and the length is measured again", "%s says no length", lengthFile)
		}
		a.plan.SetLength(l.Length)
		return nil
	}
	folder := filepath.Join(a.dir, study.TimingFolder)
	if err := os.RemoveAll(folder); err != nil {
		return fmt.Errorf("timing: %w", err)
	}
	specs, err := a.timings(min(max(timingShare*l.Minutes, timingShortest), timingLongest))
	if err != nil {
		return err
	}
	endings, err := a.trials(ctx, "timing", specs)
	if err != nil {
		return err
	}
	for _, e := range endings {
		if e.Outcome == nil {
			return fmt.Errorf("timing arm %s: %w", e.Spec.Arm, e.Err)
		}
		l.Rate += e.Outcome.Figures[study.Rate] / float64(len(endings))
	}
	if l.Length = int64(l.Rate * l.Minutes); l.Length < 1 {
		return usagef("give more minutes", "%v minutes are too short for a trial", l.Minutes)
	}
	if err := writeJSON(file, l); err != nil {
		return err
	}
	a.plan.SetLength(l.Length)
	return os.RemoveAll(folder)
}

// timings returns short trials of the base arm, one for each job.
func (a *ablation) timings(minutes float64) (specs []study.Spec, err error) {
	for i := range a.Jobs {
		c, err := trialConfig(a.plan, a.plan.Base, uint64(i+1))
		if err != nil {
			return nil, err
		}
		c.Minutes = minutes
		text, err := tomlText(c)
		if err != nil {
			return nil, err
		}
		specs = append(specs, study.Spec{Arm: a.plan.Base, Seed: c.Seed, Kind: a.plan.Kind, Timing: i + 1, Config: text})
	}
	return specs, nil
}
