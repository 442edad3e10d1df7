package doctor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// Rates is a learning-rate range test: what is left of the error of one batch after the same few
// updates at each rate, from the same weights.
type Rates struct {
	Rate, Left []float64
	Best       int
}

// The rates of a range test.
const (
	rateFirst   = 1e-6
	rateLast    = 0.1
	rateStep    = 3.1622776601683795 // half a power of ten
	rateUpdates = 20
)

// Range runs the range test of L. N. Smith, "Cyclical Learning Rates for Training Neural
// Networks", 2017, section 3.3, with a new start at each rate, so that none suffers from those
// before. The rate that is configured comes last.
func Range(l Lesson, configured float64, r *rand.Rand, tick func()) (t Rates, err error) {
	same(l, draw(first(l.Len()), l.Size(), r))
	k, err := keep(l)
	if err != nil {
		return t, err
	}
	defer k.restore(l)
	before, err := l.Error()
	if err != nil {
		return t, err
	}
	for rate := rateFirst; rate < rateLast*1.1; rate *= rateStep {
		t.Rate = append(t.Rate, rate)
	}
	t.Rate = append(t.Rate, configured)
	for i, rate := range t.Rate {
		k.restore(l)
		t.Left = append(t.Left, atRate(l, rate)/before)
		if t.Left[i] < t.Left[t.Best] {
			t.Best = i
		}
		tick()
	}
	return t, nil
}

// atRate makes the updates of a range test and returns the error, infinite where they cannot be
// made or leave outputs that are no numbers.
func atRate(l Lesson, rate float64) float64 {
	l.SetRate(rate)
	for range rateUpdates {
		if l.Step() != nil {
			return math.Inf(1)
		}
	}
	left, err := l.Error()
	if err != nil || math.IsNaN(left) {
		return math.Inf(1)
	}
	return left
}

// Suggested is a third of the rate that lowers the error most: training goes on for long after
// these few updates, and there the highest rate that is good at first is too high.
func (t Rates) Suggested() float64 { return t.Rate[t.Best] / rateStep }

// rateProgress is the least share of the best rate's progress that the configured one must make,
// where progress is the logarithm of the error left. Rates a thousand times too low make up to
// 0.03 of it, and too high ones none.
const rateProgress = 0.04

// Verdict is that on the rate that is configured; key names its setting. One within a power of ten
// of what suggests itself is well, for a few updates of one batch tell no more.
func (t Rates) Verdict(l Lesson, key string) Verdict {
	last := len(t.Rate) - 1
	rate, best := t.Rate[last], t.Suggested()
	progress := math.Log(t.Left[last]) / min(math.Log(t.Left[t.Best]), -1e-3)
	means := fmt.Sprintf("of the error of a batch, %s is left after %d updates at %s %.2g, and least, %s, at %.2g: %.1g suggests itself",
		percent(t.Left[last]), rateUpdates, key, rate, percent(t.Left[t.Best]), t.Rate[t.Best], best)
	advice := fmt.Sprintf("too low to learn in a reasonable time: set it near %.1g", best)
	if rate > t.Rate[t.Best] {
		advice = fmt.Sprintf("too high, the weights are thrown about: set it near %.1g", best)
	}
	v := atLeast(in(l, "learning rate"), progress, rateProgress, means, advice)
	if near := math.Abs(math.Log10(rate/best)) < 1; near && !v.OK {
		v.OK, v.Threshold, v.Advice = true, nil, "" // little progress, but hardly more elsewhere near
	}
	v.Plot = &Plot{
		Title: fmt.Sprintf("What %d updates at a learning rate leave, %s", rateUpdates, l.Head()), X: "learning rate", Y: "share of the error that is left", LogX: true, LogY: true,
		Series: []Series{{Name: "a batch of " + fmt.Sprint(l.Size()), X: t.Rate[:last], Y: t.Left[:last]}},
		Marks:  []Mark{{Name: "configured", X: rate}, {Name: "suggested", X: best}},
	}
	return v
}

// Batches is the verdict on learning rates of one head by the size of its batch, smallest first.
func Batches(l Lesson, sizes []int, rates []Rates) Verdict {
	p := &Plot{Title: "Learning rates by the size of a batch, " + l.Head(), X: "learning rate", Y: "share of the error that is left", LogX: true, LogY: true}
	var words []string
	for i, t := range rates {
		last := len(t.Rate) - 1
		p.Series = append(p.Series, Series{Name: fmt.Sprintf("batch of %d", sizes[i]), X: t.Rate[:last], Y: t.Left[:last]})
		words = append(words, fmt.Sprintf("%.1g for %d", t.Suggested(), sizes[i]))
	}
	growth := rates[len(rates)-1].Suggested() / rates[0].Suggested()
	v := told(in(l, "batch and learning rate"), growth, fmt.Sprintf("rates that suggest themselves by the size of a batch: %s; %.2g times the batch stands %.2g times the rate",
		strings.Join(words, ", "), float64(sizes[len(sizes)-1])/float64(sizes[0]), growth))
	v.Plot = p
	return v
}

// Epochs converts updates, 0 for an unknown number, into passes over the data.
func Epochs(steps, batch, updates int, unit string) Verdict {
	one := float64(steps) / float64(batch)
	if updates == 0 {
		return told("iterations and epochs", one, fmt.Sprintf("an epoch of %d %s is %.0f updates of %d; how many there will be is not known in advance", steps, unit, one, batch))
	}
	return told("iterations and epochs", float64(updates)/one,
		fmt.Sprintf("%d updates of %d are %.3g epochs of %d %s; an epoch is %.0f updates", updates, batch, float64(updates)/one, steps, unit, one))
}

// bars draw a rate from low to high.
var bars = []rune("▁▂▃▄▅▆▇█")

// Schedule is the course of the learning rate that key names over a training, at equal distances
// from its begin to its end; others are drawn beside it. over says how long that is, axis what its X is.
func Schedule(key, over, axis string, used Series, others []Series) Verdict {
	most, drawn := slices.Max(used.Y), ""
	for _, r := range used.Y {
		level := 0.0
		if most > 0 {
			level = r / most
		}
		drawn += string(bars[max(0, int(math.Ceil(level*float64(len(bars))-1e-9))-1)])
	}
	last := used.Y[len(used.Y)-1]
	v := told("schedule of "+key, last, fmt.Sprintf("%s from %.3g to %.3g over %s: %s", used.Name, used.Y[0], last, over, drawn))
	v.Plot = &Plot{Title: "Schedules of " + key, X: axis, Y: "learning rate", Series: append([]Series{used}, others...)}
	return v
}
