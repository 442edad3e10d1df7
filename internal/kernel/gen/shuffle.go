package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// shuffle deals and weaves a vector of groups with the instructions of an isa.
// Groups are of 2 or 4 elements.
type shuffle interface {
	// deal returns the first elements of the groups at from, the second ones and so
	// on.
	deal(from reg.Register, s int) []reg.VecVirtual
	// weave undoes deal, into the groups at to. It may overwrite its registers.
	weave(in []reg.VecVirtual, to reg.Register)
}

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
	r := ZMM()
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

// deal takes the elements at even places, then, of groups of 4, those at even places
// of these.
func (z shuffleZ) deal(from reg.Register, s int) []reg.VecVirtual {
	in := make([]reg.VecVirtual, s)
	for l := range in {
		in[l] = ZMM()
		VMOVUPS(Mem{Base: from, Disp: l * zmm.bytes}, in[l])
	}
	even, odd := z.halves(in[0], in[1])
	if s == 2 {
		return []reg.VecVirtual{even, odd}
	}
	even2, odd2 := z.halves(in[2], in[3])
	r0, r2 := z.halves(even, even2)
	r1, r3 := z.halves(odd, odd2)
	return []reg.VecVirtual{r0, r1, r2, r3}
}

func (z shuffleZ) weave(in []reg.VecVirtual, to reg.Register) {
	out := make([]reg.VecVirtual, len(in))
	if len(in) == 2 {
		out[0], out[1] = z.alternate(in[0], in[1])
	} else {
		even, even2 := z.alternate(in[0], in[2])
		odd, odd2 := z.alternate(in[1], in[3])
		out[0], out[1] = z.alternate(even, odd)
		out[2], out[3] = z.alternate(even2, odd2)
	}
	for l, x := range out {
		VMOVUPS(x, Mem{Base: to, Disp: l * zmm.bytes})
	}
}

// halves returns the elements of a and b at even places and those at odd places.
func (z shuffleZ) halves(a, b reg.VecVirtual) (even, odd reg.VecVirtual) {
	return permuted(a, b, z.evens), permuted(a, b, z.odds)
}

// alternate returns the lower and the upper half of a and b taken alternately.
func (z shuffleZ) alternate(a, b reg.VecVirtual) (lower, upper reg.VecVirtual) {
	return permuted(a, b, z.lower), permuted(a, b, z.upper)
}

// shuffleY does the same in AVX2, whose shuffles stay within halves of a register:
// the lower half gets the first 4 groups and the upper half the others.
type shuffleY struct{}

const quarter = 16 // bytes that move as one

func (shuffleY) deal(from reg.Register, s int) []reg.VecVirtual {
	in := make([]reg.VecVirtual, s)
	for l := range in {
		in[l] = YMM()
		VBROADCASTF128(Mem{Base: from, Disp: l * quarter}, in[l])
		VINSERTF128(U8(1), Mem{Base: from, Disp: (s + l) * quarter}, in[l], in[l])
	}
	if s == 2 {
		even, odd := YMM(), YMM()
		VSHUFPS(U8(0x88), in[1], in[0], even)
		VSHUFPS(U8(0xdd), in[1], in[0], odd)
		return []reg.VecVirtual{even, odd}
	}
	return turned(in)
}

func (shuffleY) weave(in []reg.VecVirtual, to reg.Register) {
	var out []reg.VecVirtual
	if len(in) == 2 {
		lower, upper := YMM(), YMM()
		VUNPCKLPS(in[1], in[0], lower)
		VUNPCKHPS(in[1], in[0], upper)
		out = []reg.VecVirtual{lower, upper}
	} else {
		out = turned(in)
	}
	for l, x := range out {
		VMOVUPS(x.AsX(), Mem{Base: to, Disp: l * quarter})
		VEXTRACTF128(U8(1), x, Mem{Base: to, Disp: (len(in) + l) * quarter})
	}
}

// turned returns the columns of the 4x4 matrices in both halves of 4 registers.
func turned(r []reg.VecVirtual) []reg.VecVirtual {
	pairs, out := make([]reg.VecVirtual, 4), make([]reg.VecVirtual, 4)
	for i := 0; i < 4; i += 2 {
		pairs[i], pairs[i+1] = YMM(), YMM()
		VUNPCKLPS(r[i+1], r[i], pairs[i])
		VUNPCKHPS(r[i+1], r[i], pairs[i+1])
	}
	for t := range out {
		out[t] = YMM()
		if t%2 == 0 {
			VUNPCKLPD(pairs[2+t/2], pairs[t/2], out[t])
		} else {
			VUNPCKHPD(pairs[2+t/2], pairs[t/2], out[t])
		}
	}
	return out
}
