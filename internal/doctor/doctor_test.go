package doctor_test

import (
	"math"
	"strings"
	"testing"

	"glint/autoencoder"
	"glint/internal/doctor"
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
		{"found", doctor.Found(80, 100, 90), ""},
		{"missed", doctor.Found(3, 100, 5), "calibrate"},
		{"false fires", doctor.Found(90, 100, 5000), "calibrate"},
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
	class := []int{0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2}
	chosen := []int{0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 2}
	all := make([]int, len(class))
	for i := range all {
		all[i] = i
	}
	got := doctor.Recall(class, all, chosen, 4)
	if got[0] != 0.5 || got[1] != 0.2 || !math.IsNaN(got[2]) || !math.IsNaN(got[3]) {
		t.Errorf("recall %v, want 0.5, 0.2 and two of too few samples", got)
	}
	rare := doctor.Classes{
		Names: []string{"wait", "left", "right", "jump"}, Counts: []int{43, 37, 13, 7},
		Plain: []float64{0.9, 0.8, 0.3, 0}, Weighed: []float64{0.6, 0.6, 0.5, 0.6}, Drawn: []float64{0.6, 0.6, 0.5, 0.5},
	}
	if v := rare.Verdict(); v.OK || !strings.Contains(v.Advice, "jump is dead, being rare") || !strings.Contains(v.Means, "wait 43 %, left 37 %, right 13 %, jump 7 %") {
		t.Errorf("%+v, want jump to be dead", v)
	}
	rare.Weighed[3], rare.Drawn[3] = 0, 0
	if v := rare.Verdict(); !v.OK {
		t.Errorf("%+v, want nothing to be said of a class that no weights revive", v)
	}
	rare.Counts = []int{25, 25, 25, 25}
	if v := rare.Verdict(); !v.OK {
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
	even := func(n int) bool { return 64%n == 0 }
	if v := s.Fits(16, 4, even, beside, 50<<20); !v.OK {
		t.Errorf("%+v, want four parts to fit that one does not", v)
	}
	if v := s.Fits(64, 1, even, beside, 1<<30); !v.OK {
		t.Errorf("%+v", v)
	}
	// 0.7 of 50 MiB, without 5 MiB that are always needed, leave room for 30.
	if v := s.Fits(64, 1, even, beside, 50<<20); v.OK || !strings.Contains(v.Advice, "4 parts of 16") {
		t.Errorf("%+v, want 4 parts of 16, as 3 do not divide 64", v)
	}
	if v := s.Fits(64, 1, even, beside, 0); !v.OK {
		t.Errorf("%+v, want nothing said where nothing is known", v)
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
	if v, err := sizes.Predicted(100, build(1<<20)); err != nil || !v.OK {
		t.Errorf("%+v, %v", v, err)
	}
	if v, err := sizes.Predicted(100, build(30<<20)); err != nil || v.OK {
		t.Errorf("%+v, %v, want a leak to be found", v, err)
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
	v := doctor.Schedule("linear", "agent.lr", []float64{0.8, 0.6, 0.31, 0.1, 0})
	if want := "linear from 0.8 to 0 over the training: █▆▄▁▁"; v.Means != want || !v.OK {
		t.Errorf("%q, want %q", v.Means, want)
	}
}
