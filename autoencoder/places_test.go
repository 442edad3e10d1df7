package autoencoder_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"glint/autoencoder"
	"glint/internal/kernel"
	"glint/internal/ops"
)

// placer is a scene that tells where its knives are in the last frame.
type placer struct{ *scene }

func (p placer) Places(values, w []float32) {
	clear(values)
	clear(w)
	for i, at := range p.at {
		w[3*i] = 1
		if at.X < 0 {
			continue
		}
		values[3*i], w[3*i+1], w[3*i+2] = 1, 1, 1
		values[3*i+1] = float32(at.X+p.shape.T)*2/float32(p.shape.W) - 1
		values[3*i+2] = float32(2*at.Y+1)/float32(p.shape.H) - 1
	}
}

// TestPlaces wants the head to read places, and through them the encoder to be moved:
// with a head that weighs next to nothing it is not.
func TestPlaces(t *testing.T) {
	kernel.SetThreads(1)
	read := func(weight float64) autoencoder.Stats {
		s := newScene(1, 16, 24)
		s.knives = true
		cfg := autoencoder.Config{Channels: []int{8, 16}, Code: 16, Places: weight}
		m, err := autoencoder.New(cfg, s.shape, rand.New(rand.NewPCG(1, 1)))
		if err != nil {
			t.Fatal(err)
		}
		if err := m.SetMean(s.samples(200)); err != nil {
			t.Fatal(err)
		}
		adam := ops.DefaultAdam()
		adam.LR = 3e-3
		tr, err := autoencoder.NewTrainer(m, autoencoder.BatchConfig{Size: 16}, ops.NewAdam(adam, m.Params()))
		if err != nil {
			t.Fatal(err)
		}
		sum := autoencoder.Stats{}
		for i := range 700 {
			if err := tr.Step(placer{s}); err != nil {
				t.Fatal(err)
			}
			if i >= 600 {
				st := tr.Stats()
				sum.Places, sum.MSE = sum.Places+st.Places/100, sum.MSE+st.MSE/100
			}
		}
		return sum
	}
	with, without := read(0.1), read(1e-6)
	t.Logf("places %.4f with the head, %.4f with one that hardly weighs; mse %.4f, %.4f", with.Places, without.Places, with.MSE, without.MSE)
	if with.Places > 0.06 || with.Places > without.Places/2 {
		t.Errorf("the head reads places with an error of %v, with next to no weight %v", with.Places, without.Places)
	}
}

func TestPlacesNeedWhoKnowsThem(t *testing.T) {
	s := newScene(1, 16, 24)
	m, err := autoencoder.New(autoencoder.Config{Channels: []int{4, 8}, Code: 8, Places: 0.1}, s.shape, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	tr, err := autoencoder.NewTrainer(m, autoencoder.BatchConfig{Size: 4}, ops.NewAdam(ops.DefaultAdam(), m.Params()))
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Step(s); err == nil || !strings.Contains(err.Error(), "places") {
		t.Errorf("error %v, want one that says that places are not known", err)
	}
	for _, weight := range []float64{-1, math.NaN(), math.Inf(1)} {
		c := autoencoder.DefaultConfig()
		if c.Places = weight; c.Validate() == nil {
			t.Errorf("places %v is not refused", weight)
		}
	}
}
