package doctor

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"glint/agent"
	"glint/internal/stats"
)

// Frames is the verdict on the classes of frames: without and with a small object, of which
// batches get at least a share.
func Frames(empty, small int, least float64) Verdict {
	const check = "frame classes"
	share := float64(small) / float64(empty+small)
	means := fmt.Sprintf("%s of %d frames show a small object; batches have at least %s of them", percent(share), empty+small, percent(least))
	if share < least && small > 0 {
		means += fmt.Sprintf(", each %.1f times as often", least/share)
	}
	return atLeast(check, float64(small), 1, means,
		"there is nothing small to keep in these frames: play longer (agent.pretrain.steps), or see whether the detector suits the game (glint detect --calibrate)")
}

// Rewards is the verdict on how often there is a reward, and how large it is for the critic.
// They are learned from times scale, cut at clip; normed says that they are divided by the
// deviation of their sum before, so that their size does not matter.
func Rewards(rewards []float64, clip, scale float64, normed bool) []Verdict {
	some, sum, learned := 0, 0.0, 0.0
	var cut []float64 // sizes before scale
	for _, r := range rewards {
		size := math.Abs(r)
		if r != 0 {
			some++
			sum += size * math.Abs(scale)
			learned += min(size*math.Abs(scale), clip)
		}
		if size*math.Abs(scale) > clip {
			cut = append(cut, size)
		}
	}
	if some == 0 {
		return []Verdict{atLeast("rewards seen", 0, 1, fmt.Sprintf("no reward in %d steps", len(rewards)),
			"actor and critic have nothing to learn from: play longer, begin from demonstrations (glint imitate), or is the rewarder missing?")}
	}
	seen := atLeast("rewards seen", float64(some), 1, fmt.Sprintf("%s of %d steps pay or cost", percent(float64(some)/float64(len(rewards))), len(rewards)), "")
	if normed {
		return []Verdict{seen}
	}
	return []Verdict{seen, scaleOf(sum/float64(some), learned/float64(some), clip, float64(len(cut))/float64(some), cut)}
}

// The size that rewards are well learned from.
const (
	rewardLeast = 0.01
	rewardMost  = 20
)

// scaleOf is the verdict on the mean size of rewards as they are learned from, the limit
// applied. cut are the sizes before scale of the share that it cuts: where they differ, the
// network learns nothing of that.
func scaleOf(size, learned, clip, share float64, cut []float64) Verdict {
	means := fmt.Sprintf("a scaled reward is %.3g large in the mean, %.3g as it is learned from; %s of them are cut at agent.reward_clip %g",
		size, learned, percent(share), clip)
	if len(cut) > 0 && slices.Min(cut) < slices.Max(cut) {
		means += fmt.Sprintf(", so that one of %g counts as much as one of %g", slices.Max(cut), slices.Min(cut))
	}
	if learned < rewardLeast {
		return atLeast("reward scale", learned, rewardLeast, means, "the critic's loss vanishes: raise agent.reward_scale, or set agent.reward_norm = true")
	}
	return atMost("reward scale", learned, rewardMost, means, "the critic's loss drowns everything: lower agent.reward_scale or agent.reward_clip, or set agent.reward_norm = true")
}

// Student is a Lesson of choosing among classes.
type Student interface {
	Lesson
	// Chosen returns the most probable class of samples.
	Chosen(samples []int) ([]int, error)
}

// A class is dead where its recall is below recallLeast and revived above recallAlive. It takes
// recallCount samples to tell, and a class that has less than rareShare of its even share to say
// that it is rare.
const (
	recallLeast = 0.1
	recallAlive = 0.25
	recallCount = 20
	rareShare   = 0.5
)

// Classes is what becomes of the classes of samples to imitate.
type Classes struct {
	Names  []string
	Shares []float64 // of each in what is learned from, as it is configured
	Ways   []Way     // to learn them, the configured one first
	// Updates is how many were made each way.
	Updates int
}

// Way is a way to learn classes, with what is known again after it.
type Way struct {
	Balance agent.ClassConfig
	Words   string
	Recall  []float64 // of each class; NaN where there are too few samples
}

// ways are the configured balance and the others.
func ways(configured agent.ClassConfig) []Way {
	all := []Way{
		{Balance: agent.ClassConfig{Balance: agent.BalanceNone}, Words: "as they come"},
		{Balance: agent.ClassConfig{Balance: agent.BalanceWeights}, Words: "with inverse-frequency weights"},
		{Balance: agent.ClassConfig{Balance: agent.BalanceBatches}, Words: "in balanced batches"},
	}
	if len(configured.Values) > 0 {
		return append([]Way{{Balance: configured, Words: "by the configured values"}}, all...)
	}
	at := slices.IndexFunc(all, func(w Way) bool { return w.Balance.Balance == configured.Balance })
	all[0], all[at] = all[at], all[0]
	return all
}

// Balance trains a student each way, from its weights and for so many updates, and asks about
// others. class is that of each sample.
func Balance(l Student, names []string, configured agent.ClassConfig, class, samples, others []int, updates int, r *rand.Rand, tick func()) (c Classes, err error) {
	counts, by := make([]int, len(names)), make([][]int, len(names))
	for _, k := range samples {
		by[class[k]] = append(by[class[k]], k)
		counts[class[k]]++
	}
	c = Classes{Names: names, Shares: sharesOf(counts), Ways: ways(configured), Updates: updates}
	if len(configured.Values) > 0 {
		sum := 0.0
		for i, w := range configured.Each(counts, counts) {
			c.Shares[i] = w * float64(counts[i])
			sum += c.Shares[i]
		}
		for i := range c.Shares {
			c.Shares[i] /= sum
		}
	}
	for i := range c.Ways {
		w := &c.Ways[i]
		if w.Recall, err = recalls(l, w.draws(l.Size(), class, counts, samples, by, r), class, others, len(names), updates, tick); err != nil {
			return c, err
		}
	}
	return c, nil
}

// draws returns what draws batches of a size, with the weights of their samples.
func (w Way) draws(size int, class, counts, samples []int, by [][]int, r *rand.Rand) func() ([]int, []float32) {
	switch w.Balance.Balance {
	case agent.BalanceBatches:
		batch := make([]int, size)
		return func() ([]int, []float32) {
			for i := range by {
				r.Shuffle(len(by[i]), func(a, b int) { by[i][a], by[i][b] = by[i][b], by[i][a] })
			}
			w.Balance.Draw(batch, by, r)
			return batch, nil
		}
	case agent.BalanceWeights:
		each := w.Balance.Each(counts, counts)
		return func() ([]int, []float32) {
			batch, weights := draw(samples, size, r), make([]float32, size)
			for i, k := range batch {
				weights[i] = float32(each[class[k]])
			}
			return batch, weights
		}
	}
	return func() ([]int, []float32) { return draw(samples, size, r), nil }
}

// recalls trains on batches and returns the recall of each class on others. The weights are taken
// back.
func recalls(l Student, batch func() ([]int, []float32), class, others []int, classes, updates int, tick func()) ([]float64, error) {
	samples, weights := batch()
	l.Load(samples, samples, weights)
	k, err := keep(l)
	if err != nil {
		return nil, err
	}
	defer k.restore(l)
	l.Restart()
	if err := train(l, batch, updates, tick); err != nil {
		return nil, err
	}
	chosen, err := l.Chosen(others)
	if err != nil {
		return nil, err
	}
	return Recall(class, others, chosen, classes), nil
}

// Recall returns which share of each class's samples is chosen as such, NaN where there are too
// few to tell.
func Recall(class, samples, chosen []int, classes int) []float64 {
	c, recall := stats.NewConfusion(classes), make([]float64, classes)
	for i, k := range samples {
		c[class[k]][chosen[i]]++
	}
	for i := range recall {
		if recall[i] = c.Recall(i); c.Count(i) < recallCount {
			recall[i] = math.NaN()
		}
	}
	return recall
}

// rare are the classes that have less than their share and enough samples to tell.
func (c Classes) rare() (all []int) {
	there := 0
	for _, x := range c.Shares {
		if x > 0 {
			there++
		}
	}
	for i, x := range c.Ways[0].Recall {
		if c.Shares[i] > 0 && c.Shares[i]*float64(there) < rareShare && !math.IsNaN(x) {
			all = append(all, i)
		}
	}
	return all
}

// Verdict is that on the rare classes, as they are configured to be learned. One is dead for
// being rare where another way revives it; else more is amiss, or too little was trained to tell.
func (c Classes) Verdict() Verdict {
	const check = "recall of rare classes"
	rare := c.rare()
	shares := "classes " + c.shares()
	if len(rare) == 0 {
		v := told(check, math.NaN(), "no class is rare and has enough samples to tell: "+shares)
		v.Plot = c.plot()
		return v
	}
	worst, best, cured := math.Inf(1), 0, 0.0
	var words, dead []string
	var dying []int
	for _, i := range rare {
		here := c.Ways[0].Recall[i]
		worst = min(worst, here)
		var each []string
		revived := false
		for _, w := range c.Ways {
			each = append(each, percent(w.Recall[i])+" "+w.Words)
			revived = revived || w.Recall[i] >= recallAlive
		}
		words = append(words, c.Names[i]+" "+strings.Join(each, ", "))
		if here < recallLeast && revived {
			dead, dying = append(dead, c.Names[i]), append(dying, i)
		}
	}
	means := fmt.Sprintf("%s, learned %s; known again in other episodes after %d updates: %s", shares, c.Ways[0].Words, c.Updates, strings.Join(words, "; "))
	v := Verdict{Check: check, OK: len(dead) == 0, Figure: number(worst), Threshold: number(recallLeast), Least: true, Means: means, Plot: c.plot()}
	if v.OK {
		if worst < recallLeast {
			v.Threshold = nil // no way revives it, so that it is no matter of being rare
		}
		return v
	}
	for k, w := range c.Ways {
		sum := 0.0
		for _, i := range dying {
			sum += w.Recall[i]
		}
		if sum > cured {
			best, cured = k, sum
		}
	}
	v.Advice = fmt.Sprintf("%s: not learned so far, being rare. Train far longer or, at the cost of precision, learn %s: glint imitate --balance %s",
		strings.Join(dead, ", "), c.Ways[best].Words, c.Ways[best].Balance.Balance)
	return v
}

// shares writes those of the classes that are there, the largest first.
func (c Classes) shares() string {
	order := first(len(c.Shares))
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(c.Shares[b], c.Shares[a]) })
	var parts []string
	for _, i := range order {
		if c.Shares[i] > 0 {
			parts = append(parts, fmt.Sprintf("%s %.3g %%", c.Names[i], 100*c.Shares[i]))
		}
	}
	return strings.Join(parts, ", ")
}

// plot draws the recall of each class by each way.
func (c Classes) plot() *Plot {
	p := &Plot{Title: "Classes known again in other episodes after a little training", X: "class", Y: "recall", Classes: c.Names}
	for _, w := range c.Ways {
		p.Series = append(p.Series, Series{Name: w.Words, Y: w.Recall})
	}
	return p
}

// Chosen tells how often each action is taken by the policy that plays.
func Chosen(names []string, counts []int) Verdict {
	total, shares := 0, sharesOf(counts)
	for _, n := range counts {
		total += n
	}
	v := told("actions taken", slices.Max(shares), fmt.Sprintf("in %d steps of play: %s", total, Classes{Names: names, Shares: shares}.shares()))
	v.Plot = &Plot{Title: "Actions taken in play", X: "action", Y: "share of steps", Classes: names, Series: []Series{{Name: "share", Y: shares}}}
	return v
}

func sharesOf(counts []int) []float64 {
	total := 0
	for _, n := range counts {
		total += n
	}
	shares := make([]float64, len(counts))
	for i, n := range counts {
		shares[i] = float64(n) / float64(total)
	}
	return shares
}

// The least share of small objects that a trained network must keep.
const keptLeast = 0.5

// Kept is the verdict on what a trained network does to each class of frames that it was not
// trained on: the mean squared error of those without and with a small object, and which share
// of so many objects is kept.
func Kept(empty, small, kept float64, objects int) Verdict {
	const check = "error by frame class"
	means := fmt.Sprintf("mean squared error %s in frames without a small object, %s in those with one", Rounded(empty), Rounded(small))
	if objects == 0 {
		return told(check, small/empty, means)
	}
	return atLeast(check, kept, keptLeast, fmt.Sprintf("%s; %s of %d small objects are kept", means, percent(kept), objects),
		"what decides the game is lost in the code: take --weighting knife, raise agent.small_share, or train longer")
}
