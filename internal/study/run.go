package study

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Runner runs trials side by side.
type Runner struct {
	Dir  string // the study folder
	Jobs int    // trials side by side
	// Trial runs one by its spec, a path relative to Dir. It returns an error that wraps
	// ErrTryAgain where the trial is to be started again.
	Trial func(ctx context.Context, spec string) error
	// Ended is told of each trial when it has ended, one at a time.
	Ended func(e Ending, done int)
}

// Ending is what became of a trial: an outcome, or why there is none.
type Ending struct {
	Spec    Spec
	Outcome *Outcome
	Err     error
}

// Run runs all trials that have no outcome yet and returns the endings in the order of
// the specs. A trial that fails does not keep others from running. An error says that the
// study cannot go on, or that ctx is done.
func (r Runner) Run(ctx context.Context, specs []Spec) ([]Ending, error) {
	if err := Check(r.Dir, specs); err != nil {
		return nil, err
	}
	all := make([]Ending, len(specs))
	for i, s := range specs {
		all[i] = Ending{Spec: s, Err: s.write(r.Dir)}
	}
	next := make(chan int, len(specs))
	for i := range specs {
		next <- i
	}
	close(next)
	var wait sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range r.Jobs {
		wait.Go(func() {
			for i := range next {
				if ctx.Err() != nil {
					return
				}
				e := all[i]
				if e.Err == nil {
					e = r.one(ctx, e.Spec)
				}
				mu.Lock()
				all[i] = e
				if e.Outcome != nil || ctx.Err() == nil { // one that was stopped has not ended
					done++
					r.Ended(e, done)
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	return all, ctx.Err()
}

// A trial that is to be started again is so often, after so long.
const (
	tries     = 600
	tryPauses = time.Second
)

// one runs a trial to its end.
func (r Runner) one(ctx context.Context, s Spec) Ending {
	if o, err := s.outcome(r.Dir); o != nil || err != nil {
		return Ending{s, o, err}
	}
	var err error
	for range tries {
		if err = r.Trial(ctx, s.Folder()+"/"+SpecFile); !errors.Is(err, ErrTryAgain) {
			break
		}
		select {
		case <-ctx.Done():
			return Ending{Spec: s, Err: err}
		case <-time.After(tryPauses):
		}
	}
	e := Ending{Spec: s, Err: err}
	if err == nil {
		if e.Outcome, e.Err = s.outcome(r.Dir); e.Outcome == nil && e.Err == nil {
			e.Err = fmt.Errorf("it ended without %s", OutcomeFile)
		}
	}
	path := filepath.Join(r.Dir, s.Folder(), ErrorFile)
	if e.Err == nil {
		_ = os.Remove(path) // there is none unless an earlier start failed
	} else {
		// The disk may be full: the summary has the error, too.
		_ = os.WriteFile(path, []byte(e.Why()+"\n"), 0o644)
	}
	return e
}

// Others lists the trials that have an outcome and are not among the endings, such as those of
// more seeds or of an arm that was taken out.
func Others(dir string, endings []Ending) (names []string, err error) {
	found, err := filepath.Glob(filepath.Join(dir, TrialsFolder, "*", OutcomeFile))
	if err != nil {
		return nil, fmt.Errorf("looking for other trials: %w", err)
	}
	names = []string{}
	for _, file := range found {
		name := filepath.Base(filepath.Dir(file))
		if !slices.ContainsFunc(endings, func(e Ending) bool { return filepath.Base(e.Spec.Folder()) == name }) {
			names = append(names, name)
		}
	}
	return names, nil
}

// Why says in one line why a trial has no outcome.
func (e Ending) Why() string {
	return strings.Join(strings.Fields(strings.ReplaceAll(e.Err.Error(), "\n", "; ")), " ")
}
