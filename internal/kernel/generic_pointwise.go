package kernel

import "math"

// The loops of this file are the specification of the elementwise kernels. Those
// that return nothing give the same bits on every level.

// finishGeneric writes src+bias to dst.
func finishGeneric(dst, src []float32, bias float32) {
	for i, v := range src[:len(dst)] {
		dst[i] = v + bias
	}
}

// finishReLUGeneric writes max(src+bias, 0) to dst.
func finishReLUGeneric(dst, src []float32, bias float32) {
	for i, v := range src[:len(dst)] {
		dst[i] = max(v+bias, 0)
	}
}

// adamGeneric steps len(p) parameters. Its factors are Scale, Beta1, 1-Beta1,
// Beta2, 1-Beta2, 1/sqrt(BiasCorrection2), Eps and LR/BiasCorrection1.
func adamGeneric(p, m, v, g []float32, f *[8]float32) {
	m, v, g = m[:len(p)], v[:len(p)], g[:len(p)]
	for i := range p {
		d := g[i] * f[0]
		mi := float32(m[i]*f[1]) + float32(d*f[2])
		vi := float32(v[i]*f[3]) + float32(float32(d*f[4])*d)
		m[i], v[i] = mi, vi
		den := float32(float32(math.Sqrt(float64(vi)))*f[5]) + f[6]
		p[i] -= float32(mi / den * f[7])
	}
}

// addGeneric writes dst = a + b.
func addGeneric(dst, a, b []float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] + b[i]
	}
}

// scaleGeneric writes dst = factor*x.
func scaleGeneric(dst, x []float32, factor float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = factor * x[i]
	}
}

// multiplyGeneric writes dst = a*b.
func multiplyGeneric(dst, a, b []float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] * b[i]
	}
}

// rampGeneric writes dst = min(floor + slope*|x|, most), NaN where x is.
func rampGeneric(dst, x []float32, floor, slope, most float32) {
	for i, v := range x[:len(dst)] {
		w := floor + float32(slope*abs(v))
		if w > most {
			w = most
		}
		dst[i] = w
	}
}

// stepGeneric writes dst = above where |x| >= edge, else below.
func stepGeneric(dst, x []float32, edge, below, above float32) {
	for i, v := range x[:len(dst)] {
		w := below
		if abs(v) >= edge {
			w = above
		}
		dst[i] = w
	}
}

// quietGeneric returns how many elements the eights have that x begins with and in which
// no |x| >= edge.
func quietGeneric(x []float32, edge float32) int {
	for i, v := range x {
		if abs(v) >= edge {
			return i / 8 * 8
		}
	}
	return len(x) / 8 * 8
}

func abs(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// backReLUGeneric writes dz = dy where y is above 0 or NaN, else 0.
func backReLUGeneric(dz, y, dy []float32) {
	y, dy = y[:len(dz)], dy[:len(dz)]
	for i, v := range y {
		d := dy[i]
		if v <= 0 {
			d = 0
		}
		dz[i] = d
	}
}

// centerGeneric writes dst = (src-mean)*scale.
func centerGeneric(dst []float32, src []byte, mean []float32, scale float32) {
	src, mean = src[:len(dst)], mean[:len(dst)]
	for i, m := range mean {
		dst[i] = (float32(src[i]) - m) * scale
	}
}

// mseGeneric writes grad = scale*w*(xhat-x) and returns the sum of w*(xhat-x)^2.
func mseGeneric(grad, xhat, x, w []float32, scale float32) float64 {
	xhat, x, w = xhat[:len(grad)], x[:len(grad)], w[:len(grad)]
	var loss float64
	for i := range grad {
		d := xhat[i] - x[i]
		e := w[i] * d
		grad[i] = e * scale
		loss += float64(d) * float64(e)
	}
	return loss
}

// mseOnesGeneric is mseGeneric with weights of 1.
func mseOnesGeneric(grad, xhat, x []float32, scale float32) float64 {
	xhat, x = xhat[:len(grad)], x[:len(grad)]
	var loss float64
	for i := range grad {
		d := xhat[i] - x[i]
		grad[i] = d * scale
		loss += float64(d) * float64(d)
	}
	return loss
}

// mseBytesGeneric is mseGeneric of x = (obs-mean)*unit, and returns the sum of grad too.
// Other levels sum in float32: it takes some thousand elements at the most.
func mseBytesGeneric(grad, xhat []float32, obs []byte, mean, w []float32, unit, scale float32) (loss, sum float64) {
	xhat, obs, mean, w = xhat[:len(grad)], obs[:len(grad)], mean[:len(grad)], w[:len(grad)]
	for i := range grad {
		d := xhat[i] - float32((float32(obs[i])-mean[i])*unit)
		e := w[i] * d
		grad[i] = e * scale
		loss += float64(d) * float64(e)
		sum += float64(grad[i])
	}
	return loss, sum
}

// sumGeneric returns the sum of x.
func sumGeneric(x []float32) float64 {
	var sum float64
	for _, v := range x {
		sum += float64(v)
	}
	return sum
}

// squaresGeneric returns the sum of squares of x.
func squaresGeneric(x []float32) float64 {
	var sum float64
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return sum
}
