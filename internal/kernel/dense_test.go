package kernel_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"glint/internal/kernel"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

func TestDense(t *testing.T) {
	shapes := []kernel.Dense{
		{B: 0, In: 3, Out: 2},
		{B: 1, In: 1, Out: 1},
		{B: 2, In: 64, Out: 14},
		{B: 3, In: 33, Out: 7},
		{B: 5, In: 15, Out: 49},
		{B: 17, In: 100, Out: 31},
		{B: 4, In: 4608, Out: 64},
		{B: 4, In: 64, Out: 4608},
	}
	kernel.EachLevel(t, func(t *testing.T) {
		for i, d := range shapes {
			t.Run(fmt.Sprintf("%dx%dx%d", d.B, d.In, d.Out), func(t *testing.T) { testDense(t, d, kernel.Act(i%3)) })
		}
	})
}

// testDense compares a dense layer with the convolution of 1x1 pixels that it is.
func testDense(t *testing.T, d kernel.Dense, act kernel.Act) {
	r := source()
	c := kernel.Conv{B: d.B, C: d.In, H: 1, W: 1, F: d.Out, KH: 1, KW: 1, Stride: 1}
	x, w := random(t, r, d.B*d.In), random(t, r, d.In*d.Out)
	bias, dz := random(t, r, d.Out), random(t, r, d.B*d.Out)

	y := guarded(t, d.B*d.Out)
	d.Forward(y, x, w, bias, act)
	near(t, "forward", y, naiveForward(c, x, w, bias, act))
	d.Forward(y, x, w, nil, kernel.None)
	near(t, "forward without bias", y, naiveForward(c, x, w, nil, kernel.None))

	dx := guarded(t, d.B*d.In)
	d.BackInput(dx, w, dz)
	near(t, "back input", dx, naiveTransposed(c, dz, w, nil, kernel.None))

	dw := guarded(t, d.In*d.Out)
	d.BackWeights(dw, x, dz)
	near(t, "back weights", dw, naiveWeights(c, x, dz))
}

func TestDenseNotFinite(t *testing.T) {
	d := kernel.Dense{B: 5, In: 37, Out: 9}
	c := kernel.Conv{B: d.B, C: d.In, H: 1, W: 1, F: d.Out, KH: 1, KW: 1, Stride: 1}
	kernel.EachLevel(t, func(t *testing.T) {
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			r := source()
			x, w, dz := random(t, r, d.B*d.In), random(t, r, d.In*d.Out), random(t, r, d.B*d.Out)
			y, dx, dw := guarded(t, len(dz)), guarded(t, len(x)), guarded(t, len(w))
			x[36], x[70], dz[20] = float32(bad), float32(bad), float32(bad)
			d.Forward(y, x, w, nil, kernel.ReLU)
			notFinite(t, "forward", y, naiveForward(c, x, w, nil, kernel.ReLU))
			d.BackInput(dx, w, dz)
			notFinite(t, "back input", dx, naiveTransposed(c, dz, w, nil, kernel.None))
			d.BackWeights(dw, x, dz)
			notFinite(t, "back weights", dw, naiveWeights(c, x, dz))
		}
	})
}
