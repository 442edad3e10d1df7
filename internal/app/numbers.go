package app

import (
	"fmt"
	"math"
	"slices"
)

// Finite returns x for JSON, which knows no other numbers: nil where x is not finite.
func Finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// Share returns a share in whole percent, never minus zero.
func Share(x float64) float64 { return math.Round(100*x) + 0 }

// Sum adds up counts.
func Sum(n []int) (s int) {
	for _, x := range n {
		s += x
	}
	return s
}

// Number formats a share, "-" where it is not known.
func Number(x *float64) string {
	if x == nil {
		return "-"
	}
	return fmt.Sprintf("%.4f", *x)
}

// Points formats a score, with a decimal where games are decided by a few points.
func Points(x float64) string {
	if math.Abs(x) < 100 {
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.0f", x)
}

// LastIndex returns the last index of v in s, -1 for none.
func LastIndex[E comparable](s []E, v E) int {
	for i, x := range slices.Backward(s) {
		if x == v {
			return i
		}
	}
	return -1
}

// Softmax returns the probabilities of logits.
func Softmax(logits []float32) []float64 {
	p, sum := make([]float64, len(logits)), 0.0
	top := logits[0]
	for _, z := range logits {
		top = max(top, z)
	}
	for a, z := range logits {
		p[a] = math.Exp(float64(z - top))
		sum += p[a]
	}
	for a := range p {
		p[a] /= sum
	}
	return p
}
