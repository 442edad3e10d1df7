package vnc

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"image"
	"io"
)

// The messages of a server (RFC 6143, 7.6).
const (
	messageUpdate    = 0
	messageColourMap = 1
	messageBell      = 2
	messageCutText   = 3
)

// Bounds of what a server may say in one message.
const (
	maxCutText = 1 << 20
	maxCursor  = 1 << 20 // pixels
	maxRects   = 1 << 16
	maxDamage  = 64 // rectangles; more become the one around them all
	// maxRepaint is how often the pixels of the screen may be painted in one update.
	maxRepaint = 16
)

// decoder reads the messages of a server and paints its screen.
type decoder struct {
	r       *bufio.Reader
	screen  screen
	resized bool              // the last update changed the screen's size
	damage  []image.Rectangle // what the last update painted
	zrle    zrle
	head    [12]byte
	tile    [2][pixelLen]byte // background and foreground of a Hextile
}

// message reads one message and says whether it was an update of the screen.
func (d *decoder) message() (update bool, err error) {
	kind, err := d.r.ReadByte()
	if err != nil {
		return false, err
	}
	switch kind {
	case messageUpdate:
		return true, d.update()
	case messageColourMap: // pixels have no map in the format that was asked for
		b, err := d.take(5)
		if err != nil {
			return false, err
		}
		return false, d.skip(6 * int(binary.BigEndian.Uint16(b[3:])))
	case messageBell:
		return false, nil
	case messageCutText:
		b, err := d.take(7)
		if err != nil {
			return false, err
		}
		n := binary.BigEndian.Uint32(b[3:])
		if n > maxCutText {
			return false, fmt.Errorf("a clipboard of %d bytes: %w", n, ErrProtocol)
		}
		return false, d.skip(int(n))
	}
	return false, fmt.Errorf("a message of type %d: %w", kind, ErrProtocol)
}

// take reads n bytes, at most 12, which stay until the next call.
func (d *decoder) take(n int) ([]byte, error) {
	_, err := io.ReadFull(d.r, d.head[:n])
	return d.head[:n], err
}

func (d *decoder) skip(n int) error {
	_, err := d.r.Discard(n)
	return err
}

// update reads the rectangles of a FramebufferUpdate.
func (d *decoder) update() error {
	d.resized, d.damage = false, d.damage[:0]
	b, err := d.take(3)
	if err != nil {
		return err
	}
	n := int(binary.BigEndian.Uint16(b[1:]))
	if n == maxRects-1 { // LastRect will end it
		n = maxRects
	}
	left := maxRepaint * d.screen.w * d.screen.h
	for range n {
		b, err := d.take(12)
		if err != nil {
			return err
		}
		at := image.Pt(int(binary.BigEndian.Uint16(b)), int(binary.BigEndian.Uint16(b[2:])))
		size := image.Pt(int(binary.BigEndian.Uint16(b[4:])), int(binary.BigEndian.Uint16(b[6:])))
		kind := encoding(binary.BigEndian.Uint32(b[8:]))
		switch kind {
		case lastRect:
			return nil
		case desktopSize:
			if d.resized {
				return fmt.Errorf("two sizes of the screen in one update: %w", ErrProtocol)
			}
			if err := d.resize(size); err != nil {
				return err
			}
			continue
		case cursor:
			if err := d.cursor(size); err != nil {
				return err
			}
			continue
		}
		if left -= size.X * size.Y; left < 0 {
			return fmt.Errorf("an update that paints the screen more than %d times: %w", maxRepaint, ErrProtocol)
		}
		if err := d.paint(kind, image.Rectangle{Min: at, Max: at.Add(size)}); err != nil {
			return err
		}
	}
	return nil
}

// resize makes the screen black; nothing painted before counts.
func (d *decoder) resize(size image.Point) error {
	d.resized, d.damage = true, d.damage[:0]
	return d.screen.resize(size.X, size.Y)
}

// cursor skips the picture of the pointer, which is not part of the screen.
func (d *decoder) cursor(size image.Point) error {
	if size.X*size.Y > maxCursor {
		return fmt.Errorf("a pointer of %dx%d: %w", size.X, size.Y, ErrProtocol)
	}
	return d.skip(size.X*size.Y*pixelLen + (size.X+7)/8*size.Y)
}

// paint reads a rectangle of pixels.
func (d *decoder) paint(kind encoding, r image.Rectangle) error {
	if r.Max.X > d.screen.w || r.Max.Y > d.screen.h {
		return fmt.Errorf("pixels at %v of a screen of %dx%d: %w", r, d.screen.w, d.screen.h, ErrProtocol)
	}
	var err error
	switch kind {
	case raw:
		err = d.raw(r)
	case copyRect:
		err = d.copyRect(r)
	case hextile:
		err = d.hextile(r)
	case zrleEncoding:
		err = d.zrle.paint(&d.screen, r, d.r)
	default:
		return fmt.Errorf("pixels in encoding %d, which nobody asked for: %w", int32(kind), ErrProtocol)
	}
	d.damage = addDamage(d.damage, r)
	return err
}

// addDamage adds a rectangle to a list of at most maxDamage.
func addDamage(list []image.Rectangle, r image.Rectangle) []image.Rectangle {
	if r.Empty() {
		return list
	}
	if len(list) < maxDamage {
		return append(list, r)
	}
	for _, other := range list {
		r = r.Union(other)
	}
	return append(list[:0], r)
}

func (d *decoder) raw(r image.Rectangle) error {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		if _, err := io.ReadFull(d.r, d.screen.row(r.Min.X, y, r.Dx())); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) copyRect(r image.Rectangle) error {
	b, err := d.take(4)
	if err != nil {
		return err
	}
	from := image.Pt(int(binary.BigEndian.Uint16(b)), int(binary.BigEndian.Uint16(b[2:])))
	if src := (image.Rectangle{Min: from, Max: from.Add(r.Size())}); !src.In(d.screen.bounds()) {
		return fmt.Errorf("a copy from %v of a screen of %dx%d: %w", src, d.screen.w, d.screen.h, ErrProtocol)
	}
	if !r.Empty() {
		d.screen.move(r, from)
	}
	return nil
}
