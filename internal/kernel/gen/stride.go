package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// deal writes the kernel that deals groups of s elements out to s phases, a vector
// of groups a round; the last round of a row goes back over some that are done.
func deal(name string, v isa, s int) {
	TEXT(name, NOSPLIT, "func(dst []float32, at [4]int, n int, src []float32, step, q, rows int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes dst[at[r]+i*n+j] = src[i*step+j*%d+r] for r < %d, i < rows and j < q,", name, s, s),
		fmt.Sprintf("q at least %d. It needs %s.", v.lanes(), v.name))
	sh := v.shuffle()
	phases, rest := phasePointers("dst", s), Load(Param("src").Base(), GP64())
	eachBlock(v, phases, rest, 4*s, 4, func(group, at reg.Register) {
		for r, x := range sh.deal(group, s) {
			VMOVUPS(x, element(phases[r], at))
		}
	})
	end()
}

// weave writes the kernel that undoes deal, with a bias and a lower limit.
func weave(name string, v isa, s int) {
	TEXT(name, NOSPLIT, "func(dst []float32, step int, src []float32, at [4]int, n, q, rows int, bias, least float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes dst[i*step+j*%d+r] = max(src[at[r]+i*n+j]+bias, least)+0 for r < %d,", name, s, s),
		fmt.Sprintf("i < rows and j < q, q at least %d. It needs %s.", v.lanes(), v.name))
	sh := v.shuffle()
	bias, least, zero := v.everywhere("bias"), v.everywhere("least"), v.zeros(1)[0]
	phases, rest := phasePointers("src", s), Load(Param("dst").Base(), GP64())
	eachBlock(v, phases, rest, 4*s, 4, func(group, at reg.Register) {
		in := make([]reg.VecVirtual, s)
		for r := range in {
			in[r] = v.vec()
			VADDPS(element(phases[r], at), bias, in[r])
			// In this order the result is x where x is NaN; the addition turns -0 to 0.
			VMAXPS(in[r], least, in[r])
			VADDPS(zero, in[r], in[r])
		}
		sh.weave(in, group)
	})
	end()
}

// dealBytes writes the kernel that deals groups of 4 bytes out, centred.
func dealBytes(name string) {
	gather := GLOBL("gather", RODATA|NOPTR)
	for i := range 16 {
		DATA(i, U8(i/4+i%4*4))
	}
	TEXT(name, NOSPLIT, "func(dst []float32, at [4]int, n int, src []byte, step, q, rows int, mean []float32, scale float32)")
	Pragma("noescape")
	Doc(name+" computes dst[e] = (src[i*step+j*4+r]-mean[e])*scale with e = at[r]+i*n+j, for r < 4,",
		"i < rows and j < q, q at least 8. It needs AVX2.")
	scale, order := everywhere("scale"), XMM()
	VMOVDQU(gather, order)
	phases, src := phasePointers("dst", 4), Load(Param("src").Base(), GP64())
	// From an element of dst to that of mean.
	away, dst := Load(Param("mean").Base(), GP64()), Load(Param("dst").Base(), GP64())
	SUBQ(dst, away)
	eachBlock(ymm, phases, src, 4, 1, func(group, at reg.Register) {
		mean, lower, upper := GP64(), XMM(), XMM()
		LEAQ(Mem{Base: away, Index: at, Scale: 4}, mean)
		VMOVDQU(Mem{Base: group}, lower)
		VMOVDQU(Mem{Base: group, Disp: 16}, upper)
		VPSHUFB(order, lower, lower) // 4 bytes of each phase
		VPSHUFB(order, upper, upper)
		pairs := [2]reg.VecVirtual{XMM(), XMM()} // 8 bytes of two phases each
		VPUNPCKLDQ(upper, lower, pairs[0])
		VPUNPCKHDQ(upper, lower, pairs[1])
		for r, p := range phases {
			x, b := YMM(), pairs[r/2]
			if r%2 == 1 {
				VPSRLDQ(U8(8), b, b)
			}
			VPMOVZXBD(b, x)
			VCVTDQ2PS(x, x)
			VSUBPS(Mem{Base: p, Index: mean, Scale: 1}, x, x)
			VMULPS(scale, x, x)
			VMOVUPS(x, element(p, at))
		}
	})
	end()
}

// phasePointers returns pointers to s phases of a matrix, which begin where parameter
// at says.
func phasePointers(matrix string, s int) []reg.Register {
	base := Load(Param(matrix).Base(), GP64())
	list := make([]reg.Register, s)
	for i, r := range elements("at", 0, s) {
		LEAQ(Mem{Base: base, Index: r, Scale: 4}, r)
		list[i] = r
	}
	return list
}

// eachBlock runs body for each vector of a row's q groups of so many bytes, and for each
// row: group points to the first of its groups, at is their index in a phase. Phases
// move on by n elements a row and groups by step elements of scale bytes.
func eachBlock(v isa, phases []reg.Register, groups reg.Register, size int, scale uint8, body func(group, at reg.Register)) {
	rows, last := Load(Param("rows"), GP64()), Load(Param("q"), GP64())
	SUBQ(U8(v.lanes()), last)
	Label("row")
	at := GP64()
	XORQ(at, at)
	Label("block")
	group := GP64()
	MOVQ(at, group)
	IMUL3Q(U8(size), group, group)
	ADDQ(groups, group)
	body(group, at)
	CMPQ(at, last)
	JGE(LabelRef("next"))
	ADDQ(U8(v.lanes()), at)
	CMPQ(at, last)
	CMOVQGT(last, at)
	JMP(LabelRef("block"))
	Label("next")
	by := Load(Param("n"), GP64())
	for _, p := range phases {
		LEAQ(Mem{Base: p, Index: by, Scale: 4}, p)
	}
	by = Load(Param("step"), GP64())
	LEAQ(Mem{Base: groups, Index: by, Scale: scale}, groups)
	DECQ(rows)
	JNZ(LabelRef("row"))
}

// rowPointers returns pointers to n rows of the matrix that lie pitch apart.
func rowPointers(matrix string, n int) []reg.Register {
	pitch := Load(Param("pitch"), GP64())
	SHLQ(U8(2), pitch)
	list := []reg.Register{Load(Param(matrix).Base(), GP64())}
	for len(list) < n {
		p := GP64()
		MOVQ(list[len(list)-1], p)
		ADDQ(pitch, p)
		list = append(list, p)
	}
	return list
}
