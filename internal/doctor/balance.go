package doctor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"glint/agent"
	"glint/internal/stats"
)

// Shares writes how often each of several classes occurs, the largest first, those that never do
// left out.
func Shares(names []string, counts []int) string {
	total := 0
	order := first(len(counts))
	for _, n := range counts {
		total += n
	}
	slices.SortStableFunc(order, func(a, b int) int { return counts[b] - counts[a] })
	var parts []string
	for _, i := range order {
		if counts[i] > 0 {
			parts = append(parts, fmt.Sprintf("%s %.3g %%", names[i], 100*float64(counts[i])/float64(total)))
		}
	}
	return strings.Join(parts, ", ")
}

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
	recallCount = 5
	rareShare   = 0.5
)

// Classes is what becomes of the classes of samples to imitate.
type Classes struct {
	Names      []string
	Counts     []int                // samples of each
	Configured string               // the balance that is set, one of agent's
	Recall     map[string][]float64 // of each class after training by each balance; NaN where there are too few samples
}

// balances are the ways to treat classes, with how they are said.
var balances = []struct{ name, words string }{
	{agent.BalanceNone, "as they come"},
	{agent.BalanceWeights, "with inverse-frequency weights"},
	{agent.BalanceBatches, "in balanced batches"},
}

// Balance trains a student by each balance, from its weights and each time for so many updates,
// and asks about others. class is that of each sample.
func Balance(l Student, names []string, configured string, class, samples, others []int, updates int, r *rand.Rand, tick func()) (c Classes, err error) {
	c = Classes{Names: names, Counts: make([]int, len(names)), Configured: configured, Recall: map[string][]float64{}}
	by := make([][]int, len(names))
	for _, k := range samples {
		by[class[k]] = append(by[class[k]], k)
		c.Counts[class[k]]++
	}
	var there []int
	for i, n := range c.Counts {
		if n > 0 {
			there = append(there, i)
		}
	}
	inverse := agent.ClassConfig{Balance: agent.BalanceWeights}.Each(c.Counts, c.Counts)
	draws := map[string]func() ([]int, []float32){
		agent.BalanceNone: func() ([]int, []float32) { return draw(samples, l.Size(), r), nil },
		agent.BalanceWeights: func() ([]int, []float32) {
			batch, w := draw(samples, l.Size(), r), make([]float32, l.Size())
			for i, k := range batch {
				w[i] = float32(inverse[class[k]])
			}
			return batch, w
		},
		agent.BalanceBatches: func() ([]int, []float32) {
			batch := make([]int, l.Size())
			for i := range batch {
				of := by[there[i%len(there)]]
				batch[i] = of[r.IntN(len(of))]
			}
			return batch, nil
		},
	}
	for _, b := range balances {
		if c.Recall[b.name], err = recalls(l, draws[b.name], class, others, len(names), updates, tick); err != nil {
			return c, err
		}
	}
	return c, nil
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
	total, there := 0, 0
	for _, n := range c.Counts {
		if total += n; n > 0 {
			there++
		}
	}
	for i, x := range c.Recall[c.Configured] {
		if float64(c.Counts[i]*there) < rareShare*float64(total) && !math.IsNaN(x) {
			all = append(all, i)
		}
	}
	return all
}

// Verdict is that on the rare classes, by the balance that is configured. One is dead for being
// rare where another balance revives it; else more is amiss, or too little was trained to tell.
func (c Classes) Verdict() Verdict {
	const check = "recall of rare classes"
	rare := c.rare()
	if len(rare) == 0 {
		return told(check, math.NaN(), "no class is rare and has enough samples to tell: "+Shares(c.Names, c.Counts))
	}
	worst := math.Inf(1)
	var words, dead []string
	cure := map[string]float64{} // the recall of the dead ones by each balance, in sum
	for _, i := range rare {
		here := c.Recall[c.Configured][i]
		worst = min(worst, here)
		var other []string
		revived := false
		for _, b := range balances {
			x := c.Recall[b.name][i]
			other = append(other, percent(x)+" "+b.words)
			revived = revived || x >= recallAlive
		}
		words = append(words, c.Names[i]+" "+strings.Join(other, ", "))
		if here >= recallLeast || !revived {
			continue
		}
		dead = append(dead, c.Names[i])
		for _, b := range balances {
			cure[b.name] += c.Recall[b.name][i]
		}
	}
	means := fmt.Sprintf("classes %s, learned %s; known again in other episodes after a little training: %s",
		Shares(c.Names, c.Counts), wordsOf(c.Configured), strings.Join(words, "; "))
	v := Verdict{Check: check, OK: len(dead) == 0, Figure: number(worst), Threshold: number(recallLeast), Least: true, Means: means, Plot: c.plot()}
	if v.OK {
		if worst < recallLeast {
			v.Threshold = nil // no balance revives it, so that it is no matter of being rare
		}
		return v
	}
	best := c.Configured
	for _, b := range balances {
		if cure[b.name] > cure[best] {
			best = b.name
		}
	}
	v.Advice = fmt.Sprintf("%s: dead, being rare. Learn %s: balance = %q in [agent.action_classes]", strings.Join(dead, ", "), wordsOf(best), best)
	return v
}

// wordsOf says a balance in words.
func wordsOf(balance string) string {
	for _, b := range balances {
		if b.name == balance {
			return b.words
		}
	}
	return balance
}

// plot draws the recall of each class by each balance.
func (c Classes) plot() *Plot {
	p := &Plot{Title: "Classes known again in other episodes after a little training", X: "class", Y: "recall", Classes: c.Names}
	for _, b := range balances {
		p.Series = append(p.Series, Series{Name: b.words, Y: c.Recall[b.name]})
	}
	return p
}

// Chosen tells how often each action is taken by the policy that plays.
func Chosen(names []string, counts []int) Verdict {
	most, total := 0, 0
	for _, n := range counts {
		most, total = max(most, n), total+n
	}
	v := told("actions taken", float64(most)/float64(total), fmt.Sprintf("in %d steps of play: %s", total, Shares(names, counts)))
	v.Plot = &Plot{Title: "Actions taken in play", X: "action", Y: "share of steps", Classes: names, Series: []Series{{Name: "share", Y: sharesOf(counts)}}}
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
	means := fmt.Sprintf("mean squared error %s in frames without a small object, %s in those with one", rounded(empty), rounded(small))
	if objects == 0 {
		return told(check, small/empty, means)
	}
	return atLeast(check, kept, keptLeast, fmt.Sprintf("%s; %s of %d small objects are kept", means, percent(kept), objects),
		"what decides the game is lost in the code: take --weighting knife, raise agent.small_share, or train longer")
}
