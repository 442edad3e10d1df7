//go:build !noasm

package kernel

import feature "golang.org/x/sys/cpu"

//go:generate go run -C gen . -out ../micro_amd64.s -stubs ../micro_amd64.go -pkg kernel

// machineLevels returns the assembly levels that this machine can run, the best
// first.
func machineLevels() []*level {
	var have []*level
	if feature.X86.HasAVX512F && feature.X86.HasAVX2 {
		have = append(have, &level{
			name: "avx512",
			gemm: gemmAVX512, mr: 8, nr: 32,
			dot: dotAVX512, dm: 4, dn: 4, dk: 16,
			peak: peakAVX512, peakFlops: 12 * 16 * 2,
		})
	}
	if feature.X86.HasAVX2 && feature.X86.HasFMA {
		have = append(have, &level{
			name: "avx2",
			gemm: gemmAVX2, mr: 4, nr: 24,
			dot: dotAVX2, dm: 4, dn: 2, dk: 8,
			peak: peakAVX2, peakFlops: 12 * 8 * 2,
		})
	}
	return have
}
