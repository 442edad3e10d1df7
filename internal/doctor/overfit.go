package doctor

import (
	"fmt"
	"math"
	"math/rand/v2"

	"glint/agent"
)

// Overfit is how well a head learns a batch by heart.
type Overfit struct {
	Lesson    Lesson
	Before    float64 // error
	After     float64 // the lowest one
	Updates   int     // made
	Ratio     float64 // of the length of an update to that of all weights, the largest one
	names     []string
	moved     []float64 // by parameter, relative
	target    float64
	elsewhere float64 // error on other samples at the end, over that before; NaN where there are none
	diverged  error
	course    Series // share of the error that is left, over updates
}

// left is the share of the error that is left.
func (o Overfit) left() float64 {
	if o.diverged != nil || math.IsNaN(o.After) {
		return math.Inf(1)
	}
	return o.After / o.Before
}

// What share of the error may be left: of one sample next to nothing, but for what an autoencoder
// paints. Of that it keeps 0.03 to 0.06, and of a batch 0.07 to 0.1, however long it learns: the
// 16 channels before its last layer cannot paint 64 pixels of their own choice. The actor keeps up
// to 0.05 of a batch with the same frame and two actions. A network that does not learn keeps 0.9.
const (
	sampleLeft = 0.05
	paintLeft  = 0.1 // of one sample, by an autoencoder
	batchLeft  = 0.2
)

// leastUpdates are made however small the error: until the warm-up is over.
const leastUpdates = 110

// wellBelow is the share of the error that must not be left at which learning by heart ends.
const wellBelow = 0.2

// Memorise trains a lesson on one batch of samples, again and again, until next to none of the
// error is left or the updates are used up, and takes the weights back. get are the samples that
// should come out of see; others, or none, are asked about in the end.
func Memorise(l Lesson, see, get, others []int, updates int, tick func()) (o Overfit, err error) {
	before, err := askAll(l, others)
	if err != nil {
		return o, err
	}
	l.Load(see, get, nil)
	k, err := keep(l)
	if err != nil {
		return o, err
	}
	defer k.restore(l)
	l.Restart()
	o = Overfit{Lesson: l, names: k.names, target: leftMost(l)}
	if o.Before, err = l.Error(); err != nil {
		return o, err
	}
	o.After = o.Before
	o.course = Series{Name: l.Head(), X: []float64{0}, Y: []float64{1}}
	last := k.again()
	for o.Updates < updates && (o.left() > wellBelow*o.target || o.Updates < leastUpdates) {
		measured := o.Updates%10 == 9
		if measured {
			last = k.again()
		}
		if o.diverged = l.Step(); o.diverged != nil {
			break
		}
		o.Updates++
		if !measured {
			continue
		}
		o.Ratio = max(o.Ratio, last.path())
		tick()
		var now float64
		if now, o.diverged = l.Error(); o.diverged != nil {
			break
		}
		if o.After = min(o.After, now); math.IsNaN(now) {
			break
		}
		o.course.X, o.course.Y = append(o.course.X, float64(o.Updates)), append(o.course.Y, now/o.Before)
	}
	o.moved = k.moved()
	after, err := askAll(l, others)
	o.elsewhere = after / before
	return o, err
}

// candidates is how many batches Wrong chooses from.
const candidates = 8

// Wrong returns the samples of a batch that the lesson's network gets most wrong, of some drawn at
// random: what it gets right by chance has nothing to learn.
func Wrong(l Lesson, r *rand.Rand) (worst []int, err error) {
	most := math.Inf(-1)
	for range candidates {
		batch := draw(first(l.Len()), l.Size(), r)
		same(l, batch)
		x, err := l.Error()
		if err != nil {
			return nil, err
		}
		if x > most || worst == nil {
			worst, most = batch, x
		}
	}
	return worst, nil
}

// askAll returns the mean error on samples, in batches, NaN for less than one; those beyond the
// last whole one are left out.
func askAll(l Lesson, samples []int) (float64, error) {
	n, sum := len(samples)/l.Size(), 0.0
	if n == 0 {
		return math.NaN(), nil
	}
	for i := range n {
		same(l, samples[i*l.Size():(i+1)*l.Size()])
		x, err := l.Error()
		if err != nil {
			return 0, err
		}
		sum += x / float64(n)
	}
	return sum, nil
}

// Verdict is that on a lesson of one sample or one batch.
func (o Overfit) Verdict() Verdict {
	what := "sample"
	if o.Lesson.Size() > 1 {
		what = "batch"
	}
	means := fmt.Sprintf("%s of the error %s is left after %d updates on the same %s", percent(o.left()), Rounded(o.Before), o.Updates, what)
	if o.diverged != nil {
		means = fmt.Sprintf("after %d updates on the same %s: %v", o.Updates, what, o.diverged)
	}
	return atMost(in(o.Lesson, "overfit one "+what), o.left(), o.target, means, o.advice())
}

// advice says why the error stays, by how far the updates went.
func (o Overfit) advice() string {
	switch {
	case o.diverged == nil && o.Ratio < ratioLeast:
		return "the updates are too small to get anywhere: multiply the learning rate by 10 (see the rate check)"
	case o.diverged != nil || !(o.left() < 1) || o.Ratio > ratioMost:
		return "the updates are too large: divide the learning rate by 10 (see the rate check)"
	}
	return "a bug, or too few iterations or channels: see gradients and layers first; if they are well, give more updates, then a larger code or more channels"
}

// leftMost is the most of a lesson's error that may be left.
func leftMost(l Lesson) float64 {
	switch {
	case l.Size() > 1:
		return batchLeft
	case l.Head() == string(agent.HeadAutoencoder):
		return paintLeft
	}
	return sampleLeft
}

// Courses draws how lessons go.
func Courses(title string, lessons []Overfit) *Plot {
	p := &Plot{Title: title, X: "updates", Y: "share of the error that is left", LogY: true}
	for _, o := range lessons {
		p.Series = append(p.Series, o.course)
	}
	return p
}

// Layers is the verdict on whether every parameter that a head trains moved in its lesson.
func Layers(lessons []Overfit) Verdict {
	still, name, head, n := math.Inf(1), "", "", map[string]bool{}
	for _, o := range lessons {
		for i, param := range o.names {
			n[param] = true
			if o.moved[i] < still {
				still, name, head = o.moved[i], param, o.Lesson.Head()
			}
		}
	}
	means := fmt.Sprintf("all %d parameters moved, least %s in the lesson of the %s", len(n), name, head)
	if still < movedLeast {
		means = fmt.Sprintf("%s did not move in the lesson of the %s", name, head)
	}
	return atLeast("layers move", still, movedLeast, means,
		"a frozen layer: is "+name+" among the parameters of the solver, does its gradient arrive (gradients check), are its ReLUs dead (dead units check)?")
}

// movedLeast is the least way of a layer, relative to its length.
const movedLeast = 1e-5

// The range that the length of an update is well in, relative to that of the weights.
const (
	ratioLeast = 3e-4
	ratioMost  = 0.1
)

// Ratios is the verdict on the size of the updates of a lesson.
func Ratios(o Overfit) Verdict {
	const what = "update / weights"
	if o.Ratio < ratioLeast {
		return atLeast(in(o.Lesson, what), o.Ratio, ratioLeast, "an update moves hardly anything", "multiply the learning rate by 10")
	}
	return atMost(in(o.Lesson, what), o.Ratio, ratioMost, fmt.Sprintf("an update moves the weights by %s of their length", percent(o.Ratio)), "divide the learning rate by 10")
}

// Paths compares what the network puts out as it trains with what it puts out as it is used.
func Paths(l Lesson, r *rand.Rand) (Verdict, error) {
	same(l, draw(first(l.Len()), l.Size(), r))
	trained, err := l.Trained()
	if err != nil {
		return Verdict{}, err
	}
	used, err := l.Predicted()
	if err != nil {
		return Verdict{}, err
	}
	off := math.Inf(1)
	if len(used) == len(trained) {
		off = distance(used, trained) / max(norm(used), norm(trained))
	}
	means := "the network puts out the same when it is used as when it trains"
	if off > pathsApart {
		means = fmt.Sprintf("what the network puts out when it is used is %s off from what it puts out when it trains", percent(off))
	}
	return atMost(in(l, "prediction path"), off, pathsApart, means,
		"the two paths see other inputs or other weights: are the inputs of both centred by the same mean image, in the same units and order?"), nil
}

// pathsApart is the rounding of float32 over a forward pass, with a margin.
const pathsApart = 1e-3

// percent writes a share.
func percent(x float64) string { return fmt.Sprintf("%.3g %%", 100*x) }
