package kernel

// generic is the specification of the micro-kernels, in pure Go.
var generic = level{
	name: "generic",
	gemm: [4]gemmFunc{1: gemmGeneric}, mr: 4, nr: 8, lanes: 8,
	dot: dotGeneric, dm: 4, dn: 1, dk: 1,
	finish: finishGeneric, finishReLU: finishReLUGeneric,
	add: addGeneric, scale: scaleGeneric, backReLU: backReLUGeneric, center: centerGeneric, adam: adamGeneric,
	multiply: multiplyGeneric, ramp: rampGeneric, step: stepGeneric, quiet: quietGeneric,
	mse: mseGeneric, mseOnes: mseOnesGeneric, mseBytes: mseBytesGeneric, sum: sumGeneric, squares: squaresGeneric,
	peak: peakGeneric, peakFlops: 16,
	foreground: foregroundGeneric, sumRows: sumRowsGeneric, mark: markGeneric,
}

// gemmGeneric multiplies packed panels of 4 rows with 8 columns of a matrix
// whose rows begin at off. Products are rounded before they are added, on every
// machine.
func gemmGeneric(a, b []float32, off []int, c []float32, ldc, panels int) {
	for p := range panels {
		panel, out := a[p*4*len(off):], c[p*4*ldc:]
		for j := range 8 {
			var s0, s1, s2, s3 float32
			for k, o := range off {
				v, r := b[o+j], panel[k*4:k*4+4]
				s0 += float32(r[0] * v)
				s1 += float32(r[1] * v)
				s2 += float32(r[2] * v)
				s3 += float32(r[3] * v)
			}
			out[j], out[ldc+j], out[2*ldc+j], out[3*ldc+j] = s0, s1, s2, s3
		}
	}
}

// dotGeneric multiplies 4*tiles rows with 1 row, element by element.
func dotGeneric(n, tiles int, a []float32, offA []int, b []float32, offB []int, c []float32, ldc int) {
	for i := range tiles {
		var s0, s1, s2, s3 float32
		off := offA[4*i : 4*i+4]
		a0, a1, a2, a3 := a[off[0]:][:n], a[off[1]:][:n], a[off[2]:][:n], a[off[3]:][:n]
		for t, v := range b[offB[0]:][:n] {
			s0 += float32(a0[t] * v)
			s1 += float32(a1[t] * v)
			s2 += float32(a2[t] * v)
			s3 += float32(a3[t] * v)
		}
		out := c[4*i*ldc:]
		out[0] += s0
		out[ldc] += s1
		out[2*ldc] += s2
		out[3*ldc] += s3
	}
}

// peakGeneric runs eight chains of a multiplication and an addition.
func peakGeneric(n int) {
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	for range n {
		s0 = float32(s0*0.5) + 1
		s1 = float32(s1*0.5) + 1
		s2 = float32(s2*0.5) + 1
		s3 = float32(s3*0.5) + 1
		s4 = float32(s4*0.5) + 1
		s5 = float32(s5*0.5) + 1
		s6 = float32(s6*0.5) + 1
		s7 = float32(s7*0.5) + 1
	}
	peakSink = [8]float32{s0, s1, s2, s3, s4, s5, s6, s7}
}

// peakSink keeps the compiler from dropping peakGeneric's work.
var peakSink [8]float32 //nolint:unused // written alone, that is its purpose
