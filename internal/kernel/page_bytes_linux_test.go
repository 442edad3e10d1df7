package kernel_test

import (
	"testing"
	"unsafe"

	"glint/internal/kernel"
)

// bytesAtPageEnd returns n zeros right before memory that must not be touched.
func bytesAtPageEnd(t *testing.T, n int) []byte {
	t.Helper()
	if n == 0 {
		return nil
	}
	words := atPage(t, (n+3)/4, true)
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), 4*len(words))[4*len(words)-n:]
}

// wordsAtPageEnd returns n zeros there.
func wordsAtPageEnd(t *testing.T, n int) []uint16 {
	t.Helper()
	return unsafe.Slice((*uint16)(unsafe.Pointer(unsafe.SliceData(bytesAtPageEnd(t, 2*n)))), n)
}

func TestNoByteReadBehindSlices(t *testing.T) {
	kernel.EachLevel(t, func(t *testing.T) {
		same, dist := identity(), distances()
		for w := 1; w < 180; w++ {
			const rows = 3
			src, dst := bytesAtPageEnd(t, rows*w), bytesAtPageEnd(t, rows*w)
			for i := range src {
				src[i] = byte(i % 7)
			}
			kernel.Foreground(dst, src, w, same, dist)
			s := kernel.Surround{H: rows, W: w, CenterH: 2, CenterW: min(w, 4), Gap: 1, RingH: 8, RingW: 13}
			table, marks := wordsAtPageEnd(t, s.TableLen()), wordsAtPageEnd(t, s.Rows()*s.Words())
			s.Sum(table, src, 3, false)
			s.Mark(marks, table, 0, 100)
		}
	})
}
