package report

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"github.com/disintegration/imaging"
)

// A colormap is a scale of colours whose lightness rises from first to last, so
// that it reads the same in gray and with any kind of colour blindness.
type colormap []color.RGBA

// The maps hold nine samples, at equal distances, of viridis and magma by
// S. van der Walt and N. Smith (matplotlib, CC0).
var (
	viridis = hexMap(0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21918c, 0x28ae80, 0x5ec962, 0xaddc30, 0xfde725)
	magma   = hexMap(0x000004, 0x1d1147, 0x51127c, 0x822681, 0xb63679, 0xe65164, 0xfb8861, 0xfec287, 0xfcfdbf)
	grays   = hexMap(0x000000, 0xffffff)
)

// changes is the scale of differences: blue below, white for none, orange above, told
// apart with any kind of colour blindness.
var changes = hexMap(0x08306b, 0x2f78bd, 0x9cc4e6, 0xffffff, 0xf6b878, 0xd4691a, 0x7a2e00)

func hexMap(colors ...uint32) colormap {
	m := make(colormap, len(colors))
	for i, c := range colors {
		m[i] = hex(c)
	}
	return m
}

func hex(c uint32) color.RGBA {
	return color.RGBA{R: byte(c >> 16), G: byte(c >> 8), B: byte(c), A: 255}
}

// at returns the colour of a value of 0..1. Values outside take the nearer end;
// NaN is drawn magenta.
func (m colormap) at(v float64) color.RGBA {
	if math.IsNaN(v) {
		return missing
	}
	x := min(max(v, 0), 1) * float64(len(m)-1)
	i := min(int(x), len(m)-2)
	f := x - float64(i)
	mix := func(a, b byte) byte { return byte(float64(a)*(1-f) + float64(b)*f + 0.5) }
	a, b := m[i], m[i+1]
	return color.RGBA{R: mix(a.R, b.R), G: mix(a.G, b.G), B: mix(a.B, b.B), A: 255}
}

// picture draws h x w values of 0..top.
func (m colormap) picture(values []float32, h, w int, top float64) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i, v := range values[:h*w] {
		img.SetRGBA(i%w, i/w, m.at(float64(v)/top))
	}
	return img
}

// enlarge returns a part of an image, every pixel as a square of scale pixels.
func enlarge(img image.Image, part image.Rectangle, scale int) image.Image {
	cut := imaging.Crop(img, part)
	return imaging.Resize(cut, scale*cut.Bounds().Dx(), scale*cut.Bounds().Dy(), imaging.NearestNeighbor)
}

// fill paints a rectangle.
func fill(dst draw.Image, r image.Rectangle, c color.Color) {
	draw.Draw(dst, r, image.NewUniform(c), image.Point{}, draw.Src)
}

// outline paints a frame of the given thickness outside r.
func outline(dst draw.Image, r image.Rectangle, thickness int, c color.Color) {
	o := r.Inset(-thickness)
	fill(dst, image.Rect(o.Min.X, o.Min.Y, o.Max.X, r.Min.Y), c)
	fill(dst, image.Rect(o.Min.X, r.Max.Y, o.Max.X, o.Max.Y), c)
	fill(dst, image.Rect(o.Min.X, r.Min.Y, r.Min.X, r.Max.Y), c)
	fill(dst, image.Rect(r.Max.X, r.Min.Y, o.Max.X, r.Max.Y), c)
}
