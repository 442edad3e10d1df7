package page

import (
	"bytes"
	_ "embed" // of the page's template
	"fmt"
	"slices"

	"glint/internal/doctor"
	"glint/internal/htmlpage"
	"glint/internal/report"
)

// Report is an examination that is told.
type Report struct {
	Of       string // what was examined, such as "dojo, ppo"
	Settings string // of it, as TOML
	Command  string // that examines it again
	Version  string // of glint
	Verdicts []doctor.Verdict
}

//go:embed page.html
var pageText string

var pageTemplate = htmlpage.Template(pageText)

// Write writes the page of a report to path, which appears whole or not at all.
func Write(path string, r Report) error {
	b, err := HTML(r)
	if err != nil {
		return err
	}
	if err := report.ReplaceFile(path, b); err != nil {
		return fmt.Errorf("page: writing %s: %w", path, err)
	}
	return nil
}

// HTML returns the page of a report.
func HTML(r Report) ([]byte, error) {
	v := view{Report: r}
	figures := 0
	for i, verdict := range r.Verdicts {
		at := slices.IndexFunc(v.Groups, func(g group) bool { return g.Name == verdict.Group })
		if at < 0 {
			at = len(v.Groups)
			v.Groups = append(v.Groups, group{Name: verdict.Group})
		}
		v.Groups[at].Checks = append(v.Groups[at].Checks, check{Verdict: verdict, Number: i + 1})
	}
	for i := range v.Groups {
		for k := range v.Groups[i].Checks {
			c := &v.Groups[i].Checks[k]
			if !c.OK {
				v.Groups[i].Findings++
				v.Findings = append(v.Findings, *c)
			}
			if c.Plot == nil {
				continue
			}
			figures++
			c.Shown = figures
			f, err := figureOf(figures, c.Check, c.Plot)
			if err != nil {
				return nil, err
			}
			v.Groups[i].Figures = append(v.Groups[i].Figures, numbered{f, figures})
		}
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, v); err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	return b.Bytes(), nil
}

// view is what the template shows.
type view struct {
	Report
	Findings []check
	Groups   []group
}

// Tally says how many checks were made and what came of them.
func (v view) Tally() string { return doctor.Tally(len(v.Verdicts), len(v.Findings)) }

// group is checks of one kind.
type group struct {
	Name     string // empty where it has none
	Checks   []check
	Findings int
	Figures  []numbered
}

// Tally is that of the whole, of the group.
func (g group) Tally() string { return doctor.Tally(len(g.Checks), g.Findings) }

// check is a verdict in its place.
type check struct {
	doctor.Verdict
	Number int // from 1 on
	Shown  int // the number of its figure, 0 for none
}

// Measured is the figure, "–" where nothing could be measured.
func (c check) Measured() string {
	if c.Figure == nil {
		return "–"
	}
	return short(*c.Figure)
}

// Limit is the threshold, empty where there is none.
func (c check) Limit() string {
	switch {
	case c.Threshold == nil:
		return ""
	case c.Least:
		return "at least " + short(*c.Threshold)
	}
	return "at most " + short(*c.Threshold)
}

// numbered is a plot with its number.
type numbered struct {
	htmlpage.Figure
	Number int
}
