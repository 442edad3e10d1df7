package report

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"unicode/utf8"

	"github.com/disintegration/imaging"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// pen writes text of one font and size. The fonts are bitmaps of a fixed height,
// which are resampled to the size.
type pen struct {
	face *basicfont.Face
	size float64 // pixels of a line, base of the size of all else
	// steps is the number of opacities between none and full, 0 for all: few keep the
	// colours of a picture few.
	steps int
}

// scaled returns n pixels of the font in pixels of the sheet.
func (p pen) scaled(n int) int {
	return int(math.Round(float64(n) * p.size / float64(p.face.Height)))
}

// width returns the pixels that s takes.
func (p pen) width(s string) int {
	return p.scaled(p.face.Advance * utf8.RuneCountInString(s))
}

// write writes s with its left end at x, on the base line y, and returns the x
// behind it.
func (p pen) write(dst *image.RGBA, x, y int, s string, c color.Color) int {
	if s == "" {
		return x
	}
	// Glyphs reach a pixel over their advance, and below the face's height.
	w, h := p.face.Advance*utf8.RuneCountInString(s)+2, p.face.Ascent+p.face.Descent
	line := image.NewAlpha(image.Rect(0, 0, w, h))
	d := font.Drawer{Dst: line, Src: image.Opaque, Face: p.face, Dot: fixed.P(0, p.face.Ascent)}
	d.DrawString(s)
	mask := imaging.Resize(line, p.scaled(w), p.scaled(h), imaging.CatmullRom)
	if p.steps > 0 {
		for i := 3; i < len(mask.Pix); i += 4 {
			mask.Pix[i] = byte((int(mask.Pix[i])*p.steps + 127) / 255 * 255 / p.steps)
		}
	}
	r := mask.Bounds().Add(image.Pt(x, y-p.scaled(p.face.Ascent)))
	draw.DrawMask(dst, r, image.NewUniform(c), image.Point{}, mask, image.Point{}, draw.Over)
	return x + p.width(s)
}

// fit shortens s to the width.
func (p pen) fit(s string, width int) string {
	if p.width(s) <= width {
		return s
	}
	r := []rune(s)
	for len(r) > 0 && p.width(string(r)+"...") > width {
		r = r[:len(r)-1]
	}
	return string(r) + "..."
}
