package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// accumulator adds float32 products up in float64: the halves of wide registers
// and single elements apart.
type accumulator struct{ lo, hi, one reg.VecVirtual }

// newAccumulator returns an accumulator of 0.
func newAccumulator() accumulator {
	z := ymm.zeros(3)
	return accumulator{z[0], z[1], z[2]}
}

// add adds the products of a and b, or a alone where b is nil.
func (s accumulator) add(size int, a, b reg.VecVirtual) {
	if size == 1 {
		s.addTo(s.one, a, b)
		return
	}
	s.addTo(s.lo, a, b)
	s.addTo(s.hi, upper(a), upper(b))
}

// addTo adds the products of the lower halves of a and b to sum.
func (s accumulator) addTo(sum, a, b reg.VecVirtual) {
	x, y := YMM(), YMM()
	VCVTPS2PD(a.AsX(), x)
	if b == nil {
		VADDPD(x, sum, sum)
		return
	}
	VCVTPS2PD(b.AsX(), y)
	VFMADD231PD(x, y, sum)
}

// upper returns the upper half of r in a register of its own.
func upper(r reg.VecVirtual) reg.VecVirtual {
	if r == nil {
		return nil
	}
	half := XMM()
	VEXTRACTF128(U8(1), r, half)
	return half
}

// ret returns the sum from the function.
func (s accumulator) ret() {
	half := pairsSum(s.lo, s.hi)
	// Single elements fill lane 0 and leave zeros in the others.
	VADDSD(s.one.AsX(), half, half)
	Store(half, ReturnIndex(0))
	end()
}

// mse writes the kernel of the squared error and its gradient, weighted or not.
func mse(name string, weighted bool) {
	params := []string{"grad", "xhat", "x"}
	if weighted {
		params = append(params, "w")
		begin(name, "mseGeneric", "func(grad, xhat, x, w []float32, scale float32) float64")
	} else {
		begin(name, "mseOnesGeneric", "func(grad, xhat, x []float32, scale float32) float64")
	}
	n, at, base := slices(params...)
	scale, loss := everywhere("scale"), newAccumulator()
	pointwise(n, at, func(size int) {
		d, x, e := YMM(), YMM(), YMM()
		load(size, element(base[1], at), d)
		load(size, element(base[2], at), x)
		VSUBPS(x, d, d)
		if weighted {
			load(size, element(base[3], at), e)
			VMULPS(d, e, e)
		} else {
			e = d
		}
		loss.add(size, d, e)
		g := YMM()
		VMULPS(scale, e, g)
		store(size, g, element(base[0], at))
	})
	loss.ret()
}

// mseBytes writes mse's kernel for bytes that are centred on the way. It sums in
// float32; single elements have zeros in their upper lanes.
func mseBytes(name string) {
	begin(name, "mseBytesGeneric", "func(grad, xhat []float32, obs []byte, mean, w []float32, unit, scale float32) (loss, sum float64)")
	n, at, base := slices("grad", "xhat", "obs", "mean", "w")
	unit, scale, totals := everywhere("unit"), everywhere("scale"), ymm.zeros(2)
	pointwise(n, at, func(size int) {
		d, mean, e := YMM(), YMM(), YMM()
		x := widened(size, Mem{Base: base[2], Index: at, Scale: 1})
		load(size, element(base[3], at), mean)
		VSUBPS(mean, x, x)
		VMULPS(unit, x, x)
		load(size, element(base[1], at), d)
		VSUBPS(x, d, d)
		load(size, element(base[4], at), e)
		VMULPS(d, e, e)
		VFMADD231PS(d, e, totals[0])
		VMULPS(scale, e, e)
		VADDPS(e, totals[1], totals[1])
		store(size, e, element(base[0], at))
	})
	for i, t := range totals {
		Store(lanesSum(t), ReturnIndex(i))
	}
	end()
}

// lanesSum returns the sum of float32 lanes in float64.
func lanesSum(r reg.VecVirtual) reg.VecVirtual {
	low, high := YMM(), YMM()
	VCVTPS2PD(r.AsX(), low)
	VCVTPS2PD(upper(r).AsX(), high)
	return pairsSum(low, high)
}

// pairsSum returns the sum of the float64 lanes of a and b, in a's lower half.
func pairsSum(a, b reg.VecVirtual) reg.VecVirtual {
	VADDPD(b, a, a)
	half := XMM()
	VEXTRACTF128(U8(1), a, half)
	VADDPD(half, a.AsX(), half)
	VHADDPD(half, half, half)
	return half
}

// sum writes the kernel of a sum, of squares or of the elements.
func sum(name string, squares bool) {
	twin := "sumGeneric"
	if squares {
		twin = "squaresGeneric"
	}
	begin(name, twin, "func(x []float32) float64")
	n, at, base := slices("x")
	total := newAccumulator()
	pointwise(n, at, func(size int) {
		x := YMM()
		load(size, element(base[0], at), x)
		if squares {
			total.add(size, x, x)
		} else {
			total.add(size, x, nil)
		}
	})
	total.ret()
}
