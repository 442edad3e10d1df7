package doctor

import (
	"fmt"
	"slices"
)

// Course is a figure over a training that was made.
type Course struct {
	Name  string
	At    []float64 // steps or updates
	Value []float64
}

// The fewest points of a Course that tell anything, and of how many values each is the mean.
const (
	tellLeast = 6
	smoothed  = 3
)

// smooth is a running mean; its first points are of fewer values.
func (c Course) smooth() []float64 {
	out := make([]float64, len(c.Value))
	for i := range out {
		from := max(0, i-smoothed+1)
		for _, x := range c.Value[from : i+1] {
			out[i] += x / float64(i+1-from)
		}
	}
	return out
}

// By how much a validation loss may end above its lowest value, and what change over the last
// quarter of a training is one.
const (
	riseMost   = 1.1
	stillFalls = 0.97
)

// Validated are the verdicts on the loss of episodes that nothing is learned from, always the same
// ones: whether it rises while that of training falls, and whether it still fell at the end.
func Validated(train, v Course) []Verdict {
	const check = "validation over the run"
	if len(v.Value) < tellLeast {
		return []Verdict{tooFew(check, train, v)}
	}
	smooth := v.smooth()
	last := len(smooth) - 1
	low := slices.Index(smooth, slices.Min(smooth))
	rise := smooth[last] / smooth[low]
	if train.since(v.At[low]) >= 1 {
		rise = min(rise, 1) // training does not fall either
	}
	all := []Verdict{atMost(check, rise, riseMost,
		fmt.Sprintf("%s was lowest, %s, at update %.0f and is %s at %.0f", v.Name, Rounded(smooth[low]), v.At[low], Rounded(smooth[last]), v.At[last]),
		fmt.Sprintf("overfitting since update %.0f: end there (--patience 5 keeps the best checkpoint), or take more episodes or a smaller network", v.At[low]))}
	all[0].Plot = both(train, v)
	return append(all, stillLearning(v, smooth))
}

// Watched are the verdicts on the error of frames that nothing is learned from while the agent
// plays. What it sees changes with how it plays, so that a rise is no overfitting and they only
// tell.
func Watched(train, v Course) []Verdict {
	const check = "held-out error over the run"
	if len(v.Value) < tellLeast {
		return []Verdict{tooFew(check, train, v)}
	}
	smooth, learned := v.smooth(), train.smooth()
	ratio := smooth[len(smooth)-1] / learned[len(learned)-1]
	t := told(check, ratio, fmt.Sprintf("%s ended at %s, %s at %s", v.Name, Rounded(smooth[len(smooth)-1]), train.Name, Rounded(learned[len(learned)-1])))
	t.Plot = both(train, v)
	return []Verdict{t}
}

func tooFew(check string, train, v Course) Verdict {
	t := told(check, float64(len(v.Value)), fmt.Sprintf("%s was measured %d times: too few to tell; train longer", v.Name, len(v.Value)))
	t.Plot = both(train, v)
	return t
}

func both(train, v Course) *Plot {
	return &Plot{Title: "Training and held-out episodes over the run", X: "update", Y: "loss", LogY: true, Series: []Series{
		{Name: train.Name, X: train.At, Y: train.Value}, {Name: v.Name, X: v.At, Y: v.Value},
	}}
}

// since returns the value at the end over that at a place, 1 where it is not known.
func (c Course) since(at float64) float64 {
	i := slices.IndexFunc(c.At, func(x float64) bool { return x >= at })
	if i < 0 {
		return 1
	}
	smooth := c.smooth()
	return smooth[len(smooth)-1] / smooth[i]
}

// stillLearning tells whether a loss fell over the last quarter of a training.
func stillLearning(c Course, smooth []float64) Verdict {
	last := len(smooth) - 1
	change := smooth[last] / smooth[last*3/4]
	words := "it does not fall any more: not too few iterations; another rate, more data or more capacity"
	if change < stillFalls {
		words = "it still falls: more iterations are worth while"
	}
	return told("end of the run", change, fmt.Sprintf("%s changed by a factor of %.3g in the last quarter; %s", c.Name, change, words))
}

// Scores tells how the score of a training went on.
func Scores(score Course) []Verdict {
	const check = "score over the run"
	p := &Plot{Title: "Score over the run", X: "update", Y: score.Name, Series: []Series{{Name: score.Name, X: score.At, Y: score.Value}}}
	if len(score.Value) < tellLeast {
		return nil
	}
	smooth := score.smooth()
	last := len(smooth) - 1
	gain := smooth[last] - smooth[last*3/4]
	spread := slices.Max(smooth) - slices.Min(smooth)
	words := "it has come to rest: longer of the same will hardly help"
	switch {
	case gain > 0.05*spread:
		words = "it still rises: train longer"
	case gain < -0.25*spread:
		words = "it fell: an earlier checkpoint is better, and the learning rate or the entropy may be too high at the end"
	}
	v := told(check, gain, fmt.Sprintf("from %.5g to %.5g, at best %.5g; in the last quarter it changed by %.3g; %s", smooth[0], smooth[last], slices.Max(smooth), gain, words))
	v.Plot = p
	return []Verdict{v}
}
