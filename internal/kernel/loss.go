package kernel

// mseJob holds the operands of WeightedMSE.
type mseJob struct {
	grad, xhat, x, w []float32
	norm             float64
	parts            []float64 // one sum a chunk
}

// WeightedMSE returns the loss sum(w*(xhat-x)^2)/norm over len(grad) elements and
// writes its gradient by xhat, grad = 2*w*(xhat-x)/norm, in the same pass. A nil w
// counts as ones. The sum is float64, in fixed chunks.
func WeightedMSE(grad, xhat, x, w []float32, norm float64) float64 {
	need("weighted loss", min(len(xhat), len(x)), len(grad))
	if w != nil {
		need("weighted loss", len(w), len(grad))
	}
	crew := hire()
	defer crew.leave()
	j := &crew.mse
	j.grad, j.xhat, j.x, j.w, j.norm = grad, xhat, x, w, norm
	n := chunks(len(grad))
	grow(&j.parts, n)
	crew.run(j, n)
	j.grad, j.xhat, j.x, j.w = nil, nil, nil, nil
	return total(j.parts) / norm
}

func (j *mseJob) do(_ *scratch, i int) {
	lo, hi := chunk(i, len(j.grad))
	grad, xhat, x := j.grad[lo:hi], j.xhat[lo:hi], j.x[lo:hi]
	scale := float32(2 / j.norm)
	if j.w == nil {
		j.parts[i] = cpu.mseOnes(grad, xhat, x, scale)
		return
	}
	j.parts[i] = cpu.mse(grad, xhat, x, j.w[lo:hi], scale)
}

// squaresJob holds the operand of SumSquares.
type squaresJob struct {
	x     []float32
	parts []float64
}

// SumSquares returns the sum of squares of x in float64, in fixed chunks.
func SumSquares(x []float32) float64 {
	crew := hire()
	defer crew.leave()
	j := &crew.squares
	j.x = x
	n := chunks(len(x))
	grow(&j.parts, n)
	crew.run(j, n)
	j.x = nil
	return total(j.parts)
}

func (j *squaresJob) do(_ *scratch, i int) {
	lo, hi := chunk(i, len(j.x))
	j.parts[i] = cpu.squares(j.x[lo:hi])
}

// total adds partial sums in their order.
func total(parts []float64) float64 {
	var sum float64
	for _, v := range parts {
		sum += v
	}
	return sum
}
