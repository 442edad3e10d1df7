package htmlpage

import (
	"bytes"
	"fmt"
	"html/template"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The colours of M. Okabe and K. Ito, "Color Universal Design" (2008), which are told
// apart with any kind of colour blindness, but for yellow, which white paper swallows;
// and grays.
var (
	Black      = color.RGBA{R: 0x1b, G: 0x1f, B: 0x27, A: 255}
	Orange     = color.RGBA{R: 0xe6, G: 0x9f, A: 255}
	Sky        = color.RGBA{R: 0x56, G: 0xb4, B: 0xe9, A: 255}
	Green      = color.RGBA{G: 0x9e, B: 0x73, A: 255}
	Blue       = color.RGBA{G: 0x72, B: 0xb2, A: 255}
	Vermillion = color.RGBA{R: 0xd5, G: 0x5e, A: 255}
	Purple     = color.RGBA{R: 0xcc, G: 0x79, B: 0xa7, A: 255}
	Gray       = color.RGBA{R: 0x8a, G: 0x90, B: 0x9b, A: 255}
	Pale       = color.RGBA{R: 0xe4, G: 0xe6, B: 0xea, A: 255}
)

// Colors is how many lines are told apart by their colours alone.
const Colors = 7

// LineStyle is a line of a plot by the numbers of its colour and its dashes, from 0 on.
func LineStyle(hue, dashes int) draw.LineStyle {
	return draw.LineStyle{
		Width:  1.6,
		Color:  [Colors]color.Color{Black, Vermillion, Blue, Green, Orange, Purple, Sky}[hue%Colors],
		Dashes: [][]vg.Length{nil, {5, 2}, {1.5, 1.5}, {6, 2, 1.5, 2}}[dashes%4],
	}
}

// textSize is that of all words in a plot, in points of it.
const textSize = 11

// NewPlot returns an empty plot with the page's letters.
func NewPlot() *plot.Plot {
	p := plot.New()
	for _, s := range []*text.Style{&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle} {
		s.Font, s.Color = sans(), Black
	}
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Color, a.Tick.Color = Gray, Gray
	}
	return p
}

// NewLegend returns an empty legend with the page's letters, that begins at the top left.
func NewLegend() plot.Legend {
	l := plot.NewLegend()
	l.TextStyle.Font, l.TextStyle.Color = sans(), Black
	l.Top, l.Left, l.Padding = true, true, 2
	return l
}

func sans() font.Font { return font.Font{Typeface: "Liberation", Variant: "Sans", Size: textSize} }

// Inline draws a picture of w x h points as SVG that stands in HTML: without a header,
// as wide as its place, with a title and a description. The id is the page's own.
func Inline(id, title, description string, w, h vg.Length, paint func(draw.Canvas)) (template.HTML, error) {
	c := vgsvg.New(w, h)
	paint(draw.New(c))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return "", fmt.Errorf("htmlpage: drawing %s: %w", id, err)
	}
	_, svg, begins := bytes.Cut(b.Bytes(), []byte("<svg"))
	_, inside, ends := bytes.Cut(svg, []byte(">"))
	if !begins || !ends {
		return "", fmt.Errorf("htmlpage: drawing %s: no SVG came out", id)
	}
	esc := template.HTMLEscapeString
	head := fmt.Sprintf(`<svg viewBox="0 0 %g %g" role="img" aria-labelledby="%[3]s-title" aria-describedby="%[3]s-says"><title id="%[3]s-title">%[4]s</title><desc id="%[3]s-says">%[5]s</desc>`,
		w.Points(), h.Points(), id, esc(title), esc(description))
	return template.HTML(head + string(inside)), nil //nolint:gosec // words are escaped, here and by vgsvg
}
