package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const signature = "func(n, tiles int, a []float32, offA []int, b []float32, offB []int, c []float32, ldc int)"

// dot writes the kernel of dm rows of a by dn rows of b, both read as vectors. dn
// is 3 or 4. Tiles of dm rows follow one another.
func dot(name string, v isa, dm, dn int) {
	TEXT(name, NOSPLIT, signature)
	Pragma("noescape")
	Doc(name+" computes c[i*ldc+j] += sum over t < n of",
		fmt.Sprintf("a[offA[i]+t] * b[offB[j]+t], for i < %d*tiles and j < %d; n is a multiple of", dm, dn),
		fmt.Sprintf("%d and tiles is at least 1. It needs %s.", v.lanes(), v.name))
	list, c := Load(Param("offA").Base(), GP64()), Load(Param("c").Base(), GP64())
	more, tiles := AllocLocal(8), Load(Param("tiles"), GP64())
	MOVQ(tiles, more)
	Label("tile")
	rowA := rows("a", list, dm)
	rowB := rows("b", Load(Param("offB").Base(), GP64()), dn)
	n, t := Load(Param("n"), GP64()), GP64()
	acc := v.zeros(dm * dn)

	XORQ(t, t)
	TESTQ(n, n)
	JZ(LabelRef("sums"))
	Label("loop")
	right, left := make([]reg.VecVirtual, dn), v.vec()
	for j := range right {
		right[j] = v.vec()
		VMOVUPS(element(rowB[j], t), right[j])
	}
	for i := range dm {
		VMOVUPS(element(rowA[i], t), left)
		for j := range dn {
			VFMADD231PS(right[j], left, acc[i*dn+j])
		}
	}
	ADDQ(U8(v.lanes()), t)
	CMPQ(t, n)
	JL(LabelRef("loop"))

	Label("sums")
	ldc := Load(Param("ldc"), GP64())
	for i := range dm {
		addSums(v, acc[i*dn:(i+1)*dn], Mem{Base: c})
		LEAQ(Mem{Base: c, Index: ldc, Scale: 4}, c)
	}
	ADDQ(U8(8*dm), list)
	DECQ(more)
	JNZ(LabelRef("tile"))
	VZEROUPPER()
	RET()
}

// rows returns pointers to n rows of a matrix that begin at a list of offsets.
func rows(matrix string, off reg.Register, n int) []reg.Register {
	base := Load(Param(matrix).Base(), GP64())
	list := make([]reg.Register, n)
	for i := range list {
		p := GP64()
		MOVQ(Mem{Base: off, Disp: 8 * i}, p)
		LEAQ(Mem{Base: base, Index: p, Scale: 4}, p)
		list[i] = p
	}
	return list
}

// addSums adds up the lanes of each register, halves first, and adds the sums to
// memory side by side.
func addSums(v isa, acc []reg.VecVirtual, to Mem) {
	for _, r := range acc {
		v.fold(r)
	}
	for i := 0; i < len(acc); i += 2 {
		VHADDPS(acc[min(i+1, len(acc)-1)].AsX(), acc[i].AsX(), acc[i].AsX())
	}
	sums := acc[0].AsX()
	VHADDPS(acc[(len(acc)-1)/2*2].AsX(), sums, sums)
	if len(acc) == 4 {
		VADDPS(to, sums, sums)
		VMOVUPS(sums, to)
		return
	}
	before := XMM()
	VMOVSD(to, before)
	VADDPS(sums, before, before)
	VMOVLPS(before, to)
	VMOVHLPS(sums, sums, sums)
	VADDSS(to.Offset(8), sums, sums)
	VMOVSS(sums, to.Offset(8))
}
