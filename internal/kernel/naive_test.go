package kernel_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"glint/internal/kernel"
)

// guard is a bit pattern that no kernel computes: a NaN with a payload.
const guard = 0x7fc0dead

// guarded returns n elements with guard words before and after, and a check that
// they are still there.
func guarded(t *testing.T, n int) []float32 {
	t.Helper()
	const pad = 33
	all := make([]float32, n+2*pad)
	for i := range all {
		all[i] = math.Float32frombits(guard)
	}
	t.Cleanup(func() {
		for i, v := range all {
			if (i < pad || i >= pad+n) && math.Float32bits(v) != guard {
				t.Errorf("element %d of %d was written", i-pad, n)
				return
			}
		}
	})
	return all[pad : pad+n]
}

// random returns n guarded normal numbers.
func random(t *testing.T, r *rand.Rand, n int) []float32 {
	t.Helper()
	x := guarded(t, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// source returns the tests' random source.
func source() *rand.Rand { return rand.New(rand.NewPCG(4, 2026)) }

// sameBits fails unless the two hold the same bits.
func sameBits(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i, v := range want {
		if math.Float32bits(got[i]) != math.Float32bits(v) {
			t.Errorf("%s: element %d is %v, want the bits of %v", what, i, got[i], v)
			return
		}
	}
}

// activate is the activation in float64.
func activate(z float64, act kernel.Act) float64 {
	switch act {
	case kernel.ReLU:
		return max(z, 0)
	case kernel.Tanh:
		return math.Tanh(z)
	default:
		return z
	}
}

// bias64 returns bias[i], 0 for none.
func bias64(bias []float32, i int) float64 {
	if bias == nil {
		return 0
	}
	return float64(bias[i])
}

// eachProduct calls f with the indices of every product that a convolution sums:
// an element of the output, of the input and of the weights.
func eachProduct(c kernel.Conv, f func(y, x, w int)) {
	oh, ow := c.OutH(), c.OutW()
	for b := range c.B {
		for o := range c.F * oh * ow {
			filter, i, j := o/(oh*ow), o/ow%oh, o%ow
			for k := range c.C * c.KH * c.KW {
				ch, kh, kw := k/(c.KH*c.KW), k/c.KW%c.KH, k%c.KW
				h, w := i*c.Stride+kh-c.Pad, j*c.Stride+kw-c.Pad
				if h < 0 || h >= c.H || w < 0 || w >= c.W {
					continue
				}
				f(b*c.F*oh*ow+o, ((b*c.C+ch)*c.H+h)*c.W+w, filter*c.C*c.KH*c.KW+k)
			}
		}
	}
}

// naiveForward is Conv.Forward as a loop.
func naiveForward(c kernel.Conv, x, w, bias []float32, act kernel.Act) []float64 {
	hw := c.OutH() * c.OutW()
	y := make([]float64, c.B*c.F*hw)
	eachProduct(c, func(yi, xi, wi int) { y[yi] += float64(x[xi]) * float64(w[wi]) })
	for i := range y {
		y[i] = activate(y[i]+bias64(bias, i/hw%c.F), act)
	}
	return y
}

// naiveTransposed is Conv.Transposed as a loop.
func naiveTransposed(c kernel.Conv, x, w, bias []float32, act kernel.Act) []float64 {
	hw := c.H * c.W
	y := make([]float64, c.B*c.C*hw)
	eachProduct(c, func(yi, xi, wi int) { y[xi] += float64(x[yi]) * float64(w[wi]) })
	for i := range y {
		y[i] = activate(y[i]+bias64(bias, i/hw%c.C), act)
	}
	return y
}

// naiveWeights is Conv.BackWeights as a loop.
func naiveWeights(c kernel.Conv, x, dz []float32) []float64 {
	dw := make([]float64, c.F*c.C*c.KH*c.KW)
	eachProduct(c, func(yi, xi, wi int) { dw[wi] += float64(dz[yi]) * float64(x[xi]) })
	return dw
}

// naiveBias is BackBias as a loop.
func naiveBias(dz []float32, f, hw int) []float64 {
	db := make([]float64, f)
	for i, v := range dz {
		db[i/hw%f] += float64(v)
	}
	return db
}

// naiveBackAct is BackAct as a loop.
func naiveBackAct(y, dy []float32, act kernel.Act) []float64 {
	dz := make([]float64, len(y))
	for i, v := range y {
		switch {
		case act == kernel.Tanh:
			dz[i] = float64(dy[i]) * (1 - float64(v)*float64(v))
		case act == kernel.None || !(v <= 0):
			dz[i] = float64(dy[i])
		}
	}
	return dz
}

// naiveAdd is Add as a loop.
func naiveAdd(a, b []float32) []float64 {
	sum := make([]float64, len(a))
	for i, v := range a {
		sum[i] = float64(v) + float64(b[i])
	}
	return sum
}

// naiveCenter is Center as a loop.
func naiveCenter(src []byte, mean []float32, scale float64) []float64 {
	dst := make([]float64, len(src))
	for i, v := range src {
		dst[i] = (float64(v) - float64(mean[i%len(mean)])) * scale
	}
	return dst
}

// naiveMSE is WeightedMSE as a loop: the gradient and the loss.
func naiveMSE(xhat, x, w []float32, norm float64) []float64 {
	out, loss := make([]float64, len(x), len(x)+1), 0.0
	for i := range x {
		d, wi := float64(xhat[i])-float64(x[i]), 1.0
		if w != nil {
			wi = float64(w[i])
		}
		out[i] = 2 * wi * d / norm
		loss += wi * d * d / norm
	}
	return append(out, loss)
}

// centered returns (src-mean)*scale as numbers, for images of len(mean) bytes.
func centered(src []byte, mean []float32, scale float32) []float32 {
	x := make([]float32, len(src))
	for i, b := range src {
		x[i] = float32((float32(b) - mean[i%len(mean)]) * scale)
	}
	return x
}

// naiveTransposedMSE is Conv.TransposedMSE out of its parts: images, gradients by x,
// weights and bias, and the loss. The gradient by the images is rounded to float32
// between them.
func naiveTransposedMSE(c kernel.Conv, v *call) (y, dx, dw, db []float64, loss float64) {
	x, w := v.in[0], v.in[1]
	y = naiveTransposed(c, x, w, v.in[2], kernel.None)
	weights := make([]float32, len(v.in[4]))
	for i, x := range v.in[4] {
		weights[i] = x * x
	}
	grad := naiveMSE(rounded(y), centered(v.bytes, v.in[3], lossUnit), weights, lossNorm)
	grad, loss = grad[:len(y)], grad[len(y)]
	dy := rounded(grad)
	return y, naiveForward(c, dy, w, nil, kernel.None), naiveWeights(c, dy, x), naiveBias(dy, c.C, c.H*c.W), loss
}

// rounded returns numbers as float32.
func rounded(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

// naiveSquares is SumSquares as a loop.
func naiveSquares(x []float32) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return sum
}

// naiveAdam is AdamStep.Apply as a loop: parameters and both moments.
func naiveAdam(a kernel.AdamStep, p, m, v, g []float32) []float64 {
	n := len(p)
	b1, b2 := float64(a.Beta1), float64(a.Beta2)
	out := make([]float64, 3*n)
	for i := range p {
		d := float64(g[i]) * float64(a.Scale)
		mi := b1*float64(m[i]) + (1-b1)*d
		vi := b2*float64(v[i]) + (1-b2)*d*d
		step := float64(a.LR) / float64(a.BiasCorrection1) * mi / (math.Sqrt(vi/float64(a.BiasCorrection2)) + float64(a.Eps))
		out[i], out[n+i], out[2*n+i] = float64(p[i])-step, mi, vi
	}
	return out
}

func naiveScale(x []float32, factor float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = factor * float64(v)
	}
	return out
}
