package agent

import (
	"errors"
	"fmt"
	"math/rand/v2"
)

// ClassConfig says how classes of unequal size are brought into balance.
type ClassConfig struct {
	// Balance is one of the Balances.
	Balance string `toml:"balance"`
	// Values are the shares of the classes in a rollout, in any unit, or their weights in the
	// loss; none for equal shares and for weights of 1 / frequency.
	Values []float64 `toml:"values"`
}

// How classes are brought into balance.
const (
	BalanceNone    = "none"
	BalanceBatches = "batches" // each class has its share of every rollout
	BalanceWeights = "weights" // each class has its weight in the loss, whose mean over a batch is 1
)

// validate refuses settings that make no balance.
func (c ClassConfig) validate() error {
	sum := 0.0
	for _, v := range c.Values {
		if !notNegative(v) {
			return fmt.Errorf("values has %v, want numbers of 0 or more", v)
		}
		sum += v
	}
	switch {
	case c.Balance != BalanceNone && c.Balance != BalanceBatches && c.Balance != BalanceWeights:
		return fmt.Errorf("balance is %q, want none, batches or weights", c.Balance)
	case len(c.Values) > 0 && sum == 0:
		return errors.New("values are all 0, want one above 0 or more")
	case len(c.Values) > 0 && c.Balance == BalanceNone:
		return errors.New("values are set, want balance batches or weights with them")
	}
	return nil
}

// suits refuses values for another number of classes.
func (c ClassConfig) suits(classes int) error {
	if n := len(c.Values); n > 0 && n != classes {
		return fmt.Errorf("values has %d numbers, want one for each of %d classes, or none", n, classes)
	}
	return nil
}

// shares returns the part of a rollout that each class has, of those that there are any of.
func (c ClassConfig) shares(counts []int) []float64 {
	shares := make([]float64, len(counts))
	sum := 0.0
	for i, n := range counts {
		if n > 0 {
			shares[i] = 1
			if len(c.Values) > 0 {
				shares[i] = c.Values[i]
			}
		}
		sum += shares[i]
	}
	for i := range shares {
		shares[i] /= sum
	}
	return shares
}

// weights returns what each class weighs, by how often it comes, in any unit. Without values
// that is 1 / frequency, with which every class weighs the same in all.
func (c ClassConfig) weights(counts []float64) []float64 {
	if len(c.Values) > 0 {
		return c.Values
	}
	total, taken := 0.0, 0.0
	for _, n := range counts {
		if total += n; n > 0 {
			taken++
		}
	}
	w := make([]float64, len(counts))
	for i, n := range counts {
		if n > 0 {
			w[i] = total / (taken * n)
		}
	}
	return w
}

func floats(counts []int) []float64 {
	f := make([]float64, len(counts))
	for i, n := range counts {
		f[i] = float64(n)
	}
	return f
}

// Each returns what a step of each class weighs in a mean over steps that are as training
// weighs them: taken is how often each class comes in what is learned from, here in the
// steps at hand.
func (c ClassConfig) Each(taken, here []int) []float64 {
	w := make([]float64, len(here))
	switch c.Balance {
	case BalanceWeights:
		return c.weights(floats(taken))
	case BalanceBatches:
		for i, share := range c.shares(here) {
			w[i] = share / float64(max(1, here[i]))
		}
	default:
		for i := range w {
			w[i] = 1
		}
	}
	return w
}

// Draw fills dst with elements of classes, which are in random order, so that each class has
// its share, rounded so that none is off by a whole element; no element of a class comes
// again before all of its others. Of the classes that have a share one must have elements.
func (c ClassConfig) Draw(dst []int, classes [][]int, r *rand.Rand) {
	counts := make([]int, len(classes))
	for i := range classes {
		counts[i] = len(classes[i])
	}
	// Systematic sampling, as in replay.Store.
	n, edge, u := 0, 0.0, r.Float64()
	shares := c.shares(counts)
	last := 0
	for i, share := range shares {
		if share > 0 {
			last = i
		}
	}
	for i, class := range classes {
		edge += shares[i] * float64(len(dst))
		for k := 0; n < len(dst) && shares[i] > 0 && (i == last || float64(n)+u < edge); k++ {
			dst[n] = class[k%len(class)]
			n++
		}
	}
	r.Shuffle(len(dst), func(i, j int) { dst[i], dst[j] = dst[j], dst[i] })
}

// scaleToMean1 makes the mean of weights 1, unless all are 0.
func scaleToMean1(w []float32) {
	sum := 0.0
	for _, x := range w {
		sum += float64(x)
	}
	if sum == 0 {
		return
	}
	for i := range w {
		w[i] = float32(float64(w[i]) * float64(len(w)) / sum)
	}
}
