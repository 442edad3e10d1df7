package doctor_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"glint/agent"
	"glint/autoencoder"
	"glint/internal/doctor"
	"glint/internal/judge"
)

// TestVerdicts holds what each check that needs no network says of healthy and of sick figures.
func TestVerdicts(t *testing.T) {
	code := func(v ...float32) []autoencoder.LayerValues {
		return []autoencoder.LayerValues{
			{Name: "encoder.conv1", Units: 2, Values: []float32{0, 1, 1, 0, 1, 0, 0, 0}, ReLU: true},
			{Name: "encoder.code", Units: 2, Values: v},
		}
	}
	dead := code(0.1, 0.5, -0.3, 0.2)
	dead[0].Values = []float32{0, 0, 0, 1, 0, 0, 0, 0} // of two channels at two places, twice
	dead = append(dead, autoencoder.LayerValues{Name: "decoder.expand", Units: 2, Values: make([]float32, 8), ReLU: true})
	for _, tc := range []struct {
		name string
		v    doctor.Verdict
		says string // of what is found; empty where all is well
	}{
		{"centred", doctor.Centred([]float32{1, -1, -1, 1}, 2), ""},
		{"not centred", doctor.Centred([]float32{1, 2, 1.2, 1.8}, 2), "mean image"},
		{"empty frames", doctor.Centred(make([]float32, 4), 2), "empty"},
		{"units alive", doctor.Units(code(0.1, 0.5, -0.3, 0.2), 2)[0], ""},
		{"units dead", doctor.Units(dead, 2)[0], "decoder.expand"},
		{"saturated", doctor.Units(code(1, -1, 1, 0.2), 2)[1], "tanh"},
		{"constant", doctor.Units(code(0.1, 0.5, 0.1, 0.5), 2)[2], "mean image"},
		{"finite", doctor.Finite([]doctor.Named{{Name: "a", Values: []float32{1, 2}}}), ""},
		{"first that is none", doctor.Finite([]doctor.Named{{Name: "a", Values: []float32{1}}, {Name: "b", Values: []float32{float32(math.Inf(1))}}, {Name: "c", Values: []float32{float32(math.NaN())}}}), "the first are in b"},
		{"small objects count", doctor.Loss(0.3, 0.001, "knife"), ""},
		{"small objects lost", doctor.Loss(0.003, 0.001, "uniform"), "--weighting knife"},
		{"small objects seen", doctor.Frames(90, 10, 0.3), ""},
		{"none seen", doctor.Frames(100, 0, 0.3), "detect --calibrate"},
		{"paid", doctor.Rewards([]float64{0, 1, 0, -1}, 1, 1, false)[1], ""},
		{"never paid", doctor.Rewards(make([]float64, 9), 1, 1, false)[0], "no reward in 9 steps"},
		{"paid too much", doctor.Rewards([]float64{0, 5000}, 1e6, 1, false)[1], "lower agent.reward_scale"},
		{"paid seldom much", doctor.Rewards([]float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 100000}, 50, 1, false)[1], ""},
		{"paid too little", doctor.Rewards([]float64{0, 1}, 1, 1e-4, false)[1], "raise agent.reward_scale"},
		{"determined", doctor.Determined(300, 0), ""},
		{"by chance", doctor.Determined(300, 17), "step 17"},
		{"moving", doctor.Still(10, 100, 0.5), ""},
		{"standing still", doctor.Still(99, 100, 0.01), "does it wait for a key"},
		{"found", doctor.Found(judge.Finds{Count: judge.Count{Objects: 100, Hits: 80}, Fires: 90, False: 10}), ""},
		{"missed", doctor.Found(judge.Finds{Count: judge.Count{Objects: 100, Hits: 3}, Fires: 5, False: 2}), "calibrate"},
		{"false fires", doctor.Found(judge.Finds{Count: judge.Count{Objects: 100, Hits: 90}, Fires: 5000, False: 4910}), "calibrate"},
		{"nothing there", doctor.Found(judge.Finds{}), ""},
		{"kept", doctor.Kept(0.001, 0.002, 0.9, 40), ""},
		{"not kept", doctor.Kept(0.001, 0.002, 0.1, 40), "lost in the code"},
		{"nothing to keep", doctor.Kept(0.001, 0.002, math.NaN(), 0), ""},
		{"apart", doctor.Apart(0.02, "episode 3", "training episode 1", 0.1), ""},
		{"leaked", doctor.Apart(1, "episode 3", "training episode 1", 1), "episode 3 are steps of training episode 1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.v.OK != (tc.says == "") || !strings.Contains(tc.v.Means+" "+tc.v.Advice, tc.says) {
				t.Errorf("%+v, want it to say %q", tc.v, tc.says)
			}
		})
	}
}

// TestRewardNorm wants no word on the size of rewards that are divided by their deviation.
func TestRewardNorm(t *testing.T) {
	if got := doctor.Rewards([]float64{0, 5000}, 1e6, 1, true); len(got) != 1 || !got[0].OK {
		t.Errorf("verdicts %+v", got)
	}
}

func TestRecall(t *testing.T) {
	class := slices.Concat(slices.Repeat([]int{0}, 24), slices.Repeat([]int{1}, 20), []int{2})
	chosen := slices.Concat(slices.Repeat([]int{0}, 12), slices.Repeat([]int{1}, 16), slices.Repeat([]int{0}, 16), []int{2})
	all := make([]int, len(class))
	for i := range all {
		all[i] = i
	}
	got := doctor.Recall(class, all, chosen, 4)
	if got[0] != 0.5 || got[1] != 0.2 || !math.IsNaN(got[2]) || !math.IsNaN(got[3]) {
		t.Errorf("recall %v, want 0.5, 0.2 and two of too few samples", got)
	}
	rare := doctor.Classes{
		Names: []string{"wait", "left", "right", "jump"}, Shares: []float64{0.45, 0.37, 0.11, 0.07},
		Ways: []doctor.Way{
			{Balance: agent.ClassConfig{Balance: agent.BalanceNone}, Words: "as they come", Recall: []float64{0.9, 0.8, 0.05, 0}},
			{Balance: agent.ClassConfig{Balance: agent.BalanceWeights}, Words: "weighed", Recall: []float64{0.6, 0.6, 0.5, 0.6}},
			{Balance: agent.ClassConfig{Balance: agent.BalanceBatches}, Words: "balanced", Recall: []float64{0.6, 0.6, 0.5, 0.5}},
		},
	}
	v := rare.Verdict()
	if v.OK || !strings.Contains(v.Advice, "right, jump: not learned so far, being rare") || !strings.Contains(v.Advice, "--balance weights") ||
		!strings.Contains(v.Means, "wait 45 %, left 37 %, right 11 %, jump 7 %") {
		t.Errorf("%+v, want right and jump to be dead and weights to cure them", v)
	}
	rare.Ways[0], rare.Ways[1] = rare.Ways[1], rare.Ways[0]
	if v := rare.Verdict(); !v.OK || *v.Figure != 0.5 {
		t.Errorf("%+v, want the way that is configured to be judged", v)
	}
	for _, w := range rare.Ways {
		w.Recall[2], w.Recall[3] = 0, 0
	}
	if v := rare.Verdict(); !v.OK {
		t.Errorf("%+v, want nothing to be said of classes that no way revives", v)
	}
	rare.Shares = []float64{0.25, 0.25, 0.25, 0.25}
	if v := rare.Verdict(); !v.OK || v.Figure != nil {
		t.Errorf("%+v, want no class to be rare", v)
	}
}

func TestSizes(t *testing.T) {
	s := doctor.Sizes{Fixed: []doctor.Part{{Name: "optimiser", Bytes: 1 << 20}}, PerSample: 1 << 20, Rest: 1 << 20}
	if got := s.At(10); got != 12<<20 {
		t.Errorf("a batch of 10 takes %v, want 12 MiB", got)
	}
	if got := s.Largest(12 << 20); got != 10 {
		t.Errorf("%d fit into 12 MiB, want 10", got)
	}
	beside := []doctor.Part{{Name: "store", Bytes: 3 << 20}}
	batch := func(size, parts int, gathered float64) doctor.Batch {
		return doctor.Batch{Stage: "all heads", Key: "agent.micro_batches", Size: size, Parts: parts, Divides: func(n int) bool { return 64%n == 0 }, Gathered: gathered}
	}
	if v := s.Fits(batch(16, 4, 0), beside, 50<<20); !v.OK {
		t.Errorf("%+v, want four parts to fit that one does not", v)
	}
	if v := s.Fits(batch(64, 1, 0), beside, 1<<30); !v.OK {
		t.Errorf("%+v", v)
	}
	// 0.7 of 50 MiB, without 5 MiB that are always needed, leave room for 30.
	if v := s.Fits(batch(64, 1, 0), beside, 50<<20); v.OK || !strings.Contains(v.Advice, "4 parts of 16") {
		t.Errorf("%+v, want 4 parts of 16, as 3 do not divide 64", v)
	}
	if v := s.Fits(batch(64, 1, 0), beside, 0); !v.OK {
		t.Errorf("%+v, want nothing said where nothing is known", v)
	}
	if v := s.Fits(batch(64, 1, 20<<20), beside, 50<<20); !strings.Contains(v.Advice, "8 parts of 8") {
		t.Errorf("%+v, want smaller parts where adding them up takes 20 MiB", v)
	}
	build := func(leak int) func(int) (any, error) {
		return func(b int) (any, error) { return make([]byte, b<<20+leak), nil }
	}
	sizes, err := doctor.Sized(nil, build(1<<20))
	if err != nil {
		t.Fatal(err)
	}
	if got := sizes.PerSample / (1 << 20); math.Abs(got-1) > 0.01 {
		t.Errorf("a sample takes %v MiB, want 1", got)
	}
	parts := []doctor.Part{{Name: "weights", Bytes: 60 << 20}, {Name: "store", Bytes: 40 << 20}}
	for live, ok := range map[float64]bool{100 << 20: true, 109 << 20: true, 92 << 20: true, 115 << 20: false, 90 << 20: false} {
		if v := doctor.Whole(parts, live); v.OK != ok {
			t.Errorf("%+v of %v bytes that live, want ok %v", v, live, ok)
		}
	}
}

func TestEpochs(t *testing.T) {
	if v := doctor.Epochs(24_000, 32, 1500, "frames"); *v.Figure != 2 || !strings.Contains(v.Means, "an epoch is 750 updates") {
		t.Errorf("%+v, want 2 epochs of 750 updates", v)
	}
}

// TestCutRewards wants to be told which rewards a limit makes the same.
func TestCutRewards(t *testing.T) {
	same := "one of 2000 counts as much as one of 200"
	for _, clip := range []float64{0.5, 1.5} {
		v := doctor.Rewards([]float64{0, 200, 2000, 100}, clip, 1.0/200, false)[1]
		if got := strings.Contains(v.Means, same); got != (clip == 0.5) {
			t.Errorf("at a limit of %v: %s", clip, v.Means)
		}
	}
}

// TestSchedule wants each eighth of the highest rate to be a bar of its own.
func TestSchedule(t *testing.T) {
	v := doctor.Schedule("agent.lr", "9 updates", "updates", doctor.Series{Name: "linear", Y: []float64{0.8, 0.6, 0.31, 0.1, 0}}, []doctor.Series{{Name: "constant"}})
	if want := "linear from 0.8 to 0 over 9 updates: █▆▄▁▁"; v.Means != want || !v.OK || len(v.Plot.Series) != 2 {
		t.Errorf("%q, want %q", v.Means, want)
	}
}

// TestCourse holds what is said of the curves of a run.
func TestCourse(t *testing.T) {
	of := func(name string, values ...float64) doctor.Course {
		c := doctor.Course{Name: name, Value: values}
		for i := range values {
			c.At = append(c.At, float64(100*i))
		}
		return c
	}
	train := of("loss", 1, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.02)
	rising := doctor.Validated(train, of("validation", 1, 0.8, 0.6, 0.5, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9))
	if rising[0].OK || !strings.Contains(rising[0].Advice, "overfitting since update 500") || !strings.Contains(rising[0].Advice, "--patience") {
		t.Errorf("%+v, want overfitting since update 500", rising[0])
	}
	for values, word := range map[*[]float64]string{
		{1, 0.8, 0.6, 0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2}: "still falls",
		{1, 0.8, 0.6, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5}:    "not too few iterations",
	} {
		all := doctor.Validated(train, of("validation", *values...))
		if !all[0].OK || !strings.Contains(all[1].Means, word) {
			t.Errorf("%+v, want no finding and %q", all, word)
		}
	}
	flat := of("loss", 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
	if all := doctor.Validated(flat, of("validation", 1, 0.8, 0.6, 0.5, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9)); !all[0].OK {
		t.Errorf("%+v, want no overfitting where training does not fall", all[0])
	}
	if all := doctor.Watched(train, of("held-out", 1, 0.1, 0.5, 1, 2, 3, 4, 5, 6, 7)); !all[0].OK || len(all[0].Plot.Series) != 2 {
		t.Errorf("%+v, want play only to be told of", all[0])
	}
	if few := doctor.Validated(train, of("validation", 1, 2)); len(few) != 1 || !few[0].OK || !strings.Contains(few[0].Means, "2 times") {
		t.Errorf("%+v, want two points to tell nothing", few)
	}
	for values, word := range map[*[]float64]string{
		{0, 10, 20, 30, 40, 50, 60, 70, 80, 90}: "still rises", {0, 50, 90, 90, 90, 90, 90, 90, 90, 90}: "come to rest", {0, 50, 90, 90, 90, 90, 90, 30, 10, 0}: "it fell",
	} {
		if all := doctor.Scores(of("score", *values...)); !strings.Contains(all[0].Means, word) {
			t.Errorf("%v: %s, want %q", *values, all[0].Means, word)
		}
	}
}

// TestBatches wants rates to be told by the size of a batch.
func TestBatches(t *testing.T) {
	best := func(at int) doctor.Rates {
		return doctor.Rates{Rate: []float64{0.001, 0.01, 0.1, 0.005}, Left: []float64{0.5, 0.5, 0.5, 0.5}, Best: at}
	}
	v := doctor.Batches(head("actor"), []int{8, 32}, []doctor.Rates{best(0), best(1)})
	if want := "4 times the batch stands 10 times the rate"; !strings.Contains(v.Means, want) || len(v.Plot.Series) != 2 || len(v.Plot.Series[0].X) != 3 {
		t.Errorf("%+v, want %q", v, want)
	}
}

// named is a lesson that has a name alone.
type named struct {
	doctor.Lesson
	name string
}

func (n named) Head() string { return n.name }

func head(name string) doctor.Lesson { return named{name: name} }
