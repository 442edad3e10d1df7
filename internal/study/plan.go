package study

import (
	"cmp"
	"embed"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"glint/internal/names"
)

// Plan says what to compare. It is read from TOML.
type Plan struct {
	Name     string   `toml:"name"`     // of the study's folder; a file's name where it has none
	Question string   `toml:"question"` // that the study answers
	Kind     string   `toml:"kind"`     // of trial: pretrain or train
	Env      string   `toml:"env"`      // environment, unless a flag or dataset names one
	Judges   []string `toml:"judges"`   // figures that arms are compared by
	Base     string   `toml:"base"`     // arm that the others are compared with; the first where none is named
	Seeds    int      `toml:"seeds"`    // trials of an arm, with the seeds 1 to so many

	// One of these is the length of a trial, the others are 0. Minutes are turned once
	// into updates or steps.
	Minutes float64 `toml:"minutes_per_trial"`
	Updates int64   `toml:"updates_per_trial"` // of pretrain
	Steps   int64   `toml:"steps_per_trial"`   // of train

	Data Recording `toml:"data"` // for pretrain
	// CriticSteps is how long the agent trains whose critic the weighting value asks, for
	// pretrain. It is trained once, where an arm has that weighting.
	CriticSteps int64 `toml:"critic_steps"`
	Eval        Games `toml:"eval"` // for train

	// Settings are those of all arms and Arms what an arm changes, in the keys of
	// config.toml. An arm's key "about" is a line for people, "control" another arm that it is
	// compared with besides the base.
	Settings map[string]any            `toml:"settings"`
	Arms     map[string]map[string]any `toml:"arm"`
	// Order is the names of the arms as they stand in the file.
	Order []string `toml:"order"`
}

// Recording is the datasets of a study of pretrain: varied play without repeated frames.
type Recording struct {
	Steps        int64  `toml:"steps"`          // to train on
	HeldOutSteps int64  `toml:"held_out_steps"` // to judge
	Envs         int    `toml:"envs"`           // games played side by side
	Seed         uint64 `toml:"seed"`
	HeldOutSeed  uint64 `toml:"held_out_seed"`
}

// Games is what an agent is judged by in a study of train.
type Games struct {
	Episodes int    `toml:"episodes" json:"episodes"` // full games
	Envs     int    `toml:"envs" json:"envs"`         // played side by side
	Seed     uint64 `toml:"seed" json:"seed"`
}

// DefaultPlan returns what a plan need not say.
func DefaultPlan() Plan {
	return Plan{
		Kind: Pretrain, Seeds: 5, CriticSteps: 100_000,
		Data: Recording{Steps: 30_000, HeldOutSteps: 6_000, Envs: 8, Seed: 1, HeldOutSeed: 1001},
		Eval: Games{Episodes: 30, Envs: 8, Seed: 1000},
	}
}

// PlanError is a mistake in a plan, with what to do instead.
type PlanError struct{ Msg, Hint string }

// Error returns the message.
func (e *PlanError) Error() string { return e.Msg }

// named is what may be the name of a folder.
var named = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*$`)

// Validate names the first thing in a plan that cannot be done. What an arm may set is
// not its business.
func (p Plan) Validate() error {
	if p.Kind != Pretrain && p.Kind != Train {
		return &PlanError{fmt.Sprintf("kind is %q", p.Kind), "did you mean " + names.Nearest(p.Kind, []string{Pretrain, Train}) + "?"}
	}
	if len(p.Arms) < 2 {
		return &PlanError{fmt.Sprintf("%d arms", len(p.Arms)), "give two or more to compare, as tables [arm.NAME]"}
	}
	arms := slices.Sorted(maps.Keys(p.Arms))
	for _, name := range p.Order {
		if _, ok := p.Arms[name]; !ok {
			return &PlanError{fmt.Sprintf("order names no arm %q", name), "did you mean " + names.Nearest(name, arms) + "?"}
		}
	}
	if !slices.Equal(slices.Sorted(slices.Values(p.Order)), arms) {
		return &PlanError{fmt.Sprintf("order is %s", strings.Join(p.Order, ", ")), "name each of the arms once: " + strings.Join(arms, ", ")}
	}
	for _, name := range append(slices.Clone(p.Order), p.Name) {
		if !named.MatchString(name) {
			return &PlanError{fmt.Sprintf("the name %q cannot be a folder's", name), "use small letters, digits and dashes"}
		}
	}
	if _, ok := p.Arms[p.Base]; !ok {
		return &PlanError{fmt.Sprintf("base names no arm %q", p.Base), "did you mean " + names.Nearest(p.Base, p.Order) + "?"}
	}
	for _, name := range p.Order {
		control, given := p.Arms[name][Control]
		is, _ := control.(string)
		others := slices.DeleteFunc(slices.Clone(p.Order), func(arm string) bool { return arm == name || arm == p.Base })
		switch {
		case !given || slices.Contains(others, is):
		case is == p.Base:
			return &PlanError{fmt.Sprintf("the control of arm %s is the base, %s", name, is), "leave it away: all arms are compared with the base"}
		case len(others) == 0:
			return &PlanError{fmt.Sprintf("the control of arm %s is %q, which is no other arm", name, control), "leave it away: there is none but the base"}
		default:
			return &PlanError{fmt.Sprintf("the control of arm %s is %q, which is no other arm", name, control), "did you mean " + names.Nearest(is, others) + "?"}
		}
	}
	if err := p.validateJudges(); err != nil {
		return err
	}
	return p.validateNumbers()
}

func (p Plan) validateJudges() error {
	known := judgeNames(p.Kind)
	if len(p.Judges) == 0 {
		return &PlanError{"judges is empty", "name some of " + strings.Join(known, ", ")}
	}
	for i, j := range p.Judges {
		switch {
		case slices.Contains(p.Judges[:i], j):
			return &PlanError{fmt.Sprintf("judges names %q twice", j), "name it once"}
		case slices.Contains(known, j):
		case slices.Contains(append(judgeNames(Pretrain), judgeNames(Train)...), j):
			return &PlanError{fmt.Sprintf("a trial of %s has no judge %q, which is of another kind", p.Kind, j), "name some of " + strings.Join(known, ", ")}
		default:
			return &PlanError{fmt.Sprintf("a trial of %s has no judge %q", p.Kind, j), "did you mean " + names.Nearest(j, known) + "?"}
		}
	}
	return nil
}

func (p Plan) validateNumbers() error {
	for _, n := range []struct {
		name string
		is   int64
	}{
		{"seeds", int64(p.Seeds)},
		{"data.steps", p.Data.Steps},
		{"data.held_out_steps", p.Data.HeldOutSteps},
		{"data.envs", int64(p.Data.Envs)},
		{"critic_steps", p.CriticSteps},
		{"eval.episodes", int64(p.Eval.Episodes)},
		{"eval.envs", int64(p.Eval.Envs)},
	} {
		if n.is < 1 {
			return &PlanError{fmt.Sprintf("%s is %d", n.name, n.is), "give 1 or more"}
		}
	}
	if p.Data.Seed == p.Data.HeldOutSeed {
		return &PlanError{fmt.Sprintf("data.seed and data.held_out_seed are both %d", p.Data.Seed), "give two, or arms are judged by what they trained on"}
	}
	if p.Kind == Pretrain && p.Steps != 0 || p.Kind == Train && p.Updates != 0 {
		return &PlanError{fmt.Sprintf("the length of a trial of %s is counted otherwise", p.Kind), "pretrain counts updates, train counts steps"}
	}
	if given := p.Minutes != 0; given == (p.Length() != 0) || !(p.Minutes >= 0) || p.Length() < 0 {
		return &PlanError{
			fmt.Sprintf("the length of a trial is %v minutes and %d %s", p.Minutes, p.Length(), p.Unit()),
			"give one of them, above 0",
		}
	}
	return nil
}

// Shared returns what all trials of a study have in common: the plan without its name, its
// arms, its seeds and what is asked of the results, which may change from start to start.
func (p Plan) Shared() Plan {
	p.Name, p.Question, p.Judges, p.Seeds, p.Arms, p.Order = "", "", nil, 0, nil, nil
	return p
}

// Length is that of a trial in the trial's own unit, 0 where the plan says it in minutes.
func (p Plan) Length() int64 { return p.Updates + p.Steps }

// Unit names what the length of a trial is counted in.
func (p Plan) Unit() string {
	if p.Kind == Train {
		return "steps"
	}
	return "updates"
}

// SetLength replaces the length of a trial by one in its own unit.
func (p *Plan) SetLength(n int64) {
	p.Minutes, p.Updates, p.Steps = 0, 0, 0
	if p.Kind == Train {
		p.Steps = n
	} else {
		p.Updates = n
	}
}

// Complete fills in the name, base and order of arms of a plan that was read from text.
func (p *Plan) Complete(name, text string) {
	p.Name = cmp.Or(p.Name, name)
	at := map[string]int{}
	for arm := range p.Arms {
		at[arm] = len(text)
		if i := regexp.MustCompile(`(?m)^\s*\[?\s*arm\.` + regexp.QuoteMeta(arm) + `[.\]\s=]`).FindStringIndex(text); i != nil {
			at[arm] = i[0]
		}
	}
	if len(p.Order) == 0 {
		p.Order = slices.SortedFunc(maps.Keys(p.Arms), func(a, b string) int { return cmp.Or(at[a]-at[b], cmp.Compare(a, b)) })
	}
	if p.Base == "" && len(p.Order) > 0 {
		p.Base = p.Order[0]
	}
}

// Merged returns the settings of an arm over those of all, as new maps.
func (p Plan) Merged(arm string) map[string]any {
	all := merge(map[string]any{}, p.Settings)
	merge(all, p.Arms[arm])
	delete(all, About)
	delete(all, Control)
	return all
}

// The keys of an arm that are no settings.
const (
	About   = "about"
	Control = "control"
)

func merge(into, from map[string]any) map[string]any {
	for key, v := range from {
		if table, ok := v.(map[string]any); ok {
			below, _ := into[key].(map[string]any)
			into[key] = merge(merge(map[string]any{}, below), table)
			continue
		}
		into[key] = v
	}
	return into
}

//go:embed plans
var plans embed.FS

// Ready returns the text of a plan that comes with glint.
func Ready(name string) (text string, ok bool) {
	b, err := plans.ReadFile("plans/" + name + ".toml")
	return string(b), err == nil
}

// ReadyNames lists the plans that come with glint.
func ReadyNames() (all []string) {
	entries, err := plans.ReadDir("plans")
	if err != nil {
		panic(err) // they are in the program
	}
	for _, e := range entries {
		all = append(all, strings.TrimSuffix(e.Name(), path.Ext(e.Name())))
	}
	return all
}
