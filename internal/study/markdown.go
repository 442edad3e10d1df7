package study

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The report in the study folder: a page, and a summary in Markdown.
const (
	PageFile    = "report.html"
	SummaryFile = "summary.md"
)

// Markdown returns the summary of a result.
func (r *Result) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s on %s\n\n%s\n\n", r.Name, r.Env, r.Question)
	fmt.Fprintf(&b, "Arms: %d. Seeds of each: %d. A trial is %s\n\n", len(r.Order), len(r.Seeds), r.trial())
	r.results(&b)
	r.differences(&b)
	r.everySeed(&b)
	r.failures(&b)
	r.arms(&b)
	fmt.Fprintf(&b, "## Again\n\nIn the study folder; ARM and N are those of a trial.\n\n```sh\n%s\n```\n\n", strings.Join(r.Commands, "\n"))
	fmt.Fprintf(&b, "Made by %s.\n", strings.Join(r.Versions, "; "))
	return b.String()
}

// trial says what a trial is.
func (r *Result) trial() string {
	if r.Kind == Train {
		return fmt.Sprintf("%d steps of `glint train` on one thread, judged by `glint eval`.", r.Length)
	}
	return fmt.Sprintf("%d updates of `glint pretrain` on one thread, judged by `glint probe` on episodes of another seed.", r.Length)
}

func (r *Result) results(b *strings.Builder) {
	b.WriteString("## Results\n\nThe interquartile mean over seeds")
	if len(r.Seeds) > 1 {
		b.WriteString(", with its 95 % bootstrap interval")
	} else {
		b.WriteString(". One seed tells no interval")
	}
	b.WriteString(". ↑ more is better, ↓ less is.\n\n")
	r.table(b, false, func(f Figure) string {
		if f.IQM == nil {
			return "–"
		}
		return number(*f.IQM) + span(f.Lo, f.Hi)
	})
}

func (r *Result) differences(b *strings.Builder) {
	fmt.Fprintf(b, "## Against %s\n\nThe difference of the interquartile means over the seeds that both have, paired by seed, and P, the probability that a trial is better than one of %s.\n\n", r.Base, r.Base)
	r.table(b, true, func(f Figure) string {
		if f.Difference == nil || f.Improvement == nil {
			return "–"
		}
		d, p := f.Difference, f.Improvement
		return fmt.Sprintf("%s%s; P %s%s", signed(d.Value), span(d.Lo, d.Hi), number(p.Value), span(p.Lo, p.Hi))
	})
}

// table writes arms by judges.
func (r *Result) table(b *strings.Builder, others bool, cell func(Figure) string) {
	b.WriteString("| arm |")
	for _, j := range r.Judges {
		fmt.Fprintf(b, " %s %s |", j.Label, map[Better]string{Higher: "↑", Lower: "↓"}[j.Better])
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(r.Judges)) + "\n")
	for _, a := range r.Order {
		if others && a.Name == r.Base {
			continue
		}
		fmt.Fprintf(b, "| %s |", a.Name)
		for _, j := range r.Judges {
			fmt.Fprintf(b, " %s |", cell(r.Arms[a.Name][j.Name]))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

func (r *Result) everySeed(b *strings.Builder) {
	b.WriteString("## Every seed\n\n| arm | seed |")
	for _, j := range r.Judges {
		fmt.Fprintf(b, " %s |", j.Name)
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", len(r.Judges)) + "\n")
	for _, a := range r.Order {
		for i, seed := range r.Seeds {
			fmt.Fprintf(b, "| %s | %d |", a.Name, seed)
			for _, j := range r.Judges {
				if v := r.Arms[a.Name][j.Name].Seeds[i]; v != nil {
					fmt.Fprintf(b, " %s |", number(*v))
				} else {
					b.WriteString(" – |")
				}
			}
			b.WriteString("\n")
		}
	}
	b.WriteString("\n")
}

func (r *Result) failures(b *strings.Builder) {
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

func (r *Result) arms(b *strings.Builder) {
	b.WriteString("## Arms\n\nWhat each sets beside the defaults of this kind of trial.\n\n")
	for _, a := range r.Order {
		fmt.Fprintf(b, "**%s**", a.Name)
		if a.What != "" {
			fmt.Fprintf(b, ": %s", a.What)
		}
		if a.Note != "" {
			fmt.Fprintf(b, " (%s)", a.Note)
		}
		if settings := strings.TrimSpace(a.Settings); settings != "" {
			fmt.Fprintf(b, "\n\n```toml\n%s\n```\n\n", settings)
		} else {
			b.WriteString("\n\n")
		}
	}
}

// span is an interval in brackets, empty where it is not known.
func span(lo, hi *float64) string {
	if lo == nil || hi == nil {
		return ""
	}
	return fmt.Sprintf(" (%s to %s)", number(*lo), number(*hi))
}

// number writes a figure with three digits that count.
func number(x float64) string {
	if x == 0 {
		return "0" // never minus zero
	}
	digits := 2 - int(math.Floor(math.Log10(math.Abs(x))))
	return strconv.FormatFloat(x, 'f', min(max(digits, 0), 8), 64)
}

func signed(x float64) string {
	if x > 0 {
		return "+" + number(x)
	}
	return number(x)
}
