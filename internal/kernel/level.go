package kernel

import (
	"fmt"
	"os"
)

// maxTile bounds the elements of a micro-kernel's tile, of any level.
const maxTile = 8 * 48

// level is one implementation of the micro-kernels.
type level struct {
	name string

	// gemm computes, for its index of vectors of so many lanes,
	// c[(p*mr+i)*ldc+j] = sum over k < len(off) of a[(p*len(off)+k)*mr+i] * b[off[k]+j],
	// for p < panels, i < mr and j < vectors*lanes; panels is at least 1. nr is the most
	// columns.
	gemm          [4]gemmFunc
	mr, nr, lanes int

	// dot computes c[i*ldc+j] += sum over t < n of
	// a[offA[i]+t] * b[offB[j]+t], for i < tiles*dm and j < dn; n is a multiple of dk
	// and tiles is at least 1.
	dot        func(n, tiles int, a []float32, offA []int, b []float32, offB []int, c []float32, ldc int)
	dm, dn, dk int

	// deal computes dst[at[r]+i*n+j] = src[i*step+j*s+r] and weave
	// dst[i*step+j*s+r] = max(src[at[r]+i*n+j]+bias, least)+0, for r < s, j < q and
	// i < rows. They are indexed by s; q is at least fewest and rows at least 1. Where
	// there is none, strided does it in Go.
	deal   [5]func(dst []float32, at [4]int, n int, src []float32, step, q, rows int)
	weave  [5]func(dst []float32, step int, src []float32, at [4]int, n, q, rows int, bias, least float32)
	fewest int

	// dealBytes4 is deal for s of 4 and bytes, of which there are at least bytesFewest
	// groups: dst[...] = (src[...]-mean[...])*scale, with mean laid out like dst. It may
	// be nil.
	dealBytes4 func(dst []float32, at [4]int, n int, src []byte, step, q, rows int, mean []float32, scale float32)

	// transpose8 computes dst[t*step+r] = src[r*pitch+t] for r < 8 and t < n, a multiple
	// of 8; transpose4 for r < 4. Where there are none, pack.go does it in Go.
	transpose4, transpose8 func(dst []float32, pitch int, src []float32, step, n int)

	// The elementwise kernels are specified in generic_pointwise.go. The length of
	// the first slice counts.
	finish, finishReLU func(dst, src []float32, bias float32)
	add                func(dst, a, b []float32)
	scale              func(dst, x []float32, factor float32)
	multiply           func(dst, a, b []float32)
	ramp               func(dst, x []float32, floor, slope, most float32)
	step               func(dst, x []float32, edge, below, above float32)
	quiet              func(x []float32, edge float32) int
	backReLU           func(dz, y, dy []float32)
	center             func(dst []float32, src []byte, mean []float32, scale float32)
	adam               func(p, m, v, g []float32, f *[8]float32)
	mse                func(grad, xhat, x, w []float32, scale float32) float64
	mseOnes            func(grad, xhat, x []float32, scale float32) float64
	mseBytes           func(grad, xhat []float32, obs []byte, mean, w []float32, unit, scale float32) (loss, sum float64)
	sum, squares       func(x []float32) float64

	// peak runs n rounds of peakFlops independent additions and multiplications in
	// registers.
	peak      func(n int)
	peakFlops int

	// The byte kernels are specified in generic_bytes.go.
	foreground func(dst, src []byte, w, rows int, s spans, same *[256]byte, dist *[1 << 16]byte) int
	sumRows    func(table []uint16, stride, n int, src []byte, w, rows int, level, flip uint16)
	mark       func(marks []uint16, words int, table []uint16, stride, rows int, at [12]int, least, most uint16)
}

// gemmFunc is the type of level.gemm.
type gemmFunc = func(a, b []float32, off []int, c []float32, ldc, panels int)

// levels lists what this machine can run, the best first; generic is always the
// last.
var levels = append(machineLevels(), &generic)

// cpu is the level in use, chosen once.
var cpu, errCPU = choose(os.Getenv("GLINT_CPU"), levels)

// choose returns the level of that name, or the first when name is empty. An
// unknown or missing level is an error and leaves generic in charge.
func choose(name string, levels []*level) (*level, error) {
	if name == "" {
		return levels[0], nil
	}
	var have []string
	for _, l := range levels {
		if l.name == name {
			return l, nil
		}
		have = append(have, l.name)
	}
	return &generic, fmt.Errorf("kernel: GLINT_CPU=%s is not a level of this machine and build, which has %v", name, have)
}

// gemm multiplies panels of mr rows with cols columns, at most nr. It computes whole
// vectors of columns.
func gemm(a, b []float32, off []int, c []float32, ldc, panels, cols int) {
	cpu.gemm[ceilDiv(cols, cpu.lanes)](a, b, off, c, ldc, panels)
}

// Level names the CPU level in use: "avx512", "avx2" or "generic".
func Level() string { return cpu.name }

// Err tells why the level that GLINT_CPU asks for is not in use, or returns nil.
// Callers should refuse to start on an error; kernels would run on generic.
func Err() error { return errCPU }

// Peak runs n rounds of independent multiply-adds on one core, out of registers
// only, and returns how many additions and multiplications that was. Timed, it
// gives the limit that kernels of this level can be measured against.
func Peak(n int) float64 {
	cpu.peak(n)
	return float64(n) * float64(cpu.peakFlops)
}
