package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// gemm writes the kernel of mr rows by n vectors: every element of the packed
// panel a is broadcast and meets n vectors of b's row.
func gemm(name string, v isa, mr, n int) {
	TEXT(name, NOSPLIT, "func(a, b []float32, off []int, c []float32, ldc int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes c[i*ldc+j] = sum over k < len(off) of a[k*%d+i] * b[off[k]+j], for", name, mr),
		fmt.Sprintf("i < %d and j < %d. It needs %s.", mr, n*v.lanes(), v.name))
	a, b := Load(Param("a").Base(), GP64()), Load(Param("b").Base(), GP64())
	off, k := Load(Param("off").Base(), GP64()), Load(Param("off").Len(), GP64())
	c, ldc := Load(Param("c").Base(), GP64()), Load(Param("ldc"), GP64())
	acc := v.zeros(mr * n)
	row, at := v.zeros(n), GP64()
	first := v.vec()

	TESTQ(k, k)
	JZ(LabelRef("store"))
	Label("loop")
	MOVQ(Mem{Base: off}, at)
	for j := range n {
		VMOVUPS(Mem{Base: b, Index: at, Scale: 4, Disp: j * v.bytes}, row[j])
	}
	for i := range mr {
		VBROADCASTSS(Mem{Base: a, Disp: 4 * i}, first)
		for j := range n {
			VFMADD231PS(row[j], first, acc[i*n+j])
		}
	}
	ADDQ(U8(8), off)
	ADDQ(U8(4*mr), a)
	DECQ(k)
	JNZ(LabelRef("loop"))

	Label("store")
	SHLQ(U8(2), ldc)
	for i := range mr {
		for j := range n {
			VMOVUPS(acc[i*n+j], Mem{Base: c, Disp: j * v.bytes})
		}
		if i < mr-1 {
			ADDQ(ldc, c)
		}
	}
	VZEROUPPER()
	RET()
}
