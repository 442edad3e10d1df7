package kernel_test

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"unsafe"

	"glint/internal/kernel"
)

// bytesAtPageEnd returns n zeros right before memory that must not be touched, so that
// a kernel which reads too far crashes.
func bytesAtPageEnd(t *testing.T, n int) []byte {
	t.Helper()
	page := syscall.Getpagesize()
	size := (n + page - 1) / page * page
	mem, err := syscall.Mmap(-1, 0, size+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Skipf("no memory to guard: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(mem); err != nil {
			t.Errorf("unmapping: %v", err)
		}
	})
	if err := syscall.Mprotect(mem[size:], syscall.PROT_NONE); err != nil {
		t.Skipf("memory cannot be guarded: %v", err)
	}
	return mem[size-n : size]
}

// atPageEnd returns n normal numbers there.
func atPageEnd(t *testing.T, r *rand.Rand, n int) []float32 {
	t.Helper()
	if n == 0 {
		return nil
	}
	x := unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(bytesAtPageEnd(t, 4*n)))), n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
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

func TestNothingReadBehindSlices(t *testing.T) {
	kernel.EachLevel(t, func(t *testing.T) {
		r := source()
		for _, c := range geometries() {
			large, small := atPageEnd(t, r, c.B*c.C*c.H*c.W), atPageEnd(t, r, c.B*c.F*c.OutH()*c.OutW())
			w, bias := atPageEnd(t, r, c.F*c.C*c.KH*c.KW), atPageEnd(t, r, max(c.F, c.C))
			c.Forward(small, large, w, bias, kernel.ReLU)
			c.Transposed(large, small, w, bias, kernel.ReLU)
			c.BackWeights(w, large, small)
			kernel.BackBias(bias, small, c.B, c.F, c.OutH()*c.OutW())
		}
		for in := range 40 {
			d := kernel.Dense{B: 1 + in%7, In: 1 + in, Out: 1 + in*5%37}
			x, y, w := atPageEnd(t, r, d.B*d.In), atPageEnd(t, r, d.B*d.Out), atPageEnd(t, r, d.In*d.Out)
			d.Forward(y, x, w, nil, kernel.None)
			d.BackInput(x, w, y)
			d.BackWeights(w, x, y)
			kernel.WeightedMSE(y, y, y, y, 1)
			kernel.AdamStep{BiasCorrection1: 1, BiasCorrection2: 1}.Apply(x, x, x, x)
		}
	})
}
