package report

import (
	"image"
	"math"
	"strconv"
)

// chart is a line over steps, with its axes.
type chart struct {
	area     image.Rectangle // with the numbers beside the axes
	plot     image.Rectangle
	lo, hi   float64 // of the values
	steps    int
	pen      pen
	ticks    []float64
	tickText []string
}

const (
	chartFoot  = 20 // height of the numbers below
	chartTicks = 4
)

// newChart lays out a chart of all values in an area.
func newChart(area image.Rectangle, values []float64, p pen) chart {
	c := chart{area: area, pen: p, steps: len(values)}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		lo, hi = min(lo, v), max(hi, v)
	}
	c.ticks = ticksOf(lo, hi)
	c.lo, c.hi = min(lo, c.ticks[0]), max(hi, c.ticks[len(c.ticks)-1])
	widest := 0
	for _, t := range c.ticks {
		text := strconv.FormatFloat(t, 'g', 4, 64)
		c.tickText = append(c.tickText, text)
		widest = max(widest, p.width(text))
	}
	c.plot = image.Rect(area.Min.X+widest+8, area.Min.Y+6, area.Max.X, area.Max.Y-chartFoot)
	return c
}

// ticksOf returns round numbers that reach from lo or below to hi or above, two or
// more.
func ticksOf(lo, hi float64) []float64 {
	if !(hi-lo > 1e-9*max(math.Abs(lo), math.Abs(hi), 1e-30)) {
		pad := max(math.Abs(lo)/2, 1e-3)
		lo, hi = lo-pad, hi+pad
	}
	step := math.Pow(10, math.Floor(math.Log10((hi-lo)/chartTicks)))
	for _, m := range []float64{1, 2, 5, 10} {
		if (hi-lo)/(m*step) <= chartTicks {
			step *= m
			break
		}
	}
	var ticks []float64
	for i := math.Floor(lo / step); i <= math.Ceil(hi/step); i++ {
		ticks = append(ticks, i*step)
	}
	return ticks
}

// x and y are where a step and a value are drawn.
func (c *chart) x(step int) int {
	return c.plot.Min.X + step*(c.plot.Dx()-1)/max(1, c.steps-1)
}

func (c *chart) y(v float64) int {
	return c.plot.Max.Y - 1 - int(math.Round((v-c.lo)/(c.hi-c.lo)*float64(c.plot.Dy()-1)))
}

// axes draws the grid with its numbers.
func (c *chart) axes(img *image.RGBA) {
	for i, t := range c.ticks {
		y := c.y(t)
		fill(img, image.Rect(c.plot.Min.X, y, c.plot.Max.X, y+1), rule)
		c.pen.write(img, c.plot.Min.X-8-c.pen.width(c.tickText[i]), y+5, c.tickText[i], faint)
	}
	last := ""
	if c.steps > 1 {
		last = "step " + strconv.Itoa(c.steps-1)
	}
	c.pen.write(img, c.plot.Min.X, c.area.Max.Y-2, "0", faint)
	c.pen.write(img, c.plot.Max.X-c.pen.width(last), c.area.Max.Y-2, last, faint)
}

// line draws the first values, the last of them with a dot.
func (c *chart) line(img *image.RGBA, values []float64) {
	inside := img.SubImage(c.plot.Inset(-4)).(*image.RGBA)
	for i, v := range values {
		x, y := c.x(i), c.y(v)
		if i > 0 {
			stroke(inside, image.Pt(c.x(i-1), c.y(values[i-1])), image.Pt(x, y))
		}
		if i == len(values)-1 {
			fill(inside, image.Rect(x-4, y-4, x+4, y+4), lost)
		}
	}
}

// stroke draws a line two pixels thick, from left to right.
func stroke(img *image.RGBA, a, b image.Point) {
	n := max(1, b.X-a.X)
	before := a.Y
	for i := range n {
		y := a.Y + (b.Y-a.Y)*(i+1)/n
		fill(img, image.Rect(a.X+i, min(before, y), a.X+i+2, max(before, y)+2), kept)
		before = y
	}
}
