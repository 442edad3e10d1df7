package vnc

import (
	"fmt"
	"image"
)

// The bytes of a pixel on a screen: red, green, blue and one that means nothing.
const pixelLen = 4

// maxScreen bounds the pixels of a screen, which cost four bytes each.
const maxScreen = 1 << 24

// screen is what the server has painted, [h,w,4] u8.
type screen struct {
	w, h int
	pix  []byte
}

// resize makes the screen black, and w pixels wide and h high.
func (s *screen) resize(w, h int) error {
	if w < 1 || h < 1 || w*h > maxScreen {
		return fmt.Errorf("a screen of %dx%d, want 1 to %d pixels: %w", w, h, maxScreen, ErrProtocol)
	}
	s.w, s.h = w, h
	if n := w * h * pixelLen; n <= cap(s.pix) {
		s.pix = s.pix[:n]
		clear(s.pix)
	} else {
		s.pix = make([]byte, n)
	}
	return nil
}

func (s *screen) bounds() image.Rectangle { return image.Rect(0, 0, s.w, s.h) }

// row returns n pixels of row y from column x on.
func (s *screen) row(x, y, n int) []byte {
	at := (y*s.w + x) * pixelLen
	return s.pix[at : at+n*pixelLen]
}

// fill paints a rectangle of the screen in the colour of one pixel.
func (s *screen) fill(r image.Rectangle, colour []byte) {
	if r.Empty() {
		return
	}
	first := s.row(r.Min.X, r.Min.Y, r.Dx())
	copy(first, colour[:pixelLen])
	for done := pixelLen; done < len(first); done *= 2 {
		copy(first[done:], first[:done])
	}
	for y := r.Min.Y + 1; y < r.Max.Y; y++ {
		copy(s.row(r.Min.X, y, r.Dx()), first)
	}
}

// move copies the rectangle of r's size at from to r; they may overlap.
func (s *screen) move(r image.Rectangle, from image.Point) {
	for k := range r.Dy() {
		if from.Y < r.Min.Y { // downwards: the last row first
			k = r.Dy() - 1 - k
		}
		copy(s.row(r.Min.X, r.Min.Y+k, r.Dx()), s.row(from.X, from.Y+k, r.Dx()))
	}
}
