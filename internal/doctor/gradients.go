package doctor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// gradientError is the most that a derivative may be off by, relative. In float32, with the
// edges of ReLUs, right ones are off by up to 0.05, and a wrong sign, factor or term by 0.3 and
// more.
const gradientError = 0.15

// gradientSteps are the steps of differences, relative to the length of a parameter, or to
// 0.01 a weight where that is more: too large a step sees the bends of the loss, too small a
// one its last digits, so the best counts.
var gradientSteps = []float64{0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001}

// randomDirections are the directions that each parameter is tried in beside that of its
// gradient, which says nothing of parts where it is 0 and should not be.
const randomDirections = 6

// Gradients compares the gradients of the lesson's loss by each parameter with central
// differences in random directions and in their own.
func Gradients(l Lesson, r *rand.Rand) (Verdict, error) {
	batch := draw(first(l.Len()), l.Size(), r)
	weights := make([]float32, l.Size())
	for i := range weights {
		weights[i] = float32(r.NormFloat64())
	}
	l.Load(batch, batch, weights)
	k, err := keep(l)
	if err != nil {
		return Verdict{}, err
	}
	defer k.restore(l)
	k.jitter(r)
	grads, err := l.Gradients()
	if err != nil {
		return Verdict{}, err
	}
	worst, name := 0.0, ""
	for i := range grads {
		grads[i].Grad = slices.Clone(grads[i].Grad)
	}
	for _, g := range grads {
		if finite := norm(g.Grad); math.IsNaN(finite) || math.IsInf(finite, 0) {
			worst, name = math.Inf(1), g.Name
			break
		}
		off, err := derivativeError(l, g.Value, g.Grad, r)
		if err != nil {
			return Verdict{}, err
		}
		if off > worst {
			worst, name = off, g.Name
		}
	}
	means := fmt.Sprintf("the derivatives by %d parameters are those of the loss", len(grads))
	if worst > gradientError {
		means = fmt.Sprintf("the derivative by %s is not that of the loss", name)
	}
	return atMost(in(l, "gradients"), worst, gradientError, means,
		"a bug in the gradient of "+name+" or of a layer behind it: compare its operation's gradient with differences (internal/ops/optest does)"), nil
}

// jitter moves every weight a little. Biases that begin at 0 put the units that see nothing but
// background right on the edge of their ReLU, where a difference has another value on each side.
func (k kept) jitter(r *rand.Rand) {
	for _, v := range k.values {
		size := max(0.05*norm(v)/math.Sqrt(float64(len(v))), 0.01)
		for i := range v {
			v[i] += float32(size * r.NormFloat64())
		}
	}
}

// derivativeError returns how far grad is from the derivatives by value in some directions.
func derivativeError(l Lesson, value, grad []float32, r *rand.Rand) (float64, error) {
	own, err := differ(l, value, grad, unit(grad))
	if err != nil {
		return 0, err
	}
	var off, size float64
	for range randomDirections {
		d := make([]float32, len(value))
		for i := range d {
			d[i] = float32(r.NormFloat64())
		}
		one, err := differ(l, value, grad, unit(d))
		if err != nil {
			return 0, err
		}
		off, size = off+one.off*one.off, size+one.size*one.size
	}
	if size == 0 {
		return own.share(), nil
	}
	return max(own.share(), math.Sqrt(off/size)), nil
}

// difference is how far a derivative is from what differences say, and the size of both.
type difference struct{ off, size float64 }

func (d difference) share() float64 {
	if d.size == 0 {
		return 0
	}
	return d.off / d.size
}

// differ compares the derivative in a direction with central differences. The result is 0 of 0
// where all are lost in the last digits of the loss.
func differ(l Lesson, value, grad, direction []float32) (best difference, err error) {
	at := slices.Clone(value)
	defer copy(value, at)
	want := 0.0
	for i, d := range direction {
		want += float64(d) * float64(grad[i])
	}
	length := max(norm(value), 0.01*math.Sqrt(float64(len(value))))
	for _, step := range gradientSteps {
		h := step * length
		var loss [2]float64
		for i, sign := range []float64{1, -1} {
			for j, d := range direction {
				value[j] = at[j] + float32(sign*h)*d
			}
			if loss[i], err = l.Loss(); err != nil {
				return best, err
			}
		}
		got := (loss[0] - loss[1]) / (2 * h)
		noise := lossDigits * max(math.Abs(loss[0]), math.Abs(loss[1])) / h
		one := difference{math.Abs(got - want), max(math.Abs(got), math.Abs(want))}
		if one.size > clearly*noise && (best.size == 0 || one.share() < best.share()) {
			best = one
		}
	}
	return best, nil
}

// clearly is how far above the last digits of the loss a derivative must be to be judged.
const clearly = 10

// lossDigits is how far a loss of float32 is off by rounding, relative: seen at steps so small that
// nothing else is left of a difference.
const lossDigits = 5e-8

// unit returns x at length 1, or zeros.
func unit(x []float32) []float32 {
	u, n := make([]float32, len(x)), norm(x)
	for i, v := range x {
		if n > 0 {
			u[i] = float32(float64(v) / n)
		}
	}
	return u
}
