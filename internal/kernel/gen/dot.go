package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const signature = "func(n, reps int, a []float32, offA []int, stepA int, b []float32, offB []int, stepB int, c []float32, ldc int)"

// dot writes the kernel of dm rows of a by dn rows of b, both read as vectors. dn
// is 2 or 4.
func dot(name string, v isa, dm, dn int) {
	TEXT(name, NOSPLIT, signature)
	Pragma("noescape")
	Doc(name+" computes c[i*ldc+j] += sum over r < reps and t < n of",
		fmt.Sprintf("a[offA[i]+r*stepA+t] * b[offB[j]+r*stepB+t], for i < %d and j < %d; n is a", dm, dn),
		fmt.Sprintf("multiple of %d and reps at least 1. It needs %s.", v.lanes(), v.name))
	rowA, rowB := rows("a", "offA", dm), rows("b", "offB", dn)
	reps := Load(Param("reps"), GP64())
	n, t := Load(Param("n"), GP64()), GP64()
	acc := v.zeros(dm * dn)

	Label("rep")
	XORQ(t, t)
	Label("loop")
	CMPQ(t, n)
	JGE(LabelRef("next"))
	left, right := make([]reg.VecVirtual, dm), v.vec()
	for i := range dm {
		left[i] = v.vec()
		VMOVUPS(Mem{Base: rowA[i], Index: t, Scale: 4}, left[i])
	}
	for j := range dn {
		VMOVUPS(Mem{Base: rowB[j], Index: t, Scale: 4}, right)
		for i := range dm {
			VFMADD231PS(left[i], right, acc[i*dn+j])
		}
	}
	ADDQ(U8(v.lanes()), t)
	JMP(LabelRef("loop"))

	Label("next")
	advance(rowA, "stepA", t)
	advance(rowB, "stepB", t)
	DECQ(reps)
	JNZ(LabelRef("rep"))

	c, ldc := Load(Param("c").Base(), GP64()), Load(Param("ldc"), GP64())
	for i := range dm {
		addSums(v, acc[i*dn:(i+1)*dn], Mem{Base: c})
		LEAQ(Mem{Base: c, Index: ldc, Scale: 4}, c)
	}
	VZEROUPPER()
	RET()
}

// rows returns pointers to the rows of a matrix that begin at offsets.
func rows(matrix, offsets string, n int) []reg.Register {
	base, off := Load(Param(matrix).Base(), GP64()), Load(Param(offsets).Base(), GP64())
	list := make([]reg.Register, n)
	for i := range list {
		p := GP64()
		MOVQ(Mem{Base: off, Disp: 8 * i}, p)
		LEAQ(Mem{Base: base, Index: p, Scale: 4}, p)
		list[i] = p
	}
	return list
}

// advance moves row pointers by a step of elements, with the help of register t.
func advance(rows []reg.Register, step string, t reg.Register) {
	Load(Param(step), t)
	for _, p := range rows {
		LEAQ(Mem{Base: p, Index: t, Scale: 4}, p)
	}
}

// addSums adds up the lanes of each register, halves first, and adds the sums to
// memory side by side.
func addSums(v isa, acc []reg.VecVirtual, to Mem) {
	for _, r := range acc {
		v.fold(r)
	}
	for i := 0; i < len(acc); i += 2 {
		VHADDPS(acc[i+1].AsX(), acc[i].AsX(), acc[i].AsX())
	}
	sums := acc[0].AsX()
	if len(acc) == 2 {
		VHADDPS(sums, sums, sums)
		before := XMM()
		VMOVSD(to, before)
		VADDPS(before, sums, sums)
		VMOVLPS(sums, to)
		return
	}
	VHADDPS(acc[2].AsX(), sums, sums)
	VADDPS(to, sums, sums)
	VMOVUPS(sums, to)
}
