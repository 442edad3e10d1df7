package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// begin starts an elementwise kernel whose twin is the function of that name in
// generic_pointwise.go.
func begin(name, twin, signature string) {
	TEXT(name, NOSPLIT, signature)
	Pragma("noescape")
	Doc(name + " is " + twin + " in AVX2 and FMA.")
}

// finish writes the kernel of a layer's last step: bias, then ReLU or nothing.
func finish(name, twin string, relu bool) {
	begin(name, twin, "func(dst, src []float32, bias float32)")
	n, at, base := slices("dst", "src")
	bias, zero := everywhere("bias"), ymm.zeros(1)[0]
	pointwise(n, at, func(size int) {
		x := YMM()
		load(size, element(base[1], at), x)
		VADDPS(bias, x, x)
		if relu {
			// In this order the result is x where x is NaN, and -0 where x is -0,
			// which the addition makes 0.
			VMAXPS(x, zero, x)
			VADDPS(zero, x, x)
		}
		store(size, x, element(base[0], at))
	})
	end()
}

// add writes the kernel of a sum.
func add(name string) { pairwise(name, "addGeneric", VADDPS) }

// multiply writes the kernel of a product.
func multiply(name string) { pairwise(name, "multiplyGeneric", VMULPS) }

// pairwise writes a kernel that computes element by element from two slices.
func pairwise(name, twin string, compute func(ops ...Op)) {
	begin(name, twin, "func(dst, a, b []float32)")
	n, at, base := slices("dst", "a", "b")
	pointwise(n, at, func(size int) {
		a, b := YMM(), YMM()
		load(size, element(base[1], at), a)
		load(size, element(base[2], at), b)
		compute(b, a, a)
		store(size, a, element(base[0], at))
	})
	end()
}

// scale writes the kernel of a product with a number.
func scale(name string) {
	begin(name, "scaleGeneric", "func(dst, x []float32, factor float32)")
	n, at, base := slices("dst", "x")
	factor := everywhere("factor")
	pointwise(n, at, func(size int) {
		x := YMM()
		load(size, element(base[1], at), x)
		VMULPS(x, factor, x)
		store(size, x, element(base[0], at))
	})
	end()
}

// ramp writes the kernel of weights that grow with a number's size.
func ramp(name string) {
	begin(name, "rampGeneric", "func(dst, x []float32, floor, slope, most float32)")
	n, at, base := slices("dst", "x")
	floor, slope, most, size := everywhere("floor"), everywhere("slope"), everywhere("most"), noSign()
	pointwise(n, at, func(lanes int) {
		x := YMM()
		load(lanes, element(base[1], at), x)
		VANDPS(size, x, x)
		VMULPS(slope, x, x)
		VADDPS(floor, x, x)
		VMINPS(x, most, x) // in this order the result is x where x is NaN
		store(lanes, x, element(base[0], at))
	})
	end()
}

// step writes the kernel of weights that depend on whether a number's size reaches an
// edge.
func step(name string) {
	begin(name, "stepGeneric", "func(dst, x []float32, edge, below, above float32)")
	n, at, base := slices("dst", "x")
	edge, below, above, size := everywhere("edge"), everywhere("below"), everywhere("above"), noSign()
	const greaterOrEqual = 0x1d // false for NaN
	pointwise(n, at, func(lanes int) {
		x := YMM()
		load(lanes, element(base[1], at), x)
		VANDPS(size, x, x)
		VCMPPS(U8(greaterOrEqual), edge, x, x)
		VBLENDVPS(x, above, below, x)
		store(lanes, x, element(base[0], at))
	})
	end()
}

// quiet writes the kernel that looks for a number whose size reaches an edge.
func quiet(name string) {
	begin(name, "quietGeneric", "func(x []float32, edge float32) int")
	n, at, base := slices("x")
	edge, size := everywhere("edge"), noSign()
	const greaterOrEqual = 0x1d // false for NaN
	XORQ(at, at)
	Label("eight")
	SUBQ(U8(8), n)
	JL(LabelRef("done"))
	x, some := YMM(), GP32()
	VANDPS(element(base[0], at), size, x)
	VCMPPS(U8(greaterOrEqual), edge, x, x)
	VMOVMSKPS(x, some)
	TESTL(some, some)
	JNZ(LabelRef("done"))
	ADDQ(U8(8), at)
	JMP(LabelRef("eight"))
	Label("done")
	Store(at, ReturnIndex(0))
	end()
}

// noSign returns a register of all bits but the signs of its numbers.
func noSign() reg.VecVirtual {
	r := YMM()
	VPCMPEQD(r, r, r)
	VPSRLD(U8(1), r, r)
	return r
}

// backReLU writes the kernel of ReLU's gradient.
func backReLU(name string) {
	begin(name, "backReLUGeneric", "func(dz, y, dy []float32)")
	n, at, base := slices("dz", "y", "dy")
	zero := ymm.zeros(1)[0]
	const notLessOrEqual = 0x06 // true for NaN too
	pointwise(n, at, func(size int) {
		y, d := YMM(), YMM()
		load(size, element(base[1], at), y)
		load(size, element(base[2], at), d)
		VCMPPS(U8(notLessOrEqual), zero, y, y)
		VANDPS(y, d, d)
		store(size, d, element(base[0], at))
	})
	end()
}

// center writes the kernel that turns bytes into centred numbers.
func center(name string) {
	begin(name, "centerGeneric", "func(dst []float32, src []byte, mean []float32, scale float32)")
	n, at, base := slices("dst", "src", "mean")
	scale := everywhere("scale")
	pointwise(n, at, func(size int) {
		x, mean := widened(size, Mem{Base: base[1], Index: at, Scale: 1}), YMM()
		load(size, element(base[2], at), mean)
		VSUBPS(mean, x, x)
		VMULPS(scale, x, x)
		store(size, x, element(base[0], at))
	})
	end()
}

// widened returns 8 bytes, or 1 in a register of its own, as numbers.
func widened(size int, from Mem) reg.VecVirtual {
	x := YMM()
	if size == 8 {
		VPMOVZXBD(from, x)
	} else {
		b := GP32()
		MOVBLZX(from, b)
		VPXOR(x, x, x)
		VMOVD(b, x.AsX())
	}
	VCVTDQ2PS(x, x)
	return x
}
