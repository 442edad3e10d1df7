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
	VZEROUPPER()
	RET()
}

// load moves 8 elements or 1 from memory to r.
func load(size int, from Mem, r reg.VecVirtual) {
	if size == 8 {
		VMOVUPS(from, r)
		return
	}
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

// finish writes the kernel of a layer's last step: bias, then ReLU or nothing.
func finish(name string, relu bool) {
	TEXT(name, NOSPLIT, "func(dst, src []float32, bias float32)")
	Pragma("noescape")
	if relu {
		Doc(name + " computes dst[i] = max(src[i]+bias, 0) for i < len(dst). It needs AVX2.")
	} else {
		Doc(name + " computes dst[i] = src[i] + bias for i < len(dst). It needs AVX2.")
	}
	dst, n := Load(Param("dst").Base(), GP64()), Load(Param("dst").Len(), GP64())
	src, at := Load(Param("src").Base(), GP64()), GP64()
	bias, zero := YMM(), ymm.zeros(1)[0]
	b, err := Param("bias").Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(b.Addr, bias)
	pointwise(n, at, func(size int) {
		x := YMM()
		load(size, Mem{Base: src, Index: at, Scale: 4}, x)
		VADDPS(bias, x, x)
		if relu {
			// In this order the result is x where x is NaN.
			VMAXPS(x, zero, x)
		}
		store(size, x, Mem{Base: dst, Index: at, Scale: 4})
	})
}

// adam writes the optimiser's step. It rounds every product as the Go twin does,
// so that their bits are the same.
func adam(name string) {
	TEXT(name, NOSPLIT, "func(p, m, v, g []float32, f *[8]float32)")
	Pragma("noescape")
	Doc(name+" steps len(p) parameters by adamGeneric's formula, with its factors f. It needs", "AVX2.")
	n := Load(Param("p").Len(), GP64())
	var base [4]reg.Register
	for i, name := range []string{"p", "m", "v", "g"} {
		base[i] = Load(Param(name).Base(), GP64())
	}
	factors, at := Load(Param("f"), GP64()), GP64()
	var f [8]reg.VecVirtual
	for i := range f {
		f[i] = YMM()
		VBROADCASTSS(Mem{Base: factors, Disp: 4 * i}, f[i])
	}
	pointwise(n, at, func(size int) {
		place := func(i int) Mem { return Mem{Base: base[i], Index: at, Scale: 4} }
		p, m, v, g := YMM(), YMM(), YMM(), YMM()
		for i, r := range []reg.VecVirtual{p, m, v, g} {
			load(size, place(i), r)
		}
		t := YMM()
		VMULPS(f[0], g, g)
		VMULPS(f[1], m, m)
		VMULPS(f[2], g, t)
		VADDPS(t, m, m)
		VMULPS(f[3], v, v)
		VMULPS(f[4], g, t)
		VMULPS(g, t, t)
		VADDPS(t, v, v)
		store(size, m, place(1))
		store(size, v, place(2))
		VSQRTPS(v, t)
		VMULPS(f[5], t, t)
		VADDPS(f[6], t, t)
		VDIVPS(t, m, m)
		VMULPS(f[7], m, m)
		VSUBPS(m, p, p)
		store(size, p, place(0))
	})
}
