package autoencoder_test

import (
	"image"
	"math/rand/v2"
	"testing"

	"glint/autoencoder"
	"glint/internal/ops"
)

// scene makes observations of two frames: a still background, a body that walks,
// and, where knives are on, a knife of two pixels in half of the observations.
type scene struct {
	rand       *rand.Rand
	shape      autoencoder.Shape
	background byte
	knives     bool
	weight     float32 // of a knife's surroundings

	at []image.Point // of the knives of the last batch, negative where there is none
}

const bright = 255

func newScene(seed uint64, h, w int) *scene {
	return &scene{
		rand:   rand.New(rand.NewPCG(seed, 7)),
		shape:  autoencoder.Shape{T: 2, H: h, W: w, Content: image.Rect(0, 0, w, h)},
		weight: 1,
	}
}

// Sample draws a batch.
func (s *scene) Sample(obs []byte, w []float32) error {
	n := len(obs) / (s.shape.T * s.shape.H * s.shape.W)
	s.at = s.at[:0]
	for i := range obs {
		obs[i], w[i] = s.background, 1
	}
	for b := range n {
		body := image.Rect(0, 0, 6, 10).Add(image.Pt(s.rand.IntN(s.shape.W-6), s.shape.H-10))
		knife := image.Pt(-1, -1)
		if s.knives && b%2 == 0 {
			knife = image.Pt(s.rand.IntN(s.shape.W-4), 2+s.rand.IntN(4))
		}
		s.at = append(s.at, knife)
		for t := range s.shape.T {
			s.paint(obs, b, t, body, 140)
			if knife.X >= 0 {
				box := image.Rect(0, 0, 2, 1).Add(knife).Add(image.Pt(t, 0))
				s.paint(obs, b, t, box, bright)
				s.each(b, t, box.Inset(-1), func(i int) { w[i] = s.weight })
			}
		}
	}
	return nil
}

func (s *scene) paint(obs []byte, b, t int, box image.Rectangle, v byte) {
	s.each(b, t, box, func(i int) { obs[i] = v })
}

// each calls f with the index of every pixel of the box in frame t of observation b.
func (s *scene) each(b, t int, box image.Rectangle, f func(i int)) {
	box = box.Intersect(image.Rect(0, 0, s.shape.W, s.shape.H))
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			f(((b*s.shape.T+t)*s.shape.H+y)*s.shape.W + x)
		}
	}
}

// samples iterates over n observations.
func (s *scene) samples(n int) func(yield func([]byte, error) bool) {
	return func(yield func([]byte, error) bool) {
		size := s.shape.T * s.shape.H * s.shape.W
		obs, w := make([]byte, 2*size), make([]float32, 2*size)
		for range n / 2 {
			err := s.Sample(obs, w)
			if !yield(obs[:size], err) || !yield(obs[size:], err) {
				return
			}
		}
	}
}

// newModel returns a small model of a scene.
func newModel(tb testing.TB, s autoencoder.Shape, code int) *autoencoder.Model {
	tb.Helper()
	cfg := autoencoder.Config{Channels: []int{8, 16}, Code: code}
	m, err := autoencoder.New(cfg, s, rand.New(rand.NewPCG(3, 4)))
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func newTrainer(tb testing.TB, m *autoencoder.Model, batch int, lr float64) *autoencoder.Trainer {
	tb.Helper()
	return newTrainerOf(tb, m, autoencoder.BatchConfig{Size: batch}, lr)
}

func newTrainerOf(tb testing.TB, m *autoencoder.Model, c autoencoder.BatchConfig, lr float64) *autoencoder.Trainer {
	tb.Helper()
	cfg := ops.DefaultAdam()
	cfg.LR = lr
	trainer, err := autoencoder.NewTrainer(m, c, ops.NewAdam(cfg, m.Params()))
	if err != nil {
		tb.Fatal(err)
	}
	return trainer
}

func train(tb testing.TB, t *autoencoder.Trainer, from autoencoder.Sampler, updates int) {
	tb.Helper()
	for range updates {
		if err := t.Step(from); err != nil {
			tb.Fatal(err)
		}
	}
}
