package kernel_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"glint/internal/kernel"
)

func TestSurround(t *testing.T) { kernel.EachLevel(t, testSurround) }

// testSurround compares with counts pixel by pixel, over all widths to 200 and
// geometries that reach far over the edges.
func testSurround(t *testing.T) {
	r := source()
	for w := 1; w <= 200; w++ {
		s := kernel.Surround{H: 1 + r.IntN(7), W: w, Gap: r.IntN(3)}
		s.CenterH, s.CenterW = 1+r.IntN(min(s.H, 5)), 1+r.IntN(min(s.W, 9))
		s.RingH, s.RingW = s.CenterH+2*s.Gap+r.IntN(9), s.CenterW+2*s.Gap+r.IntN(12)
		table := make([]uint16, s.TableLen())
		for round := range 3 { // the second and third find what the one before left
			plane, whole := fenced(s.H*s.W, 1+2*r.IntN(16))
			fills[r.IntN(len(fills))].fill(r, plane)
			level := byte(r.IntN(256))
			center, ring := s.Area()
			least, most := uint16(r.IntN(center+2)), uint16(r.IntN(ring+1))
			if round == 2 {
				least, most = 0, 0xffff // all places
			}
			compareSurround(t, r, s, table, plane, level, round == 1, least, most)
			if !whole() {
				t.Fatalf("%+v: something was written beside the plane", s)
			}
		}
	}
}

// Counts use all 16 bits.
func TestSurroundLarge(t *testing.T) {
	kernel.EachLevel(t, func(t *testing.T) {
		s := kernel.Surround{H: 200, W: 220, CenterH: 199, CenterW: 204, RingH: 255, RingW: 255}
		table, plane := make([]uint16, s.TableLen()), bytes.Repeat([]byte{9}, s.H*s.W)
		for _, least := range []uint16{32767, 199 * 204, 199*204 + 1} {
			compareSurround(t, source(), s, table, plane, 8, false, least, 3000)
		}
		compareSurround(t, source(), s, table, plane, 9, true, 1, 0xffff)
	})
}

func compareSurround(t *testing.T, r *rand.Rand, s kernel.Surround, table []uint16, plane []byte, level byte, dark bool, least, most uint16) {
	t.Helper()
	before := bytes.Clone(plane)
	n, at := s.Rows()*s.Words(), 1+r.IntN(20)
	all := slices.Repeat([]uint16{border}, at+n+40)
	marks := all[at:][:n:n]
	s.Sum(table, plane, level, dark)
	s.Mark(marks, table, least, most)
	for y := range s.Rows() {
		for x := range s.Words() * kernel.PlacesPerWord {
			marked := marks[y*s.Words()+x/kernel.PlacesPerWord]>>(x%kernel.PlacesPerWord)&1 == 1
			if x >= s.Cols() {
				if marked {
					t.Fatalf("%+v: row %d has a mark behind its last place", s, y)
				}
				continue
			}
			center, ring := countSlowly(s, plane, level, dark, y, x)
			if c, g := s.Counts(table, y, x); int(c) != center || int(g) != ring {
				t.Fatalf("%+v: counts at (%d, %d) are %d and %d, want %d and %d", s, y, x, c, g, center, ring)
			}
			if want := center >= int(least) && ring <= int(most); marked != want {
				t.Fatalf("%+v: mark at (%d, %d) is %t with %d and %d", s, y, x, marked, center, ring)
			}
		}
	}
	for i, v := range all {
		if (i < at || i >= at+n) && v != border {
			t.Fatalf("%+v: something was written beside the marks", s)
		}
	}
	if !bytes.Equal(plane, before) {
		t.Fatalf("%+v: the plane has changed", s)
	}
}

// border is the value around the marks.
const border = 0x5aa5

// countSlowly is the definition of Counts.
func countSlowly(s kernel.Surround, plane []byte, level byte, dark bool, y, x int) (center, ring int) {
	top, left := y-(s.RingH-s.CenterH)/2, x-(s.RingW-s.CenterW)/2
	for v := max(0, top); v < min(s.H, top+s.RingH); v++ {
		for u := max(0, left); u < min(s.W, left+s.RingW); u++ {
			within := func(gap int) bool {
				return v >= y-gap && v < y+s.CenterH+gap && u >= x-gap && u < x+s.CenterW+gap
			}
			switch {
			case plane[v*s.W+u] > level == dark:
			case within(0):
				center++
			case !within(s.Gap):
				ring++
			}
		}
	}
	return center, ring
}

func TestSurroundValidate(t *testing.T) {
	good := kernel.Surround{H: 64, W: 144, CenterH: 2, CenterW: 4, Gap: 1, RingH: 8, RingW: 13}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*kernel.Surround){
		"no centre":      func(s *kernel.Surround) { s.CenterW = 0 },
		"negative gap":   func(s *kernel.Surround) { s.Gap = -1 },
		"small plane":    func(s *kernel.Surround) { s.H = 1 },
		"small ring":     func(s *kernel.Surround) { s.RingW = 5 },
		"too large ring": func(s *kernel.Surround) { s.RingH, s.RingW = 256, 257 },
	} {
		s := good
		change(&s)
		if s.Validate() == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a short table was accepted")
		}
	}()
	good.Sum(make([]uint16, good.TableLen()-1), make([]byte, 64*144), 0, false)
}
