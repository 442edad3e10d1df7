package agent

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"glint/saliency"
)

// A draw gives every class its share, and no element again before all others of its class.
func TestClassDraw(t *testing.T) {
	classes := [][]int{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {}, {10, 11, 12}, {13}}
	class := func(k int) int { return slices.IndexFunc(classes, func(c []int) bool { return slices.Contains(c, k) }) }
	for name, c := range map[string]struct {
		values []float64
		want   [4]float64 // shares
	}{
		"equal": {nil, [4]float64{1. / 3, 0, 1. / 3, 1. / 3}},
		"given": {[]float64{43, 37, 13, 7}, [4]float64{43. / 63, 0, 13. / 63, 7. / 63}},
		"zero":  {[]float64{1, 1, 1, 0}, [4]float64{0.5, 0, 0.5, 0}},
	} {
		r, dst := rand.New(rand.NewPCG(1, 1)), make([]int, 20)
		of := ClassConfig{Balance: BalanceBatches, Values: c.values}
		var sum [4]float64
		const draws = 2000
		for range draws {
			of.Draw(dst, classes, r)
			var n [4]int
			times := map[int]int{}
			for _, k := range dst {
				n[class(k)]++
				times[k]++
			}
			for k, m := range times {
				most := (n[class(k)] + len(classes[class(k)]) - 1) / len(classes[class(k)])
				if m > most {
					t.Fatalf("%s: element %d was drawn %d times of %d of its class", name, k, m, n[class(k)])
				}
			}
			for i, x := range n {
				if math.Abs(float64(x)-20*c.want[i]) > 1 {
					t.Fatalf("%s: class %d has %d of 20, want %.2f", name, i, x, 20*c.want[i])
				}
				sum[i] += float64(x) / 20 / draws
			}
		}
		for i, got := range sum {
			if math.Abs(got-c.want[i]) > 2e-3 {
				t.Errorf("%s: class %d has the share %.4f, want %.4f", name, i, got, c.want[i])
			}
		}
	}
	one := make([]int, 1)
	for range 1000 {
		one[0] = -1
		if (ClassConfig{}).Draw(one, classes, rand.New(rand.NewPCG(1, 1))); one[0] < 0 {
			t.Fatal("nothing was drawn")
		}
	}
}

func TestClassWeights(t *testing.T) {
	counts := []int{43, 37, 13, 7, 0}
	w := ClassConfig{Balance: BalanceWeights}.weights(floats(counts))
	sum := 0.0
	for i, n := range counts {
		sum += w[i] * float64(n)
		if n > 0 && math.Abs(w[i]*float64(n)-25) > 1e-9 {
			t.Errorf("class %d weighs %.3f times %d, want 25 in all", i, w[i], n)
		}
	}
	if math.Abs(sum-100) > 1e-9 || w[4] != 0 {
		t.Errorf("all weights add up to %v, one that never comes weighs %v; want 100 and 0", sum, w[4])
	}
	adv := []float32{1, 3, 0, 4}
	if scaleToMean1(adv); adv[0] != 0.5 || adv[1] != 1.5 || adv[3] != 2 {
		t.Errorf("weights of mean 1: %v", adv)
	}
	// A loss that weighs actions as training does is the mean over classes in both cases.
	here := []int{10, 20, 5, 5, 0}
	for _, balance := range []string{BalanceBatches, BalanceWeights} {
		each := ClassConfig{Balance: balance}.Each(here, here)
		for i := range here[:4] {
			if got := each[i] * float64(here[i]) / (each[0] * float64(here[0])); math.Abs(got-1) > 1e-9 {
				t.Errorf("%s: class %d counts %v times as much as class 0 in all", balance, i, got)
			}
		}
	}
}

// Where one action is rare, balanced batches and weights make the actor take it more often;
// all steps look alike, so that only the share decides.
func TestBalancedBatches(t *testing.T) {
	chances := map[string]float64{}
	for _, balance := range []string{BalanceNone, BalanceBatches, BalanceWeights} {
		v := newToy(8, 3, func(*toyGame, int) toyStep { return toyStep{terminated: true} })
		v.begin = func(g *toyGame) { g.scene, g.first = 1, g.rand.IntN(10) }
		cfg := toyConfig(A2C, 8)
		cfg.EntropyCoef, cfg.Minibatch, cfg.ActionClasses.Balance = 0, cfg.Minibatch/2, balance
		o := planesOptions(t, v, 3)
		o.Teacher = func(i int) int { return 2 * (v.games[i].first / 9) } // action 2 in one of ten
		o.Taken = []int{9, 0, 1}
		tr, err := New(t.Context(), cfg, o)
		if err != nil {
			t.Fatal(err)
		}
		until(t, tr, Play)
		advance(t, tr, 150)
		logits, _ := think(t, tr, 1)
		chances[balance] = chance(logits, 2)
	}
	for balance, want := range map[string]float64{BalanceNone: 0.1, BalanceBatches: 0.5, BalanceWeights: 0.5} {
		if got := chances[balance]; math.Abs(got-want) > 0.1 {
			t.Errorf("balance %s: an action of one in ten has probability %.2f, want %.2f", balance, got, want)
		}
	}
}

// A rollout without any action that has a share is not learned from.
func TestBatchesWithoutShares(t *testing.T) {
	for _, values := range [][]float64{{0, 1, 0}, {1, 0, 0}, nil} {
		cfg := toyConfig(A2C, 8)
		cfg.EntropyCoef, cfg.ActionClasses = 0, ClassConfig{Balance: BalanceBatches, Values: values}
		o := planesOptions(t, newToy(8, 3, func(*toyGame, int) toyStep { return toyStep{terminated: true} }), 3)
		o.Teacher = func(int) int { return 0 }
		tr := playing(t, cfg, o)
		before := tr.Counters().Updates
		advance(t, tr, 5)
		if learned, want := tr.Counters().Updates > before, len(values) == 0 || values[0] > 0; learned != want {
			t.Errorf("values %v: something was learned of action 0: %v, want %v", values, learned, want)
		}
	}
}

// Both classes of frames weigh the same in all, whatever their share of the batches.
func TestFrameClassMass(t *testing.T) {
	for _, c := range []struct{ smallShare, fresh float64 }{{0, 0}, {0.5, 0}, {0, 0.5}, {0.5, 0.5}} {
		cfg := toyConfig(PPO, 8)
		cfg.SmallShare, cfg.AEPerStep, cfg.AECoef, cfg.AEFresh = c.smallShare, 1, 1, c.fresh
		cfg.FrameClasses.Balance = BalanceWeights
		o := planesOptions(t, still(0, 4, 4, 4, 4, 1, 4, 2), 3)
		o.Weighting = weighting(t, "uniform")
		tr := playing(t, cfg, o)
		advance(t, tr, 2)
		if (tr.fresh > 0) != (c.fresh > 0) {
			t.Fatalf("%+v: %d fresh samples", c, tr.fresh)
		}
		size := tr.spec.ObsLen()
		obs, w := make([]byte, cfg.AEBatch()*size), make([]float32, cfg.AEBatch()*size)
		var mass [2]float64
		for range 50 {
			tr.shuffle(rand.New(tr.random))
			for from := 0; from < len(tr.order); from += cfg.Minibatch {
				tr.entries = tr.order[from : from+cfg.Minibatch]
				for i := range tr.fresh { // the minibatch's are there already
					copy(obs[i*size:(i+1)*size], tr.last.rollout.ObsAt(tr.entries[len(tr.entries)-tr.fresh+i]))
				}
				if err := tr.sampler().Sample(obs, w); err != nil {
					t.Fatal(err)
				}
				for i, boxes := range tr.inputs.Boxes {
					mass[saliency.Class(boxes)] += float64(w[i*size])
				}
			}
		}
		if got := mass[1] / (mass[0] + mass[1]); math.Abs(got-0.5) > 0.02 {
			t.Errorf("%+v: frames with a small object have %.3f of all weights, want 0.5", c, got)
		}
	}
}

// The autoencoder's loss weighs frames by 1 / frequency of their class, or as it is told,
// with the mean 1 over the batch.
func TestFrameClassWeights(t *testing.T) {
	drawn := func(c ClassConfig) (*Trainer, []float32) {
		cfg := toyConfig(PPO, 8)
		cfg.FrameClasses, cfg.SmallShare = c, 0
		tr := begin(t, cfg, still(0, 4, 4, 4, 4, 1, 4, 2), 3) // scene 4 shows no small object; the last one is held out
		until(t, tr, Reconstruct)
		obs, w := make([]byte, 8*tr.spec.ObsLen()), make([]float32, 8*tr.spec.ObsLen())
		if err := tr.sampler().Sample(obs, w); err != nil {
			t.Fatal(err)
		}
		return tr, w
	}
	_, plain := drawn(ClassConfig{Balance: BalanceNone})
	for _, values := range [][]float64{nil, {2, 7}} {
		tr, w := drawn(ClassConfig{Balance: BalanceWeights, Values: values})
		counts := tr.store.Counts()
		var got [2]float64
		mean := 0.0
		for i, boxes := range tr.inputs.Boxes {
			factor := float64(w[i*tr.spec.ObsLen()] / plain[i*tr.spec.ObsLen()])
			got[saliency.Class(boxes)] = factor
			mean += factor / 8
		}
		want := float64(counts[0]) / float64(counts[1])
		if values != nil {
			want = values[1] / values[0]
		}
		if ratio := got[1] / got[0]; math.Abs(ratio-want) > 1e-5 || math.Abs(mean-1) > 1e-5 {
			t.Errorf("values %v: a frame with a small object weighs %.3f times one without, the mean is %.3f; want %.3f and 1 (%v stored)", values, ratio, mean, want, counts)
		}
	}
}
