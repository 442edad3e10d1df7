package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// gemm writes the kernel of mr rows by n vectors: every element of a packed panel of a
// is broadcast and meets n vectors of b's row. Panels follow one another.
func gemm(name string, v isa, mr, n int) {
	TEXT(name, NOSPLIT, "func(a, b []float32, off []int, c []float32, ldc, panels int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes c[(p*%d+i)*ldc+j] = sum over k < len(off) of", name, mr),
		fmt.Sprintf("a[(p*len(off)+k)*%d+i] * b[off[k]+j], for p < panels, i < %d and j < %d; panels is", mr, mr, n*v.lanes()),
		fmt.Sprintf("at least 1. It needs %s.", v.name))
	a, b := Load(Param("a").Base(), GP64()), Load(Param("b").Base(), GP64())
	c, ldc := Load(Param("c").Base(), GP64()), Load(Param("ldc"), GP64())
	panels := Load(Param("panels"), GP64())
	SHLQ(U8(2), ldc)

	// One register counts the rows and leads through a and off: it is 0 at their ends.
	off, size := Load(Param("off").Base(), GP64()), Load(Param("off").Len(), GP64())
	LEAQ(Mem{Base: off, Index: size, Scale: 8}, off)
	IMUL3Q(U8(mr/2), size, size)
	Label("panel")
	LEAQ(Mem{Base: a, Index: size, Scale: 8}, a)
	acc := v.zeros(mr * n)
	row, k, at := v.zeros(n), GP64(), GP64()
	first := v.vec()
	MOVQ(size, k)
	NEGQ(k)
	JZ(LabelRef("store"))
	Label("loop")
	MOVQ(Mem{Base: off, Index: k, Scale: uint8(16 / mr)}, at)
	for j := range n {
		VMOVUPS(Mem{Base: b, Index: at, Scale: 4, Disp: j * v.bytes}, row[j])
	}
	for i := range mr {
		VBROADCASTSS(Mem{Base: a, Index: k, Scale: 8, Disp: 4 * i}, first)
		for j := range n {
			VFMADD231PS(row[j], first, acc[i*n+j])
		}
	}
	ADDQ(U8(mr/2), k)
	JNZ(LabelRef("loop"))

	Label("store")
	for i := range mr {
		for j := range n {
			VMOVUPS(acc[i*n+j], Mem{Base: c, Disp: j * v.bytes})
		}
		ADDQ(ldc, c)
	}
	DECQ(panels)
	JNZ(LabelRef("panel"))
	VZEROUPPER()
	RET()
}
