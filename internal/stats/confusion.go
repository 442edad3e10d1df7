package stats

// Confusion is a confusion matrix [true class][chosen class] of counts.
type Confusion [][]int

// NewConfusion returns an empty matrix of so many classes.
func NewConfusion(classes int) Confusion {
	c := make(Confusion, classes)
	for i := range c {
		c[i] = make([]int, classes)
	}
	return c
}

// Count returns how often class i was the true one.
func (c Confusion) Count(i int) (n int) {
	for _, k := range c[i] {
		n += k
	}
	return n
}

// Chosen returns how often class i was chosen.
func (c Confusion) Chosen(i int) (n int) {
	for _, row := range c {
		n += row[i]
	}
	return n
}

// Recall returns the share of the times that class i was the true one in which it was
// chosen, NaN where it never was.
func (c Confusion) Recall(i int) float64 { return float64(c[i][i]) / float64(c.Count(i)) }

// Precision returns the share of the times that class i was chosen in which it was the true
// one, NaN where it never was chosen.
func (c Confusion) Precision(i int) float64 { return float64(c[i][i]) / float64(c.Chosen(i)) }

// F1 returns the harmonic mean of precision and recall, 0 for a class that is never right,
// NaN for one that never was and was never chosen.
func (c Confusion) F1(i int) float64 { return 2 * float64(c[i][i]) / float64(c.Count(i)+c.Chosen(i)) }

// Accuracy returns the share of choices that were right.
func (c Confusion) Accuracy() float64 {
	right, all := 0, 0
	for i := range c {
		right, all = right+c[i][i], all+c.Count(i)
	}
	return float64(right) / float64(all)
}

// BalancedAccuracy returns the mean recall over the classes that were ever true.
func (c Confusion) BalancedAccuracy() float64 { return c.meanOver(c.Recall) }

// MacroF1 returns the mean F1 over the classes that were ever true: each counts alike,
// however rare it is.
func (c Confusion) MacroF1() float64 { return c.meanOver(c.F1) }

func (c Confusion) meanOver(figure func(i int) float64) float64 {
	var of []float64
	for i := range c {
		if c.Count(i) > 0 {
			of = append(of, figure(i))
		}
	}
	return mean(of)
}
