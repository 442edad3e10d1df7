package kernel_test

import (
	"fmt"
	"math"
	"testing"

	"glint/internal/kernel"
)

// geometries are odd ones, with partial tiles, and the model's at batch 1.
func geometries() []kernel.Conv {
	list := []kernel.Conv{
		{B: 1, C: 1, H: 1, W: 1, F: 1, KH: 1, KW: 1, Stride: 1},
		{B: 0, C: 2, H: 5, W: 5, F: 3, KH: 3, KW: 3, Stride: 1},
		{B: 2, C: 1, H: 3, W: 4, F: 2, KH: 1, KW: 1, Stride: 3},
		{B: 3, C: 2, H: 7, W: 9, F: 5, KH: 3, KW: 2, Stride: 2, Pad: 1},
		{B: 2, C: 3, H: 11, W: 8, F: 9, KH: 5, KW: 3, Stride: 3, Pad: 2},
		{B: 5, C: 20, H: 6, W: 7, F: 17, KH: 3, KW: 3, Stride: 1, Pad: 1},
		{B: 1, C: 4, H: 9, W: 31, F: 8, KH: 2, KW: 2, Stride: 4, Pad: 3},
		{B: 4, C: 7, H: 10, W: 33, F: 13, KH: 4, KW: 4, Stride: 2, Pad: 1},
		{B: 1, C: 2, H: 4, W: 4, F: 3, KH: 4, KW: 4, Stride: 5, Pad: 0},
		{B: 1, C: 1, H: 2, W: 2, F: 1, KH: 4, KW: 5, Stride: 1, Pad: 2},
		{B: 17, C: 1, H: 5, W: 6, F: 2, KH: 2, KW: 3, Stride: 2, Pad: 0},
	}
	return append(list, model(1)...)
}

// model returns the model's two convolutions; the decoder's are the same read
// backwards.
func model(batch int) []kernel.Conv {
	return []kernel.Conv{
		{B: batch, C: 4, H: 64, W: 144, F: 16, KH: 8, KW: 8, Stride: 4, Pad: 2},
		{B: batch, C: 16, H: 16, W: 36, F: 32, KH: 4, KW: 4, Stride: 2, Pad: 1},
	}
}

// name returns a short name of a geometry.
func name(c kernel.Conv) string {
	return fmt.Sprintf("%dx%dx%dx%d_f%d_k%dx%d_s%d_p%d", c.B, c.C, c.H, c.W, c.F, c.KH, c.KW, c.Stride, c.Pad)
}

func TestConv(t *testing.T) {
	kernel.EachLevel(t, func(t *testing.T) {
		for i, c := range geometries() {
			t.Run(name(c), func(t *testing.T) { testConv(t, c, kernel.Act(i%3)) })
		}
	})
}

func testConv(t *testing.T, c kernel.Conv, act kernel.Act) {
	r := source()
	large, small := c.B*c.C*c.H*c.W, c.B*c.F*c.OutH()*c.OutW()
	x, dz := random(t, r, large), random(t, r, small)
	w := random(t, r, c.F*c.C*c.KH*c.KW)
	bias, biasT := random(t, r, c.F), random(t, r, c.C)

	y := guarded(t, small)
	c.Forward(y, x, w, bias, act)
	near(t, "forward", y, naiveForward(c, x, w, bias, act))
	c.Forward(y, x, w, nil, kernel.None)
	near(t, "forward without bias", y, naiveForward(c, x, w, nil, kernel.None))

	dx := guarded(t, large)
	c.BackInput(dx, w, dz)
	near(t, "back input", dx, naiveTransposed(c, dz, w, nil, kernel.None))
	c.Transposed(dx, dz, w, biasT, act)
	near(t, "transposed", dx, naiveTransposed(c, dz, w, biasT, act))

	dw := guarded(t, len(w))
	c.BackWeights(dw, x, dz)
	near(t, "back weights", dw, naiveWeights(c, x, dz))
}

func TestConvNotFinite(t *testing.T) {
	c := kernel.Conv{B: 2, C: 3, H: 12, W: 14, F: 5, KH: 4, KW: 4, Stride: 2, Pad: 1}
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	kernel.EachLevel(t, func(t *testing.T) {
		for _, bad := range []float32{nan, inf, -inf} {
			r := source()
			x, w := random(t, r, c.B*c.C*c.H*c.W), random(t, r, c.F*c.C*c.KH*c.KW)
			dz := random(t, r, c.B*c.F*c.OutH()*c.OutW())
			y, dx, dw := guarded(t, len(dz)), guarded(t, len(x)), guarded(t, len(w))
			x[200], dz[100] = bad, bad
			c.Forward(y, x, w, nil, kernel.ReLU)
			notFinite(t, "forward", y, naiveForward(c, x, w, nil, kernel.ReLU))
			c.BackInput(dx, w, dz)
			notFinite(t, "back input", dx, naiveTransposed(c, dz, w, nil, kernel.None))
			c.BackWeights(dw, x, dz)
			notFinite(t, "back weights", dw, naiveWeights(c, x, dz))
		}
	})
}

// notFinite fails where want is NaN or infinite and got is finite.
func notFinite(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	bad := 0
	for i, v := range want {
		if finite(v) {
			continue
		}
		bad++
		if finite(float64(got[i])) {
			t.Errorf("%s: element %d is %v, want %v", what, i, got[i], v)
			return
		}
	}
	if bad == 0 {
		t.Errorf("%s: the case has no such element", what)
	}
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func TestConvValidate(t *testing.T) {
	good := kernel.Conv{B: 1, C: 1, H: 4, W: 4, F: 1, KH: 3, KW: 3, Stride: 1}
	if err := good.Validate(); err != nil {
		t.Errorf("Validate() = %v for a possible geometry", err)
	}
	tests := map[string]func(*kernel.Conv){
		"B":      func(c *kernel.Conv) { c.B = -1 },
		"C":      func(c *kernel.Conv) { c.C = 0 },
		"Stride": func(c *kernel.Conv) { c.Stride = 0 },
		"Pad":    func(c *kernel.Conv) { c.Pad = -1 },
		"KH":     func(c *kernel.Conv) { c.KH = 5 },
		"KW":     func(c *kernel.Conv) { c.KW = 5 },
	}
	for field, spoil := range tests {
		c := good
		spoil(&c)
		if err := c.Validate(); err == nil || !contains(err.Error(), " "+field+" = ") {
			t.Errorf("%s: Validate() = %v, want an error that names it", field, err)
		}
	}
}
