package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pointwise writes the loop of an elementwise kernel: 8 elements a round, then 1. A
// body computes the elements that begin at index at, in a register of that size.
func pointwise(n, at reg.Register, body func(size int)) {
	XORQ(at, at)
	Label("wide")
	SUBQ(U8(8), n)
	JL(LabelRef("rest"))
	body(8)
	ADDQ(U8(8), at)
	JMP(LabelRef("wide"))
	Label("rest")
	ADDQ(U8(8), n)
	JZ(LabelRef("done"))
	Label("single")
	body(1)
	INCQ(at)
	DECQ(n)
	JNZ(LabelRef("single"))
	Label("done")
}

// end leaves the function.
func end() {
	VZEROUPPER()
	RET()
}

// load moves 8 elements or 1 from memory to r.
func load(size int, from Mem, r reg.VecVirtual) {
	if size == 8 {
		VMOVUPS(from, r)
		return
	}
	// The whole register is written, so that avo does not keep its upper half alive.
	VXORPS(r, r, r)
	VMOVSS(from, r.AsX())
}

// store moves 8 elements or 1 from r to memory.
func store(size int, r reg.VecVirtual, to Mem) {
	if size == 8 {
		VMOVUPS(r, to)
		return
	}
	VMOVSS(r.AsX(), to)
}

// slices returns pointers to slice parameters, the length of the first, and an
// index register.
func slices(names ...string) (n, at reg.Register, base []reg.Register) {
	n, at = Load(Param(names[0]).Len(), GP64()), GP64()
	for _, name := range names {
		base = append(base, Load(Param(name).Base(), GP64()))
	}
	return n, at, base
}

// everywhere returns a register that holds a float32 parameter in every lane.
func everywhere(name string) reg.VecVirtual { return ymm.everywhere(name) }

// everywhere returns a register of v that holds a float32 parameter in every lane.
func (v isa) everywhere(name string) reg.VecVirtual {
	b, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	r := v.vec()
	VBROADCASTSS(b.Addr, r)
	return r
}

// element is element at of a float32 slice.
func element(base, at reg.Register) Mem { return Mem{Base: base, Index: at, Scale: 4} }
