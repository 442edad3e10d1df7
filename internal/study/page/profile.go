package page

import (
	"image/color"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"glint/internal/stats"
	"glint/internal/study"
)

// The size of the wide plots, and what of it their legend takes, in points.
const (
	plotWidth, plotHeight = 400, 290
	legendWidth           = 95
)

// The lines of a profile: colours, and then the same colours with other dashes.
var (
	lineColors = []color.Color{black, vermillion, blue, green, orange, purple, sky}
	lineDashes = [][]vg.Length{nil, {5, 2}, {1.5, 1.5}, {6, 2, 1.5, 2}}
)

// profileOf draws, for each arm, the share of its seeds that are better than a figure;
// nil where no trial has one, or one seed has no shares.
func profileOf(r *study.Result, j study.Judge) (*figure, error) {
	if len(r.Seeds) < 2 {
		return nil, nil
	}
	p := newPlot()
	legend := plot.NewLegend()
	legend.TextStyle, legend.Top, legend.Left, legend.Padding = p.Legend.TextStyle, true, true, 2
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
		line.Color, line.Dashes, line.Width = lineColors[i%len(lineColors)], lineDashes[i/len(lineColors)%len(lineDashes)], 1.6
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
	svg, err := inline("profile", "Performance profiles by "+j.Label, "The seeds of each arm reach: "+strings.Join(said, "; ")+".", plotWidth, plotHeight, func(c draw.Canvas) {
		p.Draw(draw.Crop(c, 0, -legendWidth, 0, -4))
		legend.Draw(draw.Crop(c, plotWidth-legendWidth+8, 0, 0, -6))
	})
	caption := "For each figure of " + j.Label + ", the share of an arm's seeds that are " + better + " it. A line above another is better everywhere. Lines of equal shares hide each other."
	return &figure{svg, caption}, err
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
