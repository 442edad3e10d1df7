package kernel_test

import (
	"testing"

	"glint/internal/kernel"
)

// BenchmarkUpdate runs the autoencoder's part of one update, forward, loss,
// backward and Adam, without a graph around it.
func BenchmarkUpdate(b *testing.B) {
	for _, size := range []struct {
		name  string
		batch int
	}{{"batch1", 1}, {"batch32", 32}} {
		b.Run(size.name, func(b *testing.B) {
			u := newUpdate(size.batch)
			rate(b, u.flops(), u.run)
		})
	}
}

// update holds the layers of the model and their numbers.
type update struct {
	conv         []kernel.Conv
	enc, dec     kernel.Dense
	x, h1, h2    []float32 // image and the two maps of the encoder
	code, d0, d1 []float32 // code and the two maps of the decoder
	xhat, grad   []float32
	g1, g2, gc   []float32 // gradients of maps and code
	p, dp, m, v  []float32 // all parameters
}

func newUpdate(batch int) *update {
	c := model(batch)
	image, map1 := batch*4*64*144, batch*16*16*36
	u := &update{
		conv: c,
		enc:  kernel.Dense{B: batch, In: 4608, Out: 64},
		dec:  kernel.Dense{B: batch, In: 64, Out: 4608},
		x:    fill(image), xhat: fill(image), grad: fill(image),
		h1: fill(map1), d1: fill(map1), g1: fill(map1),
		h2: fill(batch * 4608), d0: fill(batch * 4608), g2: fill(batch * 4608),
		code: fill(batch * 64), gc: fill(batch * 64),
	}
	n := 2*64*4608 + 2*(16*4*64+32*16*16)
	u.p, u.dp, u.m, u.v = fill(n), fill(n), fill(n), make([]float32, n)
	for i := range u.p {
		u.p[i] *= 0.02
	}
	return u
}

// weights returns the parameters of layer i, or their gradients, out of p.
func (u *update) weights(p []float32, i int) []float32 {
	sizes := []int{4096, 8192, 64 * 4608, 64 * 4608, 8192, 4096}
	at := 0
	for _, n := range sizes[:i] {
		at += n
	}
	return p[at:][:sizes[i]]
}

// flops counts the multiplications and additions of the layers.
func (u *update) flops() float64 {
	sum := 0.0
	for _, c := range u.conv {
		sum += float64(c.B*c.F*c.OutH()*c.OutW()) * float64(c.C*c.KH*c.KW)
	}
	dense := float64(u.enc.B * u.enc.In * u.enc.Out)
	// Forward, by input and by weights of each, but the image needs no gradient.
	image := u.conv[0]
	return 2 * (6*sum + 6*dense - float64(image.B*image.F*image.OutH()*image.OutW())*float64(image.C*image.KH*image.KW))
}

func (u *update) run() {
	c1, c2 := u.conv[0], u.conv[1]
	c1.Forward(u.h1, u.x, u.weights(u.p, 0), nil, kernel.ReLU)
	c2.Forward(u.h2, u.h1, u.weights(u.p, 1), nil, kernel.ReLU)
	u.enc.Forward(u.code, u.h2, u.weights(u.p, 2), nil, kernel.Tanh)
	u.dec.Forward(u.d0, u.code, u.weights(u.p, 3), nil, kernel.ReLU)
	c2.Transposed(u.d1, u.d0, u.weights(u.p, 4), nil, kernel.ReLU)
	c1.Transposed(u.xhat, u.d1, u.weights(u.p, 5), nil, kernel.None)
	kernel.WeightedMSE(u.grad, u.xhat, u.x, u.x, float64(len(u.x)))
	c1.BackWeights(u.weights(u.dp, 5), u.grad, u.d1)
	c1.Forward(u.g1, u.grad, u.weights(u.p, 5), nil, kernel.None)
	kernel.BackAct(u.g1, u.d1, u.g1, kernel.ReLU)
	c2.BackWeights(u.weights(u.dp, 4), u.g1, u.d0)
	c2.Forward(u.g2, u.g1, u.weights(u.p, 4), nil, kernel.None)
	kernel.BackAct(u.g2, u.d0, u.g2, kernel.ReLU)
	u.dec.BackWeights(u.weights(u.dp, 3), u.code, u.g2)
	u.dec.BackInput(u.gc, u.weights(u.p, 3), u.g2)
	kernel.BackAct(u.gc, u.code, u.gc, kernel.Tanh)
	u.enc.BackWeights(u.weights(u.dp, 2), u.h2, u.gc)
	u.enc.BackInput(u.g2, u.weights(u.p, 2), u.gc)
	kernel.BackAct(u.g2, u.h2, u.g2, kernel.ReLU)
	c2.BackWeights(u.weights(u.dp, 1), u.h1, u.g2)
	c2.BackInput(u.g1, u.weights(u.p, 1), u.g2)
	kernel.BackAct(u.g1, u.h1, u.g1, kernel.ReLU)
	c1.BackWeights(u.weights(u.dp, 0), u.x, u.g1)
	kernel.SumSquares(u.dp)
	step := kernel.AdamStep{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, BiasCorrection1: 1, BiasCorrection2: 1, Scale: 1}
	kernel.Adam([]kernel.AdamParam{{AdamStep: step, P: u.p, M: u.m, V: u.v, G: u.dp}})
}
