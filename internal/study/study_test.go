package study_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/internal/stats"
	"glint/internal/study"
)

// plan returns one of three arms and three seeds.
func plan() study.Plan {
	p := study.DefaultPlan()
	p.Question, p.Judges, p.Seeds, p.Updates = "Which?", []string{"kept", "mse"}, 3, 10
	p.Settings = map[string]any{"agent": map[string]any{"envs": 4, "lr": 1e-3}}
	p.Arms = map[string]map[string]any{
		"a": {"about": "the first"},
		"b": {"agent": map[string]any{"lr": 2e-3}},
		"c": {"weighting": "uniform"},
	}
	p.Complete("test", "[arm.c]\n[arm.a]\n[arm.b.agent]\n")
	return p
}

func TestComplete(t *testing.T) {
	p := plan()
	if !slices.Equal(p.Order, []string{"c", "a", "b"}) || p.Base != "c" || p.Name != "test" {
		t.Errorf("order %v, base %s, name %s", p.Order, p.Base, p.Name)
	}
	if got := fmt.Sprint(p.Merged("b")); got != "map[agent:map[envs:4 lr:0.002]]" {
		t.Errorf("b is %s", got)
	}
	if got := fmt.Sprint(p.Merged("a")); got != "map[agent:map[envs:4 lr:0.001]]" {
		t.Errorf("a is %s, after b was merged", got)
	}
}

func TestValidate(t *testing.T) {
	if err := plan().Validate(); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		change func(*study.Plan)
		want   string
	}{
		{"kind", func(p *study.Plan) { p.Kind = "pretrian" }, "did you mean pretrain?"},
		{"judge", func(p *study.Plan) { p.Judges = []string{"kpet"} }, "did you mean kept?"},
		{"judge of another kind", func(p *study.Plan) { p.Judges = []string{"score"} }, `no judge "score", which is of another kind`},
		{"judge twice", func(p *study.Plan) { p.Judges = []string{"mse", "mse"} }, `judges names "mse" twice`},
		{"control", func(p *study.Plan) { p.Arms["b"] = map[string]any{study.Control: "z"} }, `the control of arm b is "z", which is no other arm: did you mean a?`},
		{"its own control", func(p *study.Plan) { p.Arms["b"] = map[string]any{study.Control: "b"} }, `the control of arm b is "b", which is no other arm: did you mean a?`},
		{"base as control", func(p *study.Plan) { p.Arms["b"] = map[string]any{study.Control: p.Base} }, "leave it away: all arms are compared with the base"},
		{"no judge", func(p *study.Plan) { p.Judges = nil }, "name some of kept"},
		{"base", func(p *study.Plan) { p.Base = "d" }, `no arm "d"`},
		{"one arm", func(p *study.Plan) { p.Arms = map[string]map[string]any{"a": nil} }, "two or more"},
		{"name", func(p *study.Plan) { p.Name = "a/b" }, "cannot be a folder's"},
		{"no seed", func(p *study.Plan) { p.Seeds = 0 }, "seeds is 0"},
		{"no length", func(p *study.Plan) { p.Updates = 0 }, "give one of them"},
		{"two lengths", func(p *study.Plan) { p.Minutes = 1 }, "give one of them"},
		{"length of the other kind", func(p *study.Plan) { p.Steps = 1 }, "pretrain counts updates"},
		{"no data", func(p *study.Plan) { p.Data.Steps = 0 }, "data.steps is 0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := plan()
			tc.change(&p)
			var wrong *study.PlanError
			if err := p.Validate(); !errors.As(err, &wrong) || !strings.Contains(wrong.Msg+": "+wrong.Hint, tc.want) {
				t.Errorf("says %v, want %q", wrong, tc.want)
			}
		})
	}
}

// specs returns a spec for each trial of a plan.
func specs(p study.Plan) (all []study.Spec) {
	for seed := range p.Seeds {
		for _, arm := range p.Order {
			all = append(all, study.Spec{Arm: arm, Seed: uint64(seed + 1), Kind: p.Kind, Config: "weighting = 'x'\n"})
		}
	}
	return all
}

// fake is a trial whose outcome its spec determines; it fails where the error of the
// arm says so and, once, asks to be started again.
type fake struct {
	dir   string
	fail  map[string]error
	mu    sync.Mutex
	calls map[string]int
}

func (f *fake) trial(_ context.Context, spec string) error {
	s, err := study.ReadSpec(filepath.Join(f.dir, spec))
	if err != nil {
		return err
	}
	f.mu.Lock()
	f.calls[s.Folder()]++
	first := f.calls[s.Folder()] == 1
	f.mu.Unlock()
	if err := f.fail[s.Arm]; err != nil {
		return err
	}
	if s.Folder() == "trials/a-seed2" && first {
		return fmt.Errorf("locked: %w", study.ErrTryAgain)
	}
	x := float64(s.Arm[0]-'a') + float64(s.Seed)/10
	ratios := map[uint64]map[string]stats.Ratio{7: {"kept": {Sum: 3 * x, Of: 3}}, 8: {"kept": {Sum: 5 * x, Of: 5}}}
	b, err := json.Marshal(study.Outcome{Figures: map[string]float64{"kept": x, "mse": 1 / (1 + x)}, Ratios: ratios, Version: "v1"})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(f.dir, s.Folder(), study.OutcomeFile), b, 0o600)
}

// run runs a plan's trials and returns the summary, the result and the fake.
func run(t *testing.T, dir string, jobs int, fail map[string]error) (study.Result, *fake) {
	t.Helper()
	p := plan()
	f := &fake{dir: dir, fail: fail, calls: map[string]int{}}
	var ended atomic.Int32
	r := study.Runner{Dir: dir, Jobs: jobs, Trial: f.trial, Ended: func(_ study.Ending, done int) { ended.Store(int32(done)) }}
	endings, err := r.Run(t.Context(), specs(p))
	if err != nil {
		t.Fatal(err)
	}
	if ended.Load() != 9 {
		t.Errorf("%d trials were told of, want 9", ended.Load())
	}
	res := p.NewResult(func(map[string]any) string { return "" })
	res.Summarise(endings)
	return res, f
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	res, f := run(t, dir, 1, nil)
	if f.calls["trials/a-seed2"] != 2 || f.calls["trials/a-seed1"] != 1 {
		t.Errorf("started so often: %v", f.calls)
	}
	two, _ := run(t, t.TempDir(), 2, nil)
	if d := cmp.Diff(res, two); d != "" {
		t.Errorf("two side by side say otherwise than one after the other: %s", d)
	}
	again, f := run(t, dir, 2, nil)
	if d := cmp.Diff(res, again); len(f.calls) != 0 || d != "" {
		t.Errorf("finished trials were started: %v, %s", f.calls, d)
	}
	kept := res.Arms["a"]["kept"]
	if *kept.IQM < 0.199 || *kept.IQM > 0.201 || *kept.Lo < 0.1 || *kept.Hi > 0.3 || len(kept.Seeds) != 3 {
		t.Errorf("a kept %v, %v to %v", *kept.IQM, *kept.Lo, *kept.Hi)
	}
	if d := kept.Difference; d.Value > -1.99 || *d.Hi > -1.99 || kept.Improvement.Value != 0 {
		t.Errorf("a against c is %+v, improvement %+v", d, kept.Improvement)
	}
	if p := res.Arms["a"]["mse"].Improvement.Value; p != 0 {
		t.Errorf("a's error is larger than c's, improvement %v", p)
	}
	if res.Arms["c"]["kept"].Difference != nil || res.Arms["c"]["kept"].Paired != nil || res.Arms["c"]["kept"].Needed != nil {
		t.Error("the base is compared with itself")
	}
	// The differences do not spread at all, in the figures of trials and of episodes.
	if kept.Needed == nil || *kept.Needed != 2 || kept.Paired == nil || math.Abs(kept.Paired.Value+2) > 1e-9 || math.Abs(*kept.Paired.Lo+2) > 1e-9 {
		t.Errorf("a needs %v seeds, paired by episode %+v", kept.Needed, kept.Paired)
	}
	if p := res.Arms["a"]["mse"].Paired; p != nil {
		t.Errorf("what has no ratios is paired by episode: %+v", p)
	}
}

// TestPairedEpisodes wants no pairs of trials that were judged on unlike episodes.
func TestPairedEpisodes(t *testing.T) {
	p := plan()
	result := func(change func(study.Spec, map[uint64]map[string]stats.Ratio)) study.Result {
		var endings []study.Ending
		for _, s := range specs(p) {
			ratios := map[uint64]map[string]stats.Ratio{7: {"kept": {Sum: 1, Of: 3}}, 8: {"kept": {Sum: 2, Of: 5}}}
			change(s, ratios)
			endings = append(endings, study.Ending{Spec: s, Outcome: &study.Outcome{Figures: map[string]float64{"kept": 0.5}, Ratios: ratios}})
		}
		res := p.NewResult(func(map[string]any) string { return "" })
		res.Summarise(endings)
		return res
	}
	if e := result(func(study.Spec, map[uint64]map[string]stats.Ratio) {}).Arms["a"]["kept"].Paired; e == nil {
		t.Error("equal episodes are not paired")
	}
	for name, change := range map[string]func(study.Spec, map[uint64]map[string]stats.Ratio){
		"one more of the arm": func(s study.Spec, r map[uint64]map[string]stats.Ratio) {
			if s.Arm == "a" {
				r[9] = r[8]
			}
		},
		"one more of the base": func(s study.Spec, r map[uint64]map[string]stats.Ratio) {
			if s.Arm == "c" {
				r[9] = r[8]
			}
		},
		"another one of a seed": func(s study.Spec, r map[uint64]map[string]stats.Ratio) {
			if s.Seed == 2 {
				r[9] = r[8]
				delete(r, 8)
			}
		},
	} {
		if e := result(change).Arms["a"]["kept"].Paired; e != nil {
			t.Errorf("%s: paired as %+v", name, e)
		}
	}
}

// TestFailures wants what fails to be listed, and to be tried again by the next start.
func TestFailures(t *testing.T) {
	dir := t.TempDir()
	res, _ := run(t, dir, 2, map[string]error{"b": errors.New("no space left\non device")})
	if res.Trials != 9 || res.Failed != 3 || !slices.Equal(res.Broken(), []string{"b"}) {
		t.Errorf("%d of %d failed, broken %v", res.Failed, res.Trials, res.Broken())
	}
	if want := (study.Failure{Arm: "b", Seed: 2, Error: "no space left; on device"}); !slices.Contains(res.Failures, want) || res.Arms["b"]["kept"].Seeds[0] != nil {
		t.Errorf("the failures are %+v, b's figures %+v", res.Failures, res.Arms["b"])
	}
	if b, err := os.ReadFile(filepath.Join(dir, "trials/b-seed1", study.ErrorFile)); err != nil || !strings.Contains(string(b), "no space left") {
		t.Errorf("error.txt has %q, %v", b, err)
	}
	res, f := run(t, dir, 2, nil)
	if res.Failed != 0 || !slices.Equal(slices.Sorted(maps.Keys(f.calls)), []string{"trials/b-seed1", "trials/b-seed2", "trials/b-seed3"}) {
		t.Errorf("%d failed, started %v", res.Failed, f.calls)
	}
	if _, err := os.Stat(filepath.Join(dir, "trials/b-seed1", study.ErrorFile)); err == nil {
		t.Error("error.txt is still there")
	}
}

// TestOtherSettings wants trials of other settings to be refused with what differs.
func TestOtherSettings(t *testing.T) {
	dir := t.TempDir()
	run(t, dir, 1, nil)
	all := specs(plan())
	all[4].Config = "weighting = 'y'\n"
	_, err := study.Runner{Dir: dir, Jobs: 1}.Run(t.Context(), all)
	if wrong, ok := errors.AsType[*study.PlanError](err); !ok || !strings.Contains(wrong.Msg, "weighting = 'x'") || !strings.Contains(wrong.Msg, "weighting = 'y'") {
		t.Errorf("says %v", err)
	}
	spec := filepath.Join(dir, all[4].Folder(), study.SpecFile)
	if s, err := study.ReadSpec(spec); err != nil || s.Config != "weighting = 'x'\n" {
		t.Errorf("the spec of the trial was replaced by %+v (%v)", s, err)
	}
	// A trial of which there is nothing but its spec may be another.
	if err := os.Remove(filepath.Join(dir, all[4].Folder(), study.OutcomeFile)); err != nil {
		t.Fatal(err)
	}
	if err := study.Check(dir, all); err != nil {
		t.Errorf("one that was never begun: %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, all[4].Folder(), study.RunFolder), 0o700); err != nil {
		t.Fatal(err)
	}
	if study.Check(dir, all) == nil {
		t.Error("one that has a run may be another")
	}
}

// TestOneSeed wants no interval where there is one seed.
func TestOneSeed(t *testing.T) {
	p := plan()
	p.Seeds = 1
	x := map[string]float64{"kept": 0.5}
	var endings []study.Ending
	for _, s := range specs(p) {
		endings = append(endings, study.Ending{Spec: s, Outcome: &study.Outcome{Figures: x}})
	}
	res := p.NewResult(func(map[string]any) string { return "" })
	res.Summarise(endings)
	f := res.Arms["a"]["kept"]
	if f.IQM == nil || f.Lo != nil || f.Hi != nil || f.Difference.Lo != nil || f.Improvement.Lo != nil || f.Improvement.Value != 0.5 || f.Needed != nil {
		t.Errorf("one seed says %+v", f)
	}
}
