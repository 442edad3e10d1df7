package ablate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/play"
	"glint/internal/app/record"
	"glint/internal/app/rundir"
	"glint/internal/app/world"
	"glint/internal/study"
	"glint/replay"
)

// dataset says which one a study has.
type dataset struct {
	id   string
	rows int
	from string // how it was recorded, for people
}

func datasetOf(m replay.Meta, rows int) dataset {
	from := fmt.Sprintf("%d steps of %s, policy %s, seed %d", rows, m.Env, m.Policy, m.Seed)
	if m.Distinct {
		from += ", without repeated observations"
	}
	return dataset{m.ID(), rows, from}
}

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
		r := record.Options{Who: play.WhoOf("varied", false, 1), Env: a.plan.Env, Steps: part.steps, Envs: d.Envs, Seed: part.seed, Distinct: part.distinct}
		if err := a.putDataset(ctx, part.given, at, r); err != nil {
			return err
		}
		data, err := world.OpenEnds(config.Data{Dir: at})
		if err != nil {
			return err
		}
		a.sets[part.folder] = datasetOf(data.Meta(), data.Len())
	}
	return nil
}

// holdsData says whether the study has both datasets.
func (a *ablation) holdsData() bool {
	for _, folder := range []string{dataFolder, heldFolder} {
		if _, err := os.Stat(filepath.Join(a.dir, folder)); err != nil {
			return false
		}
	}
	return true
}

// putDataset puts a dataset that was given into the study folder, or records one unless it is
// there.
func (a *ablation) putDataset(ctx context.Context, given, at string, r record.Options) error {
	if given != "" {
		return link(given, at)
	}
	if _, err := os.Stat(at); err == nil {
		return nil
	}
	a.io.Notef("recording %s: %d steps", at, r.Steps)
	return a.record(ctx, r, at)
}

// record records a dataset whole or not at all, by the settings of the base arm.
func (a *ablation) record(ctx context.Context, r record.Options, at string) error {
	base, err := trialConfig(a.plan, a.plan.Base, 1)
	if err != nil {
		return err
	}
	r.Out = at + ".part"
	r.Change = func(c *config.Config) { c.Pixels, c.Sticky, c.Gym = base.Pixels, base.Sticky, base.Gym }
	if err := os.RemoveAll(r.Out); err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	if _, err := record.Run(ctx, r, notesOnly(a.io)); err != nil {
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
	if _, err := world.OpenEnds(config.Data{Dir: to}); err != nil {
		return err
	}
	old, err := os.Readlink(at)
	if err == nil && old == to {
		return nil
	}
	if _, err := os.Lstat(at); !errors.Is(err, fs.ErrNotExist) {
		return app.Usagef("give that one, or choose another --out", "%s was begun with another dataset than %s", at, given)
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
	Arm     string  `json:"arm"`     // that was timed
	Rate    float64 `json:"rate"`    // of them a minute, by that arm with all jobs running
	Length  int64   `json:"length"`
}

// How long an arm is timed: a fifth of a trial, within these minutes.
const (
	timingShare    = 0.2
	timingShortest = 0.05
	timingLongest  = 0.5
)

// oldLength turns minutes a trial into the updates or steps that an earlier start found.
func (a *ablation) oldLength() error {
	if a.plan.Length() > 0 {
		return nil
	}
	b, err := os.ReadFile(filepath.Join(a.dir, lengthFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var l length
	if err != nil || json.Unmarshal(b, &l) != nil || l.Length < 1 {
		return app.Usagef("remove it, and the length is measured again", "%s says no length", lengthFile)
	}
	a.plan.SetLength(l.Length)
	return nil
}

// settle turns minutes a trial into updates or steps, once for a study.
func (a *ablation) settle(ctx context.Context) (err error) {
	if a.plan.Length() > 0 {
		return nil
	}
	l := length{Minutes: a.plan.Minutes, Unit: a.plan.Unit()}
	if l.Arm, l.Rate, err = a.rate(ctx, min(max(timingShare*l.Minutes, timingShortest), timingLongest)); err != nil {
		return err
	}
	if l.Length = int64(l.Rate * l.Minutes); l.Length < 1 {
		return app.Usagef("give more minutes", "%v minutes are too short for a trial", l.Minutes)
	}
	if err := rundir.WriteJSON(filepath.Join(a.dir, lengthFile), l); err != nil {
		return err
	}
	a.plan.SetLength(l.Length)
	return os.RemoveAll(filepath.Join(a.dir, study.TimingFolder))
}

// rate returns the updates or steps a minute of the base arm, or of the first other one where
// that cannot be trained, and which arm it was.
func (a *ablation) rate(ctx context.Context, minutes float64) (timed string, rate float64, err error) {
	order := append([]string{a.plan.Base}, slices.DeleteFunc(slices.Clone(a.plan.Order), func(arm string) bool { return arm == a.plan.Base })...)
	var failed error
	for _, arm := range order {
		if err := os.RemoveAll(filepath.Join(a.dir, study.TimingFolder)); err != nil {
			return "", 0, fmt.Errorf("timing: %w", err)
		}
		specs, err := a.timings(arm, minutes)
		if err != nil {
			return "", 0, err
		}
		endings, err := a.trials(ctx, "timing", specs)
		if err != nil {
			return "", 0, err
		}
		at := slices.IndexFunc(endings, func(e study.Ending) bool { return e.Outcome == nil })
		if at >= 0 {
			failed = cmp.Or(failed, fmt.Errorf("timing arm %s: %w", arm, endings[at].Err))
			continue
		}
		for _, e := range endings {
			rate += e.Outcome.Figures[study.Rate] / float64(len(endings))
		}
		return arm, rate, nil
	}
	return "", 0, failed
}

// timings returns short trials of an arm, one for each job.
func (a *ablation) timings(arm string, minutes float64) (specs []study.Spec, err error) {
	for i := range a.Jobs {
		c, err := trialConfig(a.plan, arm, uint64(i+1))
		if err != nil {
			return nil, err
		}
		c.Minutes = minutes
		s := study.Spec{Arm: arm, Seed: c.Seed, Kind: a.plan.Kind, Timing: i + 1}
		if err := a.settings(&s, c); err != nil {
			return nil, err
		}
		specs = append(specs, s)
	}
	return specs, nil
}
