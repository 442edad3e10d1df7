package ops_test

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"testing"

	G "gorgonia.org/gorgonia"

	"glint/internal/kernel"
	"glint/internal/ops"
)

// noise fills x as noise() of scripts/golden/golden.py does.
func noise(name string, x []float32) {
	salt := crc32.ChecksumIEEE([]byte(name))
	for i := range x {
		h := uint32(i)*0x9E3779B1 + salt
		h ^= h >> 16
		h *= 0x85EBCA6B
		h ^= h >> 13
		h *= 0xC2B2AE35
		h ^= h >> 16
		x[i] = float32(float64(h)/(1<<31) - 1)
	}
}

func noisy(name string, shape ...int) *ops.Param {
	p := ops.NewParam(name, shape...)
	noise(name, p.Value.Float32s())
	return p
}

// Convolutions of odd sizes and their gradients are PyTorch's. `make golden`
// rewrites testdata/layers.json, which names the versions it was made with. The
// tolerance is float32's rounding, 6e-8, grown by sums of a few hundred terms.
func TestLayersAgainstPyTorch(t *testing.T) {
	text, err := os.ReadFile("testdata/layers.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct{ Values map[string][]float64 }
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	for i, c := range []kernel.Conv{ // LAYERS of golden.py
		{B: 2, C: 3, H: 5, W: 7, F: 4, KH: 3, KW: 3, Stride: 1, Pad: 1},
		{B: 1, C: 1, H: 1, W: 1, F: 1, KH: 1, KW: 1, Stride: 1},
		{B: 3, C: 2, H: 9, W: 6, F: 5, KH: 4, KW: 3, Stride: 2, Pad: 1},
		{B: 2, C: 5, H: 11, W: 13, F: 3, KH: 5, KW: 2, Stride: 3},
		{B: 1, C: 2, H: 8, W: 12, F: 9, KH: 8, KW: 8, Stride: 4, Pad: 2},
	} {
		for _, kind := range []string{"conv", "transposed"} {
			x, bias, add := noisy("x", c.B, c.C, c.H, c.W), noisy("bias", c.F), conv(c.Stride, c.Pad, kernel.Tanh)
			if kind == "transposed" {
				x, bias, add = noisy("x", c.B, c.F, c.OutH(), c.OutW()), noisy("bias", c.C), transposed(c.Stride, c.Pad, kernel.Tanh)
			}
			by := []*ops.Param{x, noisy("w", c.F, c.C, c.KH, c.KW), bias}
			b := ops.NewBuilder()
			y := add(b, []*G.Node{b.Param(by[0]), b.Param(by[1]), b.Param(by[2])})
			loss := b.WeightedMSE(y, b.Param(noisy("target", y.Shape()...)), b.Param(noisy("scale", y.Shape()...)), 1)
			grads := b.Grads(loss, by)
			p := compile(t, b, append(G.Nodes{y}, grads...)...)
			run(t, p)
			for j, name := range []string{"y", "dx", "dw", "dbias"} {
				got := p.Floats(append(G.Nodes{y}, grads...)[j])
				key := fmt.Sprintf("%d/%s/%s", i, kind, name)
				if off := apart(got, golden.Values[key]); !(off <= 1e-5) {
					t.Errorf("%s %+v: off by %.2g of its largest", key, c, off)
				}
			}
		}
	}
}

// apart returns the largest difference as a share of the largest number wanted.
func apart(got []float32, want []float64) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	var worst, top float64
	for i, w := range want {
		worst, top = max(worst, math.Abs(float64(got[i])-w)), max(top, math.Abs(w))
	}
	return worst / top
}
