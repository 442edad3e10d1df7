package page

import (
	"fmt"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"glint/internal/htmlpage"
	"glint/internal/study"
)

// plots draws a plot of intervals for each judge, the profile of the first, and the
// trade-off where its judges are there.
func plots(r *study.Result) (intervals []htmlpage.Figure, profile, tradeoff *htmlpage.Figure, err error) {
	for i, j := range r.Judges {
		f, err := intervalsOf(r, j, i)
		if err != nil {
			return nil, nil, nil, err
		}
		intervals = append(intervals, f)
	}
	if profile, err = profileOf(r, r.Judges[0]); err != nil {
		return nil, nil, nil, err
	}
	tradeoff, err = tradeoffOf(r)
	return intervals, profile, tradeoff, err
}

// intervalsOf draws the figures of a judge, an arm a row.
func intervalsOf(r *study.Result, j study.Judge, number int) (htmlpage.Figure, error) {
	p := htmlpage.NewPlot()
	rows := armRows{base: r.Arms[r.Base][j.Name].IQM}
	var names, said []string
	n := numbersOf(r, j)
	for i := range r.Order {
		a := r.Order[len(r.Order)-1-i] // rows count from below
		rows.figures = append(rows.figures, r.Arms[a.Name][j.Name])
		names = append(names, a.Name)
	}
	for _, a := range r.Order {
		f := r.Arms[a.Name][j.Name]
		if f.IQM == nil {
			said = append(said, a.Name+" no result")
			continue
		}
		said = append(said, a.Name+" "+n.of(*f.IQM)+n.span(f.Lo, f.Hi))
	}
	p.NominalY(names...)
	p.Y.Min, p.Y.Max = -0.6, float64(len(names))-0.4
	p.X.Min, p.X.Max = padded(domain(r, j))
	p.X.Label.Text = j.Label + map[study.Better]string{study.Higher: ", more is better", study.Lower: ", less is better"}[j.Better]
	p.Add(rows)
	height := vg.Length(48 + 17*len(names))
	svg, err := htmlpage.Inline(fmt.Sprintf("intervals-%d", number+1), "Figures of each arm by "+j.Label, strings.Join(said, "; ")+".", 320, height, func(c draw.Canvas) { p.Draw(draw.Crop(c, 0, -10, 0, -2)) })
	return htmlpage.Figure{SVG: svg}, err
}

// padded widens a range by a little on both sides.
func padded(lo, hi float64) (from, to float64) {
	pad := (hi - lo) * 0.05
	return lo - pad, hi + pad
}

// armRows draws rows of figures from below.
type armRows struct {
	figures []study.Figure
	base    *float64
}

// Plot implements plot.Plotter.
func (a armRows) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	if a.base != nil {
		c.StrokeLine2(draw.LineStyle{Color: htmlpage.Gray, Width: 1, Dashes: []vg.Length{3, 2}}, x(*a.base), c.Min.Y, x(*a.base), c.Max.Y)
	}
	for i, f := range a.figures {
		at := y(float64(i))
		c.StrokeLine2(draw.LineStyle{Color: htmlpage.Pale, Width: 0.5}, c.Min.X, at, c.Max.X, at)
		if f.Lo != nil && f.Hi != nil {
			c.StrokeLine2(draw.LineStyle{Color: htmlpage.Sky, Width: 4}, x(*f.Lo), at, x(*f.Hi), at)
		}
		several := 0
		for _, v := range f.Seeds {
			if v != nil {
				several++
				c.DrawGlyph(draw.GlyphStyle{Color: htmlpage.Black, Radius: 2.5, Shape: draw.RingGlyph{}}, vg.Point{X: x(*v), Y: at})
			}
		}
		if f.IQM != nil && several > 1 {
			c.DrawGlyph(draw.GlyphStyle{Color: htmlpage.Blue, Radius: 3.2, Shape: draw.CircleGlyph{}}, vg.Point{X: x(*f.IQM), Y: at})
		}
	}
}
