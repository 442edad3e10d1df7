package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// sumRows writes the kernel of the summed-area table: 16 entries a round, each the
// one above minus a running sum of -1 for every byte that counts.
func sumRows(name string) {
	lanes, lastWord := laneNumbers(), lastOfLane()
	TEXT(name, NOSPLIT, "func(table []uint16, stride, n int, src []byte, w, rows int, level, flip uint16)")
	Pragma("noescape")
	Doc(name + " is sumRowsGeneric in AVX2. It reads up to the next multiple of 16 bytes of a row.")
	above, src := Load(Param("table").Base(), GP64()), Load(Param("src").Base(), GP64())
	stride, rows := Load(Param("stride"), GP64()), Load(Param("rows"), GP64())
	SHLQ(U8(1), stride)
	level, flip, last := words("level"), words("flip"), YMM()
	VMOVDQU(lastWord, last)
	Label("row")
	DECQ(rows)
	JL(LabelRef("done"))
	sum, at, left := YMM(), GP64(), GP64()
	Load(Param("w"), left)
	line := GP64()
	LEAQ(Mem{Base: above, Index: stride, Scale: 1}, line)
	VPXOR(sum, sum, sum)
	XORQ(at, at)

	Label("whole")
	SUBQ(U8(16), left)
	JL(LabelRef("part"))
	accumulate(counting(src, at, level, flip), sum, last, above, line, at)
	JMP(LabelRef("whole"))

	Label("part")
	ADDQ(U8(16), left)
	JZ(LabelRef("rest"))
	keep, v := YMM(), counting(src, at, level, flip)
	VMOVD(left.As32(), keep.AsX())
	VPBROADCASTW(keep.AsX(), keep)
	VPCMPGTW(lanes, keep, keep)
	VPAND(keep, v, v)
	accumulate(v, sum, last, above, line, at)

	Label("rest")
	n := Load(Param("n"), GP64())
	Label("fill")
	CMPQ(at, n)
	JGE(LabelRef("next"))
	put(sum, above, line, at)
	JMP(LabelRef("fill"))

	Label("next")
	w := Load(Param("w"), GP64())
	ADDQ(w, src)
	MOVQ(line, above)
	JMP(LabelRef("row"))
	Label("done")
	end()
}

// laneNumbers is 0 to 15.
func laneNumbers() Mem {
	m := GLOBL("lanes", RODATA|NOPTR)
	for i := range 16 {
		DATA(2*i, U16(i))
	}
	return m
}

// lastOfLane shuffles the last word of each half into all of the half.
func lastOfLane() Mem {
	m := GLOBL("last", RODATA|NOPTR)
	for i := range 16 {
		DATA(2*i, U16(0x0f0e))
	}
	return m
}

// words returns a register that holds a uint16 parameter in every lane.
func words(name string) reg.VecVirtual {
	b, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	r := YMM()
	VPBROADCASTW(b.Addr, r)
	return r
}

// counting returns -1 for each of 16 bytes that counts.
func counting(src, at reg.Register, level, flip reg.VecVirtual) reg.VecVirtual {
	v := YMM()
	VPMOVZXBW(Mem{Base: src, Index: at, Scale: 1}, v)
	VPCMPGTW(level, v, v)
	VPXOR(flip, v, v)
	return v
}

// accumulate stores 16 sums that go on with v, and brings sum up to date. Only one
// addition waits for the round before.
func accumulate(v, sum, last reg.VecVirtual, above, line, at reg.Register) {
	shifted, total := YMM(), YMM()
	for _, n := range []uint8{2, 4, 8} {
		VPSLLDQ(U8(n), v, shifted)
		VPADDW(shifted, v, v)
	}
	VPERM2I128(U8(0x08), v, v, shifted) // the lower half, in the upper one
	VPSHUFB(last, shifted, shifted)
	VPADDW(shifted, v, v)
	VPERMQ(U8(0xff), v, total)
	VPSHUFB(last, total, total)
	VPADDW(sum, v, v)
	VPADDW(total, sum, sum)
	put(v, above, line, at)
}

// put stores the 16 entries above minus v.
func put(v reg.VecVirtual, above, line, at reg.Register) {
	entry := YMM()
	VMOVDQU(Mem{Base: above, Index: at, Scale: 2}, entry)
	VPSUBW(v, entry, entry)
	VMOVDQU(entry, Mem{Base: line, Index: at, Scale: 2})
	ADDQ(U8(16), at)
}

// mark writes the kernel that compares the counts of 16 places a round. Most places
// have too little in the centre; their ring is not looked at.
func mark(name string) {
	TEXT(name, NOSPLIT, "func(marks []uint16, words int, table []uint16, stride, rows int, at [12]int, least, most uint16)")
	Pragma("noescape")
	Doc(name + " is markGeneric in AVX2.")
	marks, row := Load(Param("marks").Base(), GP64()), Load(Param("table").Base(), GP64())
	rows, stride := Load(Param("rows"), GP64()), Load(Param("stride"), GP64())
	SHLQ(U8(1), stride)
	center := elements("at", 0, 4)
	least, most := words("least"), words("most")
	Label("row")
	DECQ(rows)
	JL(LabelRef("done"))
	from, n := GP64(), Load(Param("words"), GP64())
	MOVQ(row, from)
	Label("word")
	DECQ(n)
	JL(LabelRef("next"))
	fires, places := counts(from, center), GP32()
	compare(VPMAXUW, least, fires)
	VPMOVMSKB(fires, places)
	TESTL(places, places)
	JZ(LabelRef("store"))
	outer := counts(from, elements("at", 8, 12))
	inner := counts(from, elements("at", 4, 8))
	VPSUBW(inner, outer, outer)
	compare(VPMINUW, most, outer)
	VPAND(outer, fires, fires)
	VPACKSSWB(fires, fires, fires)
	VPERMQ(U8(0x08), fires, fires)
	VPMOVMSKB(fires.AsX(), places)
	Label("store")
	MOVW(places.As16(), Mem{Base: marks})
	ADDQ(U8(2), marks)
	ADDQ(U8(32), from)
	JMP(LabelRef("word"))
	Label("next")
	ADDQ(stride, row)
	JMP(LabelRef("row"))
	Label("done")
	end()
}

// counts returns the counts of 16 rectangles, from corners in elements.
func counts(from reg.Register, corner []reg.GPVirtual) reg.VecVirtual {
	n := YMM()
	VMOVDQU(Mem{Base: from, Index: corner[3], Scale: 2}, n)
	VPSUBW(Mem{Base: from, Index: corner[2], Scale: 2}, n, n)
	VPSUBW(Mem{Base: from, Index: corner[1], Scale: 2}, n, n)
	VPADDW(Mem{Base: from, Index: corner[0], Scale: 2}, n, n)
	return n
}

// compare makes -1 of the words of n that the choice between them and limit leaves
// as they are, and 0 of the others.
func compare(choice func(...Op), limit, n reg.VecVirtual) {
	chosen := YMM()
	choice(limit, n, chosen)
	VPCMPEQW(chosen, n, n)
}
