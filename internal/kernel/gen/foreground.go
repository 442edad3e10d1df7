package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	rowRegs    = 5  // registers that hold a row
	maxColours = 32 // different bytes of a row that the kernel takes
)

// foreground writes the kernel that projects rows of 32 to 160 bytes.
func foreground(name string) {
	TEXT(name, NOSPLIT, "func(dst, src []byte, w, rows int, s [8]uint64, same *[256]byte, dist *[1 << 16]byte) int")
	Pragma("noescape")
	Doc(name+" is foregroundGeneric in AVX2, for w from 32 to 160. It stops before a row that has more",
		"than 32 different bytes or one that same maps to another, and returns how many it did.")
	list := AllocLocal(maxColours)
	dst, src := Load(Param("dst").Base(), GP64()), Load(Param("src").Base(), GP64())
	rows := Load(Param("rows"), GP64())
	Label("row")
	TESTQ(rows, rows)
	JZ(LabelRef("stop"))
	row := vectors()
	for i, at := range elements("s", 0, rowRegs) {
		VMOVDQU(Mem{Base: src, Index: at, Scale: 1}, row[i])
	}
	best, n := collect(src, row, list)
	out := lookUp(row, list, best, n)
	for i, at := range elements("s", 0, rowRegs) {
		VMOVDQU(out[i], Mem{Base: dst, Index: at, Scale: 1})
	}
	w := Load(Param("w"), GP64())
	ADDQ(w, src)
	ADDQ(w, dst)
	DECQ(rows)
	JMP(LabelRef("row"))
	Label("stop")
	done := Load(Param("rows"), GP64())
	SUBQ(rows, done)
	Store(done, ReturnIndex(0))
	end()
}

// vectors returns the registers of a row.
func vectors() []reg.VecVirtual {
	row := make([]reg.VecVirtual, rowRegs)
	for i := range row {
		row[i] = YMM()
	}
	return row
}

// elements loads elements of an array parameter of 8 bytes each, from one index on
// up to another.
func elements(name string, from, to int) []reg.GPVirtual {
	var all []reg.GPVirtual
	for i := from; i < to; i++ {
		r := GP64()
		Load(Param(name).Index(i), r)
		all = append(all, r)
	}
	return all
}

// collect lists the n different bytes of a row from left to right: each is the first
// byte that equals none on the list. best is 256 times the count of the most
// frequent one, plus that byte.
func collect(src reg.Register, row []reg.VecVirtual, list Mem) (best, n reg.GPVirtual) {
	best, n = GP64(), GP64()
	left := elements("s", rowRegs, 8) // the bytes not equal to any listed one
	XORQ(best, best)
	XORQ(n, n)
	Label("colour")
	CMPQ(n, U8(maxColours))
	JE(LabelRef("stop"))
	v, colour := first(src, left), YMM()
	same := Load(Param("same"), GP64())
	CMPB(v.As8(), Mem{Base: same, Index: v, Scale: 1})
	JNE(LabelRef("stop"))
	MOVB(v.As8(), list.Idx(n, 1))
	VMOVD(v.As32(), colour.AsX())
	VPBROADCASTB(colour.AsX(), colour)
	count, ones := GP64(), GP64()
	for i, l := range left {
		m := equals(colour, row[2*i:min(2*i+2, rowRegs)])
		ANDQ(l, m)
		XORQ(m, l)
		if i == 0 {
			POPCNTQ(m, count)
		} else {
			POPCNTQ(m, ones)
			ADDQ(ones, count)
		}
	}
	SHLQ(U8(8), count)
	ADDQ(count, v)
	CMPQ(count, best)
	CMOVQHI(v, best)
	INCQ(n)
	some := GP64()
	MOVQ(left[0], some)
	ORQ(left[1], some)
	ORQ(left[2], some)
	JNZ(LabelRef("colour"))
	return best, n
}

// first returns the byte of the lowest bit that is set in left. The last word
// belongs to the last 32 bytes of a row.
func first(src reg.Register, left []reg.GPVirtual) reg.GPVirtual {
	word, base, next := GP64(), GP64(), GP64()
	MOVQ(left[0], word)
	MOVQ(src, base)
	LEAQ(Mem{Base: src, Disp: 64}, next)
	TESTQ(word, word)
	CMOVQEQ(left[1], word)
	CMOVQEQ(next, base)
	Load(Param("w"), next)
	LEAQ(Mem{Base: src, Index: next, Scale: 1, Disp: -32}, next)
	TESTQ(word, word)
	CMOVQEQ(left[2], word)
	CMOVQEQ(next, base)
	TZCNTQ(word, word)
	v := GP64()
	MOVBQZX(Mem{Base: base, Index: word, Scale: 1}, v)
	return v
}

// equals returns the bits of the bytes in one or two registers that equal a colour.
func equals(colour reg.VecVirtual, row []reg.VecVirtual) reg.GPVirtual {
	var word reg.GPVirtual
	for i, r := range row {
		eq, m := YMM(), GP64()
		VPCMPEQB(colour, r, eq)
		VPMOVMSKB(eq, m.As32())
		if i == 0 {
			word = m
			continue
		}
		SHLQ(U8(32), m)
		ORQ(m, word)
	}
	return word
}

// lookUp returns the distances of the bytes in a row from the best one, for the n
// bytes of the list one after the other.
func lookUp(row []reg.VecVirtual, list Mem, best, n reg.GPVirtual) []reg.VecVirtual {
	line, out := Load(Param("dist"), GP64()), vectors()
	MOVBQZX(best.As8(), best)
	SHLQ(U8(8), best)
	ADDQ(best, line)
	for _, o := range out {
		VPXOR(o, o, o)
	}
	Label("value")
	v, colour, value := GP64(), YMM(), YMM()
	MOVBQZX(list.Idx(n, 1).Offset(-1), v)
	VPBROADCASTB(list.Idx(n, 1).Offset(-1), colour)
	VPBROADCASTB(Mem{Base: line, Index: v, Scale: 1}, value)
	for i, o := range out {
		eq := YMM()
		VPCMPEQB(colour, row[i], eq)
		VPAND(value, eq, eq)
		VPOR(eq, o, o)
	}
	DECQ(n)
	JNZ(LabelRef("value"))
	return out
}
