package kernel_test

import (
	"fmt"

	"glint/internal/kernel"
)

// A 2x2 filter of ones over a 3x3 image, two threads.
func ExampleConv_Forward() {
	kernel.SetThreads(2)
	defer kernel.SetThreads(1)
	c := kernel.Conv{B: 1, C: 1, H: 3, W: 3, F: 1, KH: 2, KW: 2, Stride: 1}
	if err := c.Validate(); err != nil {
		fmt.Println(err)
		return
	}
	x := []float32{
		1, 2, 3,
		4, 5, 6,
		7, 8, 9,
	}
	w, bias := []float32{1, 1, 1, 1}, []float32{-20}
	y := make([]float32, c.B*c.F*c.OutH()*c.OutW())
	c.Forward(y, x, w, bias, kernel.ReLU)
	fmt.Println(y)
	// Output: [0 0 4 8]
}
