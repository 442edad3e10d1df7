package agent

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"glint/env"
	"glint/internal/ops"
	"glint/saliency"
)

// Encoding observations once for all three heads gives the gradients of encoding them
// twice.
func TestFreshSamplesAreEncodedOnce(t *testing.T) {
	g := goldenBatch{goldenCases[1]} // its autoencoder's batch has 2 samples
	twice, _ := g.learner(t, nil)
	if err := twice.ae.Fill(g); err != nil {
		t.Fatal(err)
	}
	for _, fresh := range []int{1, 2} {
		once, _ := g.sharing(t, fresh, nil)
		if err := once.ae.Fill(g); err != nil { // the minibatch's last rows too
			t.Fatal(err)
		}
		all, first := twice.rl.obs.Uint8s(), 3-fresh
		copy(all, once.rl.obs.Uint8s()[:first*len(all)/5])
		copy(all[first*len(all)/5:3*len(all)/5], once.ae.Obs.Uint8s())
		for _, l := range []*learner{once, twice} {
			if err := l.prog.Run(); err != nil {
				t.Fatal(err)
			}
		}
		if a, b := once.prog.Scalar(once.total), twice.prog.Scalar(twice.total); !(apart([]float32{float32(a)}, []float32{float32(b)}) < 1e-6) {
			t.Errorf("%d fresh: the loss is %v, want %v", fresh, a, b)
		}
		for i, v := range once.grads.Mean() {
			got, want := gradient(t, v), gradient(t, twice.grads.Mean()[i])
			if off := apart(got, want); !(off <= 1e-5) {
				t.Errorf("%d fresh: the gradient of %s is off by %.2g", fresh, v.(ops.Gradient).Param.Name, off)
			}
		}
	}
}

// playing returns a Trainer at the start of Play.
func playing(t *testing.T, cfg Config, o Options) *Trainer {
	t.Helper()
	tr, err := New(t.Context(), cfg, o)
	if err != nil {
		t.Fatal(err)
	}
	until(t, tr, Play)
	return tr
}

// What is known of a rollout's observations is what the finders said of these, and no
// more stays unknown than must.
func TestKnownOfRollout(t *testing.T) {
	for _, overlap := range []bool{true, false} {
		cfg := dojoConfig(PPO)
		cfg.Overlap, cfg.Horizon, cfg.Minibatch = overlap, 16, 12
		tr := playing(t, cfg, dojoFor(t, cfg.Envs, 400, 7))
		var told []found
		tr.finders.put = func(i, later int, obs []byte, boxes []env.Box) error {
			told = append(told, found{obs: slices.Clone(obs), boxes: slices.Clone(boxes)})
			return tr.put(i, later, obs, boxes)
		}
		for range 6 {
			last := tr.next
			told = told[:0]
			if err := tr.collect(t.Context()); err != nil {
				t.Fatal(err)
			}
			n := 0
			for k, known := range last.known {
				if !known {
					continue
				}
				n++
				at := slices.IndexFunc(told, func(f found) bool { return bytes.Equal(f.obs, last.rollout.ObsAt(k)) })
				if at < 0 {
					t.Fatalf("the finders never told of entry %d", k)
				}
				if d := cmp.Diff(told[at].boxes, last.boxes[k], cmpopts.EquateEmpty()); d != "" {
					t.Fatalf("boxes of entry %d (-told +known):\n%s", k, d)
				}
			}
			if most := (cfg.Envs - 1) * cfg.Horizon; n < (cfg.Envs-1)*(cfg.Horizon-saliency.DefaultSide) || n > most {
				t.Errorf("%d of %d entries are known", n, most)
			}
			if _, err := tr.learn(0); err != nil {
				t.Fatal(err)
			}
			if tr.last != tr.next {
				tr.next.found = tr.next.found[:0]
			}
		}
	}
}

// Minibatches are made of every entry once, and end with entries whose small objects are
// known: never those of the environment that is held out.
func TestFreshEntriesAreKnown(t *testing.T) {
	cfg := dojoConfig(PPO)
	cfg.AEFresh, cfg.SmallShare = 1, 0
	for _, w := range []saliency.Weighting{saliency.DefaultKnife(), saliency.Oracle{Knife: saliency.DefaultKnife()}} {
		o := dojoFor(t, cfg.Envs, 100, 7)
		o.Weighting = w
		tr := playing(t, cfg, o)
		if tr.fresh < 3 {
			t.Fatalf("%d samples of an update come from the minibatch", tr.fresh)
		}
		for range 8 {
			if err := tr.collect(t.Context()); err != nil {
				t.Fatal(err)
			}
			tr.last, tr.next = tr.next, tr.last
			tr.shuffle(rand.New(tr.random))
			for from := 0; from < len(tr.order); from += cfg.Minibatch {
				batch := tr.order[from : from+cfg.Minibatch]
				for _, k := range batch[len(batch)-tr.fresh:] {
					if !tr.last.known[k] || k%cfg.Envs == cfg.Envs-1 {
						t.Errorf("entry %d is learned from by the autoencoder, known %v", k, tr.last.known[k])
					}
				}
			}
			slices.Sort(tr.order)
			for i, k := range tr.order {
				if i != k {
					t.Fatalf("entry %d is missing", i)
				}
			}
		}
	}
}

// The autoencoder's batch begins with the minibatch's last observations and ends with
// stored ones, enough of them with small objects.
func TestFreshBatch(t *testing.T) {
	cfg := dojoConfig(PPO)
	cfg.Overlap, cfg.AEPerStep, cfg.SmallShare = false, 2, 0.25
	tr := playing(t, cfg, dojoFor(t, cfg.Envs, 400, 7))
	advance(t, tr, 1) // updates with a batch of 12, of which 3 may come from the minibatch
	if tr.fresh != 3 || cfg.AEBatch() != 12 {
		t.Fatalf("%d samples of %d come from the minibatch", tr.fresh, cfg.AEBatch())
	}
	size := tr.spec.ObsLen()
	obs, w := make([]byte, 12*size), make([]float32, 12*size)
	tr.entries = tr.order[:cfg.Minibatch]
	marks := [][]env.Box{{{Kind: "one"}}, nil, {{Kind: "two"}}}
	for i, k := range tr.entries[len(tr.entries)-3:] {
		tr.last.boxes[k] = marks[i]
	}
	for range 20 {
		if err := (sampler{tr}).Sample(obs, w); err != nil {
			t.Fatal(err)
		}
		small := 0
		for i, boxes := range tr.inputs.Boxes {
			if i < 3 {
				if d := cmp.Diff(marks[i], boxes, cmpopts.EquateEmpty()); d != "" {
					t.Fatalf("boxes of fresh sample %d (-want +got):\n%s", i, d)
				}
				continue
			}
			if len(boxes) > 0 {
				small++
			}
		}
		if small < 3 { // a quarter of 12
			t.Errorf("%d of 9 stored samples show a small object", small)
		}
	}
	for i, v := range obs[:3*size] {
		if v != 0 {
			t.Fatalf("byte %d of the fresh samples was overwritten", i)
		}
	}
}
