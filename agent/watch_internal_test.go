package agent

import (
	"image"
	"math/rand/v2"
	"slices"
	"testing"

	"glint/env"
	"glint/saliency"
)

// A Gallery keeps one observation of a kind every 8 steps of each environment, and
// the latest 64 of them.
func TestGallery(t *testing.T) {
	spec := env.Spec{N: 2, T: 1, H: 1, W: 2, Format: env.Plane}
	g := NewGallery(spec, image.Rect(0, 0, 2, 1))
	box := []env.Box{{Kind: "knife"}}
	asked := 0
	const last = 16 * 70
	for step := int64(0); step <= last; step += 2 {
		obs := []byte{byte(step / 16), byte(step >> 10)}
		var boxes []env.Box
		if step%16 != 6 {
			boxes = box // and one empty frame in every eight
		}
		g.Offer(step, obs, boxes, true, func() []byte { asked++; return []byte{obs[0], 9} })
		obs[0] = 77 // what is kept must be a copy
	}
	if len(g.Small) != galleryCapacity || len(g.Empty) != galleryCapacity || !g.Known {
		t.Fatalf("%d small, %d empty examples, known %v", len(g.Small), len(g.Empty), g.Known)
	}
	if want := 71 + 70; asked != want {
		t.Errorf("the raw observation was asked for %d times, want once for each of %d kept", asked, want)
	}
	for kind, examples := range map[string][]Example{"small": g.Small, "empty": g.Empty} {
		var steps []int64
		for _, e := range examples {
			steps = append(steps, e.Step)
			if e.Obs[0] != byte(e.Step/16) || e.Raw[0] != e.Obs[0] || (len(e.Boxes) > 0) != (kind == "small") {
				t.Errorf("%s example of step %d: %+v", kind, e.Step, e)
			}
		}
		slices.Sort(steps)
		for i, s := range steps {
			if want := steps[0] + 16*int64(i); s != want {
				t.Errorf("%s: steps %v, want them 16 apart", kind, steps)
				break
			}
		}
		if end := steps[len(steps)-1]; end < last-16 {
			t.Errorf("%s: the latest example is of step %d of %d", kind, end, last)
		}
	}
}

// An overview is spread over all that was offered, and never nearly empty.
func TestOverview(t *testing.T) {
	spec := env.Spec{N: 2, T: 1, H: 1, W: 2, Format: env.Plane}
	for _, last := range []int64{16 * 40, 16 * 64, 16 * 1000, 16 * 5000} {
		g := NewOverview(spec, image.Rect(0, 0, 2, 1))
		for step := int64(0); step <= last; step += 2 {
			g.Offer(step, []byte{byte(step / 16), 0}, nil, true, nil)
		}
		n := len(g.Empty)
		if n < min(galleryCapacity/2, int(last/16)) || n > galleryCapacity {
			t.Fatalf("%d examples of %d steps", n, last)
		}
		gap := g.Empty[1].Step - g.Empty[0].Step
		for i, e := range g.Empty {
			if want := gap * int64(i); e.Step != want || e.Obs[0] != byte(e.Step/16) {
				t.Fatalf("example %d of %d steps is of step %d with %v, want step %d", i, last, e.Step, e.Obs, want)
			}
		}
		if left := last - g.Empty[n-1].Step; left >= gap {
			t.Errorf("the last %d of %d steps are not seen, though examples are %d apart", left, last, gap)
		}
	}
}

// still shows one scene for ever in each environment.
func still(scenes ...int) *toy {
	v := newToy(len(scenes), 3, func(*toyGame, int) toyStep { return toyStep{} })
	next := 0
	v.begin = func(g *toyGame) { g.scene = scenes[next%len(scenes)]; next++ }
	return v
}

// stored returns how many stacks of each scene the store holds.
func stored(tb testing.TB, t *Trainer) map[int]int {
	tb.Helper()
	n := map[int]int{}
	for obs, err := range t.store.All() {
		if err != nil {
			tb.Fatal(err)
		}
		n[sceneOf(obs)]++
	}
	return n
}

// sceneOf says which scene a plane shows; 4 is none.
func sceneOf(plane []byte) int {
	want := make([]byte, len(plane))
	for scene := range 5 {
		if drawScene(want, scene); slices.Equal(want, plane) {
			return scene
		}
	}
	return -1
}

// The last environment's frames are for the gallery alone.
func TestHeldOutIsNeverStored(t *testing.T) {
	tr := begin(t, toyConfig(PPO, 4), still(0, 1, 4, 2), 3)
	until(t, tr, Play)
	advance(t, tr, 2)
	each := int(tr.Counters().Steps) / 4
	for scene, n := range stored(t, tr) {
		if scene == 2 || n != each {
			t.Errorf("the store holds scene %d %d times, want 0, 1 and 4 %d times each", scene, n, each)
		}
	}
	if len(tr.Gallery().Small) == 0 || len(tr.Gallery().Empty) != 0 {
		t.Errorf("%d small, %d empty examples", len(tr.Gallery().Small), len(tr.Gallery().Empty))
	}
	for _, e := range tr.Gallery().Small {
		if got := sceneOf(e.Obs); got != 2 {
			t.Errorf("the gallery holds scene %d", got)
		}
	}
	want := []env.Box{{Rect: image.Rect(3, 10, 7, 12), Kind: saliency.Small}}
	if got := tr.Gallery().Small[0].Boxes; !slices.Equal(got, want) {
		t.Errorf("boxes %v, want %v", got, want)
	}
}

// A single environment is both stored and shown.
func TestOneEnvironment(t *testing.T) {
	cfg := toyConfig(PPO, 1)
	cfg.Minibatch = 32
	tr := begin(t, cfg, still(1), 3)
	until(t, tr, Play)
	advance(t, tr, 2)
	if n := stored(t, tr)[1]; n != int(tr.Counters().Steps) {
		t.Errorf("%d of %d frames were stored", n, tr.Counters().Steps)
	}
	if len(tr.Gallery().Small) == 0 {
		t.Error("the gallery is empty")
	}
}

// Random play keeps an action for 1..Hold steps.
func TestExploreHolds(t *testing.T) {
	const hold = 4
	cfg := toyConfig(PPO, 3)
	cfg.Pretrain.Hold, cfg.Minibatch = hold, 48
	tr := begin(t, cfg, still(0, 1, 4), 3)
	policy := &Random{Actions: 3, Hold: hold, Rand: rand.New(rand.NewPCG(1, 2))}
	actions := make([]int, 3)
	for name, step := range map[string]func() (actions, left []int){
		"explore": func() ([]int, []int) { tr.wander(); return tr.actions, tr.held },
		"policy":  func() ([]int, []int) { _ = policy.Act(nil, actions); return actions, policy.held },
	} {
		drawn, lasting := map[int]int{}, map[int]int{}
		action, left := step()
		for range 2000 {
			wasAction, wasLeft := slices.Clone(action), slices.Clone(left)
			step()
			for i := range action {
				if wasLeft[i] == 0 {
					drawn[action[i]]++
					lasting[left[i]+1]++
				} else if action[i] != wasAction[i] || left[i] != wasLeft[i]-1 {
					t.Fatalf("%s: an action was dropped with %d steps to go", name, wasLeft[i])
				}
			}
		}
		if len(drawn) != 3 || len(lasting) != hold || lasting[0] != 0 {
			t.Errorf("%s: actions %v, times %v: want 3 actions and times 1..%d", name, drawn, lasting, hold)
		}
		for _, n := range lasting {
			if n < 400 { // of about 2400/4
				t.Errorf("%s: times are not even: %v", name, lasting)
			}
		}
	}
}

// The autoencoder's batches show a small object in their share, however rare it is.
func TestBatchesAreBalanced(t *testing.T) {
	for _, c := range []struct {
		share      float64
		batch, low int
		high       int
	}{{0.5, 8, 4, 4}, {0.25, 8, 2, 2}, {0.3, 8, 2, 3}, {1, 8, 8, 8}, {0, 8, 0, 6}} {
		cfg := toyConfig(PPO, 4)
		cfg.SmallShare = c.share
		rare := bandit(4)
		rare.begin = func(g *toyGame) {
			if g.scene = 4; g.rand.IntN(10) == 0 {
				g.scene = g.rand.IntN(4)
			}
		}
		tr := begin(t, cfg, rare, 3)
		reports := until(t, tr, Reconstruct)
		if share := reports[0].Values["class/share"]; share < 0.03 || share > 0.2 {
			t.Errorf("%v of the store shows an object, want about a tenth", share)
		}
		obs, w := make([]byte, c.batch*tr.spec.ObsLen()), make([]float32, c.batch*tr.spec.ObsLen())
		for range 50 {
			if err := (sampler{tr}).Sample(obs, w); err != nil {
				t.Fatal(err)
			}
			n := 0
			for i := range c.batch {
				plane := obs[i*tr.spec.ObsLen():][:tr.spec.ObsLen()]
				small := sceneOf(plane) < 4
				if small {
					n++
				}
				if heavy := slices.Max(w[i*len(plane):][:len(plane)]); (heavy == 50) != small {
					t.Fatalf("scene %d has a highest weight of %v", sceneOf(plane), heavy)
				}
			}
			if n < c.low || n > c.high {
				t.Errorf("share %v: %d of %d show an object", c.share, n, c.batch)
			}
		}
	}
}
