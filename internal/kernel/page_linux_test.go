package kernel_test

import (
	"syscall"
	"testing"
	"unsafe"

	"glint/internal/kernel"
)

// atPage returns room for n elements right before memory that must not be touched,
// or right behind it, so that a kernel which goes too far crashes.
func atPage(t *testing.T, n int, before bool) []float32 {
	t.Helper()
	if n == 0 {
		return nil
	}
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
	fence, first := mem[size:], size-4*n
	if !before {
		fence, first = mem[:page], page
	}
	if err := syscall.Mprotect(fence, syscall.PROT_NONE); err != nil {
		t.Skipf("memory cannot be guarded: %v", err)
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&mem[first])), n)
}

// atPages returns a call whose operands are all at such places.
func (op operation) atPages(t *testing.T, like *call, before bool) *call {
	t.Helper()
	place := func(list [][]float32) [][]float32 {
		var placed [][]float32
		for _, x := range list {
			p := atPage(t, len(x), before)
			copy(p, x)
			placed = append(placed, p)
		}
		return placed
	}
	v := &call{in: place(like.in), out: place(like.out), both: place(like.both)}
	words := atPage(t, (len(like.bytes)+3)/4, before)
	if n := len(like.bytes); n > 0 {
		bytes := unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), 4*len(words))
		if before {
			bytes = bytes[len(bytes)-n:]
		}
		v.bytes = bytes[:n:n]
		copy(v.bytes, like.bytes)
	}
	return v
}

func TestNothingReadOutsideSlices(t *testing.T) {
	kernel.EachLevel(t, func(t *testing.T) {
		r := source()
		for _, c := range geometries() {
			t.Run(name(c), func(t *testing.T) {
				for _, op := range operations(c, kernel.ReLU) {
					like := op.newCall(r, c)
					op.run(op.atPages(t, like, true))
					op.run(op.atPages(t, like, false))
				}
			})
		}
	})
}
