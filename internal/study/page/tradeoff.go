package page

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"glint/internal/htmlpage"
	"glint/internal/stats"
	"glint/internal/study"
)

// scale is a judge in a direction in which more is better.
type scale struct {
	judge, label string
	of           func(float64) float64
}

var (
	frames    = scale{"mse", "PSNR of whole frames, dB", psnr}
	elsewhere = scale{"background_mse", "PSNR of the background, dB", psnr}
	objects   = scale{"knife_mse", "PSNR of small objects, dB", psnr}
	contrasts = scale{"contrast", "contrast recovered", func(x float64) float64 { return x }}
)

// psnr is the peak signal-to-noise ratio of a mean squared error of values 0 to 1.
func psnr(mse float64) float64 { return -10 * math.Log10(mse) }

// tradeoffOf draws small objects against the background, or whole frames where it was not
// judged apart; nil where a judge is missing.
func tradeoffOf(r *study.Result) (*htmlpage.Figure, error) {
	has := func(s scale) bool {
		return slices.ContainsFunc(r.Judges, func(j study.Judge) bool { return j.Name == s.judge })
	}
	along, up := elsewhere, objects
	if !has(along) {
		along = frames
	}
	if !has(up) {
		up = contrasts
	}
	if !has(along) || !has(up) {
		return nil, nil
	}
	var marks scatter
	var points [][2]float64
	for _, a := range r.Order {
		x, y := r.Arms[a.Name][along.judge].IQM, r.Arms[a.Name][up.judge].IQM
		if x == nil || y == nil {
			continue
		}
		at := [2]float64{along.of(*x), up.of(*y)}
		if math.IsInf(at[0]-at[1], 0) || math.IsNaN(at[0]-at[1]) {
			continue // no error at all, or one below 0, has no place on the scale
		}
		points = append(points, at)
		marks = append(marks, mark{name: a.Name, x: at[0], y: at[1]})
	}
	if len(points) < 2 {
		return nil, nil
	}
	front, err := stats.Pareto(points)
	if err != nil {
		return nil, err
	}
	var best, said []string
	for _, i := range front {
		marks[i].front = true
		best = append(best, marks[i].name)
	}
	for _, m := range marks {
		said = append(said, fmt.Sprintf("%s %.2f and %.2f", m.name, m.x, m.y))
	}
	p := htmlpage.NewPlot()
	p.X.Label.Text, p.Y.Label.Text = along.label, up.label
	p.X.Min, p.X.Max = marks.limits(func(m mark) float64 { return m.x })
	p.Y.Min, p.Y.Max = marks.limits(func(m mark) float64 { return m.y })
	p.Add(marks)
	title := up.label + " against " + along.label
	svg, err := htmlpage.Inline("tradeoff", title, title+": "+strings.Join(said, "; ")+". On the front: "+strings.Join(best, ", ")+".", plotWidth, plotHeight, p.Draw)
	caption := "Each arm by its interquartile means; more is better on both axes. Filled and joined: the Pareto front, arms that no other beats in both: " + strings.Join(best, ", ") + "."
	if up.judge == objects.judge {
		caption += " PSNR is −10 log₁₀ of the mean squared error."
	}
	return &htmlpage.Figure{SVG: svg, Caption: caption}, err
}

// mark is an arm of a scatter.
type mark struct {
	name  string
	x, y  float64
	front bool
}

// scatter draws arms as points with their names.
type scatter []mark

// limits is the range of a coordinate with room for names.
func (s scatter) limits(of func(mark) float64) (lo, hi float64) {
	least := func(a, b mark) int { return cmp.Compare(of(a), of(b)) }
	lo, hi = of(slices.MinFunc(s, least)), of(slices.MaxFunc(s, least))
	if lo == hi {
		return lo - 1, hi + 1
	}
	pad := (hi - lo) * 0.12
	return lo - pad, hi + pad
}

const markRadius = 3.5

// Plot implements plot.Plotter.
func (s scatter) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	front := slices.DeleteFunc(slices.Clone(s), func(m mark) bool { return !m.front })
	slices.SortFunc(front, func(a, b mark) int { return cmp.Compare(a.x, b.x) })
	for i := 1; i < len(front); i++ {
		a, b := front[i-1], front[i]
		c.StrokeLine2(draw.LineStyle{Color: htmlpage.Blue, Width: 1, Dashes: []vg.Length{4, 2}}, x(a.x), y(a.y), x(b.x), y(b.y))
	}
	var taken []vg.Rectangle
	for _, m := range s {
		at := vg.Point{X: x(m.x), Y: y(m.y)}
		style := draw.GlyphStyle{Color: htmlpage.Black, Radius: markRadius, Shape: draw.RingGlyph{}}
		if m.front {
			style = draw.GlyphStyle{Color: htmlpage.Blue, Radius: markRadius, Shape: draw.CircleGlyph{}}
		}
		c.DrawGlyph(style, at)
		corner := vg.Point{X: markRadius, Y: markRadius}
		taken = append(taken, vg.Rectangle{Min: at.Sub(corner), Max: at.Add(corner)})
	}
	style := p.X.Tick.Label
	for _, m := range s {
		w := style.Width(m.name) * 1.1 // a browser may have wider letters
		r := place(vg.Point{X: x(m.x), Y: y(m.y)}, w, style.FontExtents().Height, c.Rectangle, taken)
		taken = append(taken, r)
		style.XAlign, style.YAlign = draw.XLeft, draw.YBottom
		c.FillText(style, r.Min, m.name)
	}
}

// place finds room for a name of w x h near a point: the first place that is inside and
// free, else the one that hides least.
func place(at vg.Point, w, h vg.Length, inside vg.Rectangle, taken []vg.Rectangle) vg.Rectangle {
	const away = markRadius + 2
	var best vg.Rectangle
	least := vg.Length(math.Inf(1))
	for _, ring := range []vg.Length{0, h, 2 * h} {
		for _, d := range []vg.Point{{X: away, Y: -h / 2}, {X: -away - w, Y: -h / 2}, {X: -w / 2, Y: away}, {X: -w / 2, Y: -away - h}, {X: away, Y: away + ring}, {X: away, Y: -away - h - ring}, {X: -away - w, Y: away + ring}, {X: -away - w, Y: -away - h - ring}} {
			r := vg.Rectangle{Min: at.Add(d)}
			r.Max = r.Min.Add(vg.Point{X: w, Y: h})
			hidden := w*h - overlap(r, inside)
			for _, t := range taken {
				hidden += overlap(r, t)
			}
			if hidden < least-1e-3 { // not by a rounding error
				best, least = r, hidden
			}
		}
	}
	return best
}

// overlap is the area that two rectangles share.
func overlap(a, b vg.Rectangle) vg.Length {
	w := min(a.Max.X, b.Max.X) - max(a.Min.X, b.Min.X)
	h := min(a.Max.Y, b.Max.Y) - max(a.Min.Y, b.Min.Y)
	return max(w, 0) * max(h, 0)
}
