package page

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/plotter"

	"glint/internal/doctor"
)

// trace is a series without what has no place on the axes.
type trace struct {
	name   string
	number int           // of the series, which its style is of
	parts  []plotter.XYs // of one or more points each; a line is broken between them
}

// points are those of all parts.
func (t trace) points() plotter.XYs { return slices.Concat(t.parts...) }

// tracesOf sorts the points of each series by X and parts them at those without a place. The
// axes hold what is drawn. Series without a point are not among them; left are the points that
// have no place.
func tracesOf(p *doctor.Plot, x, y *axis) (all []trace, left int) {
	for i, s := range p.Series {
		t := trace{name: s.Name, number: i}
		var part plotter.XYs
		for _, at := range sorted(p, s) {
			switch {
			case x.has(at.X) && y.has(at.Y):
				part = append(part, at)
				x.add(at.X)
				y.add(at.Y)
				continue
			case len(part) > 0:
				t.parts = append(t.parts, part)
				part = nil
			}
			left++
		}
		if len(part) > 0 {
			t.parts = append(t.parts, part)
		}
		if len(t.parts) > 0 {
			all = append(all, t)
		}
	}
	return all, left
}

// sorted returns the points of a series by X, which is the class's number where there are
// classes.
func sorted(p *doctor.Plot, s doctor.Series) plotter.XYs {
	if p.Classes != nil {
		points := make(plotter.XYs, len(p.Classes))
		for i := range points {
			points[i] = plotter.XY{X: float64(i), Y: math.NaN()}
			if i < len(s.Y) {
				points[i].Y = s.Y[i]
			}
		}
		return points
	}
	points := make(plotter.XYs, min(len(s.X), len(s.Y)))
	for i := range points {
		points[i] = plotter.XY{X: s.X[i], Y: s.Y[i]}
	}
	slices.SortStableFunc(points, func(a, b plotter.XY) int { return cmp.Compare(a.X, b.X) })
	return points
}

// fewPoints are all told in words, and marked in the plot.
const fewPoints = 24

// says is a plot in words.
func says(p *doctor.Plot, traces []trace, marks []doctor.Mark) string {
	var all []string
	for _, t := range traces {
		points := t.points()
		at := func(xy plotter.XY) string { return short(xy.Y) + " at " + short(xy.X) }
		if p.Classes != nil {
			at = func(xy plotter.XY) string { return p.Classes[int(xy.X)] + " " + short(xy.Y) }
		}
		byY := func(a, b plotter.XY) int { return cmp.Compare(a.Y, b.Y) }
		text := fmt.Sprintf("%s from %s to %s, least %s, most %s", doctor.Count(len(points), "point"),
			at(points[0]), at(points[len(points)-1]), at(slices.MinFunc(points, byY)), at(slices.MaxFunc(points, byY)))
		if len(points) <= fewPoints {
			var each []string
			for _, xy := range points {
				each = append(each, at(xy))
			}
			text = strings.Join(each, ", ")
		}
		if t.name != "" {
			text = t.name + ": " + text
		}
		all = append(all, text)
	}
	if m := places(marks); m != "" {
		all = append(all, "marked are "+m)
	}
	return p.Y + " by " + p.X + ". " + strings.Join(all, "; ") + "."
}

// places says where marks are.
func places(marks []doctor.Mark) string {
	var all []string
	for _, m := range marks {
		all = append(all, m.Name+" at "+short(m.X))
	}
	return strings.Join(all, ", ")
}
