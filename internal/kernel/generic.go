package kernel

// generic is the specification of the micro-kernels, in pure Go.
var generic = level{
	name: "generic",
	gemm: gemmGeneric, mr: 4, nr: 8,
	dot: dotGeneric, dm: 4, dn: 1, dk: 1,
	finish: finishGeneric, finishReLU: finishReLUGeneric,
	add: addGeneric, backReLU: backReLUGeneric, center: centerGeneric, adam: adamGeneric,
	mse: mseGeneric, mseOnes: mseOnesGeneric, sum: sumGeneric, squares: squaresGeneric,
	peak: peakGeneric, peakFlops: 8,
}

// gemmGeneric multiplies a packed panel of 4 rows with 8 columns of a matrix
// whose rows begin at off. Products are rounded before they are added, on every
// machine.
func gemmGeneric(a, b []float32, off []int, c []float32, ldc int) {
	for j := range 8 {
		var s0, s1, s2, s3 float32
		for k, o := range off {
			v, r := b[o+j], a[k*4:k*4+4]
			s0 += float32(r[0] * v)
			s1 += float32(r[1] * v)
			s2 += float32(r[2] * v)
			s3 += float32(r[3] * v)
		}
		c[j], c[ldc+j], c[2*ldc+j], c[3*ldc+j] = s0, s1, s2, s3
	}
}

// dotGeneric multiplies 4 rows with 1 row, element by element.
func dotGeneric(n, reps int, a []float32, offA []int, stepA int, b []float32, offB []int, stepB int, c []float32, ldc int) {
	for i := range 4 {
		var sum float32
		for r := range reps {
			right := b[offB[0]+r*stepB:][:n]
			for t, v := range a[offA[i]+r*stepA:][:n] {
				sum += float32(v * right[t])
			}
		}
		c[i*ldc] += sum
	}
}

// peakGeneric runs four chains of a multiplication and an addition.
func peakGeneric(n int) {
	var s0, s1, s2, s3 float32
	for range n {
		s0 = float32(s0*0.5) + 1
		s1 = float32(s1*0.5) + 1
		s2 = float32(s2*0.5) + 1
		s3 = float32(s3*0.5) + 1
	}
	peakSink = [4]float32{s0, s1, s2, s3}
}

// peakSink keeps the compiler from dropping peakGeneric's work.
var peakSink [4]float32
