package kernel_test

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"unsafe"

	"glint/internal/kernel"
)

// atPageEnd returns n normal numbers right before memory that must not be
// touched, so that a kernel which reads too far crashes.
func atPageEnd(t *testing.T, r *rand.Rand, n int) []float32 {
	t.Helper()
	page := syscall.Getpagesize()
	size := (4*n + page - 1) / page * page
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
	if n == 0 {
		return nil
	}
	x := unsafe.Slice((*float32)(unsafe.Pointer(&mem[size-4*n])), n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
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
