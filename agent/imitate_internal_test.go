package agent

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/internal/ckpt"
)

// demonstrated is games of one step that no action changes, and the scene that each shows.
func demonstrated(n int) (v *toy, scene func(i int) int) {
	v = newToy(n, 3, func(g *toyGame, _ int) toyStep { return toyStep{reward: float64(g.scene), terminated: true} })
	v.begin = func(g *toyGame) { g.scene = g.rand.IntN(4) }
	return v, func(i int) int { return v.games[i].scene }
}

// imitator trains on a teacher who does what of says for each scene; scene 3 is held out.
func imitator(t *testing.T, of [4]int, units int) *Trainer {
	t.Helper()
	v, scene := demonstrated(8)
	cfg := toyConfig(A2C, 8)
	cfg.EntropyCoef, cfg.AEPerStep, cfg.AECoef = 0, 1, 5
	o := planesOptions(t, v, 3)
	o.Teacher = func(i int) int { return of[scene(i)] }
	o.HeldOut = func(i int) bool { return scene(i) == 3 }
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
	tr := imitator(t, teacher, 300)
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

// What the teacher does in held-out steps changes no weight.
func TestImitateHoldsOut(t *testing.T) {
	a, b := imitator(t, [4]int{2, 0, 1, 0}, 40), imitator(t, [4]int{2, 0, 1, 2}, 40)
	if d := cmp.Diff(copied(a.Net), copied(b.Net)); d != "" {
		t.Errorf("another action in held-out steps gives other weights: %s", d)
	}
	c := imitator(t, [4]int{2, 0, 2, 0}, 40)
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
		v, _ := demonstrated(8)
		cfg := toyConfig(A2C, 8)
		change(&cfg)
		o := planesOptions(t, v, 3)
		o.Teacher = func(int) int { return 0 }
		if _, err := New(t.Context(), cfg, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// A training that starts from another network keeps its weights and its mean image until it
// learns.
func TestStartFrom(t *testing.T) {
	before := imitator(t, [4]int{2, 0, 1, 0}, 5)
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
