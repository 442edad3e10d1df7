package kernel_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"glint/internal/kernel"
)

// fence surrounds what a kernel may write.
const fence = 0xa5

// fenced returns n bytes that begin at an odd address inside a fence, and says
// whether the fence is still whole.
func fenced(n, at int) (b []byte, whole func() bool) {
	all := bytes.Repeat([]byte{fence}, at+n+100)
	outside := func() bool {
		return bytes.Count(all[:at], []byte{fence}) == at && bytes.Count(all[at+n:], []byte{fence}) == 100
	}
	return all[at : at+n : at+n], outside
}

func identity() *[256]byte {
	same := new([256]byte)
	for i := range same {
		same[i] = byte(i)
	}
	return same
}

// distances returns a table that tells every pair of bytes apart as well as a byte
// can.
func distances() *[1 << 16]byte {
	dist := new([1 << 16]byte)
	for i := range dist {
		dist[i] = byte(i>>8*31 + i*7)
	}
	return dist
}

// fills are ways to paint a row.
var fills = []struct {
	name string
	fill func(r *rand.Rand, row []byte)
}{
	{"uniform", func(r *rand.Rand, row []byte) {
		v := byte(r.Uint32())
		for i := range row {
			row[i] = v
		}
	}},
	{"few", func(r *rand.Rand, row []byte) {
		for i := range row {
			row[i] = byte(r.IntN(4)) * 85
		}
	}},
	{"runs", func(r *rand.Rand, row []byte) {
		for i := range row {
			if i == 0 || r.IntN(6) == 0 {
				row[i] = byte(r.IntN(40))
			} else {
				row[i] = row[i-1]
			}
		}
	}},
	{"ties", func(r *rand.Rand, row []byte) {
		for i := range row {
			row[i] = byte(i % (2 + len(row)%3))
		}
		r.Shuffle(len(row), func(i, j int) { row[i], row[j] = row[j], row[i] })
	}},
	{"all different", func(_ *rand.Rand, row []byte) {
		for i := range row {
			row[i] = byte(255 - i)
		}
	}},
	{"32 or 33", func(_ *rand.Rand, row []byte) {
		for i := range row {
			row[i] = byte(i % (32 + len(row)%2))
		}
	}},
	{"last byte", func(_ *rand.Rand, row []byte) { clear(row); row[len(row)-1] = 1 }},
	{"noise", func(r *rand.Rand, row []byte) {
		for i := range row {
			row[i] = byte(r.Uint32())
		}
	}},
}

func TestForeground(t *testing.T) { kernel.EachLevel(t, testForeground) }

func testForeground(t *testing.T) {
	r, dist := source(), distances()
	twins := identity() // 7 is written as 200, too, and 0 as 85
	twins[200], twins[85] = 7, 0
	for w := 1; w <= 200; w++ {
		for i, same := range []*[256]byte{identity(), twins} {
			src, srcWhole := fenced(w*len(fills), 1+2*(w%16))
			dst, dstWhole := fenced(len(src), 1+2*(w%13))
			for y, f := range fills {
				f.fill(r, src[y*w:(y+1)*w])
			}
			before := bytes.Clone(src)
			kernel.Foreground(dst, src, w, same, dist)
			for y, f := range fills {
				if got, want := dst[y*w:(y+1)*w], projected(before[y*w:(y+1)*w], same, dist); !bytes.Equal(got, want) {
					t.Fatalf("w=%d, %s, same %d:\n%v\nmakes %v\nwant  %v", w, f.name, i, before[y*w:(y+1)*w], got, want)
				}
			}
			if !bytes.Equal(src, before) || !srcWhole() || !dstWhole() {
				t.Fatalf("w=%d: something was written outside dst", w)
			}
		}
	}
	kernel.Foreground(nil, nil, 144, twins, dist)
}

// projected is the definition of Foreground for a row.
func projected(row []byte, same *[256]byte, dist *[1 << 16]byte) []byte {
	var counts [256]int
	for _, v := range row {
		counts[same[v]]++
	}
	b := row[0]
	for _, v := range row {
		if counts[same[v]] > counts[same[b]] {
			b = v
		}
	}
	out := make([]byte, len(row))
	for x, v := range row {
		out[x] = dist[int(b)<<8+int(v)]
	}
	return out
}

func TestForegroundPanics(t *testing.T) {
	same, dist := identity(), distances()
	for name, f := range map[string]func(){
		"short dst":  func() { kernel.Foreground(make([]byte, 143), make([]byte, 144), 144, same, dist) },
		"half a row": func() { kernel.Foreground(make([]byte, 144), make([]byte, 144), 100, same, dist) },
		"no width":   func() { kernel.Foreground(nil, nil, 0, same, dist) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}

func TestCommonByte(t *testing.T) {
	twins := identity()
	twins[200] = 7
	for _, c := range []struct {
		row   []byte
		b     byte
		count int
	}{
		{nil, 0, 0},
		{[]byte{5}, 5, 1},
		{[]byte{3, 4, 4, 3}, 3, 2},
		{[]byte{1, 1, 200, 7, 200}, 200, 3},
		{slices.Repeat([]byte{9, 8, 8}, 200), 8, 400},
	} {
		if b, n := kernel.CommonByte(c.row, twins); b != c.b || n != c.count {
			t.Errorf("%v: %d, %d times; want %d, %d times", c.row, b, n, c.b, c.count)
		}
	}
}

func TestBytesAllocateNothing(t *testing.T) {
	kernel.EachLevel(t, func(t *testing.T) {
		same, dist := identity(), distances()
		s := kernel.Surround{H: 20, W: 144, CenterH: 2, CenterW: 4, Gap: 1, RingH: 8, RingW: 13}
		src, dst := make([]byte, 20*144), make([]byte, 20*144)
		table, marks := make([]uint16, s.TableLen()), make([]uint16, s.Rows()*s.Words())
		n := testing.AllocsPerRun(10, func() {
			kernel.Foreground(dst, src, 144, same, dist)
			s.Sum(table, dst, 63, false)
			s.Mark(marks, table, 1, 80)
		})
		if n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}
