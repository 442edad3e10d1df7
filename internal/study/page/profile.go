package page

import (
	"slices"
	"strings"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"

	"glint/internal/htmlpage"
	"glint/internal/stats"
	"glint/internal/study"
)

// The size of the wide plots, and what of it their legend takes, in points.
const (
	plotWidth, plotHeight = 400, 290
	legendWidth           = 95
)

// profileOf draws, for each arm, the share of its seeds that are better than a figure;
// nil where no trial has one, or one seed has no shares.
func profileOf(r *study.Result, j study.Judge) (*htmlpage.Figure, error) {
	if len(r.Seeds) < 2 {
		return nil, nil
	}
	p := htmlpage.NewPlot()
	legend := htmlpage.NewLegend()
	lo, hi := padded(domain(r, j))
	n := numbersOf(r, j)
	var said []string
	for i, a := range r.Order {
		x := study.Known(r.Arms[a.Name][j.Name].Seeds)
		if len(x) == 0 {
			continue
		}
		line, err := steps(j, x, lo, hi)
		if err != nil {
			return nil, err
		}
		line.LineStyle = htmlpage.LineStyle(i, i/htmlpage.Colors)
		p.Add(line)
		legend.Add(a.Name, line)
		said = append(said, a.Name+" from "+n.of(slices.Min(x))+" to "+n.of(slices.Max(x)))
	}
	if len(said) == 0 {
		return nil, nil
	}
	better := "above"
	if j.Better == study.Lower {
		better = "below"
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = lo, hi, -0.02, 1.02
	p.X.Label.Text, p.Y.Label.Text = j.Label, "share of seeds "+better
	svg, err := htmlpage.Inline("profile", "Performance profiles by "+j.Label, "The seeds of each arm reach: "+strings.Join(said, "; ")+".", plotWidth, plotHeight, func(c draw.Canvas) {
		p.Draw(draw.Crop(c, 0, -legendWidth, 0, -4))
		legend.Draw(draw.Crop(c, plotWidth-legendWidth+8, 0, 0, -6))
	})
	caption := "For each figure of " + j.Label + ", the share of an arm's seeds that are " + better + " it. A line above another is better everywhere, as far as these seeds tell: no bands are drawn. Lines of equal shares hide each other."
	return &htmlpage.Figure{SVG: svg, Caption: caption}, err
}

// steps is the profile of an arm between lo and hi.
func steps(j study.Judge, x []float64, lo, hi float64) (*plotter.Line, error) {
	sign, step := 1., plotter.PostStep
	if j.Better == study.Lower {
		sign, step = -1, plotter.PreStep
	}
	at := slices.Concat([]float64{lo}, slices.Sorted(slices.Values(x)), []float64{hi})
	taus, scores := scaled(at, sign), stats.Task(scaled(x, sign))
	profile, err := stats.Profile(scores, taus)
	if err != nil {
		return nil, err
	}
	points := make(plotter.XYs, len(at))
	for i := range at {
		points[i] = plotter.XY{X: at[i], Y: profile[i]}
	}
	line, err := plotter.NewLine(points)
	if err != nil {
		return nil, err
	}
	line.StepStyle = step
	return line, nil
}

func scaled(x []float64, by float64) []float64 {
	y := slices.Clone(x)
	for i := range y {
		y[i] *= by
	}
	return y
}
