package pixels

import (
	"image/color"

	"glint/internal/kernel"
)

// distanceTable holds the foreground value of every pixel byte against every
// background byte: entry 256*background + pixel.
type distanceTable = [256 * 256]uint8

// foregroundBytes projects rows of one byte a pixel. same maps every byte to the
// first byte of the same colour, so that a colour counts as one whatever bytes it is
// written in.
func foregroundBytes(width int, same *[256]uint8, table *distanceTable) func(dst, src []byte) {
	return func(dst, src []byte) { kernel.Foreground(dst, src, width, same, table) }
}

// foregroundRGB projects rows of three bytes a pixel.
func foregroundRGB(width int) func(dst, src []byte) {
	count := newColourCounter(width)
	return func(dst, src []byte) {
		for start := 0; start < len(dst); start += width {
			row := src[3*start : 3*(start+width)]
			bg, _ := count.common(row)
			r, g, b := uint8(bg>>16), uint8(bg>>8), uint8(bg)
			out := dst[start : start+width]
			for x := range out {
				p := row[3*x : 3*x+3]
				out[x] = max(apart(p[0], r), apart(p[1], g), apart(p[2], b))
			}
		}
	}
}

// colourCounter counts the 24-bit colours of a row in an open hash table. A slot
// belongs to the current row when its stamp is the row's number, so that no row has
// to empty the table.
type colourCounter struct {
	keys, counts []uint32
	stamps       []uint64
	stamp        uint64
	order        []uint32 // slots of the row's different colours, from left to right
}

func newColourCounter(width int) *colourCounter {
	size := 1
	for size < 2*width {
		size *= 2
	}
	return &colourCounter{
		keys: make([]uint32, size), counts: make([]uint32, size),
		stamps: make([]uint64, size), order: make([]uint32, 0, width),
	}
}

// common returns the most frequent colour of a row [W,3] as 0xRRGGBB, the leftmost
// of equals, and how often it occurs. Like kernel.CommonByte it counts by runs.
func (c *colourCounter) common(row []byte) (colour uint32, count int) {
	c.stamp++
	c.order = c.order[:0]
	for len(row) > 0 {
		p, n := packed(row), uint32(1)
		for row = row[3:]; len(row) > 0 && packed(row) == p; row = row[3:] {
			n++
		}
		c.counts[c.slot(p)] += n
	}
	var most uint32
	for _, slot := range c.order {
		if n := c.counts[slot]; n > most {
			colour, most = c.keys[slot], n
		}
	}
	return colour, int(most)
}

// slot finds the slot of a colour, a fresh one when the row has not had it yet. The
// table is at most half full, so there is one.
func (c *colourCounter) slot(colour uint32) uint32 {
	mask := uint32(len(c.keys) - 1)
	// Multiplicative hashing with the golden ratio: Knuth, TAOCP vol. 3, 6.4.
	for i := (colour * 2654435769) >> 12; ; i++ {
		at := i & mask
		if c.stamps[at] != c.stamp {
			c.keys[at], c.counts[at], c.stamps[at] = colour, 0, c.stamp
			c.order = append(c.order, at)
			return at
		}
		if c.keys[at] == colour {
			return at
		}
	}
}

func packed(p []byte) uint32 { return uint32(p[0])<<16 | uint32(p[1])<<8 | uint32(p[2]) }

// sameColour maps every index to the first index of the same colour; indices past
// the palette stand for themselves.
func sameColour(palette []color.RGBA) *[256]uint8 {
	same := grayLevels()
	for i, c := range palette {
		for j, d := range palette[:i] {
			if c.R == d.R && c.G == d.G && c.B == d.B {
				same[i] = uint8(j)
				break
			}
		}
	}
	return same
}

// distances fills the table for a palette. Indices past it count as black.
func distances(palette []color.RGBA) *distanceTable {
	var colours [256]color.RGBA
	copy(colours[:], palette)
	t := new(distanceTable)
	for i, a := range colours {
		for j, b := range colours {
			t[256*i+j] = max(apart(a.R, b.R), apart(a.G, b.G), apart(a.B, b.B))
		}
	}
	return t
}

func grayLevels() *[256]uint8 {
	levels := new([256]uint8)
	for i := range levels {
		levels[i] = uint8(i)
	}
	return levels
}

func grayDistances() *distanceTable {
	t := new(distanceTable)
	for i := range 256 {
		for j := range 256 {
			t[256*i+j] = apart(uint8(i), uint8(j))
		}
	}
	return t
}

func apart(a, b uint8) uint8 {
	if a > b {
		return a - b
	}
	return b - a
}
