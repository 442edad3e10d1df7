package page

import (
	"cmp"
	"fmt"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"glint/internal/doctor"
	"glint/internal/htmlpage"
)

// The size of a plot without its rows of words, and that of a row of marks, in points.
const (
	plotWidth, plotHeight = 340, 195
	rowHeight             = 15
)

// figureOf draws the plot of a check. A plot with nothing to draw is a caption alone.
func figureOf(number int, check string, p *doctor.Plot) (htmlpage.Figure, error) {
	f := htmlpage.Figure{Caption: fmt.Sprintf("Figure %d. %s (%s).", number, p.Title, check)}
	x, y := newAxis(p.LogX && p.Classes == nil), newAxis(p.LogY)
	traces, left := tracesOf(p, x, y)
	if len(traces) == 0 {
		f.Caption += " There is nothing to draw: no number has a place on the axes."
		return f, nil
	}
	marked := slices.DeleteFunc(slices.Clone(p.Marks), func(m doctor.Mark) bool { return !x.has(m.X) })
	slices.SortStableFunc(marked, func(a, b doctor.Mark) int { return cmp.Compare(a.X, b.X) })
	for _, m := range marked {
		x.add(m.X)
	}
	if len(marked) > 0 {
		f.Caption += " Dashed: " + places(marked) + "."
	}
	switch left += len(p.Marks) - len(marked); {
	case left == 0:
	case p.Classes != nil:
		f.Caption += " A question mark is in place of a bar that is not known."
	default:
		f.Caption += fmt.Sprintf(" Left out, being without a place on the axes: %s.", doctor.Count(left, "number"))
	}
	d := drawing{Plot: htmlpage.NewPlot(), legend: htmlpage.NewLegend(), height: plotHeight}
	d.X.Label.Text, d.Y.Label.Text, d.Y.Label.Padding = p.X, p.Y, 3
	d.legend.ThumbnailWidth = 26
	if p.Classes != nil {
		d.bars(p.Classes, traces, x, y)
	} else if err := d.lines(traces, x, y); err != nil {
		return f, fmt.Errorf("page: drawing %q: %w", p.Title, err)
	}
	d.Add(marks(marked))
	var err error
	head, foot := vg.Length(rowHeight*len(marked)+6), d.legend.Rectangle(draw.Canvas{}).Size().Y+6
	f.SVG, err = htmlpage.Inline(fmt.Sprintf("plot-%d", number), p.Title, says(p, traces, marked), plotWidth, head+d.height+foot, func(c draw.Canvas) {
		d.Draw(draw.Crop(c, 0, -10, foot, -head))
		d.legend.Draw(draw.Crop(c, 10, 0, 0, -head-d.height))
	})
	return f, err
}

// drawing is a plot with its legend below.
type drawing struct {
	*plot.Plot
	legend plot.Legend
	height vg.Length // without the legend and the names of marks
}

// name gives a trace a row of the legend.
func (d *drawing) name(t trace, with ...plot.Thumbnailer) {
	if t.name != "" {
		d.legend.Add(cut(t.name, 52), with...)
	}
}

// lines draws traces as lines, and points where there are few.
func (d *drawing) lines(traces []trace, x, y *axis) error {
	shapes := []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.TriangleGlyph{}, draw.CrossGlyph{}, draw.RingGlyph{}, draw.SquareGlyph{}, draw.PlusGlyph{}}
	for _, t := range traces {
		var legend []plot.Thumbnailer
		few := len(t.points()) <= fewPoints
		for _, part := range t.parts {
			line, points, err := plotter.NewLinePoints(part)
			if err != nil {
				return err
			}
			line.LineStyle = htmlpage.LineStyle(t.number, t.number)
			points.GlyphStyle = draw.GlyphStyle{Color: line.Color, Radius: 2.5, Shape: shapes[t.number%len(shapes)]}
			d.Add(line)
			legend = []plot.Thumbnailer{line}
			if few || len(part) == 1 {
				d.Add(points)
			}
			if few {
				legend = append(legend, points)
			}
		}
		d.name(t, legend...)
	}
	x.apply(&d.X)
	y.apply(&d.Y)
	return nil
}

// marks are lines across a plot with their names above it, a row each, from the left to the
// right.
type marks []doctor.Mark

// Plot implements plot.Plotter.
func (m marks) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	row := func(i int) vg.Length { return c.Max.Y + vg.Length(rowHeight*(len(m)-1-i)) }
	for i, mark := range m {
		at := x(mark.X)
		c.StrokeLine2(draw.LineStyle{Color: htmlpage.Black, Width: 1, Dashes: []vg.Length{4, 3}}, at, c.Min.Y, at, row(i)+rowHeight)
	}
	style := p.X.Tick.Label
	style.XAlign, style.YAlign, style.Rotation = draw.XLeft, draw.YBottom, 0
	for i, mark := range m {
		text := cut(mark.Name, 44)
		at, w := vg.Point{X: x(mark.X) + 3, Y: row(i) + 3}, style.Width(text)
		if at.X+w > c.Max.X {
			at.X = max(at.X-6-w, 0)
			c.SetColor(p.BackgroundColor)
			c.Fill(vg.Rectangle{Min: at, Max: at.Add(vg.Point{X: w, Y: style.FontExtents().Height})}.Path())
		}
		c.FillText(style, at, text)
	}
}

// cut shortens a text to n letters.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
