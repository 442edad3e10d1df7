package report

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"io"
	"time"
)

// GIF writes an animation that repeats for ever. Frames of at most 256 colours,
// such as those of a game, keep them exactly; others are dithered. delay is what
// a frame stays on the screen, in the format's steps of 10 ms and at least 20
// ms, below which most viewers slow down.
func GIF(w io.Writer, frames []image.Image, delay time.Duration) error {
	if len(frames) == 0 {
		return errors.New("report: an animation needs at least one frame")
	}
	size := frames[0].Bounds().Size()
	if size.X < 1 || size.Y < 1 {
		return fmt.Errorf("report: an animation of %dx%d pixels", size.X, size.Y)
	}
	hundredths := max(2, int((delay+5*time.Millisecond)/(10*time.Millisecond)))
	var g gif.GIF
	for i, f := range frames {
		if f.Bounds().Size() != size {
			return fmt.Errorf("report: frame %d of an animation is %v, the first is %v", i, f.Bounds().Size(), size)
		}
		g.Image = append(g.Image, Paletted(f))
		g.Delay = append(g.Delay, hundredths)
	}
	if err := gif.EncodeAll(w, &g); err != nil {
		return fmt.Errorf("report: writing an animation: %w", err)
	}
	return nil
}

// Paletted returns a frame as GIF shows it, with a palette and the origin at 0, 0.
func Paletted(f image.Image) *image.Paletted {
	b := f.Bounds()
	if p, ok := f.(*image.Paletted); ok && b.Min == (image.Point{}) && len(p.Palette) > 0 && len(p.Palette) <= 256 {
		return p
	}
	if p := exact(f); p != nil {
		return p
	}
	p := image.NewPaletted(image.Rect(0, 0, b.Dx(), b.Dy()), palette.Plan9)
	draw.FloydSteinberg.Draw(p, p.Rect, f, b.Min)
	return p
}

// exact returns an image with a palette of its own colours, nil when there are more
// than 256.
func exact(f image.Image) *image.Paletted {
	b := f.Bounds()
	rgba, ok := f.(*image.RGBA)
	if !ok {
		rgba = image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
		draw.Draw(rgba, rgba.Rect, f, b.Min, draw.Src)
	}
	p := image.NewPaletted(image.Rect(0, 0, b.Dx(), b.Dy()), nil)
	seen := map[color.RGBA]byte{}
	var last color.RGBA
	var index byte
	for y := range b.Dy() {
		row := rgba.Pix[y*rgba.Stride:]
		for x := range b.Dx() {
			c := color.RGBA{R: row[4*x], G: row[4*x+1], B: row[4*x+2], A: row[4*x+3]}
			if c != last || len(p.Palette) == 0 { // most pixels are as the one before
				if index, ok = seen[c]; !ok {
					if len(p.Palette) == 256 {
						return nil
					}
					index = byte(len(p.Palette))
					seen[c], p.Palette = index, append(p.Palette, c)
				}
				last = c
			}
			p.Pix[y*p.Stride+x] = index
		}
	}
	return p
}
