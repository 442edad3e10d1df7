package report

import (
	"fmt"
	"image"
	"image/color"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// The fonts are parsed once; they are safe to share, faces are not.
var (
	regular = sync.OnceValue(func() *opentype.Font { return mustParse(goregular.TTF) })
	medium  = sync.OnceValue(func() *opentype.Font { return mustParse(gomedium.TTF) })
)

// mustParse parses an embedded font, which cannot fail.
func mustParse(ttf []byte) *opentype.Font {
	f, err := opentype.Parse(ttf)
	if err != nil {
		panic(fmt.Sprintf("report: embedded font: %v", err))
	}
	return f
}

// pen writes text of one font and size in pixels.
type pen struct{ face font.Face }

func newPen(f *opentype.Font, size float64) pen {
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		panic(fmt.Sprintf("report: embedded font: %v", err))
	}
	return pen{face}
}

// width returns the pixels that s takes.
func (p pen) width(s string) int { return font.MeasureString(p.face, s).Ceil() }

// write writes s with its left end at x, on the base line y, and returns the x
// behind it.
func (p pen) write(dst *image.RGBA, x, y int, s string, c color.Color) int {
	d := font.Drawer{Dst: dst, Src: image.NewUniform(c), Face: p.face, Dot: fixed.P(x, y)}
	d.DrawString(s)
	return d.Dot.X.Ceil()
}

// fit shortens s to the width.
func (p pen) fit(s string, width int) string {
	if p.width(s) <= width {
		return s
	}
	r := []rune(s)
	for len(r) > 0 && p.width(string(r)+"…") > width {
		r = r[:len(r)-1]
	}
	return string(r) + "…"
}
