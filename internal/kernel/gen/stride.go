package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// split writes the kernel that deals the elements of a row out to s rows, 8 to
// each a round.
func split(name string, s int) {
	TEXT(name, NOSPLIT, "func(dst []float32, pitch int, src []float32, n int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes dst[r*pitch+j] = src[j*%d+r] for r < %d and j < n, with n rounded up to", name, s, s),
		"a multiple of 8. It needs AVX2.")
	dst, src := rowPointers("dst", s), Load(Param("src").Base(), GP64())
	n, at := Load(Param("n"), GP64()), GP64()
	XORQ(at, at)
	Label("loop")
	for r, v := range dealers[s](src) {
		VMOVUPS(v, Mem{Base: dst[r], Index: at, Scale: 4})
	}
	ADDQ(U8(32*s), src)
	ADDQ(U8(8), at)
	CMPQ(at, n)
	JL(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// dealers load 8*s elements and return them by their place modulo s.
var dealers = map[int]func(src reg.Register) []reg.VecVirtual{
	2: func(src reg.Register) []reg.VecVirtual {
		lo, hi, even, odd := YMM(), YMM(), YMM(), YMM()
		VMOVUPS(Mem{Base: src}, lo)
		VMOVUPS(Mem{Base: src, Disp: 32}, hi)
		VSHUFPS(U8(0x88), hi, lo, even)
		VSHUFPS(U8(0xdd), hi, lo, odd)
		VPERMPD(U8(0xd8), even, even)
		VPERMPD(U8(0xd8), odd, odd)
		return []reg.VecVirtual{even, odd}
	},
	4: func(src reg.Register) []reg.VecVirtual {
		rows := make([]reg.VecVirtual, 4)
		for i := range rows {
			rows[i] = YMM()
			VMOVUPS(Mem{Base: src, Disp: 16 * i}, rows[i].AsX())
			VINSERTF128(U8(1), Mem{Base: src, Disp: 64 + 16*i}, rows[i], rows[i])
		}
		return transpose4(rows)
	},
}

// join writes the kernel that undoes split.
func join(name string, s int) {
	TEXT(name, NOSPLIT, "func(dst, src []float32, pitch, n int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes dst[j*%d+r] = src[r*pitch+j] for r < %d and j < n, with n rounded up to", name, s, s),
		"a multiple of 8. It needs AVX2.")
	dst, src := Load(Param("dst").Base(), GP64()), rowPointers("src", s)
	n, at := Load(Param("n"), GP64()), GP64()
	XORQ(at, at)
	Label("loop")
	rows := make([]reg.VecVirtual, s)
	for r := range rows {
		rows[r] = YMM()
		VMOVUPS(Mem{Base: src[r], Index: at, Scale: 4}, rows[r])
	}
	weavers[s](dst, rows)
	ADDQ(U8(32*s), dst)
	ADDQ(U8(8), at)
	CMPQ(at, n)
	JL(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// weavers store s rows of 8 elements alternately.
var weavers = map[int]func(dst reg.Register, rows []reg.VecVirtual){
	2: func(dst reg.Register, rows []reg.VecVirtual) {
		lo, hi, first, second := YMM(), YMM(), YMM(), YMM()
		VUNPCKLPS(rows[1], rows[0], lo)
		VUNPCKHPS(rows[1], rows[0], hi)
		VPERM2F128(U8(0x20), hi, lo, first)
		VPERM2F128(U8(0x31), hi, lo, second)
		VMOVUPS(first, Mem{Base: dst})
		VMOVUPS(second, Mem{Base: dst, Disp: 32})
	},
	4: func(dst reg.Register, rows []reg.VecVirtual) {
		for i, v := range transpose4(rows) {
			VMOVUPS(v.AsX(), Mem{Base: dst, Disp: 16 * i})
			VEXTRACTF128(U8(1), v, Mem{Base: dst, Disp: 64 + 16*i})
		}
	},
}

// transpose4 transposes the 4x4 matrices in the halves of four registers.
func transpose4(r []reg.VecVirtual) []reg.VecVirtual {
	t, out := make([]reg.VecVirtual, 4), make([]reg.VecVirtual, 4)
	for i := range t {
		t[i], out[i] = YMM(), YMM()
	}
	VUNPCKLPS(r[1], r[0], t[0])
	VUNPCKHPS(r[1], r[0], t[1])
	VUNPCKLPS(r[3], r[2], t[2])
	VUNPCKHPS(r[3], r[2], t[3])
	VUNPCKLPD(t[2], t[0], out[0])
	VUNPCKHPD(t[2], t[0], out[1])
	VUNPCKLPD(t[3], t[1], out[2])
	VUNPCKHPD(t[3], t[1], out[3])
	return out
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
