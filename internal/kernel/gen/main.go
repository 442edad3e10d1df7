// Gen writes the assembly of package kernel's micro-kernels. It is a module of
// its own so that glint does not depend on avo; run it by go generate in the
// folder above. The loops are specified in generic.go there.
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("!noasm")
	gemm("gemmAVX512", zmm, 8, 2)
	gemm("gemmAVX2", ymm, 4, 3)
	dot("dotAVX512", zmm, 4, 4)
	dot("dotAVX2", ymm, 4, 2)
	split("split2AVX2", 2)
	split("split4AVX2", 4)
	join("join2AVX2", 2)
	join("join4AVX2", 4)
	finish("finishAVX2", "finishGeneric", false)
	finish("finishReLUAVX2", "finishReLUGeneric", true)
	add("addAVX2")
	scale("scaleAVX2")
	backReLU("backReLUAVX2")
	center("centerAVX2")
	adam("adamAVX2")
	mse("mseAVX2", true)
	mse("mseOnesAVX2", false)
	sum("sumAVX2", false)
	sum("squaresAVX2", true)
	peak("peakAVX512", zmm)
	peak("peakAVX2", ymm)
	Generate()
}
