package agent

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/internal/ckpt"
)

// lessons is what a teacher does in each scene, the scene that stands for the one that is held
// out, and what that pays.
type lessons struct {
	does  [4]int
	shown int
	pays  float64
}

// heldScene is the scene that nothing may be learned from.
const heldScene = 3

// imitator trains on games of one step that no action changes; those held out are a part of
// their own.
func imitator(t *testing.T, of lessons, aside Part, units int) *Trainer {
	t.Helper()
	held := map[*toyGame]bool{}
	v := newToy(8, 3, func(g *toyGame, _ int) toyStep {
		if held[g] {
			return toyStep{reward: of.pays, terminated: true}
		}
		return toyStep{reward: float64(g.scene), terminated: true}
	})
	v.begin = func(g *toyGame) {
		g.scene = g.rand.IntN(4)
		if held[g] = g.scene == heldScene; held[g] {
			g.scene = of.shown
		}
	}
	cfg := toyConfig(A2C, 8)
	cfg.EntropyCoef, cfg.AEPerStep, cfg.AECoef, cfg.Overlap, cfg.Minibatch = 0, 1, 5, true, cfg.Minibatch/2
	o := planesOptions(t, v, 3)
	o.Teacher = func(i int) int {
		if g := &v.games[i]; !held[g] {
			return of.does[g.scene]
		}
		return of.does[heldScene]
	}
	o.Part = func(i int) Part {
		if held[&v.games[i]] {
			return aside
		}
		return Learned
	}
	tr, err := New(t.Context(), cfg, o)
	if err != nil {
		t.Fatal(err)
	}
	until(t, tr, Play)
	advance(t, tr, units)
	return tr
}

// copied returns the tensors of a network as they are now.
func copied(n *Net) []ckpt.Tensor {
	ts := n.tensors()
	for i := range ts {
		ts[i].Data = append([]float32(nil), ts[i].Data...)
	}
	return ts
}

// The actor does what the teacher does, not what pays; the critic learns what that pays.
func TestImitates(t *testing.T) {
	teacher := [4]int{2, 0, 1, 0}
	tr := imitator(t, lessons{teacher, heldScene, 3}, Judged, 300)
	p, err := tr.Net.NewPlayer(1)
	if err != nil {
		t.Fatal(err)
	}
	obs := make([]byte, toySize*toySize)
	for scene := range 3 {
		drawScene(obs, scene)
		logits, values, err := p.Think(obs)
		if err != nil {
			t.Fatal(err)
		}
		if c := chance(logits, teacher[scene]); c < 0.95 {
			t.Errorf("scene %d: the teacher's action has probability %.2f, want 0.95 or more", scene, c)
		}
		if v := float64(values[0]); v < float64(scene)-0.2 || v > float64(scene)+0.2 {
			t.Errorf("scene %d is worth %.2f, want what the teacher got, %d", scene, v, scene)
		}
	}
}

// Neither what the teacher does in held-out steps, nor what they show or pay changes a
// weight.
func TestImitateHoldsOut(t *testing.T) {
	a := imitator(t, lessons{[4]int{2, 0, 1, 0}, heldScene, 3}, Judged, 40)
	for _, aside := range []Part{Judged, Aside} {
		for name, other := range map[string]lessons{
			"nothing": {[4]int{2, 0, 1, 0}, heldScene, 3},
			"action":  {[4]int{2, 0, 1, 2}, heldScene, 3},
			"picture": {[4]int{2, 0, 1, 0}, 1, 3},
			"reward":  {[4]int{2, 0, 1, 0}, heldScene, -2},
		} {
			b := imitator(t, other, aside, 40)
			if !cmp.Equal(copied(a.Net), copied(b.Net)) {
				t.Errorf("part %v: another %s in held-out steps gives other weights", aside, name)
			}
			if g := b.Gallery(); (len(g.Small)+len(g.Empty) > 0) != (aside == Judged) {
				t.Errorf("part %v: the gallery has %d examples, want some of the judged part alone", aside, len(g.Small)+len(g.Empty))
			}
		}
	}
	c := imitator(t, lessons{[4]int{2, 0, 2, 0}, heldScene, 3}, Judged, 40)
	if cmp.Equal(copied(a.Net), copied(c.Net)) {
		t.Error("another action in the other steps gives the same weights")
	}
}

func TestImitateRefuses(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"algo must be a2c":      func(c *Config) { *c = toyConfig(PPO, 8) },
		"normalize_adv = false": func(c *Config) { c.NormalizeAdv = true },
		"ae_fresh must be 0":    func(c *Config) { c.AEFresh = 0.5 },
	} {
		cfg := toyConfig(A2C, 8)
		change(&cfg)
		o := planesOptions(t, bandit(8), 3)
		o.Teacher = func(int) int { return 0 }
		if _, err := New(t.Context(), cfg, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// A training that starts from another network keeps its weights and its mean image until it
// learns.
func TestStartFrom(t *testing.T) {
	before := imitator(t, lessons{[4]int{2, 0, 1, 0}, heldScene, 3}, Judged, 5)
	want := copied(before.Net)
	cfg := toyConfig(PPO, 8)
	cfg.Pretrain.Updates = 0
	for _, keep := range []bool{true, false} {
		o := planesOptions(t, newToy(8, 3, func(*toyGame, int) toyStep { return toyStep{terminated: true} }), 9)
		o.KeepMean = keep
		tr, err := New(t.Context(), cfg, o)
		if err != nil {
			t.Fatal(err)
		}
		if err := tr.StartFrom(before.Net); err != nil {
			t.Fatal(err)
		}
		until(t, tr, Play)
		if same := cmp.Equal(want, copied(tr.Net)); same != keep {
			t.Errorf("keeping the mean image %v: the weights are the same: %v", keep, same)
		}
	}
	other := toyConfig(PPO, 8)
	other.Autoencoder.Code = 8
	if err := begin(t, other, bandit(8), 3).StartFrom(before.Net); err == nil || !strings.Contains(err.Error(), "architecture") {
		t.Errorf("another architecture: %v", err)
	}
}
