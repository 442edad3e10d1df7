package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transpose writes the kernel that turns 4 or 8 rows into columns, 8 elements of each a
// round.
func transpose(name string, n int) {
	TEXT(name, NOSPLIT, "func(dst []float32, pitch int, src []float32, step, n int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes dst[t*step+r] = src[r*pitch+t] for r < %d and t < n, a multiple of 8.", name, n), "It needs AVX2.")
	src, dst := rowPointers("src", n), Load(Param("dst").Base(), GP64())
	step, left := Load(Param("step"), GP64()), Load(Param("n"), GP64())
	Label("loop")
	SUBQ(U8(8), left)
	JL(LabelRef("done"))
	rows := make([]reg.VecVirtual, n)
	for r, p := range src {
		rows[r] = YMM()
		VMOVUPS(Mem{Base: p}, rows[r])
		ADDQ(U8(32), p)
	}
	next := func() { LEAQ(Mem{Base: dst, Index: step, Scale: 4}, dst) }
	if n == 8 {
		for _, column := range transposed(rows) {
			VMOVUPS(column, Mem{Base: dst})
			next()
		}
	} else {
		columns := turned(rows)
		for _, c := range columns {
			VMOVUPS(c.AsX(), Mem{Base: dst})
			next()
		}
		for _, c := range columns {
			VEXTRACTF128(U8(1), c, Mem{Base: dst})
			next()
		}
	}
	JMP(LabelRef("loop"))
	Label("done")
	VZEROUPPER()
	RET()
}

// transposed returns the columns of an 8x8 matrix.
func transposed(r []reg.VecVirtual) []reg.VecVirtual {
	pairs, fours, out := make([]reg.VecVirtual, 8), make([]reg.VecVirtual, 8), make([]reg.VecVirtual, 8)
	for i := 0; i < 8; i += 2 {
		pairs[i], pairs[i+1] = YMM(), YMM()
		VUNPCKLPS(r[i+1], r[i], pairs[i])
		VUNPCKHPS(r[i+1], r[i], pairs[i+1])
	}
	// Of columns t and t+4 of rows 0 to 3, and of rows 4 to 7.
	for half := 0; half < 8; half += 4 {
		for t := range 4 {
			a, b := pairs[half+t/2], pairs[half+2+t/2]
			fours[half+t] = YMM()
			if t%2 == 0 {
				VUNPCKLPD(b, a, fours[half+t])
			} else {
				VUNPCKHPD(b, a, fours[half+t])
			}
		}
	}
	for t := range 4 {
		out[t], out[t+4] = YMM(), YMM()
		VPERM2F128(U8(0x20), fours[4+t], fours[t], out[t])
		VPERM2F128(U8(0x31), fours[4+t], fours[t], out[t+4])
	}
	return out
}
