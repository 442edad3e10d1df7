package kernel

// Target is what an image is to become: (Obs-Mean)*Unit, with Obs [B,C,H,W] and Mean
// [C,H,W], and how much each pixel counts: W [B,C,H,W].
type Target struct {
	Obs     []byte
	Mean, W []float32
	Unit    float32
	// Norm divides the loss.
	Norm float64
}

// TransposedGrads is where TransposedMSE writes the gradients of its operands, of their
// shapes.
type TransposedGrads struct{ X, W, Bias []float32 }

// lossJob computes the loss and the gradients of one group of images a part.
type lossJob struct {
	to     inputJob   // images from x
	back   forwardJob // the gradient by x
	filter weightsJob // the gradient by the weights
	target Target
	y, dx  []float32
	losses []float64 // one an image
	biases []float64 // [groups,C]
}

// TransposedMSE returns the loss sum(W*(y-t)^2)/Norm of the images y [B,C,H,W] =
// convT(x, w) + bias against a target t, and writes its gradients, all in one pass in
// which an image stays in the cache. x is [B,F,OutH,OutW], w [F,C,KH,KW] and bias [C]
// as Transposed takes them. The images are written to y, unless it is nil.
func (c Conv) TransposedMSE(g TransposedGrads, y, x, w, bias []float32, t Target) float64 {
	const op = "transposed convolution with loss"
	l := c.check(op, len(x), len(t.Obs), len(w))
	image := c.C * c.H * c.W
	need(op, len(t.W), c.B*image)
	need(op, len(t.Mean), image)
	need(op, min(len(bias), len(g.Bias)), c.C)
	need(op, len(g.X), c.B*c.F*l.oh*l.ow)
	need(op, len(g.W), c.F*l.k)
	if y != nil {
		need(op, len(y), c.B*image)
	}
	crew := hire()
	defer crew.leave()
	j := &crew.loss
	j.to.prepare(l, w)
	j.back.prepare(l, w)
	j.filter.prepare(l)
	j.to.x, j.to.bias, j.target, j.y, j.dx = x, bias, t, y, g.X
	clear(grow(&j.losses, c.B))
	clear(grow(&j.biases, j.filter.groups*c.C))
	crew.run(j, j.filter.groups)
	j.filter.total(crew, g.W)
	for i := range g.Bias[:c.C] {
		var sum float64
		for at := i; at < len(j.biases); at += c.C {
			sum += j.biases[at]
		}
		g.Bias[i] = float32(sum)
	}
	j.to.x, j.to.bias, j.target, j.y, j.dx = nil, nil, Target{}, nil, nil
	return total(j.losses) / t.Norm
}

func (j *lossJob) do(s *scratch, g int) {
	l := &j.to.layout
	image, small := l.C*l.H*l.W, l.F*l.oh*l.ow
	first, last, sum := j.filter.group(g)
	biases := j.biases[g*l.C:][:l.C]
	grad := grow(&s.grad, image)
	for b := first; b < last; b++ {
		y, x := grad, j.to.x[b*small:][:small]
		if j.y != nil {
			y = j.y[b*image:][:image]
		}
		j.to.image(s, y, x)
		j.losses[b] = j.compare(grad, y, biases, b)
		phases := grow(&s.image, l.phaseLen()+cpu.nr)
		l.split(phases, &images{x: grad}, 0, 0, l.qh)
		j.back.rows(s, j.dx[b*small:], phases, 0, l.oh)
		j.filter.add(s, sum, grad, x)
	}
}

// compare returns the loss of image b, y, and writes its gradient; it adds the sum of
// each plane to biases.
func (j *lossJob) compare(grad, y []float32, biases []float64, b int) float64 {
	t, image := &j.target, len(grad)
	obs, w := t.Obs[b*image:][:image], t.W[b*image:][:image]
	plane, scale := image/len(biases), float32(2/t.Norm)
	var loss float64
	for c := range biases {
		for lo := c * plane; lo < (c+1)*plane; lo += lossChunk {
			hi := min(lo+lossChunk, (c+1)*plane)
			part, sum := cpu.mseBytes(grad[lo:hi], y[lo:hi], obs[lo:hi], t.Mean[lo:hi], w[lo:hi], t.Unit, scale)
			loss += part
			biases[c] += sum
		}
	}
	return loss
}

// lossChunk is the number of elements that are summed in float32.
const lossChunk = 1024
