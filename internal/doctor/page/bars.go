package page

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"glint/internal/htmlpage"
)

// bars draws traces as bars, one of each for a class.
func (d *drawing) bars(classes []string, traces []trace, x, y *axis) {
	if !y.log {
		y.add(0)
	}
	y.apply(&d.Y)
	if !y.log && y.lo == 0 {
		d.Y.Min = 0
	}
	x.apply(&d.X)
	d.X.Min, d.X.Max = min(d.X.Min, -0.5), max(d.X.Max, float64(len(classes))-0.5)
	ticks, sum, widest := make(plot.ConstantTicks, len(classes)), vg.Length(0), vg.Length(0)
	for i, name := range classes {
		ticks[i] = plot.Tick{Value: float64(i), Label: cut(name, 24)}
		w := d.X.Tick.Label.Width(ticks[i].Label) + 6
		sum, widest = sum+w, max(widest, w)
	}
	d.X.Tick.Marker = ticks
	if widest*vg.Length(len(classes)) > plotWidth-60 {
		d.X.Tick.Label.Rotation, d.X.Tick.Label.XAlign, d.X.Tick.Label.YAlign = math.Pi/2, draw.XRight, draw.YCenter
		d.height += widest
	}
	d.Add(bars{traces, y.log})
	for _, t := range traces {
		d.name(t, swatch(t.number))
	}
}

// bars are drawn side by side, and a question mark in place of one that is not known.
type bars struct {
	traces []trace
	log    bool
}

// Plot implements plot.Plotter.
func (b bars) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	foot := c.Min.Y
	if !b.log {
		foot = y(0)
	}
	style := p.X.Tick.Label
	style.XAlign, style.YAlign, style.Rotation = draw.XCenter, draw.YBottom, 0
	width := (x(1) - x(0)) * 0.8 / vg.Length(len(b.traces))
	classes := p.X.Tick.Marker.Ticks(0, 0)
	for k, t := range b.traces {
		known := map[float64]float64{}
		for _, at := range t.points() {
			known[at.X] = at.Y
		}
		for _, class := range classes {
			left := x(class.Value) + (vg.Length(k)-vg.Length(len(b.traces))/2)*width
			if v, ok := known[class.Value]; ok {
				r := vg.Rectangle{Min: vg.Point{X: left + 0.5, Y: min(foot, y(v))}, Max: vg.Point{X: left + width - 0.5, Y: max(foot, y(v))}}
				hatch(c, r, t.number)
			} else {
				c.FillText(style, vg.Point{X: left + width/2, Y: foot}, "?")
			}
		}
	}
}

// hatch fills a rectangle so that series are told apart without colours, too: whole, with rows,
// not at all, or with columns.
func hatch(c draw.Canvas, r vg.Rectangle, number int) {
	style := htmlpage.LineStyle(number, 0)
	style.Width = 1
	const gap = 3
	c.SetColor(style.Color)
	switch number % 4 {
	case 0:
		c.Fill(r.Path())
	case 1:
		for y := r.Min.Y + gap; y < r.Max.Y; y += gap {
			c.StrokeLine2(style, r.Min.X, y, r.Max.X, y)
		}
	case 3:
		for x := r.Min.X + gap; x < r.Max.X; x += gap {
			c.StrokeLine2(style, x, r.Min.Y, x, r.Max.Y)
		}
	}
	c.SetLineStyle(style)
	c.Stroke(r.Path())
}

// swatch shows in the legend how the bars of a series are filled.
type swatch int

// Thumbnail implements plot.Thumbnailer.
func (s swatch) Thumbnail(c *draw.Canvas) { hatch(*c, c.Rectangle, int(s)) }
