// Package ablate compares settings over seeds by a plan: it prepares data, runs trials as
// child processes, and writes the summary and the page of the study.
package ablate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/rundir"
	"glint/internal/report"
	"glint/internal/study"
	"glint/internal/telemetry"
)

// Options says what to compare. A nil or empty field leaves the plan's.
type Options struct {
	Plan    string // a file, or the name of a plan that comes with glint
	Env     string
	Data    string // dataset to train on; empty to record one
	HeldOut string // dataset to judge; empty to record one
	Seeds   *int
	// The length of a trial; one of them.
	Minutes *float64
	Updates *int64
	Steps   *int64
	Jobs    int    // trials side by side
	Out     string // the study folder; empty for studies/PLAN-ENV
}

// What the study folder holds beside the trials.
const (
	planFile     = "plan.toml"
	lengthFile   = "length.json"
	dataFolder   = "data"
	heldFolder   = "held-out"
	criticFolder = "critic"
	studiesDir   = "studies"
)

// ablation is a study that runs.
type ablation struct {
	Options
	plan  study.Plan
	asked string // the plan as TOML, before minutes are turned into updates
	dir   string
	sets  map[string]dataset // by their folders
	io    app.IO
}

// Run compares the arms of a plan over seeds. It goes on with a study that was
// stopped.
func Run(ctx context.Context, opts Options, o app.IO) (res study.Result, err error) {
	if opts.Jobs < 1 {
		return res, app.Usagef("give 1 or more", "%d trials side by side", opts.Jobs)
	}
	p, err := readPlan(opts)
	if err != nil {
		return res, err
	}
	a := &ablation{Options: opts, plan: p, dir: opts.Out, sets: map[string]dataset{}, io: o}
	if a.asked, err = tomlText(p); err != nil {
		return res, err
	}
	if a.dir == "" {
		a.dir = filepath.Join(studiesDir, p.Name+"-"+rundir.Slug(p.Env))
	}
	unlock, err := a.folder()
	if err != nil {
		return res, err
	}
	defer unlock()
	endings, err := a.run(ctx)
	if ctx.Err() != nil {
		return res, fmt.Errorf("stopped; %s keeps what is done, and the same command goes on", a.dir)
	}
	if wrong, ok := errors.AsType[*study.PlanError](err); ok {
		return res, app.Usagef(wrong.Hint, "%s", wrong.Msg)
	}
	if err != nil {
		return res, err
	}
	return a.report(ctx, endings)
}

// folder makes or opens the study folder and makes sure that its plan is this one, but for
// arms and seeds: those of which there is a trial have its settings in their specs. A plan
// that is there stays until these were looked at.
func (a *ablation) folder() (unlock func(), err error) {
	if err := os.MkdirAll(a.dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the study folder: %w", err)
	}
	was, oldErr := a.oldPlan(filepath.Join(a.dir, planFile))
	switch inside, _ := filepath.Glob(filepath.Join(a.dir, "[^.]*")); {
	case oldErr == nil && was != "":
		return nil, app.Usagef("put the plan or the flags back, or choose another --out", "%s is a study of another plan: %s", a.dir, was)
	case oldErr != nil && len(inside) > 0:
		return nil, app.Usagef("choose another --out", "%s is there and is no study", a.dir)
	}
	if unlock, err = rundir.Lock(a.dir); err != nil {
		return nil, err
	}
	if oldErr != nil {
		if err := a.savePlan(); err != nil {
			unlock()
			return nil, err
		}
	}
	return unlock, nil
}

func (a *ablation) savePlan() error {
	if err := report.ReplaceFile(filepath.Join(a.dir, planFile), []byte(a.asked)); err != nil {
		return fmt.Errorf("saving the plan: %w", err)
	}
	return nil
}

// oldPlan says how the plan in a file differs from this one in what all trials share;
// nothing where it does not.
func (a *ablation) oldPlan(file string) (difference string, err error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	var old study.Plan
	if err := toml.Unmarshal(b, &old); err != nil {
		return fmt.Sprintf("%s cannot be read: %v", file, err), nil
	}
	recorded := a.plan.Kind == study.Train || a.holdsData()
	var texts [2]string
	for i, p := range []study.Plan{old, a.plan} {
		if recorded {
			p.Base = "" // whose settings data are recorded by
		}
		if texts[i], err = tomlText(p.Shared()); err != nil {
			return "", err
		}
	}
	if texts[0] == texts[1] {
		return "", nil
	}
	return study.Difference(texts[0], texts[1]), nil
}

// run makes the data, settles the length and runs all trials. What cannot go on is refused
// before anything that takes time, and before anything that is there is replaced.
func (a *ablation) run(ctx context.Context) ([]study.Ending, error) {
	if err := a.datasets(ctx); err != nil {
		return nil, err
	}
	if err := a.oldLength(); err != nil {
		return nil, err
	}
	if a.plan.Length() > 0 {
		specs, err := a.specs()
		if err == nil {
			err = study.Check(a.dir, slices.DeleteFunc(specs, func(s study.Spec) bool { return s.Critic == noCritic }))
		}
		if err != nil {
			return nil, err
		}
	}
	if err := a.trainCritic(ctx); err != nil {
		return nil, err
	}
	if err := a.settle(ctx); err != nil {
		return nil, err
	}
	specs, err := a.specs()
	if err == nil {
		err = study.Check(a.dir, specs)
	}
	if err != nil {
		return nil, err
	}
	if err := a.savePlan(); err != nil {
		return nil, err
	}
	a.io.Notef("%s on %s: %d arms, seeds 1 to %d, %d %s a trial, %d side by side · study %s", a.plan.Name, a.plan.Env,
		len(a.plan.Order), a.plan.Seeds, a.plan.Length(), a.plan.Unit(), a.Jobs, a.dir)
	return a.trials(ctx, "trials", specs)
}

// specs returns what all trials are to do.
func (a *ablation) specs() (all []study.Spec, err error) {
	for seed := range a.plan.Seeds {
		for _, arm := range a.plan.Order {
			s, err := a.spec(arm, uint64(seed+1))
			if err != nil {
				return nil, err
			}
			all = append(all, s)
		}
	}
	return all, nil
}

// spec returns what a trial is to do.
func (a *ablation) spec(arm string, seed uint64) (study.Spec, error) {
	c, err := trialConfig(a.plan, arm, seed)
	if err != nil {
		return study.Spec{}, err
	}
	s := study.Spec{Arm: arm, Seed: seed, Kind: a.plan.Kind, HeldOut: heldFolder, Eval: a.plan.Eval}
	if a.plan.Kind == study.Pretrain {
		data, held := a.sets[dataFolder], a.sets[heldFolder]
		s.DataID, s.DataRows, s.HeldOutID, s.HeldOutRows = data.id, data.rows, held.id, held.rows
	}
	err = a.settings(&s, c)
	return s, err
}

// settings puts a trial's config into its spec, and which critic it asks.
func (a *ablation) settings(s *study.Spec, c config.Config) (err error) {
	if s.Critic, err = a.criticHash(c); err != nil {
		return err
	}
	s.Config, err = tomlText(c)
	return err
}

// trials runs trials side by side and shows how far they are.
func (a *ablation) trials(ctx context.Context, label string, specs []study.Spec) ([]study.Ending, error) {
	bar := telemetry.NewProgress(a.io.Stderr, label)
	defer bar.Finish()
	notes := app.IO{Stderr: bar}
	r := study.Runner{Dir: a.dir, Jobs: a.Jobs, Trial: func(ctx context.Context, spec string) error { return startTrial(ctx, a.dir, spec) }}
	r.Ended = func(e study.Ending, done int) {
		last := fmt.Sprintf("%s seed %d", e.Spec.Arm, e.Spec.Seed)
		switch {
		case e.Outcome == nil:
			notes.Notef("%s failed: %s", last, e.Why())
		case e.Spec.Timing == 0:
			if v, ok := e.Outcome.Figures[a.plan.Judges[0]]; ok {
				last += fmt.Sprintf(": %s %.4g", a.plan.Judges[0], v)
			}
		}
		bar.Update(float64(done)/float64(len(specs)), telemetry.Field{Name: "done", Value: fmt.Sprintf("%d of %d", done, len(specs))}, telemetry.Field{Name: "last", Value: last})
	}
	bar.Update(0, telemetry.Field{Name: "done", Value: fmt.Sprintf("0 of %d", len(specs))})
	return r.Run(ctx, specs)
}

// report writes the page, the summary and the figures.
func (a *ablation) report(ctx context.Context, endings []study.Ending) (study.Result, error) {
	var broken error
	res := a.plan.NewResult(func(settings map[string]any) string {
		text, err := tomlText(settings)
		broken = errors.Join(broken, err)
		return text
	})
	if broken != nil {
		return res, broken
	}
	if a.plan.Kind == study.Pretrain {
		data, held := a.sets[dataFolder], a.sets[heldFolder]
		res.Data, res.DataID, res.DataFrom = dataFolder, data.id, data.from
		res.HeldOut, res.HeldID, res.HeldFrom = heldFolder, held.id, held.from
	}
	res.Commands = a.commands()
	res.Summarise(endings)
	if res.LeftOut, broken = study.Others(a.dir, endings); broken != nil {
		return res, broken
	}
	if len(res.LeftOut) > 0 {
		a.io.Notef("trials with a result that this plan and its seeds do not ask for are left out: %s", strings.Join(res.LeftOut, ", "))
	}
	if err := writeReport(ctx, a.dir, &res, a.io); err != nil {
		return res, err
	}
	res.Report = filepath.Join(a.dir, study.PageFile)
	if err := a.print(res); err != nil {
		return res, err
	}
	if res.Failed == res.Trials {
		return res, fmt.Errorf("no trial has a result; the first failed by: %s", res.Failures[0].Error)
	}
	return res, nil
}

func (a *ablation) print(res study.Result) error {
	if a.io.JSON {
		return json.NewEncoder(a.io.Stdout).Encode(res)
	}
	s := &report.Summary{Title: fmt.Sprintf("%s on %s, %d of %d trials with a result", res.Name, res.Env, res.Trials-res.Failed, res.Trials)}
	var rows []string
	for _, arm := range res.Order {
		var cells []string
		for _, j := range res.Judges[:min(4, len(res.Judges))] {
			if f := res.Arms[arm.Name][j.Name]; f.IQM != nil {
				cells = append(cells, fmt.Sprintf("%s %.4g", j.Name, *f.IQM))
			}
		}
		rows = append(rows, arm.Name, strings.Join(cells, ", "))
	}
	s.Add("Interquartile means over seeds", rows...)
	s.Add("Where it is", "page", res.Report, "summary", filepath.Join(a.dir, study.SummaryFile), "figures", filepath.Join(a.dir, rundir.ResultFile), "trials", filepath.Join(a.dir, "trials"))
	return s.Write(a.io.Stdout)
}

// commands repeat the study, and by hand its parts, in the study folder.
func (a *ablation) commands() []string {
	p := a.plan
	plan := a.Plan
	if _, ready := study.Ready(plan); !ready {
		plan = planFile
	}
	where := " --env " + p.Env
	if a.linked(dataFolder) {
		where = " --data " + dataFolder
	}
	if a.linked(heldFolder) {
		where += " --held-out " + heldFolder
	}
	by := []string{fmt.Sprintf("glint ablate --plan %s%s --seeds %d --%s-per-trial %d --out again-study", plan, where, p.Seeds, p.Unit(), p.Length())}
	if a.linked(dataFolder) || a.linked(heldFolder) {
		by = append(by, "# datasets that were given are links there; Trained on and Judged on say how they were recorded")
	}
	by = append(by, "# by hand")
	if p.Kind == study.Train {
		return append(by,
			"glint train --config trials/ARM-seedN/run/config.toml --out run",
			fmt.Sprintf("glint eval --checkpoint run --episodes %d --envs %d --seed %d", p.Eval.Episodes, p.Eval.Envs, p.Eval.Seed))
	}
	// No flag of record says what a base arm of other pixels or another game sets.
	base := p.Merged(p.Base)
	plain := !holds(base, "pixels") && !holds(base, "sticky") && !holds(base, "gym")
	data, held := dataFolder, heldFolder
	if plain && !a.linked(data) {
		by = append(by, fmt.Sprintf("glint record --env %s --policy varied --dedup --steps %d --envs %d --seed %d --out %s", p.Env, p.Data.Steps, p.Data.Envs, p.Data.Seed, again+data))
		data = again + data
	}
	if plain && !a.linked(held) {
		by = append(by, fmt.Sprintf("glint record --env %s --policy varied --steps %d --envs %d --seed %d --out %s", p.Env, p.Data.HeldOutSteps, p.Data.Envs, p.Data.HeldOutSeed, again+held))
		held = again + held
	}
	pretrain := "glint pretrain --data " + data + " --config trials/ARM-seedN/run/config.toml --out run"
	if a.wantsCritic() {
		by = append(by, "glint train --config "+criticFolder+"/config.toml --out "+again+criticFolder, pretrain,
			"# of an arm that asks the critic: "+pretrain+" --critic "+again+criticFolder)
	} else {
		by = append(by, pretrain)
	}
	return append(by, "glint probe --checkpoint run --data "+held)
}

// again begins the names of what the commands make, beside what the study made.
const again = "again-"

// linked says whether a dataset of the study was given, by this start or an earlier one.
func (a *ablation) linked(folder string) bool {
	info, err := os.Lstat(filepath.Join(a.dir, folder))
	return err == nil && info.Mode()&os.ModeSymlink != 0
}

// notesOnly keeps the notes and drops the figures.
func notesOnly(o app.IO) app.IO { return app.IO{Stdout: io.Discard, Stderr: o.Stderr} }
