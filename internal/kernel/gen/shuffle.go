package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// shuffle returns the instructions of v.
func (v isa) shuffle() shuffle {
	if v.bytes == 32 {
		return shuffleY{}
	}
	var evens, odds, lower, upper [16]uint32
	for i := range uint32(16) {
		evens[i], odds[i] = 2*i, 2*i+1
		lower[i], upper[i] = i/2+i%2*16, i/2+i%2*16+8
	}
	return shuffleZ{table("evens", evens[:]), table("odds", odds[:]), table("lower", lower[:]), table("upper", upper[:])}
}

// table returns a register with constants. The data is declared at the first use
// of the name.
func table(name string, values []uint32) reg.VecVirtual {
	m, ok := tables[name]
	if !ok {
		m = GLOBL(name, RODATA|NOPTR)
		for i, x := range values {
			DATA(4*i, U32(x))
		}
		tables[name] = m
	}
	var r reg.VecVirtual = ZMM()
	if len(values) == 8 {
		r = YMM()
	}
	VMOVUPS(m, r)
	return r
}

var tables = map[string]Mem{}

// shuffleZ holds index vectors for permutations of two registers.
type shuffleZ struct{ evens, odds, lower, upper reg.VecVirtual }

func permuted(a, b, index reg.VecVirtual) reg.VecVirtual {
	r := ZMM()
	VMOVAPS(a, r)
	VPERMT2PS(b, index, r)
	return r
}

func (s shuffleZ) deal(a, b reg.VecVirtual) (even, odd reg.VecVirtual) {
	return permuted(a, b, s.evens), permuted(a, b, s.odds)
}

func (s shuffleZ) weave(a, b reg.VecVirtual) (lower, upper reg.VecVirtual) {
	return permuted(a, b, s.lower), permuted(a, b, s.upper)
}

// shuffleY does the same in AVX2, whose shuffles stay within halves.
type shuffleY struct{}

func (shuffleY) deal(a, b reg.VecVirtual) (even, odd reg.VecVirtual) {
	even, odd = YMM(), YMM()
	VSHUFPS(U8(0x88), b, a, even)
	VSHUFPS(U8(0xdd), b, a, odd)
	VPERMPD(U8(0xd8), even, even)
	VPERMPD(U8(0xd8), odd, odd)
	return even, odd
}

func (shuffleY) weave(a, b reg.VecVirtual) (lower, upper reg.VecVirtual) {
	lo, hi := YMM(), YMM()
	lower, upper = YMM(), YMM()
	VUNPCKLPS(b, a, lo)
	VUNPCKHPS(b, a, hi)
	VPERM2F128(U8(0x20), hi, lo, lower)
	VPERM2F128(U8(0x31), hi, lo, upper)
	return lower, upper
}

// edge knows which elements of a block lie in a row of w.
type edge struct {
	v     isa
	first reg.Register // column of the row where the block begins, maybe below 0
	w     reg.VecVirtual
	index reg.VecVirtual // the column of each lane of the block's first vector
}

// newEdge returns the edge of a block that begins at column at of the phases: at
// s*at-pad of a row.
func (v isa) newEdge(at, w reg.Register, s int) edge {
	e := edge{v: v, first: GP64(), w: v.vec(), index: v.vec()}
	MOVQ(at, e.first)
	IMUL3Q(U8(s), e.first, e.first)
	pad := Load(Param("pad"), GP64())
	SUBQ(pad, e.first)
	lanes := make([]uint32, v.lanes())
	for i := range lanes {
		lanes[i] = uint32(i)
	}
	iota := table("lanes"+v.letter(), lanes)
	for _, b := range []struct {
		from reg.Register
		to   reg.VecVirtual
	}{{e.first, e.index}, {w, e.w}} {
		low := XMM()
		VMOVD(b.from.(reg.GPVirtual).As32(), low)
		VPBROADCASTD(low, b.to)
	}
	VPADDD(iota, e.index, e.index)
	return e
}

func (v isa) letter() string { return map[int]string{32: "Y", 64: "Z"}[v.bytes] }

// mask tells which lanes of a vector are in the row.
type mask struct {
	k reg.Register   // of AVX-512
	y reg.VecVirtual // of AVX2
}

// mask returns the mask of vector l of the block.
func (e edge) mask(l int) mask {
	const lessThan, width = 1, 32
	if l > 0 {
		next := e.v.vec()
		step := GP32()
		MOVL(U32(uint32(e.v.lanes())), step)
		low := XMM()
		VMOVD(step, low)
		VPBROADCASTD(low, next)
		VPADDD(next, e.index, e.index)
	}
	if e.v.bytes == 64 {
		k := K()
		VPCMPUD(U8(lessThan), e.w, e.index, k)
		return mask{k: k}
	}
	below, m := YMM(), YMM()
	VPSRAD(U8(width-1), e.index, below) // all ones where the column is negative
	VPCMPGTD(e.index, e.w, m)
	VPANDN(m, below, m)
	return mask{y: m}
}

// load reads the lanes of the mask and zeros the others.
func (m mask) load(from Mem, to reg.VecVirtual) {
	if m.k != nil {
		VMOVUPS_Z(from, m.k, to)
		return
	}
	VMASKMOVPS(from, m.y, to)
}

// store writes the lanes of the mask.
func (m mask) store(x reg.VecVirtual, to Mem) {
	if m.k != nil {
		VMOVUPS(x, m.k, to)
		return
	}
	VMASKMOVPS(x, m.y, to)
}
