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
		g.Image = append(g.Image, paletted(f))
		g.Delay = append(g.Delay, hundredths)
	}
	if err := gif.EncodeAll(w, &g); err != nil {
		return fmt.Errorf("report: writing an animation: %w", err)
	}
	return nil
}

// paletted returns the frame with a palette and the origin at 0, 0.
func paletted(f image.Image) *image.Paletted {
	b := f.Bounds()
	if p, ok := f.(*image.Paletted); ok && b.Min == (image.Point{}) && len(p.Palette) > 0 && len(p.Palette) <= 256 {
		return p
	}
	r := image.Rect(0, 0, b.Dx(), b.Dy())
	if colors := exactPalette(f); colors != nil {
		p := image.NewPaletted(r, colors)
		draw.Draw(p, r, f, b.Min, draw.Src)
		return p
	}
	p := image.NewPaletted(r, palette.Plan9)
	draw.FloydSteinberg.Draw(p, r, f, b.Min)
	return p
}

// exactPalette returns the colours of an image, nil when there are more than
// 256.
func exactPalette(f image.Image) color.Palette {
	var colors color.Palette
	seen := map[color.RGBA]bool{}
	b := f.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.RGBAModel.Convert(f.At(x, y)).(color.RGBA)
			if seen[c] {
				continue
			}
			if len(colors) == 256 {
				return nil
			}
			seen[c] = true
			colors = append(colors, c)
		}
	}
	return colors
}
