package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// shuffle deals and weaves vectors of elements with the instructions of an isa.
type shuffle interface {
	// deal returns the elements of a and b at even places and those at odd places.
	deal(a, b reg.VecVirtual) (even, odd reg.VecVirtual)
	// weave returns the lower and the upper half of a and b taken alternately.
	weave(a, b reg.VecVirtual) (lower, upper reg.VecVirtual)
}

// split writes the kernel that deals the rows of a plane out to s phases. It goes
// block by block of columns, and down the rows in each, so that the masks of what
// lies outside the plane are made once a block.
func split(name string, v isa, s int) {
	TEXT(name, NOSPLIT, "func(dst []float32, pitch, n int, src []float32, w, rows, pad int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s is splitGeneric for %d phases and n of at least %d. It needs %s.", name, s, v.lanes(), v.name))
	sh := v.shuffle()
	dst, src := rowPointers("dst", s), Load(Param("src").Base(), GP64())
	n, w := Load(Param("n"), GP64()), Load(Param("w"), GP64())
	at := GP64() // the first column of the block in a phase
	XORQ(at, at)

	Label("block")
	masks := make([]mask, s)
	edge := v.newEdge(at, w, s)
	for l := range s {
		masks[l] = edge.mask(l)
	}
	from, to, rows := GP64(), GP64(), Load(Param("rows"), GP64())
	LEAQ(Mem{Base: src, Index: edge.first, Scale: 4}, from)
	MOVQ(at, to)
	Label("row")
	in := make([]reg.VecVirtual, s)
	for l := range in {
		in[l] = v.vec()
		masks[l].load(Mem{Base: from, Disp: l * v.bytes}, in[l])
	}
	for r, x := range deal(sh, in) {
		VMOVUPS(x, Mem{Base: dst[r], Index: to, Scale: 4})
	}
	ADDQ(n, to)
	for range s {
		LEAQ(Mem{Base: from, Index: w, Scale: 4}, from)
	}
	DECQ(rows)
	JNZ(LabelRef("row"))
	nextBlock(v, at, n)
	VZEROUPPER()
	RET()
}

// join writes the kernel that undoes split, with a bias and a lower limit.
func join(name string, v isa, s int) {
	TEXT(name, NOSPLIT, "func(dst []float32, w int, src []float32, pitch, step, n, rows, pad int, bias, least float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s is joinGeneric for %d phases and n of at least %d. It needs %s.", name, s, v.lanes(), v.name))
	sh := v.shuffle()
	dst, src := Load(Param("dst").Base(), GP64()), rowPointers("src", s)
	n, w := Load(Param("n"), GP64()), Load(Param("w"), GP64())
	bias, least, zero := v.everywhere("bias"), v.everywhere("least"), v.zeros(1)[0]
	at := GP64()
	XORQ(at, at)

	Label("block")
	masks := make([]mask, s)
	edge := v.newEdge(at, w, s)
	for l := range s {
		masks[l] = edge.mask(l)
	}
	from, to, rows := GP64(), GP64(), Load(Param("rows"), GP64())
	LEAQ(Mem{Base: dst, Index: edge.first, Scale: 4}, to)
	MOVQ(at, from)
	Label("row")
	in := make([]reg.VecVirtual, s)
	for r := range in {
		in[r] = v.vec()
		VMOVUPS(Mem{Base: src[r], Index: from, Scale: 4}, in[r])
		VADDPS(bias, in[r], in[r])
		// In this order the result is x where x is NaN; the addition turns -0 to 0.
		VMAXPS(in[r], least, in[r])
		VADDPS(zero, in[r], in[r])
	}
	for l, x := range weave(sh, in) {
		masks[l].store(x, Mem{Base: to, Disp: l * v.bytes})
	}
	for range s {
		LEAQ(Mem{Base: to, Index: w, Scale: 4}, to)
	}
	step := Load(Param("step"), GP64())
	ADDQ(step, from)
	DECQ(rows)
	JNZ(LabelRef("row"))
	nextBlock(v, at, n)
	VZEROUPPER()
	RET()
}

// nextBlock moves at on by a vector, or to the last whole vector of n, and goes back
// to the label block until all is done.
func nextBlock(v isa, at, n reg.Register) {
	last := GP64()
	LEAQ(Mem{Base: n, Disp: -v.lanes()}, last)
	CMPQ(at, last)
	JGE(LabelRef("done"))
	ADDQ(U8(v.lanes()), at)
	CMPQ(at, last)
	CMOVQGT(last, at)
	JMP(LabelRef("block"))
	Label("done")
}

// deal returns the elements of vectors by their place modulo the number of vectors,
// 2 or 4.
func deal(sh shuffle, in []reg.VecVirtual) []reg.VecVirtual {
	even, odd := sh.deal(in[0], in[1])
	if len(in) == 2 {
		return []reg.VecVirtual{even, odd}
	}
	even2, odd2 := sh.deal(in[2], in[3])
	r0, r2 := sh.deal(even, even2)
	r1, r3 := sh.deal(odd, odd2)
	return []reg.VecVirtual{r0, r1, r2, r3}
}

// weave undoes deal.
func weave(sh shuffle, in []reg.VecVirtual) []reg.VecVirtual {
	if len(in) == 2 {
		lower, upper := sh.weave(in[0], in[1])
		return []reg.VecVirtual{lower, upper}
	}
	even, even2 := sh.weave(in[0], in[2])
	odd, odd2 := sh.weave(in[1], in[3])
	o0, o1 := sh.weave(even, odd)
	o2, o3 := sh.weave(even2, odd2)
	return []reg.VecVirtual{o0, o1, o2, o3}
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
