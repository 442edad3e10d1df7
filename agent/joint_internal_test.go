package agent

import (
	"image"
	"math"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"

	"glint/internal/ops"
)

// alone changes a learner's setting so that of the three losses the chosen ones
// are left.
type alone struct{ policy, value, autoencoder bool }

// gradients returns the gradient by each parameter that has one under the chosen
// losses, by name.
func (a alone) gradients(t *testing.T, moved string) map[string][]float32 {
	t.Helper()
	g := goldenBatch{goldenCase{"joint", 16, 24, []int{5, 7}, 8, 5, PPO, false, image.Rect(0, 0, 24, 16)}}
	l, _ := g.learner(t, func(c *Config) {
		c.EncoderMoved = moved
		if !a.policy {
			c.EntropyCoef = 0
		}
		if !a.value {
			c.ValueCoef = 0
		}
		if !a.autoencoder {
			c.AECoef = 0
		}
	})
	if !a.policy {
		clear(l.rl.adv.Float32s())
	}
	if l.ae != nil {
		if err := l.ae.Fill(g); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.prog.Run(); err != nil {
		t.Fatal(err)
	}
	grads := map[string][]float32{}
	for _, v := range l.grads.Mean() {
		grads[v.(ops.Gradient).Param.Name] = slices.Clone(gradient(t, v))
	}
	return grads
}

// gradient returns the latest gradient of a parameter.
func gradient(t *testing.T, v G.ValueGrad) []float32 {
	t.Helper()
	grad, err := v.Grad()
	if err != nil {
		t.Fatal(err)
	}
	return grad.Data().([]float32)
}

func norm(x []float32) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}

// Each loss alone moves the shared encoder down to its first convolution, and the
// joint gradient is the sum of the three.
func TestThreeLossesShareTheEncoder(t *testing.T) {
	joint := alone{true, true, true}.gradients(t, MovedByBoth)
	sum := map[string][]float32{}
	for name, one := range map[string]alone{"policy": {policy: true}, "value": {value: true}, "autoencoder": {autoencoder: true}} {
		grads := one.gradients(t, MovedByBoth)
		if n := norm(grads["encoder.conv1.weight"]); n < 1e-4 {
			t.Errorf("%s alone: the first convolution's gradient has norm %v", name, n)
		}
		for p, g := range grads {
			if sum[p] == nil {
				sum[p] = make([]float32, len(g))
			}
			for i, v := range g {
				sum[p][i] += v
			}
		}
	}
	if len(joint) != 16 {
		t.Errorf("%d parameters have gradients, want 16", len(joint))
	}
	for p, g := range joint {
		if off := apart(g, sum[p]); !(off <= 1e-5) {
			t.Errorf("%s: the joint gradient is off the sum of three by %.2g", p, off)
		}
	}
}

// encoder_moved chooses whose gradient reaches the encoder; heads and decoder learn
// under every choice.
func TestEncoderMoved(t *testing.T) {
	both := alone{true, true, true}
	for moved, only := range map[string]alone{
		MovedByRL:          {policy: true, value: true},
		MovedByAutoencoder: {autoencoder: true},
	} {
		got, encoder, all := both.gradients(t, moved), only.gradients(t, MovedByBoth), both.gradients(t, MovedByBoth)
		for p, g := range got {
			want := all[p]
			if strings.HasPrefix(p, "encoder.") {
				want = encoder[p]
			}
			if norm(g) == 0 {
				t.Errorf("%s: %s has no gradient", moved, p)
			}
			if off := apart(g, want); !(off <= 1e-5) {
				t.Errorf("%s: gradient of %s is off by %.2g", moved, p, off)
			}
		}
	}
}

// Actor and critic meet in the encoder only.
func TestHeadsAreApart(t *testing.T) {
	policy, value := alone{policy: true}.gradients(t, MovedByBoth), alone{value: true}.gradients(t, MovedByBoth)
	for _, p := range []string{"critic.weight", "critic.bias"} {
		if n := norm(policy[p]); n != 0 {
			t.Errorf("the policy loss moves %s by a gradient of norm %v", p, n)
		}
	}
	for _, p := range []string{"actor.weight", "actor.bias"} {
		if n := norm(value[p]); n != 0 {
			t.Errorf("the value loss moves %s by a gradient of norm %v", p, n)
		}
	}
}
