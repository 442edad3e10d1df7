package agent

import (
	"math"
	"slices"
	"testing"

	"glint/replay"
)

// gaeCase is the life of one environment over a rollout and its advantages worked
// out by hand, with gamma = lambda = 1/2 so that all numbers are exact.
type gaeCase struct {
	name           string
	reward, value  []float32
	ended, invalid []bool
	next           []float32
	last           float32
	want           []float32
}

var gaeCases = []gaeCase{
	{
		// The rollout's end: A2 = 4+8/2-2 = 6, A1 = 2+2/2-4+6/4 = 0.5, A0 = 1+4/2-2+0.5/4 = 1.125.
		name: "no end", reward: []float32{1, 2, 4}, value: []float32{2, 4, 2},
		ended: []bool{false, false, false}, next: []float32{9, 9, 9}, last: 8,
		want: []float32{1.125, 0.5, 6},
	},
	{
		// A1 = 2+0-4 = -2, whatever comes after; A0 = 1+4/2-2-2/4 = 0.5.
		name: "termination", reward: []float32{1, 2, 4}, value: []float32{2, 4, 2},
		ended: []bool{false, true, false}, next: []float32{9, 0, 9}, last: 8,
		want: []float32{0.5, -2, 6},
	},
	{
		// A1 = 2+6/2-4 = 1, A0 = 1+4/2-2+1/4 = 1.25.
		name: "truncation", reward: []float32{1, 2, 4}, value: []float32{2, 4, 2},
		ended: []bool{false, true, false}, next: []float32{9, 6, 9}, last: 8,
		want: []float32{1.25, 1, 6},
	},
	{
		// The last step ends the episode: the value of the next one's start is not for it.
		name: "end with the rollout", reward: []float32{1, 2, 4}, value: []float32{2, 4, 2},
		ended: []bool{false, false, true}, next: []float32{9, 9, 0}, last: 8,
		want: []float32{0.875, -0.5, 2},
	},
	{
		// The crash is no experience; before it A0 = 1+4/2-2 = 1 with nothing carried.
		name: "invalid", reward: []float32{1, 2, 4}, value: []float32{2, 4, 2},
		ended: []bool{false, true, false}, invalid: []bool{false, true, false}, next: []float32{9, 6, 9}, last: 8,
		want: []float32{1, 0, 6},
	},
	{
		name: "invalid without an end", reward: []float32{1, 2, 4}, value: []float32{2, 4, 2},
		ended: []bool{false, false, false}, invalid: []bool{false, true, false}, next: []float32{9, 9, 9}, last: 8,
		want: []float32{1, 0, 6},
	},
}

// All cases side by side are one rollout: environments must not touch each other.
func TestEstimate(t *testing.T) {
	n := len(gaeCases)
	r := replay.NewRollout(n, 3, 1)
	for i, c := range gaeCases {
		r.Last[i] = c.last
		for k := range 3 {
			at := k*n + i
			r.Reward[at], r.Value[at], r.Ended[at], r.Next[at] = c.reward[k], c.value[k], c.ended[k], c.next[k]
			r.Invalid[at] = c.invalid != nil && c.invalid[k]
		}
	}
	Estimate(r, 0.5, 0.5)
	for i, c := range gaeCases {
		for k := range 3 {
			at := k*n + i
			if r.Advantage[at] != c.want[k] || r.Return[at] != c.want[k]+c.value[k] {
				t.Errorf("%s: step %d: advantage %v, return %v, want %v and %v", c.name, k, r.Advantage[at], r.Return[at], c.want[k], c.want[k]+c.value[k])
			}
		}
	}
}

// With lambda 1 the return is the discounted sum of rewards, with lambda 0 the
// target of TD(0).
func TestEstimateLimits(t *testing.T) {
	r := replay.NewRollout(1, 3, 1)
	copy(r.Reward, []float32{1, 2, 4})
	copy(r.Value, []float32{5, 7, 3})
	r.Last[0] = 16
	Estimate(r, 0.5, 1)
	if want := []float32{1 + 1 + 1 + 2, 2 + 2 + 4, 4 + 8}; !slices.Equal(r.Return, want) {
		t.Errorf("lambda 1: returns %v, want %v", r.Return, want)
	}
	Estimate(r, 0.5, 0)
	if want := []float32{1 + 3.5, 2 + 1.5, 4 + 8}; !slices.Equal(r.Return, want) {
		t.Errorf("lambda 0: returns %v, want %v", r.Return, want)
	}
}

func TestExplainedVariance(t *testing.T) {
	returns := []float32{1, 2, 3, 6}
	for _, c := range []struct {
		name   string
		values []float32
		want   float64
	}{
		{"perfect", []float32{1, 2, 3, 6}, 1},
		{"off by a constant", []float32{2, 3, 4, 7}, 1},
		{"only the mean", []float32{3, 3, 3, 3}, 0},
		// Residuals 2 4 6 12 vary by 14, the returns by 3.5.
		{"the wrong way", []float32{-1, -2, -3, -6}, -3},
	} {
		if got := explained(c.values, returns); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	ro := &replay.Rollout{Value: []float32{1, 9, 2}, Return: []float32{1, -5, 2}, Invalid: []bool{false, true, false}}
	if got := explainedVariance(ro); got != 1 {
		t.Errorf("where the one bad step is held out: %v, want 1", got)
	}
	if got := explained([]float32{1, 2}, []float32{3, 3}); !math.IsNaN(got) {
		t.Errorf("of constant returns: %v, want NaN", got)
	}
}

// explained is explainedVariance of steps that are all learned from.
func explained(values, returns []float32) float64 {
	return explainedVariance(&replay.Rollout{Value: values, Return: returns, Invalid: make([]bool, len(returns))})
}

func TestNormalize(t *testing.T) {
	none := func(int) bool { return false }
	for _, c := range []struct {
		name    string
		x, want []float32
		skip    func(int) bool
	}{
		{"two sides", []float32{1, 3, 1, 3}, []float32{-1, 1, -1, 1}, none},
		{"equal", []float32{2, 2, 2}, []float32{0, 0, 0}, none},
		{"one skipped", []float32{5, 0, 9}, []float32{-1, 0, 1}, func(i int) bool { return i == 1 }},
		{"all skipped", []float32{0, 0}, []float32{0, 0}, func(int) bool { return true }},
	} {
		x := slices.Clone(c.x)
		normalize(x, c.skip)
		for i, want := range c.want {
			if math.Abs(float64(x[i]-want)) > 1e-6 {
				t.Errorf("%s: %v, want %v", c.name, x, c.want)
				break
			}
		}
	}
}

// Steps that are no experience stay at advantage 0 in a normalised minibatch.
func TestLoadKeepsInvalidAtZero(t *testing.T) {
	tr := begin(t, toyConfig(PPO, 2), bandit(2), 1)
	until(t, tr, Play)
	for k := range tr.last.rollout.Advantage {
		tr.last.rollout.Advantage[k], tr.last.rollout.Invalid[k] = float32(3+k), k == 5
	}
	tr.last.rollout.Advantage[5] = 0
	entries := make([]int, tr.cfg.Minibatch)
	for i := range entries {
		entries[i] = i
	}
	tr.learner.load(tr.last.rollout, entries)
	adv := tr.learner.rl.adv.Float32s()
	if adv[5] != 0 || adv[0] > -1 || adv[len(adv)-1] < 1 {
		t.Errorf("advantages %v: want the invalid sixth at 0 between normalised ones", adv)
	}
}
