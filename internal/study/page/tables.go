package page

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"glint/internal/study"
)

// groupJudges is how many judges stand side by side: no more fit on a sheet of paper.
const groupJudges = 4

// group is some judges of the tables.
type group struct {
	Number string // of the table, such as "1 b"; empty where there is one group
	Judges []study.Judge
	Rows   []row
}

// row is what the judges of a group say of an arm.
type row struct {
	Arm   study.Arm
	Base  bool
	Cells []cell
}

// cell is what a judge says of an arm. A text is empty where it is not known.
type cell struct {
	IQM, Interval                    string
	Probability, ProbabilityInterval string
	Difference, DifferenceInterval   string
	Paired, PairedInterval           string
	Needed                           string
	Verdict                          string
	Values                           []string // one a seed
	Strip                            strip
}

// comparison is the differences of arms to one of them.
type comparison struct {
	To, Title string
	Caveats   []string
	Groups    []group
}

// comparisons are those to the base and then to the controls of arms, with tables that are
// numbered through.
func comparisons(r *study.Result) []comparison {
	all := []comparison{{r.Base, "Against " + r.Base, caveats(r), groups(r)}}
	for _, control := range controls(r) {
		all = append(all, comparison{control, "Against the control " + control, nil, groups(r.Against(control))})
	}
	var tables []*group
	for _, c := range all {
		for i := range c.Groups {
			tables = append(tables, &c.Groups[i])
		}
	}
	for i, g := range tables {
		g.Number = ""
		if len(tables) > 1 {
			g.Number = " " + letters(i)
		}
	}
	return all
}

// letters numbers from a, and after z from aa.
func letters(i int) string {
	if i < 26 {
		return string(rune('a' + i))
	}
	return letters(i/26-1) + letters(i%26)
}

// controls lists the arms that are the control of another.
func controls(r *study.Result) (all []string) {
	for _, a := range r.Order {
		if a.Control != "" && !slices.Contains(all, a.Control) {
			all = append(all, a.Control)
		}
	}
	return all
}

// groups cuts the judges into tables.
func groups(r *study.Result) (all []group) {
	tables := (len(r.Judges) + groupJudges - 1) / groupJudges
	each := (len(r.Judges) + tables - 1) / tables
	for judges := range slices.Chunk(r.Judges, each) {
		g := group{Judges: judges}
		if tables > 1 {
			g.Number = " " + letters(len(all))
		}
		for _, a := range r.Order {
			line := row{Arm: a, Base: a.Name == r.Base}
			for _, j := range g.Judges {
				line.Cells = append(line.Cells, cellOf(r, a, j))
			}
			g.Rows = append(g.Rows, line)
		}
		all = append(all, g)
	}
	return all
}

func cellOf(r *study.Result, a study.Arm, j study.Judge) cell {
	f, n := r.Arms[a.Name][j.Name], numbersOf(r, j)
	var c cell
	for _, v := range f.Seeds {
		text := "–"
		if v != nil {
			text = n.of(*v)
		}
		c.Values = append(c.Values, text)
	}
	if f.IQM == nil {
		return c
	}
	c.IQM, c.Interval = n.of(*f.IQM), bare(n.span(f.Lo, f.Hi))
	c.Strip = stripOf(r, j, f, c.Values)
	if p := f.Improvement; p != nil {
		c.Probability, c.ProbabilityInterval = share.of(p.Value), bare(share.span(p.Lo, p.Hi))
	}
	if d := f.Difference; d != nil {
		c.Difference, c.DifferenceInterval = n.difference(d)
		c.DifferenceInterval, c.Verdict = bare(c.DifferenceInterval), verdict(r, j, a.Name)
	}
	if p := f.Paired; p != nil {
		c.Paired, c.PairedInterval = n.difference(p)
		c.PairedInterval = bare(c.PairedInterval)
	}
	if f.Needed != nil && c.Verdict == same {
		c.Needed = fmt.Sprintf("needs %s seeds", seedsOf(*f.Needed))
	}
	return c
}

// bare is an interval without its brackets.
func bare(span string) string { return strings.Trim(span, " ()") }

// strip is a row of dots, one a seed, on a scale that all arms share. Places are in
// hundredths of its width.
type strip struct {
	Says     string // the same in words
	Dots     []dot
	IQM      float64
	Lo, Hi   float64 // of the interval; equal where none is known
	Interval bool
}

type dot struct{ X, Y float64 }

// The heights of dots, so that equal figures do not hide each other.
var dotHeights = []float64{8, 4.5, 11.5, 6.2, 9.8}

func stripOf(r *study.Result, j study.Judge, f study.Figure, values []string) strip {
	lo, hi := domain(r, j)
	at := func(x float64) float64 { return math.Round((4+92*(x-lo)/(hi-lo))*10) / 10 }
	s := strip{IQM: at(*f.IQM), Interval: f.Lo != nil && f.Hi != nil}
	if s.Interval {
		s.Lo, s.Hi = at(*f.Lo), at(*f.Hi)
	}
	var said []string
	for i, v := range f.Seeds {
		said = append(said, fmt.Sprintf("seed %d: %s", r.Seeds[i], values[i]))
		if v != nil {
			s.Dots = append(s.Dots, dot{at(*v), dotHeights[i%len(dotHeights)]})
		}
	}
	s.Says = strings.Join(said, ", ")
	return s
}

// domain is the range of a judge's values over all arms, never empty.
func domain(r *study.Result, j study.Judge) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, a := range r.Order {
		f := r.Arms[a.Name][j.Name]
		for _, v := range append([]*float64{f.IQM, f.Lo, f.Hi}, f.Seeds...) {
			if v != nil {
				lo, hi = min(lo, *v), max(hi, *v)
			}
		}
	}
	switch {
	case lo > hi:
		return 0, 1
	case lo == hi:
		pad := max(math.Abs(lo)/2, 0.5)
		return lo - pad, hi + pad
	}
	return lo, hi
}
