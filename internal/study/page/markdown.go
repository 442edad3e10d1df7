package page

import (
	"fmt"
	"strings"

	"glint/internal/study"
)

// Markdown returns the summary of a result: what the page says in words and tables, with what
// is drawn beside it.
func Markdown(r *study.Result, beside []Illustration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s on %s\n\n%s\n\n", r.Name, r.Env, r.Question)
	for _, line := range answer(r) {
		fmt.Fprintf(&b, "%s\n\n", line)
	}
	for _, f := range facts(r) {
		fmt.Fprintf(&b, "- %s: %s\n", f.Word, f.Says)
	}
	results(&b, r)
	for _, i := range beside {
		fmt.Fprintf(&b, "![%s](%s)\n\n%s\n\n", i.Alt, i.File, i.Caption)
	}
	for _, c := range comparisons(r) {
		differences(&b, c)
	}
	everySeed(&b, r)
	failures(&b, r)
	arms(&b, r)
	fmt.Fprintf(&b, "## Again\n\nIn the study folder; ARM and N are those of a trial.\n\n```sh\n%s\n```\n\n", strings.Join(r.Commands, "\n"))
	fmt.Fprintf(&b, "Made by %s.\n", strings.Join(r.Versions, "; "))
	return b.String()
}

func results(b *strings.Builder, r *study.Result) {
	b.WriteString("\n## Results\n\nThe interquartile mean over seeds")
	if len(r.Seeds) > 1 {
		b.WriteString(", with its 95 % bootstrap interval")
	} else {
		b.WriteString(". One seed tells no interval")
	}
	b.WriteString(". ↑ more is better, ↓ less is.\n\n")
	tables(b, groups(r), true, func(c cell) string { return c.IQM + bracketed(c.Interval) })
}

func differences(b *strings.Builder, c comparison) {
	fmt.Fprintf(b, "## %s\n\n", c.Title)
	for _, said := range c.Caveats {
		fmt.Fprintf(b, "%s\n\n", said)
	}
	tables(b, c.Groups, false, func(c cell) string {
		if c.Difference == "" {
			return ""
		}
		said := []string{strings.TrimSpace(c.Difference + bracketed(c.DifferenceInterval) + " " + c.Verdict), "P " + c.Probability + bracketed(c.ProbabilityInterval)}
		if c.Paired != "" {
			said = append(said, "same frames "+c.Paired+bracketed(c.PairedInterval))
		}
		if c.Needed != "" {
			said = append(said, c.Needed)
		}
		return strings.Join(said, "; ")
	})
}

func bracketed(interval string) string {
	if interval == "" {
		return ""
	}
	return " (" + interval + ")"
}

// tables writes arms by judges.
func tables(b *strings.Builder, all []group, base bool, say func(cell) string) {
	for _, g := range all {
		b.WriteString("| arm |")
		for _, j := range g.Judges {
			fmt.Fprintf(b, " %s %s |", j.Label, map[study.Better]string{study.Higher: "↑", study.Lower: "↓"}[j.Better])
		}
		b.WriteString("\n|---|" + strings.Repeat("---|", len(g.Judges)) + "\n")
		for _, line := range g.Rows {
			if line.Base && !base {
				continue
			}
			fmt.Fprintf(b, "| %s |", line.Arm.Name)
			for _, c := range line.Cells {
				text := say(c)
				if text == "" {
					text = "–"
				}
				fmt.Fprintf(b, " %s |", text)
			}
			b.WriteString("\n")
		}
		b.WriteString("\n")
	}
}

func everySeed(b *strings.Builder, r *study.Result) {
	b.WriteString("## Every seed\n\n")
	fmt.Fprintf(b, "In the order of the seeds %s.\n\n", list(r.Seeds))
	tables(b, groups(r), true, func(c cell) string { return strings.Join(c.Values, ", ") })
}

func failures(b *strings.Builder, r *study.Result) {
	if r.Failed == 0 {
		return
	}
	fmt.Fprintf(b, "## Failed\n\n%d of %d trials have no result.", r.Failed, r.Trials)
	if broken := r.Broken(); len(broken) > 0 {
		fmt.Fprintf(b, " Not one trial succeeded of: %s.", strings.Join(broken, ", "))
	}
	b.WriteString("\n\n| arm | seed | error |\n|---|---|---|\n")
	for _, f := range r.Failures {
		fmt.Fprintf(b, "| %s | %d | %s |\n", f.Arm, f.Seed, strings.ReplaceAll(f.Error, "|", `\|`))
	}
	b.WriteString("\n")
}

func arms(b *strings.Builder, r *study.Result) {
	b.WriteString("## Arms\n\nWhat each sets beside the defaults of this kind of trial.\n\n")
	for _, a := range r.Order {
		fmt.Fprintf(b, "**%s**", a.Name)
		if a.What != "" {
			fmt.Fprintf(b, ": %s", a.What)
		}
		if a.Note != "" {
			fmt.Fprintf(b, " (%s)", a.Note)
		}
		if a.Control != "" {
			fmt.Fprintf(b, ". Its control is %s.", a.Control)
		}
		if settings := strings.TrimSpace(a.Settings); settings != "" {
			fmt.Fprintf(b, "\n\n```toml\n%s\n```\n\n", settings)
		} else {
			b.WriteString("\n\n")
		}
	}
}
