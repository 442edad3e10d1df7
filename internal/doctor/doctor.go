// Package doctor finds out why a network does not learn. Each check asks the network, its
// samples or its surroundings one question that has a number for an answer, and says what the
// number means and what to do about it.
//
// The checks know no flags and open nothing: package internal/app/diagnose brings what they look at.
// Their thresholds come from set-ups that learn; see the comment at each.
package doctor

import (
	"fmt"
	"math"
	"math/rand/v2"

	"glint/agent"
)

// Verdict is the answer of a check.
type Verdict struct {
	Group string `json:"group"` // that the check belongs to
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	// Figure is what was measured, nil where nothing could be; Threshold is the most or,
	// where Least is set, the least that is well.
	Figure    *float64 `json:"figure"`
	Threshold *float64 `json:"threshold"`
	Least     bool     `json:"least"`
	Means     string   `json:"means"`  // what the figure says
	Advice    string   `json:"advice"` // what to do; empty where all is well
	Plot      *Plot    `json:"-"`      // what was measured for it; nil for the figure alone
}

// atMost is the verdict on a figure that should not be above a threshold.
func atMost(check string, figure, threshold float64, means, advice string) Verdict {
	return verdict(check, figure, threshold, false, figure <= threshold, means, advice)
}

// atLeast is the verdict on a figure that should not be below a threshold.
func atLeast(check string, figure, threshold float64, means, advice string) Verdict {
	return verdict(check, figure, threshold, true, figure >= threshold, means, advice)
}

func verdict(check string, figure, threshold float64, least, ok bool, means, advice string) Verdict {
	v := Verdict{Check: check, OK: ok, Figure: number(figure), Threshold: number(threshold), Least: least, Means: means}
	if !ok {
		v.Advice = advice
	}
	return v
}

// number returns x, or nil where JSON has no word for it.
func number(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// told is a verdict that informs and refuses nothing.
func told(check string, figure float64, means string) Verdict {
	return Verdict{Check: check, OK: true, Figure: number(figure), Means: means}
}

// Lesson is what a head of the network is taught, on samples that the check chooses; see
// agent.Lesson.
type Lesson interface {
	Head() string
	// Size is the number of samples of a batch, Len of those to choose from.
	Size() int
	Len() int
	// Load makes a batch: see[i] is seen and get[i] should come out of it. weights count the
	// samples in the actor's loss, nil for 1 each.
	Load(see, get []int, weights []float32)
	// Loss is what Gradients are of.
	Loss() (float64, error)
	Gradients() ([]agent.Gradient, error)
	Step() error
	// Restart forgets what the optimiser remembers, SetRate replaces its learning rate.
	Restart()
	SetRate(lr float64)
	// Error is what learning should bring to 0, by the path of prediction.
	Error() (float64, error)
	// Predicted and Trained are the outputs for the batch by the paths of prediction and of
	// training.
	Predicted() ([]float32, error)
	Trained() ([]float32, error)
}

var _ Lesson = (*agent.Lesson)(nil)

// same loads samples as both what is seen and what should come out.
func same(l Lesson, samples []int) { l.Load(samples, samples, nil) }

// first returns the numbers below n.
func first(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// draw returns n of samples at random, without repetition.
func draw(samples []int, n int, r *rand.Rand) []int {
	some := make([]int, n)
	for i, k := range r.Perm(len(samples))[:n] {
		some[i] = samples[k]
	}
	return some
}

// kept is a copy of the weights of a lesson, to go back to.
type kept struct {
	names  []string
	values [][]float32 // in place
	copies [][]float32
}

// keep copies the weights of the lesson's parameters; a batch must be loaded.
func keep(l Lesson) (k kept, err error) {
	grads, err := l.Gradients()
	for _, g := range grads {
		k.names, k.values = append(k.names, g.Name), append(k.values, g.Value)
	}
	return k.again(), err
}

// again is a copy of the same weights as they are now.
func (k kept) again() kept {
	now := kept{names: k.names, values: k.values}
	for _, v := range k.values {
		now.copies = append(now.copies, append([]float32(nil), v...))
	}
	return now
}

// restore brings the weights back, and the optimiser to its start.
func (k kept) restore(l Lesson) {
	for i, v := range k.values {
		copy(v, k.copies[i])
	}
	l.Restart()
}

// moved returns how far each parameter is from the copy, over the norm of that; over 1e-3 a
// weight where the copy is of zeros, as biases begin.
func (k kept) moved() []float64 {
	all := make([]float64, len(k.values))
	for i, v := range k.values {
		all[i] = distance(v, k.copies[i]) / max(norm(k.copies[i]), 1e-3*math.Sqrt(float64(len(v))))
	}
	return all
}

// path returns how far all parameters together are from the copy, over its norm.
func (k kept) path() float64 {
	var off, size float64
	for i, v := range k.values {
		d, n := distance(v, k.copies[i]), norm(k.copies[i])
		off, size = off+d*d, size+n*n
	}
	return math.Sqrt(off / size)
}

func distance(a, b []float32) float64 {
	sum := 0.0
	for i, x := range a {
		d := float64(x) - float64(b[i])
		sum += d * d
	}
	return math.Sqrt(sum)
}

func norm(a []float32) float64 {
	sum := 0.0
	for _, x := range a {
		sum += float64(x) * float64(x)
	}
	return math.Sqrt(sum)
}

// in names the head that a check was made on.
func in(l Lesson, what string) string { return what + ", " + l.Head() }

// Rounded writes a figure in few digits.
func Rounded(x float64) string { return fmt.Sprintf("%.3g", x) }

// Tally says how many checks were made and what came of them.
func Tally(checks, findings int) string {
	switch {
	case checks == 0:
		return "no check was made"
	case findings == 0:
		return Count(checks, "check") + ", nothing found"
	}
	return Count(checks, "check") + ", " + Count(findings, "finding")
}

// Count is n of a word.
func Count(n int, word string) string {
	if n != 1 {
		word += "s"
	}
	return fmt.Sprintf("%d %s", n, word)
}
