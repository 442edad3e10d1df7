package ablate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"glint/agent"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/eval"
	"glint/internal/app/play"
	"glint/internal/app/probe"
	"glint/internal/app/rundir"
	"glint/internal/app/train"
	"glint/internal/ckpt"
	"glint/internal/study"
)

// ErrTryAgain says that a trial was stopped and is to be started again.
var ErrTryAgain = study.ErrTryAgain

// ExitTryAgain is the exit code of a process that ends with ErrTryAgain: EX_TEMPFAIL of
// BSD's sysexits.h.
const ExitTryAgain = 75

// stopTime is how long a trial has to save when it is stopped.
const stopTime = time.Minute

// startTrial runs a trial in a process of its own, in the study folder. Where ctx is done
// the process is told by the end of its standard input, which also tells it that this
// process was killed.
func startTrial(ctx context.Context, dir, spec string) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("starting a trial: %w", err)
	}
	said := new(tail)
	cmd := exec.CommandContext(ctx, program, "trial", "--spec", spec, "--tied")
	cmd.Dir, cmd.Stderr, cmd.WaitDelay = dir, said, stopTime
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1") // a thread each, whatever it does
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("starting a trial: %w", err)
	}
	cmd.Cancel = stdin.Close
	err = cmd.Run()
	exited, ended := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil || ended && exited.ExitCode() == ExitTryAgain:
		return fmt.Errorf("%w: %s", ErrTryAgain, said.last())
	case ended && exited.Exited():
		return errors.New(said.last())
	default:
		return fmt.Errorf("%w: %s", err, said.last())
	}
}

// tail keeps the end of what is written to it.
type tail struct{ b []byte }

// Write never fails.
func (t *tail) Write(b []byte) (int, error) {
	t.b = append(t.b, b...)
	t.b = t.b[max(0, len(t.b)-4096):]
	return len(b), nil
}

// last returns the line that says why a program ended: the last one, unless it died of
// a fault of its own, whose stack follows.
func (t *tail) last() string {
	lines := strings.Split(strings.TrimSpace(string(t.b)), "\n")
	for _, line := range lines {
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return line
		}
	}
	return strings.TrimPrefix(lines[len(lines)-1], "glint: ")
}

// Trial does what a spec file says, in the folder of the file, and writes the outcome
// there. It goes on with what an earlier start left.
func Trial(ctx context.Context, file string, o app.IO) error {
	dir := filepath.Dir(file)
	s, err := study.ReadSpec(file)
	if err != nil {
		return err
	}
	unlock, err := rundir.Lock(dir)
	if _, taken := errors.AsType[*app.UsageError](err); taken {
		return fmt.Errorf("%w: %w", ErrTryAgain, err) // an earlier start is still ending
	} else if err != nil {
		return err
	}
	defer unlock()
	out, err := doTrial(ctx, s, filepath.Join(dir, study.RunFolder), notesOnly(o))
	if ctx.Err() != nil {
		return fmt.Errorf("%w: it was stopped", ErrTryAgain)
	}
	if err != nil {
		return err
	}
	if err := rundir.WriteJSON(filepath.Join(dir, study.OutcomeFile), out); err != nil {
		return err
	}
	if err := slim(filepath.Join(dir, study.RunFolder)); err != nil {
		o.Notef("the checkpoint of the trial stays whole: %v", err)
	}
	return nil
}

// slim leaves of a finished run's checkpoints what looking at the last needs, its weights and
// how far it is: the stored observations are a hundred times larger.
func slim(run string) error {
	dir, err := ckpt.Latest(run)
	if err != nil {
		return err
	}
	r, err := ckpt.Open(dir)
	if err != nil {
		return err
	}
	files := map[string]func(io.Writer) error{}
	for _, name := range []string{agent.WeightsFile, agent.StateFile} {
		b, err := r.File(name)
		if err != nil {
			return err
		}
		files[name] = func(w io.Writer) error { _, err := w.Write(b); return err }
	}
	if err := ckpt.Write(dir, files, r.Meta()); err != nil {
		return err
	}
	return ckpt.Prune(run, 1)
}

// doTrial trains and judges.
func doTrial(ctx context.Context, s study.Spec, run string, o app.IO) (out study.Outcome, err error) {
	var c config.Config
	if err := toml.Unmarshal([]byte(s.Config), &c); err != nil {
		return out, fmt.Errorf("the spec's config: %w", err)
	}
	if s.Critic == noCritic {
		return out, errors.New("the critic of the study, which this arm asks, could not be trained; the same command tries it again")
	}
	res, err := trainOrResume(ctx, c, run, o)
	if err != nil || ctx.Err() != nil {
		return out, err
	}
	out.Weights = res.WeightsSHA256
	out.Version = app.Program()
	var notes []string
	if res.TruthInTraining {
		notes = append(notes, "true boxes were used in training: an upper bound")
	}
	if c.Critic == criticFolder {
		notes = append(notes, "one critic for all seeds")
	}
	out.Note = strings.Join(notes, "; ")
	switch {
	case s.Timing > 0 && s.Kind == study.Train:
		out.Figures = map[string]float64{study.Rate: 60 * res.StepsPerS}
	case s.Timing > 0:
		out.Figures = map[string]float64{study.Rate: 60 * res.UpdatesPerS}
	case s.Kind == study.Train:
		var r eval.Result
		r, err = eval.Run(ctx, eval.Options{
			Who: play.Who{Checkpoint: run}, Episodes: s.Eval.Episodes, Envs: s.Eval.Envs, Seed: s.Eval.Seed, Change: func(c *config.Config) { c.Threads = 1 },
		}, o)
		out.Figures = numbers(r)
		out.Figures["score"] = r.Mean
	default:
		var r probe.Result
		r, err = probe.Run(ctx, probe.Options{Checkpoint: run, Data: s.HeldOut, Brief: true}, o)
		out.Figures, out.Ratios = numbers(r), r.Ratios
	}
	return out, err
}

// trainOrResume trains, or goes on from the last checkpoint of an earlier start.
func trainOrResume(ctx context.Context, c config.Config, run string, o app.IO) (train.Result, error) {
	if _, err := os.Stat(run); err == nil {
		_, err := ckpt.Latest(run)
		if err == nil {
			return train.ResumeAs(ctx, run, c.Verb(), func(*config.Config) {}, o)
		}
		if !errors.Is(err, ckpt.ErrNone) {
			return train.Result{}, err
		}
		if err := os.RemoveAll(run); err != nil {
			return train.Result{}, fmt.Errorf("starting a trial anew: %w", err)
		}
	}
	return train.Run(ctx, c, run, o)
}

// numbers returns the numbers of a result by the keys of its JSON.
func numbers(result any) map[string]float64 {
	var all map[string]any
	b, err := json.Marshal(result)
	if err == nil {
		err = json.Unmarshal(b, &all)
	}
	if err != nil {
		panic(err) // results are made to be written as JSON
	}
	n := map[string]float64{}
	for key, v := range all {
		if x, ok := v.(float64); ok {
			n[key] = x
		}
	}
	return n
}
