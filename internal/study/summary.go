package study

import (
	"maps"
	"slices"
)

// NewResult returns the result of a plan whose trials have no outcome yet; settings
// writes what an arm sets.
func (p Plan) NewResult(settings func(map[string]any) string) Result {
	r := Result{Report: PageFile, Name: p.Name, Question: p.Question, Env: p.Env, Kind: p.Kind, Length: p.Length(), Judges: p.judges(), Base: p.Base}
	for i := range p.Seeds {
		r.Seeds = append(r.Seeds, uint64(i+1))
	}
	for _, name := range p.Order {
		about, _ := p.Arms[name][About].(string)
		control, _ := p.Arms[name][Control].(string)
		r.Order = append(r.Order, Arm{Name: name, What: about, Control: control, Settings: settings(p.Merged(name))})
	}
	return r
}

// Summarise fills in what endings say of the arms of a result whose plan is filled in.
func (r *Result) Summarise(endings []Ending) {
	r.Trials, r.Failed, r.Failures, r.Versions = len(endings), 0, []Failure{}, []string{}
	of := map[string][]*Outcome{}
	for i := range r.Order {
		arm := &r.Order[i]
		for _, seed := range r.Seeds {
			at := slices.IndexFunc(endings, func(e Ending) bool { return e.Spec.Arm == arm.Name && e.Spec.Seed == seed })
			e := endings[at]
			of[arm.Name] = append(of[arm.Name], e.Outcome)
			if e.Outcome == nil {
				r.Failed++
				r.Failures = append(r.Failures, Failure{arm.Name, seed, e.Why()})
				continue
			}
			if arm.Example == "" {
				arm.Example, arm.Note = e.Spec.Folder()+"/"+RunFolder, e.Outcome.Note
			}
			if !slices.Contains(r.Versions, e.Outcome.Version) {
				r.Versions = append(r.Versions, e.Outcome.Version)
			}
		}
	}
	slices.Sort(r.Versions)
	r.Arms, r.AgainstControl = map[string]map[string]Figure{}, map[string]map[string]Figure{}
	for _, arm := range r.Order {
		r.Arms[arm.Name] = r.figures(of[arm.Name], of[r.Base], arm.Name != r.Base)
		if arm.Control != "" {
			r.AgainstControl[arm.Name] = r.figures(of[arm.Name], of[arm.Control], true)
		}
	}
}

// figures sums up what each judge says of an arm and, where it compares, how the arm stands
// against another.
func (r *Result) figures(arm, base []*Outcome, compares bool) map[string]Figure {
	all := map[string]Figure{}
	for _, j := range r.Judges {
		f := figureOf(values(arm, j.Name))
		if compares {
			f.compare(values(base, j.Name), j.Better)
			f.Paired = paired(arm, base, j.Name)
		}
		all[j.Name] = f
	}
	return all
}

// Against returns the result of the arms that have a control, which is its base, and of no
// others.
func (r *Result) Against(control string) *Result {
	against := *r
	against.Base, against.Order, against.Arms = control, nil, maps.Clone(r.Arms)
	for _, arm := range r.Order {
		switch {
		case arm.Name == control:
			against.Order = append(against.Order, arm)
		case arm.Control == control:
			against.Order = append(against.Order, arm)
			against.Arms[arm.Name] = r.AgainstControl[arm.Name]
		}
	}
	return &against
}

// values are the figures of a judge by seed, nil where there is none.
func values(outcomes []*Outcome, judge string) []*float64 {
	all := make([]*float64, len(outcomes))
	for i, o := range outcomes {
		if o == nil {
			continue
		}
		if v, ok := o.Figures[judge]; ok {
			all[i] = &v
		}
	}
	return all
}

// Known returns the values that are known.
func Known(values []*float64) (x []float64) {
	for _, v := range values {
		if v != nil {
			x = append(x, *v)
		}
	}
	return x
}

// Broken lists the arms of which no trial succeeded.
func (r *Result) Broken() (arms []string) {
	for _, a := range r.Order {
		if a.Example == "" {
			arms = append(arms, a.Name)
		}
	}
	return arms
}
