package ops_test

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"glint/internal/kernel"
	"glint/internal/ops"
)

// A line is fitted to three points.
func Example() {
	x, y, weights := ops.NewTensor(3, 1), ops.NewTensor(3, 1), ops.NewTensor(3, 1)
	copy(x.Float32s(), []float32{0, 1, 2})
	copy(y.Float32s(), []float32{1, 3, 5})
	copy(weights.Float32s(), []float32{1, 1, 1})
	params := []*ops.Param{ops.NewParam("slope", 1, 1), ops.NewParam("offset", 1)}

	b := ops.NewBuilder()
	line := b.Dense(b.Input("x", x), b.Param(params[0]), b.Param(params[1]), kernel.None)
	loss := b.WeightedMSE(line, b.Input("y", y), b.Input("weights", weights), 3)
	grads := b.Grads(loss, params)
	if b.Err() != nil {
		fmt.Println(b.Err())
		return
	}
	p, err := ops.Compile(append(G.Nodes{loss}, grads...)...)
	if err != nil {
		fmt.Println(err)
		return
	}
	cfg := ops.DefaultAdam()
	cfg.LR = 0.05
	solver := ops.NewAdam(cfg, params)
	for range 500 {
		if err := p.Run(); err != nil {
			fmt.Println(err)
			return
		}
		if err := solver.Step(p.Gradients(params, grads)); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Printf("%.2f x + %.2f\n", params[0].Value.Float32s()[0], params[1].Value.Float32s()[0])
	// Output: 2.00 x + 1.00
}
