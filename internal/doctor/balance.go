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
	Names   []string
	Counts  []int     // samples of each
	Plain   []float64 // recall after training on samples as they come; NaN where there are too few
	Weighed []float64 // with weights by the inverse of the frequency
	Drawn   []float64 // with batches drawn from a balanced random subset
}

// Balance trains a student three times from its weights, each for so many updates: on samples as
// they come, with weights, and balanced; and asks about others each time. class is that of each
// sample.
func Balance(l Student, names []string, class, samples, others []int, updates int, r *rand.Rand, tick func()) (c Classes, err error) {
	c = Classes{Names: names, Counts: make([]int, len(names))}
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
	plain := func() ([]int, []float32) { return draw(samples, l.Size(), r), nil }
	weighed := func() ([]int, []float32) {
		batch, w := draw(samples, l.Size(), r), make([]float32, l.Size())
		for i, k := range batch {
			w[i] = float32(inverse[class[k]])
		}
		return batch, w
	}
	drawn := func() ([]int, []float32) {
		batch := make([]int, l.Size())
		for i := range batch {
			of := by[there[i%len(there)]]
			batch[i] = of[r.IntN(len(of))]
		}
		return batch, nil
	}
	for _, way := range []struct {
		batch func() ([]int, []float32)
		to    *[]float64
	}{{plain, &c.Plain}, {weighed, &c.Weighed}, {drawn, &c.Drawn}} {
		if *way.to, err = recalls(l, way.batch, class, others, len(names), updates, tick); err != nil {
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

// Verdict is that on the rare class with the lowest recall. It is dead for being rare where
// weights or balanced batches revive it; else more is amiss, or too little was trained to tell.
func (c Classes) Verdict() Verdict {
	const check = "recall of rare classes"
	total, there := 0, 0
	for _, n := range c.Counts {
		if total += n; n > 0 {
			there++
		}
	}
	worst, at := math.Inf(1), -1
	for i, x := range c.Plain {
		if rare := float64(c.Counts[i]*there) < rareShare*float64(total); rare && x < worst {
			worst, at = x, i
		}
	}
	if at < 0 {
		return told(check, math.NaN(), "no class is rare and has enough samples to tell: "+Shares(c.Names, c.Counts))
	}
	means := fmt.Sprintf("classes %s; after a little training %s of %s are known again in other episodes, with inverse-frequency weights %s, in balanced batches %s",
		Shares(c.Names, c.Counts), percent(worst), c.Names[at], percent(c.Weighed[at]), percent(c.Drawn[at]))
	if max(c.Weighed[at], c.Drawn[at]) < recallAlive {
		return told(check, worst, means)
	}
	return atLeast(check, worst, recallLeast, means, c.Names[at]+" is dead, being rare: weigh the classes by the inverse of their frequency, or draw batches that are balanced")
}
