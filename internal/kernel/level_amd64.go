//go:build !noasm

package kernel

import feature "golang.org/x/sys/cpu"

//go:generate go run -C gen . -out ../micro_amd64.s -stubs ../micro_amd64.go -pkg kernel

// machineLevels returns the assembly levels that this machine can run, the best
// first.
func machineLevels() []*level {
	if x := feature.X86; !x.HasAVX2 || !x.HasFMA || !x.HasBMI1 || !x.HasPOPCNT {
		return nil
	}
	avx2 := level{
		name: "avx2",
		gemm: [4]gemmFunc{1: gemm1AVX2, gemm2AVX2, gemm3AVX2}, mr: 4, nr: 24, lanes: 8,
		dot: dotAVX2, dm: 4, dn: 3, dk: 8,
		finish: finishAVX2, finishReLU: finishReLUAVX2,
		add: addAVX2, scale: scaleAVX2, backReLU: backReLUAVX2, center: centerAVX2, adam: adamAVX2,
		multiply: multiplyAVX2, ramp: rampAVX2, step: stepAVX2, quiet: quietAVX2,
		mse: mseAVX2, mseOnes: mseOnesAVX2, mseBytes: mseBytesAVX2, sum: sumAVX2, squares: squaresAVX2,
		peak: peakAVX2, peakFlops: 12 * 8 * 2,
		foreground: foregroundAVX2, sumRows: sumRowsAVX2, mark: markAVX2,
	}
	avx2.transpose4, avx2.transpose8 = transpose4AVX2, transpose8AVX2
	avx2.fewest = 8
	avx2.deal[2], avx2.deal[4] = deal2AVX2, deal4AVX2
	avx2.dealBytes4 = dealBytes4AVX2
	avx2.weave[2], avx2.weave[4] = weave2AVX2, weave4AVX2
	if !feature.X86.HasAVX512F {
		return []*level{&avx2}
	}
	avx512 := avx2
	avx512.name = "avx512"
	avx512.gemm = [4]gemmFunc{1: gemm1AVX512, gemm2AVX512, gemm3AVX512}
	avx512.mr, avx512.nr, avx512.lanes = 8, 48, 16
	avx512.dot, avx512.dm, avx512.dn, avx512.dk = dotAVX512, 4, 4, 16
	avx512.fewest = 16
	avx512.deal[2], avx512.deal[4] = deal2AVX512, deal4AVX512
	avx512.weave[2], avx512.weave[4] = weave2AVX512, weave4AVX512
	avx512.peak, avx512.peakFlops = peakAVX512, 12*16*2
	return []*level{&avx512, &avx2}
}
