package vnc

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"image"
	"io"
)

const (
	zrleSide = 64 // width and height of a tile
	cpixel   = 3  // bytes of a compressed pixel: red, green, blue
	// zrleTail is more than what a server's flush leaves behind the last pixel.
	zrleTail = 64
)

// zrle reads rectangles in tiles out of one zlib stream, which goes on from rectangle to
// rectangle (RFC 6143, 7.7.6). The zero value is ready for a new connection.
type zrle struct {
	packed bytes.Buffer  // what was read and not inflated yet
	r      *bufio.Reader // inflates packed
	colour [128][pixelLen]byte
	index  [zrleSide]byte
}

// paint reads a rectangle that lies on the screen.
func (z *zrle) paint(s *screen, r image.Rectangle, from io.Reader) error {
	if err := z.load(r, from); err != nil || r.Empty() {
		return err
	}
	if z.r == nil {
		inflate, err := zlib.NewReader(&z.packed)
		if err != nil {
			return fmt.Errorf("compressed pixels: %w: %w", err, ErrProtocol)
		}
		z.r = bufio.NewReaderSize(inflate, 1<<15)
	}
	for y := r.Min.Y; y < r.Max.Y; y += zrleSide {
		for x := r.Min.X; x < r.Max.X; x += zrleSide {
			tile := image.Rect(x, y, min(x+zrleSide, r.Max.X), min(y+zrleSide, r.Max.Y))
			if err := z.tile(s, tile); err != nil {
				return fmt.Errorf("compressed pixels: %w: %w", err, ErrProtocol)
			}
		}
	}
	if n := z.packed.Len(); n > zrleTail || z.r.Buffered() > 0 {
		return fmt.Errorf("%d compressed bytes more than there are pixels: %w", n, ErrProtocol)
	}
	return nil
}

// load reads the compressed bytes of a rectangle. What is not there yet costs no memory.
func (z *zrle) load(r image.Rectangle, from io.Reader) error {
	var head [4]byte
	if _, err := io.ReadFull(from, head[:]); err != nil {
		return err
	}
	n, most := int64(binary.BigEndian.Uint32(head[:])), int64(r.Dx()*r.Dy()*5+1<<16)
	if n > most {
		return fmt.Errorf("%d compressed bytes for %dx%d pixels: %w", n, r.Dx(), r.Dy(), ErrProtocol)
	}
	_, err := io.CopyN(&z.packed, from, n)
	return err
}

func (z *zrle) tile(s *screen, tile image.Rectangle) error {
	kind, err := z.r.ReadByte()
	if err != nil {
		return err
	}
	switch {
	case kind == 0:
		return z.raw(s, tile)
	case kind == 1:
		err := z.colours(1)
		s.fill(tile, z.colour[0][:])
		return err
	case kind <= 16:
		if err := z.colours(int(kind)); err != nil {
			return err
		}
		return z.indices(s, tile, int(kind))
	case kind == 128:
		return z.runs(s, tile, z.plainRun)
	case kind >= 130:
		if err := z.colours(int(kind) - 128); err != nil {
			return err
		}
		return z.runs(s, tile, func() ([]byte, int, error) { return z.paletteRun(int(kind) - 128) })
	}
	return fmt.Errorf("a tile of kind %d", kind)
}

// colours reads the palette of a tile.
func (z *zrle) colours(n int) error {
	for k := range n {
		if _, err := io.ReadFull(z.r, z.colour[k][:cpixel]); err != nil {
			return err
		}
	}
	return nil
}

func (z *zrle) raw(s *screen, tile image.Rectangle) error {
	var row [zrleSide * cpixel]byte
	for y := tile.Min.Y; y < tile.Max.Y; y++ {
		in := row[:tile.Dx()*cpixel]
		if _, err := io.ReadFull(z.r, in); err != nil {
			return err
		}
		out := s.row(tile.Min.X, y, tile.Dx())
		for x := range tile.Dx() {
			copy(out[x*pixelLen:x*pixelLen+cpixel], in[x*cpixel:])
		}
	}
	return nil
}

// indices reads rows of palette indices of 1, 2 or 4 bits, each row in whole bytes.
func (z *zrle) indices(s *screen, tile image.Rectangle, colours int) error {
	bits := 4
	switch {
	case colours == 2:
		bits = 1
	case colours <= 4:
		bits = 2
	}
	for y := tile.Min.Y; y < tile.Max.Y; y++ {
		in := z.index[:(tile.Dx()*bits+7)/8]
		if _, err := io.ReadFull(z.r, in); err != nil {
			return err
		}
		out := s.row(tile.Min.X, y, tile.Dx())
		for x := range tile.Dx() {
			k := int(in[x*bits/8]>>(8-bits-x*bits%8)) & (1<<bits - 1)
			if k >= colours {
				return fmt.Errorf("colour %d of a palette of %d", k, colours)
			}
			copy(out[x*pixelLen:], z.colour[k][:])
		}
	}
	return nil
}

// runs paints runs of equal pixels, which go on from row to row of the tile.
func (z *zrle) runs(s *screen, tile image.Rectangle, next func() (colour []byte, n int, err error)) error {
	x, y := tile.Min.X, tile.Min.Y
	for left := tile.Dx() * tile.Dy(); left > 0; {
		colour, n, err := next()
		if err != nil {
			return err
		}
		if left -= n; left < 0 {
			return fmt.Errorf("a run of %d pixels over the end of its tile", n)
		}
		for n > 0 {
			part := min(n, tile.Max.X-x)
			s.fill(image.Rect(x, y, x+part, y+1), colour)
			n -= part
			if x += part; x == tile.Max.X {
				x, y = tile.Min.X, y+1
			}
		}
	}
	return nil
}

func (z *zrle) plainRun() ([]byte, int, error) {
	if err := z.colours(1); err != nil {
		return nil, 0, err
	}
	n, err := z.length()
	return z.colour[0][:], n, err
}

func (z *zrle) paletteRun(colours int) ([]byte, int, error) {
	k, err := z.r.ReadByte()
	if err != nil {
		return nil, 0, err
	}
	n := 1
	if k >= 128 {
		k -= 128
		if n, err = z.length(); err != nil {
			return nil, 0, err
		}
	}
	if int(k) >= colours {
		return nil, 0, fmt.Errorf("colour %d of a palette of %d", k, colours)
	}
	return z.colour[k][:], n, nil
}

// length reads the length of a run, at most that of a tile and a byte more.
func (z *zrle) length() (int, error) {
	n := 1
	for n <= zrleSide*zrleSide {
		b, err := z.r.ReadByte()
		if err != nil {
			return 0, err
		}
		n += int(b)
		if b < 255 {
			return n, nil
		}
	}
	return n, nil
}
