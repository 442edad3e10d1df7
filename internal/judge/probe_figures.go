package judge

import (
	"cmp"
	"math"
	"slices"
)

// R2 is the share of the targets' variance that the answers explain: 1 - squared error
// over squared deviation from the mean. NaN of equal targets.
func R2(answers, targets []float64) float64 {
	mean := 0.0
	for _, y := range targets {
		mean += y / float64(len(targets))
	}
	var off, all float64
	for i, y := range targets {
		off += (answers[i] - y) * (answers[i] - y)
		all += (y - mean) * (y - mean)
	}
	if all == 0 {
		return math.NaN()
	}
	return 1 - off/all
}

// AUROC is the area under the ROC curve of scores for targets 0 and 1: the chance that a
// one scores above a zero, ties a half. NaN where a class is missing or a score is NaN.
func AUROC(scores, targets []float64) float64 {
	if slices.ContainsFunc(scores, math.IsNaN) {
		return math.NaN()
	}
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(scores[a], scores[b]) })
	var below, area, ones float64 // zeros below, pairs won, ones
	for from := 0; from < len(order); {
		to := from
		var n [2]float64
		for to < len(order) && scores[order[to]] == scores[order[from]] {
			n[int(targets[order[to]])]++
			to++
		}
		area += n[1] * (below + n[0]/2)
		below, ones, from = below+n[0], ones+n[1], to
	}
	if below == 0 || ones == 0 {
		return math.NaN()
	}
	return area / (below * ones)
}

// Accuracy is the balanced accuracy of logits for targets 0 and 1: the mean over the two
// classes of the share that is on its side of 0. NaN where a class is missing.
func Accuracy(logits, targets []float64) float64 {
	var right, n [2]float64
	for i, y := range targets {
		n[int(y)]++
		if (logits[i] > 0) == (y == 1) {
			right[int(y)]++
		}
	}
	if n[0] == 0 || n[1] == 0 {
		return math.NaN()
	}
	return (right[0]/n[0] + right[1]/n[1]) / 2
}
