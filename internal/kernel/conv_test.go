package kernel_test

import (
	"fmt"
	"slices"
	"strings"
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
		{B: 1, C: 130, H: 7, W: 9, F: 130, KH: 3, KW: 3, Stride: 2, Pad: 1},
		{B: 257, C: 3, H: 6, W: 5, F: 3, KH: 2, KW: 2, Stride: 1},
		{B: 33, C: 17, H: 5, W: 4, F: 33, KH: 2, KW: 3, Stride: 3, Pad: 3},
		{B: 0, C: 1, H: 1, W: 1, F: 1, KH: 1, KW: 1, Stride: 1},
	}
	return brief(append(append(list, thin()...), model(1)...))
}

// brief leaves out what takes long under the race detector, with -short.
func brief(list []kernel.Conv) []kernel.Conv {
	return slices.DeleteFunc(list, func(c kernel.Conv) bool {
		return testing.Short() && c.B*c.F*c.OutH()*c.OutW()*c.C*c.KH*c.KW+c.B*c.C*c.H*c.W > 1<<16
	})
}

// thin are geometries whose dense layers and elementwise operations are the point:
// tiles that are full and that are not, and lengths around the chunks that work is
// cut into.
func thin() []kernel.Conv {
	var list []kernel.Conv
	for _, d := range [][3]int{{1, 1, 1}, {2, 64, 14}, {3, 33, 7}, {5, 15, 49}, {17, 100, 31}, {31, 3, 130}, {257, 17, 3}, {4, 4608, 64}, {4, 64, 4608}} {
		list = append(list, kernel.Conv{B: d[0], C: d[1], H: 1, W: 1, F: d[2], KH: 1, KW: 1, Stride: 1})
	}
	for _, n := range []int{17, 1000, 1 << 14, 1<<14 + 1, 40000} {
		list = append(list, kernel.Conv{B: 1, C: 1, H: 1, W: n, F: 1, KH: 1, KW: 1, Stride: 1})
	}
	return list
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

func contains(s, part string) bool { return strings.Contains(s, part) }

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
