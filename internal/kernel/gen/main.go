// Gen writes the assembly of package kernel's micro-kernels. It is a module of
// its own so that glint does not depend on avo; run it by go generate in the
// folder above. The loops are specified in generic.go there.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
)

func main() {
	ConstraintExpr("!noasm")
	for n := 1; n <= 3; n++ {
		gemm(fmt.Sprintf("gemm%dAVX512", n), zmm, 8, n)
	}
	for n := 1; n <= 3; n++ {
		gemm(fmt.Sprintf("gemm%dAVX2", n), ymm, 4, n)
	}
	dot("dotAVX512", zmm, 4, 4)
	dot("dotAVX2", ymm, 4, 3)
	for _, s := range []int{2, 4} {
		deal(fmt.Sprintf("deal%dAVX512", s), zmm, s)
		deal(fmt.Sprintf("deal%dAVX2", s), ymm, s)
		weave(fmt.Sprintf("weave%dAVX512", s), zmm, s)
		weave(fmt.Sprintf("weave%dAVX2", s), ymm, s)
	}
	dealBytes("dealBytes4AVX2")
	transpose("transpose4AVX2", 4)
	transpose("transpose8AVX2", 8)
	finish("finishAVX2", "finishGeneric", false)
	finish("finishReLUAVX2", "finishReLUGeneric", true)
	add("addAVX2")
	scale("scaleAVX2")
	multiply("multiplyAVX2")
	ramp("rampAVX2")
	step("stepAVX2")
	quiet("quietAVX2")
	backReLU("backReLUAVX2")
	center("centerAVX2")
	adam("adamAVX2")
	mse("mseAVX2", true)
	mse("mseOnesAVX2", false)
	mseBytes("mseBytesAVX2")
	sum("sumAVX2", false)
	sum("squaresAVX2", true)
	peak("peakAVX512", zmm)
	peak("peakAVX2", ymm)
	foreground("foregroundAVX2")
	sumRows("sumRowsAVX2")
	mark("markAVX2")
	Generate()
}
