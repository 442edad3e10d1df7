package vnc

import (
	"fmt"
	"image"
	"io"
)

// hextileSide is the width and height of a tile.
const hextileSide = 16

// The bits that say what follows of a tile (RFC 6143, 7.7.4).
const (
	hextileRaw        = 1
	hextileBackground = 2
	hextileForeground = 4
	hextileSubrects   = 8
	hextileColoured   = 16
)

// hextile reads a rectangle in tiles, row by row. Background and foreground stay from
// one tile to the next.
func (d *decoder) hextile(r image.Rectangle) error {
	d.tile = [2][pixelLen]byte{}
	for y := r.Min.Y; y < r.Max.Y; y += hextileSide {
		for x := r.Min.X; x < r.Max.X; x += hextileSide {
			tile := image.Rect(x, y, min(x+hextileSide, r.Max.X), min(y+hextileSide, r.Max.Y))
			if err := d.hextileTile(tile); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *decoder) hextileTile(tile image.Rectangle) error {
	kind, err := d.r.ReadByte()
	if err != nil {
		return err
	}
	if kind&hextileRaw != 0 {
		return d.raw(tile)
	}
	for k, bit := range []byte{hextileBackground, hextileForeground} {
		if kind&bit != 0 {
			if _, err := io.ReadFull(d.r, d.tile[k][:]); err != nil {
				return err
			}
		}
	}
	d.screen.fill(tile, d.tile[0][:])
	if kind&hextileSubrects == 0 {
		return nil
	}
	n, err := d.r.ReadByte()
	if err != nil {
		return err
	}
	size := 2
	if kind&hextileColoured != 0 {
		size += pixelLen
	}
	for range n {
		b, err := d.take(size)
		if err != nil {
			return err
		}
		colour := d.tile[1][:]
		if kind&hextileColoured != 0 {
			colour = b[:pixelLen]
		}
		place := b[size-2:]
		at := tile.Min.Add(image.Pt(int(place[0]>>4), int(place[0]&15)))
		part := image.Rectangle{Min: at, Max: at.Add(image.Pt(int(place[1]>>4)+1, int(place[1]&15)+1))}
		if !part.In(tile) {
			return fmt.Errorf("a part %v outside its tile %v: %w", part, tile, ErrProtocol)
		}
		d.screen.fill(part, colour)
	}
	return nil
}
