// Package diagnose brings what the checks of internal/doctor look at: a network on its
// environment or data, in the state that a config describes.
package diagnose

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/monitor"
	"glint/internal/app/train"
	"glint/internal/app/world"
	"glint/internal/doctor"
	"glint/internal/doctor/page"
	"glint/internal/names"
	"glint/internal/telemetry"
)

// Options says what is examined beside the config.
type Options struct {
	// Checkpoint is a run or checkpoint whose network is examined; empty for a new network.
	Checkpoint string
	// HeldOut is a dataset that the training would be judged on; empty for none.
	HeldOut string
	// Memory is what a training may take, in MiB; 0 for what is free.
	Memory float64
	// Only names the groups of checks to make; none for all.
	Only []string
	// Page is an HTML file to write; empty for none.
	Page string
	// Command is what the page says that it was made by.
	Command string
	// Plant names a bug of doctor.Bugs that is put into all that is taught; empty for none.
	Plant string
}

// check refuses what cannot be examined, before anything is opened.
func (d Options) check(c config.Config) error {
	if !(d.Memory >= 0) || math.IsInf(d.Memory, 1) {
		return app.Usagef("give the MiB that a training may take, or leave it out", "--memory is %v", d.Memory)
	}
	groups := groups()
	for _, name := range d.Only {
		if !slices.Contains(groups, name) {
			return app.Usagef("did you mean "+names.Nearest(name, groups)+"? Here are "+strings.Join(groups, ", "), "there is no check %q of this", name)
		}
	}
	var bugs, told []string
	for _, b := range doctor.Bugs {
		bugs, told = append(bugs, b.Name), append(told, b.Name+" ("+b.What+")")
	}
	if d.Plant != "" && !slices.Contains(bugs, d.Plant) {
		return app.Usagef("did you mean "+names.Nearest(d.Plant, bugs)+"? Here are "+strings.Join(told, ", "), "there is no bug %q to plant", d.Plant)
	}
	if folder := filepath.Dir(d.Page); d.Page != "" {
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			return app.Usagef("make it, or name another file", "there is no folder %s for --page", folder)
		}
	}
	if d.HeldOut == "" {
		return nil
	}
	data, err := world.OpenEnds(c.Data)
	if err != nil {
		return err
	}
	other, err := world.OpenEnds(config.Data{Dir: d.HeldOut, SkipBad: c.Data.SkipBad})
	if err != nil {
		return err
	}
	if a, b := data.Meta(), other.Meta(); a.T != b.T || a.H != b.H || a.W != b.W || a.C != b.C {
		return app.Usagef("record both alike", "%s shows %dx%dx%dx%d, but %s %dx%dx%dx%d: one cannot be judged on the other", c.Data.Dir, a.T, a.H, a.W, a.C, d.HeldOut, b.T, b.H, b.W, b.C)
	}
	return nil
}

// Settings returns the settings that a run, a dataset or flags choose; only one of run and
// data is given. A TOML file, "" for none, lies over the defaults.
func Settings(flags config.Base, file, run, data string, skipBad bool) (config.Config, error) {
	switch {
	case run != "":
		c, _, err := monitor.LoadNet(run)
		return c, err
	case data != "":
		opened, err := world.OpenEnds(config.Data{Dir: data, SkipBad: skipBad})
		if err != nil {
			return config.Config{}, err
		}
		if opened.Meta().Distinct {
			return train.PretrainSettings(data, "", file, skipBad)
		}
		return train.ImitateSettings(data, file, skipBad)
	case file != "":
		return config.Load(file, flags)
	}
	return flags.Defaults(), nil
}

// examination is a patient with what was found.
type examination struct {
	*patient
	o        Options
	rand     *rand.Rand
	bar      *telemetry.Progress
	verdicts []doctor.Verdict
	done     float64 // seconds of work, as planned
	planned  float64
	at       string
	// bug puts one into a lesson of a network with that mean image.
	bug           func(l doctor.Student, mean []float32) doctor.Student
	paint, choice int // batches of the autoencoder, and of actor and critic
}

// stage is some checks with the seconds they take, about.
type stage struct {
	name    string
	seconds float64
	do      func(ctx context.Context) ([]doctor.Verdict, error)
}

// Run examines what a config would train, and prints a verdict a check.
func Run(ctx context.Context, c config.Config, d Options, o app.IO) ([]doctor.Verdict, error) {
	if err := d.check(c); err != nil {
		return nil, err
	}
	p, err := newPatient(ctx, c, d.Checkpoint, o)
	if err != nil {
		return nil, err
	}
	e := newExamination(p, d, o)
	err = errors.Join(e.run(ctx), p.close()) // what was found before an error is told all the same
	if err != nil && len(e.verdicts) == 0 {
		return nil, err
	}
	if err == nil {
		err = e.writePage(c)
	}
	if o.JSON {
		return e.verdicts, errors.Join(err, json.NewEncoder(o.Stdout).Encode(map[string]any{"verdicts": e.verdicts}), e.found())
	}
	return e.verdicts, errors.Join(err, e.write(o.Stdout), e.found())
}

// ErrFindings says that something is not well.
var ErrFindings = errors.New("not all is well")

// found is an error where something is not well, for those who go on by the exit code.
func (e *examination) found() error {
	if n := e.findings(); n > 0 {
		return fmt.Errorf("doctor: %w: %s, see above what to do", ErrFindings, doctor.Count(n, "finding"))
	}
	return nil
}

// writePage writes the page of an examination of c, where one was asked for.
func (e *examination) writePage(c config.Config) error {
	if e.o.Page == "" {
		return nil
	}
	c.Gym.Token, c.VNC.Password = "", ""
	settings, err := toml.Marshal(c)
	if err != nil {
		return fmt.Errorf("doctor: the page's settings: %w", err)
	}
	of := c.Env + ", " + c.Agent.Algo
	switch {
	case e.o.Checkpoint != "":
		of = e.o.Checkpoint
	case c.Data.Dir != "":
		of = c.Data.Dir
	}
	return page.Write(e.o.Page, page.Report{Of: of, Settings: string(settings), Command: e.o.Command, Version: app.Program(), Verdicts: e.verdicts})
}

func newExamination(p *patient, d Options, o app.IO) *examination {
	e := &examination{
		patient: p, o: d, rand: rand.New(rand.NewPCG(p.cfg.Seed, 12)),
		bar: telemetry.NewProgress(o.Stderr, "examining"), paint: paintBatch, choice: choiceBatch,
	}
	e.bug = func(l doctor.Student, mean []float32) doctor.Student {
		if d.Plant == "" {
			return l
		}
		return doctor.Plant(d.Plant, l, mean)
	}
	return e
}

// run makes all checks. What one cannot answer is a verdict of its own.
func (e *examination) run(ctx context.Context) error {
	var stages []stage
	for _, s := range e.stages() {
		if len(e.o.Only) == 0 || slices.Contains(e.o.Only, s.name) {
			stages = append(stages, s)
			e.planned += s.seconds
		}
	}
	if len(stages) == 0 {
		return app.Usagef("leave out --only to see what is examined", "nothing of %s is there to be examined here", strings.Join(e.o.Only, ", "))
	}
	for _, s := range stages {
		before := e.done
		e.at = s.name
		e.show()
		found, err := s.do(ctx)
		if ctx.Err() != nil {
			break // what a stopped check found is not whole
		}
		if err != nil {
			found = append(found, doctor.Verdict{Check: s.name, Means: err.Error(), Advice: "the check could not be made: mend this first"})
		}
		for i := range found {
			found[i].Group = s.name
		}
		e.verdicts = append(e.verdicts, found...)
		e.done = before + s.seconds
	}
	e.at = ""
	e.show()
	e.bar.Finish()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("doctor: stopped: %w", err)
	}
	return nil
}

// tick says that some updates were made.
func (e *examination) tick() {
	e.done += 0.05
	e.show()
}

func (e *examination) show() {
	if e.bar.Due() || e.at == "" {
		e.bar.Update(min(1, e.done/e.planned), telemetry.Field{Name: "at", Value: e.at}, telemetry.Field{Name: "findings", Value: fmt.Sprint(e.findings())})
	}
}

// findings counts the verdicts that are not well.
func (e *examination) findings() (n int) {
	for _, v := range e.verdicts {
		if !v.OK {
			n++
		}
	}
	return n
}

// write prints a line a verdict and, where it is not well, one with what to do.
func (e *examination) write(w io.Writer) error {
	for _, v := range e.verdicts {
		mark := "ok  "
		if !v.OK {
			mark = "BAD "
		}
		limit := ""
		if v.Threshold != nil {
			limit = " (at most " + doctor.Rounded(*v.Threshold) + ")"
			if v.Least {
				limit = strings.Replace(limit, "most", "least", 1)
			}
		}
		figure := "-"
		if v.Figure != nil {
			figure = doctor.Rounded(*v.Figure)
		}
		if _, err := fmt.Fprintf(w, "%s %-32s %s%s: %s\n", mark, v.Check, figure, limit, v.Means); err != nil {
			return err
		}
		if v.Advice != "" {
			if _, err := fmt.Fprintf(w, "     -> %s\n", v.Advice); err != nil {
				return err
			}
		}
	}
	_, err := fmt.Fprintln(w, doctor.Tally(len(e.verdicts), e.findings()))
	return err
}
