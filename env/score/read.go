package score

import "math"

// MinConfidence is that of the least sure digit of a number that counts as read. Letters
// of the game's own font stay below it, digits in moderate noise above.
const MinConfidence = 0.4

// Reading is what was seen in a picture.
type Reading struct {
	// Text has a character for each cell: a digit, a blank for an empty one, or "?".
	Text string
	// Value is the number, where Known.
	Value int64
	// Known says that the picture shows one number beyond doubt.
	Known bool
	// Confidence is that of the least sure cell with anything in it, 0..1.
	Confidence float64
}

// Read reads the crop [H,W,3] of a screen. It panics if pix has another size.
func (t *Templates) Read(pix []byte) Reading {
	if want := t.crop.Dx() * t.crop.Dy() * rgb; len(pix) != want {
		panic("score: the picture has not the size of the crop")
	}
	ink := inkOf(pix, background(pix))
	r := t.readInk(ink)
	if r.Known {
		return r
	}
	for i := range ink {
		ink[i] = -ink[i] // thick digits can cover more than half, and are then the background
	}
	if negative := t.readInk(ink); negative.Known {
		return negative
	}
	return r
}

// readInk reads the ink of a crop.
func (t *Templates) readInk(ink []float32) Reading {
	text := make([]byte, t.grid.Count)
	r := Reading{Confidence: 1}
	for cell := range text {
		c, sure := t.readCell(t.patch(ink, cell))
		text[cell], r.Confidence = c, min(r.Confidence, sure)
	}
	r.Text = string(text)
	if v, known := t.number(text); known {
		r.Value, r.Known = v, true
	}
	return r
}

// patch copies a cell out of the ink of a crop.
func (t *Templates) patch(ink []float32, cell int) []float32 {
	return t.grid.cut(ink, t.crop.Dx(), cell)
}

// cut copies a cell out of a plane with w columns.
func (g grid) cut(plane []float32, w, cell int) []float32 {
	left := g.left(cell)
	patch := make([]float32, 0, len(plane)/w*g.Width)
	for y := 0; y < len(plane); y += w {
		patch = append(patch, plane[y+left:y+left+g.Width]...)
	}
	return patch
}

// A cell with less than this share of a digit's ink is empty.
const blankShare = 0.25

// readCell returns the digit in a cell, a blank or "?", and how sure that is.
func (t *Templates) readCell(patch []float32) (c byte, sure float64) {
	if centre(patch) < blankShare*t.ink {
		return ' ', 1
	}
	best, second, digit := math.Inf(1), math.Inf(1), 0
	for d, glyph := range t.glyphs {
		if glyph == nil {
			continue
		}
		switch far := distance(patch, glyph); {
		case far < best:
			best, second, digit = far, best, d
		case far < second:
			second = far
		}
	}
	if second > 0 && !math.IsInf(second, 1) {
		sure = 1 - best/second
	}
	if sure < MinConfidence {
		return '?', sure
	}
	return byte('0' + digit), sure
}

// number reads the text of the cells.
func (t *Templates) number(text []byte) (v int64, known bool) {
	first, last := 0, len(text)
	for t.blank == BlankBefore && first < last && text[first] == ' ' {
		first++
	}
	for t.blank == BlankAfter && first < last && text[last-1] == ' ' {
		last--
	}
	for _, c := range text[first:last] {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = 10*v + int64(c-'0')
	}
	return v, first < last
}
