package page

import (
	"fmt"
	"strings"

	"glint/internal/study"
)

// answer says in a few sentences what the first judge tells.
func answer(r *study.Result) []string {
	said := againstBase(r, r.Judges[0])
	for _, control := range controls(r) {
		said = append(said, againstControl(r.Against(control), r.Judges[0])...)
	}
	if broken := r.Broken(); len(broken) > 0 {
		said = append(said, "Without any result, see Failures: "+strings.Join(broken, ", ")+".")
	}
	return said
}

// againstBase says how arms stand against the base.
func againstBase(r *study.Result, j study.Judge) []string {
	base := r.Arms[r.Base][j.Name]
	if base.IQM == nil {
		return []string{fmt.Sprintf("No trial of %s has a figure of %s, so nothing is compared with it.", r.Base, j.Label)}
	}
	best := bestOf(r, j, func(a study.Arm) bool { return a.Name != r.Base })
	if best == nil {
		return []string{fmt.Sprintf("No arm but %s has a figure of %s, so nothing is compared.", r.Base, j.Label)}
	}
	said := []string{capital(versus(r, j, *best))}
	if best.Note != "" {
		said = append(said, fmt.Sprintf("Note of %s: %s.", best.Name, best.Note))
		if next := bestOf(r, j, func(a study.Arm) bool { return a.Name != r.Base && a.Note == "" }); next != nil {
			said = append(said, "Of the arms without a note: "+versus(r, j, *next))
		}
	}
	return append(said, separation(r, j, *best)...)
}

// againstControl says how arms stand against their control, which is the base of r.
func againstControl(r *study.Result, j study.Judge) (said []string) {
	n, base := numbersOf(r, j), r.Arms[r.Base][j.Name]
	if base.IQM == nil {
		return []string{fmt.Sprintf("No trial of the control %s has a figure of %s, so nothing is compared with it.", r.Base, j.Label)}
	}
	for _, a := range r.Order {
		f := r.Arms[a.Name][j.Name]
		if a.Name == r.Base || f.Difference == nil {
			continue
		}
		word := map[string]string{better: " is better", worse: " is worse", same: " is not separated"}[verdict(r, j, a.Name)]
		if shared(r, j, a.Name) < fewest {
			word = ""
		}
		said = append(said, fmt.Sprintf("Against its control %s, %s%s by %s: %s%s against %s%s%s.", r.Base, a.Name, word, j.Label,
			n.of(*f.IQM), n.span(f.Lo, f.Hi), n.of(*base.IQM), n.span(base.Lo, base.Hi), n.gap(f)))
	}
	return said
}

// versus says how an arm stands against the base.
func versus(r *study.Result, j study.Judge, a study.Arm) string {
	n, f, base := numbersOf(r, j), r.Arms[a.Name][j.Name], r.Arms[r.Base][j.Name]
	span := n.span(f.Lo, f.Hi)
	if span != "" {
		span = strings.Replace(span, "(", "(95 % interval ", 1)
	}
	s := fmt.Sprintf("best by %s is %s: %s%s against %s%s of %s", j.Label, a.Name, n.of(*f.IQM), span, n.of(*base.IQM), n.span(base.Lo, base.Hi), r.Base)
	if !ahead(j, *f.IQM, *base.IQM) {
		s = fmt.Sprintf("no arm does better than %s by %s; the nearest is %s: %s%s against %s%s", r.Base, j.Label, a.Name, n.of(*f.IQM), span, n.of(*base.IQM), n.span(base.Lo, base.Hi))
	}
	s += n.gap(f)
	if p := f.Improvement; p != nil {
		s += fmt.Sprintf("; a trial of it is better than one of %s with probability %s%s", r.Base, share.of(p.Value), share.span(p.Lo, p.Hi))
	}
	return s + "."
}

// gap writes the differences of a figure.
func (n numbers) gap(f study.Figure) (said string) {
	if d := f.Difference; d != nil {
		value, span := n.difference(d)
		said += fmt.Sprintf(", a difference of %s%s", value, span)
	}
	if d := f.Paired; d != nil {
		value, span := n.difference(d)
		said += fmt.Sprintf(" and, of the means in the same frames, of %s%s", value, span)
	}
	return said
}

// separation says which arms differ from the base by more than chance.
func separation(r *study.Result, j study.Judge, best study.Arm) []string {
	var up, down, neither []string
	known := false
	for _, a := range r.Order {
		f := r.Arms[a.Name][j.Name]
		if a.Name == r.Base || f.Difference == nil {
			continue
		}
		known = known || f.Difference.Lo != nil
		switch verdict(r, j, a.Name) {
		case better:
			up = append(up, a.Name)
		case worse:
			down = append(down, a.Name)
		default:
			neither = append(neither, a.Name)
		}
	}
	switch {
	case !known:
		return []string{"One seed tells no interval: nothing can be said to be separated. Run more seeds."}
	case len(r.Seeds) < fewest:
		return []string{fmt.Sprintf("With %d seeds nothing is called separated: their intervals are too narrow for that. Run %d or more.", len(r.Seeds), fewest)}
	case len(up)+len(down) == 0:
		return []string{fmt.Sprintf("Nothing is separated: an interval of every difference to %s holds 0.%s", r.Base, needed(r, j, best))}
	}
	var said []string
	for _, part := range []struct {
		arms  []string
		words string
	}{
		{up, "Better than " + r.Base + ", with intervals of the difference that leave out 0: "},
		{down, "Worse than " + r.Base + ", with intervals that leave out 0: "},
		{neither, "Not separated from " + r.Base + ": "},
	} {
		if len(part.arms) > 0 {
			said = append(said, part.words+strings.Join(part.arms, ", ")+".")
		}
	}
	if verdict(r, j, best.Name) == same {
		said = append(said, strings.TrimSpace(needed(r, j, best)))
	}
	return said
}

// capital begins a sentence.
func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// ahead says whether a is better than b.
func ahead(j study.Judge, a, b float64) bool {
	if j.Better == study.Lower {
		return a < b
	}
	return a > b
}

// bestOf returns the arm with the best figure of those that are asked for.
func bestOf(r *study.Result, j study.Judge, of func(study.Arm) bool) *study.Arm {
	var best *study.Arm
	for i, a := range r.Order {
		f := r.Arms[a.Name][j.Name]
		if f.IQM != nil && of(a) && (best == nil || ahead(j, *f.IQM, *r.Arms[best.Name][j.Name].IQM)) {
			best = &r.Order[i]
		}
	}
	return best
}
