package report

import (
	"fmt"
	"image"
	"image/color"

	"github.com/disintegration/imaging"
)

// missing is drawn for palette indices that the palette does not hold.
var missing = color.RGBA{R: 255, B: 255, A: 255}

// Indexed returns the picture of h x w palette indices. Indices that the palette
// does not hold are drawn magenta. The picture is an *image.Paletted, which GIF
// writes exactly. It panics when pix does not hold h*w bytes.
func Indexed(pix []byte, h, w int, palette []color.RGBA) image.Image {
	mustHold(len(pix), h, w, 1)
	highest := 0
	for _, p := range pix {
		highest = max(highest, int(p))
	}
	colors := make(color.Palette, max(highest+1, len(palette)))
	for i := range colors {
		colors[i] = missing
		if i < len(palette) {
			colors[i] = palette[i]
		}
	}
	img := image.NewPaletted(image.Rect(0, 0, w, h), colors)
	copy(img.Pix, pix)
	return img
}

// Gray returns the picture of h x w bytes, 0 black and 255 white: luminance or a
// foreground plane. It panics when pix does not hold h*w bytes.
func Gray(pix []byte, h, w int) image.Image {
	mustHold(len(pix), h, w, 1)
	img := image.NewGray(image.Rect(0, 0, w, h))
	copy(img.Pix, pix)
	return img
}

// RGB returns the picture of h x w x 3 bytes. It panics when pix does not hold
// as many.
func RGB(pix []byte, h, w int) image.Image {
	mustHold(len(pix), h, w, 3)
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range h * w {
		img.Pix[4*i], img.Pix[4*i+1], img.Pix[4*i+2], img.Pix[4*i+3] = pix[3*i], pix[3*i+1], pix[3*i+2], 255
	}
	return img
}

func mustHold(n, h, w, c int) {
	if n != h*w*c {
		panic(fmt.Sprintf("report: %d bytes for a picture of %dx%dx%d", n, h, w, c))
	}
}

// Enlarge returns an image with every pixel zoom times as wide and high, with a
// palette if img has one.
func Enlarge(img image.Image, zoom int) image.Image {
	p, ok := img.(*image.Paletted)
	if !ok {
		size := img.Bounds().Size().Mul(zoom)
		return imaging.Resize(img, size.X, size.Y, imaging.NearestNeighbor)
	}
	size := p.Rect.Size()
	big := image.NewPaletted(image.Rectangle{Max: size.Mul(zoom)}, p.Palette)
	for y := range size.Y * zoom {
		row := p.Pix[y/zoom*p.Stride:]
		for x := range size.X * zoom {
			big.Pix[y*big.Stride+x] = row[x/zoom]
		}
	}
	return big
}
