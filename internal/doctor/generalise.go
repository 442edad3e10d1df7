package doctor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// shuffledLeft is the most of the error that may be left on a batch whose targets belong to
// other samples. A network that learns keeps about as much as of its own targets.
const shuffledLeft = 0.4

// Shuffled trains a lesson on a batch where nothing can be understood and all must be learned by
// heart: each sample gets the target of another.
func Shuffled(l Lesson, r *rand.Rand, updates int, tick func()) (Overfit, error) {
	see, err := Wrong(l, r)
	if err != nil {
		return Overfit{}, err
	}
	get := append(append([]int(nil), see[1:]...), see[0])
	return Memorise(l, see, get, nil, updates, tick)
}

// Capacity is the verdict on what was Shuffled.
func (o Overfit) Capacity() Verdict {
	return atMost(in(o.Lesson, "shuffled targets"), o.left(), shuffledLeft,
		fmt.Sprintf("%s of the error is left where each sample gets another's target: what the capacity suffices for", percent(o.left())),
		"even a batch is too much to learn by heart: "+o.advice())
}

// freshLeft is the most of the error that may be left on samples that were not trained on.
const freshLeft = 0.9

// diverged is the share of the error beyond which nothing is learned at all.
const diverged = 1.5

// Fresh is the verdict on whether a lesson teaches anything beyond its batches: it learns one
// batch of samples by heart, and then changing ones, for as many updates, and is asked about
// others both times, which belong to other episodes.
func Fresh(l Lesson, samples, others []int, updates int, r *rand.Rand, tick func()) (Verdict, error) {
	batch := draw(samples, l.Size(), r)
	heart, err := Memorise(l, batch, batch, others, updates, tick)
	if err != nil {
		return Verdict{}, err
	}
	left, _, err := learn(l, samples, others, updates, r, tick)
	if err != nil {
		return Verdict{}, err
	}
	if !(left < diverged) {
		return atMost(in(l, "fresh batch"), left, freshLeft, fmt.Sprintf("training on changing batches leaves %s of the error: it diverges", percent(left)), "lower the learning rate (see the rates check)"), nil
	}
	means := fmt.Sprintf("learned by heart, a batch keeps %s of its error and a fresh one of other episodes %s: that is no learning yet; trained on changing batches, a fresh one keeps %s",
		percent(heart.left()), percent(heart.elsewhere), percent(left))
	return atMost(in(l, "fresh batch"), left, freshLeft, means,
		"nothing is learned that holds for other samples: a low error on a repeated batch is memory. Do batches change from update to update? Is there anything in the frames that tells the target? Else more samples and updates"), nil
}

// train makes updates on batches of samples with their weights, nil for 1 each.
func train(l Lesson, batch func() ([]int, []float32), updates int, tick func()) error {
	for i := range updates {
		samples, weights := batch()
		l.Load(samples, samples, weights)
		if err := l.Step(); err != nil {
			return err
		}
		if i%10 == 9 {
			tick()
		}
	}
	return nil
}

// learn trains on random batches of samples and returns which shares of the error are left on
// others and on the samples, infinite where no update can be made any more. The weights are taken
// back.
func learn(l Lesson, samples, others []int, updates int, r *rand.Rand, tick func()) (elsewhere, here float64, err error) {
	same(l, samples[:l.Size()])
	k, err := keep(l)
	if err != nil {
		return 0, 0, err
	}
	defer k.restore(l)
	l.Restart()
	samples = slices.Clone(samples)
	r.Shuffle(len(samples), func(i, j int) { samples[i], samples[j] = samples[j], samples[i] })
	asked := samples[:min(len(samples), len(others))/l.Size()*l.Size()]
	before, beforeHere, err := askBoth(l, others, asked)
	if err != nil {
		return 0, 0, err
	}
	if err := train(l, func() ([]int, []float32) { return draw(samples, l.Size(), r), nil }, updates, tick); err != nil {
		return math.Inf(1), math.Inf(1), nil // what diverges has learned nothing
	}
	after, afterHere, err := askBoth(l, others, asked)
	return after / before, afterHere / beforeHere, err
}

func askBoth(l Lesson, others, samples []int) (elsewhere, here float64, err error) {
	if elsewhere, err = askAll(l, others); err != nil {
		return 0, 0, err
	}
	here, err = askAll(l, samples)
	return elsewhere, here, err
}

// The generalisation gap that is well, and by how much twice the data must lower the error for
// more to be worth while.
const (
	gapMost  = 2.0
	dataGain = 0.9
)

// Curve is what a lesson learns from less and from more samples.
type Curve struct {
	Samples         []int
	Train, Validate []float64 // share of the error before training that is left
}

// Learning trains anew on a quarter, a half and all of the samples, for as many updates each, and
// asks about others, which belong to other episodes.
func Learning(l Lesson, samples, others []int, updates int, r *rand.Rand, tick func()) (c Curve, err error) {
	for _, part := range []int{4, 2, 1} {
		n := max(l.Size(), len(samples)/part)
		elsewhere, here, err := learn(l, samples[:n], others, updates, r, tick)
		if err != nil {
			return c, err
		}
		c.Samples, c.Train, c.Validate = append(c.Samples, n), append(c.Train, here), append(c.Validate, elsewhere)
	}
	return c, nil
}

// Verdicts are those on the gap between training and validation, and on what more data would
// do.
func (c Curve) Verdicts(l Lesson) []Verdict {
	last := len(c.Samples) - 1
	if !(c.Validate[last] < diverged) {
		return []Verdict{atMost(in(l, "generalisation gap"), c.Validate[last], diverged, fmt.Sprintf("training leaves %s of the error on other episodes: it diverges", percent(c.Validate[last])),
			"lower the learning rate (see the rates check)")}
	}
	gap := c.Validate[last] / c.Train[last]
	gain := c.Validate[last] / c.Validate[last-1]
	advice := "it learns its samples by heart: stop at the lowest validation error, or take a smaller network"
	more := fmt.Sprintf("twice the samples, %d instead of %d, change the error on others by a factor of %.2f: more updates or capacity, not more data", c.Samples[last], c.Samples[last-1], gain)
	if gain < dataGain {
		advice = "more data: twice as many lower the error on others"
		more = fmt.Sprintf("twice the samples, %d instead of %d, change the error on others by a factor of %.2f: more data are worth while", c.Samples[last], c.Samples[last-1], gain)
	}
	samples := make([]float64, len(c.Samples))
	for i, n := range c.Samples {
		samples[i] = float64(n)
	}
	curve := told(in(l, "learning curve"), gain, more)
	curve.Plot = &Plot{Title: "Learning curve of the " + l.Head(), X: "samples trained on", Y: "share of the error that is left", LogX: true, Series: []Series{
		{Name: "samples trained on", X: samples, Y: c.Train}, {Name: "other episodes", X: samples, Y: c.Validate},
	}}
	return []Verdict{
		atMost(in(l, "generalisation gap"), gap, gapMost,
			fmt.Sprintf("%s of the error is left on the %d samples trained on, %s on other episodes", percent(c.Train[last]), c.Samples[last], percent(c.Validate[last])), advice),
		curve,
	}
}
