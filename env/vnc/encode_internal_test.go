package vnc

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image"
	"math/rand/v2"
	"slices"
)

// picture is what a test wants on the screen, [h,w,3].
type picture struct {
	w, h int
	pix  []byte
}

// newPicture draws boxes of few colours, so that every way to encode a tile has its
// chance, on noise here and there.
func newPicture(rng *rand.Rand, w, h int) *picture {
	p := &picture{w: w, h: h, pix: make([]byte, w*h*3)}
	colours := 1 + rng.IntN(140)
	for range 40 {
		c := []byte{byte(rng.IntN(colours)), byte(rng.IntN(2)), 200}
		r := image.Rect(rng.IntN(w), rng.IntN(h), rng.IntN(w+1), rng.IntN(h+1))
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if colours > 120 {
					c[0] = byte(rng.IntN(colours))
				}
				copy(p.at(x, y), c)
			}
		}
	}
	return p
}

func (p *picture) at(x, y int) []byte { return p.pix[(y*p.w+x)*3:][:3] }

// tiles calls visit for the tiles of a rectangle in order.
func tiles(r image.Rectangle, side int, visit func(image.Rectangle)) {
	for y := r.Min.Y; y < r.Max.Y; y += side {
		for x := r.Min.X; x < r.Max.X; x += side {
			visit(image.Rect(x, y, min(x+side, r.Max.X), min(y+side, r.Max.Y)))
		}
	}
}

// each calls visit for the pixels of a rectangle, row by row.
func (p *picture) each(r image.Rectangle, visit func(x, y int, colour string)) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			visit(x, y, string(p.at(x, y)))
		}
	}
}

// palette returns the colours of a rectangle in order of appearance.
func (p *picture) palette(r image.Rectangle) []string {
	var all []string
	p.each(r, func(_, _ int, c string) {
		if !slices.Contains(all, c) {
			all = append(all, c)
		}
	})
	return all
}

func (p *picture) raw(b []byte, r image.Rectangle) []byte {
	p.each(r, func(_, _ int, c string) { b = append(append(b, c...), 99) })
	return b
}

// hextile encodes a rectangle; each tile in a way that rng draws.
func (p *picture) hextile(b []byte, r image.Rectangle, rng *rand.Rand) []byte {
	back, fore := "", ""
	tiles(r, hextileSide, func(t image.Rectangle) {
		if rng.IntN(5) == 0 {
			b = p.raw(append(b, hextileRaw|byte(rng.IntN(16))<<1), t)
			return
		}
		colours := p.palette(t)
		kind, head := byte(0), []byte(nil)
		if back != colours[0] || rng.IntN(3) == 0 {
			back = colours[0]
			kind |= hextileBackground
			head = append(append(head, back...), 1)
		}
		coloured := len(colours) > 2 || rng.IntN(4) == 0
		if coloured {
			kind |= hextileColoured
		} else if len(colours) == 2 && fore != colours[1] {
			fore = colours[1]
			kind |= hextileForeground
			head = append(append(head, fore...), 2)
		}
		body, n := []byte(nil), 0
		p.each(t, func(x, y int, c string) { // runs along rows
			if c == back || x > t.Min.X && string(p.at(x-1, y)) == c {
				return
			}
			w := 1
			for x+w < t.Max.X && string(p.at(x+w, y)) == c {
				w++
			}
			if coloured {
				body = append(append(body, c...), 3)
			}
			body = append(body, byte(x-t.Min.X)<<4|byte(y-t.Min.Y), byte(w-1)<<4)
			n++
		})
		if n > 255 {
			b = p.raw(append(b, hextileRaw), t)
			back = "" // as the standard warns
			return
		}
		if n > 0 {
			kind |= hextileSubrects
			head = append(head, byte(n))
		}
		b = append(append(append(b, kind), head...), body...)
	})
	return b
}

// zpixels compresses rectangles as one connection's stream does.
type zpixels struct {
	out bytes.Buffer
	z   *zlib.Writer
}

func (z *zpixels) zrle(b []byte, p *picture, r image.Rectangle, rng *rand.Rand) []byte {
	if z.z == nil {
		z.z = zlib.NewWriter(&z.out)
	}
	tiles(r, zrleSide, func(t image.Rectangle) { _, _ = z.z.Write(p.zrleTile(nil, t, rng)) })
	_ = z.z.Flush()
	b = binary.BigEndian.AppendUint32(b, uint32(z.out.Len()))
	b = append(b, z.out.Bytes()...)
	z.out.Reset()
	return b
}

// zrleTile encodes a tile in one of the ways that its colours allow.
func (p *picture) zrleTile(b []byte, t image.Rectangle, rng *rand.Rand) []byte {
	colours := p.palette(t)
	n := len(colours)
	appendColours := func(b []byte) []byte {
		for _, c := range colours {
			b = append(b, c...)
		}
		return b
	}
	switch way := rng.IntN(4); {
	case way == 0 && n == 1:
		return appendColours(append(b, 1))
	case way <= 1 && n >= 2 && n <= 16:
		return p.packed(appendColours(append(b, byte(n))), t, colours)
	case way <= 2 && n >= 2 && n <= 127:
		return p.runs(appendColours(append(b, byte(128+n))), t, func(b []byte, c string, n int) []byte {
			k := byte(slices.Index(colours, c))
			if n == 1 {
				return append(b, k)
			}
			return appendLength(append(b, k|128), n)
		})
	case way == 3:
		return p.runs(append(b, 128), t, func(b []byte, c string, n int) []byte { return appendLength(append(b, c...), n) })
	}
	b = append(b, 0)
	p.each(t, func(_, _ int, c string) { b = append(b, c...) })
	return b
}

func (p *picture) packed(b []byte, t image.Rectangle, colours []string) []byte {
	bits := map[bool]int{true: 1, false: 4}[len(colours) == 2]
	if len(colours) == 3 || len(colours) == 4 {
		bits = 2
	}
	for y := t.Min.Y; y < t.Max.Y; y++ {
		row := make([]byte, (t.Dx()*bits+7)/8)
		for x := range t.Dx() {
			k := slices.Index(colours, string(p.at(t.Min.X+x, y)))
			row[x*bits/8] |= byte(k << (8 - bits - x*bits%8))
		}
		b = append(b, row...)
	}
	return b
}

// runs encodes runs of equal pixels, which go on from row to row.
func (p *picture) runs(b []byte, t image.Rectangle, add func(b []byte, c string, n int) []byte) []byte {
	last, n := "", 0
	p.each(t, func(_, _ int, c string) {
		if n > 0 && c != last {
			b, n = add(b, last, n), 0
		}
		last = c
		n++
	})
	return add(b, last, n)
}

func appendLength(b []byte, n int) []byte {
	for n--; n >= 255; n -= 255 {
		b = append(b, 255)
	}
	return append(b, byte(n))
}
