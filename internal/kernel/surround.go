package kernel

import "fmt"

// PlacesPerWord is the number of places that a word of a Surround's marks holds.
const PlacesPerWord = 16

// Surround is the geometry of a centre-surround filter on planes [H,W]: a centre, a
// gap around it, and a ring, whose outer edge is RingH x RingW pixels. The gap is as
// wide on all sides; of the ring the odd row and column are below and on the right.
// The filter has a place wherever the whole centre is on the plane. What lies outside
// the plane counts nothing.
type Surround struct {
	H, W             int
	CenterH, CenterW int
	Gap              int
	RingH, RingW     int
}

// Rows returns the rows of places.
func (s Surround) Rows() int { return s.H - s.CenterH + 1 }

// Cols returns the columns of places.
func (s Surround) Cols() int { return s.W - s.CenterW + 1 }

// Words returns the words of marks that a row of places takes, 16 places each.
func (s Surround) Words() int { return ceilDiv(s.Cols(), PlacesPerWord) }

// Area returns the pixels of the centre and of the ring.
func (s Surround) Area() (center, ring int) {
	inner := (s.CenterH + 2*s.Gap) * (s.CenterW + 2*s.Gap)
	return s.CenterH * s.CenterW, s.RingH*s.RingW - inner
}

// TableLen returns the length of a table of sums.
func (s Surround) TableLen() int {
	// The last places of a row may be read in a vector with what follows.
	return (s.H+s.RingH-s.CenterH+1)*s.stride() + PlacesPerWord
}

// Validate names the field that makes the geometry impossible.
func (s Surround) Validate() error {
	center, ring := s.Area()
	switch {
	case s.CenterH < 1 || s.CenterW < 1 || s.Gap < 0:
		return fmt.Errorf("kernel: surround: a centre of %dx%d with a gap of %d", s.CenterH, s.CenterW, s.Gap)
	case s.H < s.CenterH || s.W < s.CenterW:
		return fmt.Errorf("kernel: surround: a plane of %dx%d has no room for the centre", s.H, s.W)
	case s.RingH < s.CenterH+2*s.Gap || s.RingW < s.CenterW+2*s.Gap:
		return fmt.Errorf("kernel: surround: a ring of %dx%d has no room for centre and gap", s.RingH, s.RingW)
	case center > 0xffff || ring > 0xffff:
		return fmt.Errorf("kernel: surround: a centre of %d pixels and a ring of %d, at most 65535 can be counted", center, ring)
	}
	return nil
}

// before returns how far the ring reaches above and to the left of the centre.
func (s Surround) before() (y, x int) { return (s.RingH - s.CenterH) / 2, (s.RingW - s.CenterW) / 2 }

// summed returns the columns of a table that a plane's row is summed into.
func (s Surround) summed() int {
	_, left := s.before()
	return roundUp(s.W+s.RingW-s.CenterW-left, PlacesPerWord)
}

func (s Surround) stride() int {
	_, left := s.before()
	return left + 1 + s.summed()
}

// corners returns where the table has the sums at the corners of the centre, the
// inner and the outer edge of the ring, each top left, top right, bottom left, bottom
// right, from the place's own entry on. That one is the ring's top left corner.
func (s Surround) corners() [12]int {
	y, x := s.before()
	var at [12]int
	for i, r := range [3][4]int{
		{y, x, s.CenterH, s.CenterW},
		{y - s.Gap, x - s.Gap, s.CenterH + 2*s.Gap, s.CenterW + 2*s.Gap},
		{0, 0, s.RingH, s.RingW},
	} {
		top := r[0]*s.stride() + r[1]
		bottom := top + r[2]*s.stride()
		copy(at[4*i:], []int{top, top + r[3], bottom, bottom + r[3]})
	}
	return at
}

// Sum fills a table of TableLen with what Mark and Counts need of a plane [H,W]: a
// pixel counts 1 when it is above level, with dark when it is not. The table must be
// zeros or what an earlier Sum of the same geometry left.
//
// It is a summed-area table (Crow 1984, Summed-area tables for texture mapping), in
// which the count in a rectangle is a sum of four entries. The entries are counts
// modulo 65536; a rectangle's is exact as long as it fits that.
func (s Surround) Sum(table []uint16, plane []byte, level byte, dark bool) {
	s.check(len(table))
	need("surround", len(plane), s.H*s.W)
	var flip uint16
	if dark {
		flip = 0xffff
	}
	top, left := s.before()
	stride, n := s.stride(), s.summed()
	to := table[top*stride+left+1:]
	// Vectors read over the end of a row; the last rows would leave the plane.
	rows := max(0, s.H-ceilDiv(roundUp(s.W, PlacesPerWord)-s.W, s.W))
	cpu.sumRows(to, stride, n, plane, s.W, rows, uint16(level), flip)
	sumRowsGeneric(to[rows*stride:], stride, n, plane[rows*s.W:], s.W, s.H-rows, uint16(level), flip)
	last := table[(top+s.H)*stride:][:stride]
	for y := top + s.H + 1; y <= s.H+s.RingH-s.CenterH; y++ {
		copy(table[y*stride:][:stride], last)
	}
}

// Mark writes the places where the centre counts least or more and the ring most or
// less to marks [Rows,Words]: bit x%16 of word x/16 for column x, and zeros after the
// last.
func (s Surround) Mark(marks, table []uint16, least, most uint16) {
	s.check(len(table))
	rows, words := s.Rows(), s.Words()
	need("surround", len(marks), rows*words)
	cpu.mark(marks, words, table, s.stride(), rows, s.corners(), least, most)
	if over := words*PlacesPerWord - s.Cols(); over > 0 {
		for i := words - 1; i < rows*words; i += words {
			marks[i] &= 0xffff >> over
		}
	}
}

// Counts returns how many pixels count in the centre and in the ring of the place in
// row y and column x.
func (s Surround) Counts(table []uint16, y, x int) (center, ring uint16) {
	at := s.corners()
	from := table[y*s.stride()+x:]
	return countAt(from, &at, 0), countAt(from, &at, 8) - countAt(from, &at, 4)
}

func (s Surround) check(table int) {
	if err := s.Validate(); err != nil {
		panic(err.Error())
	}
	need("surround", table, s.TableLen())
}
