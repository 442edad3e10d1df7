package autoencoder_test

import (
	"image"
	"math/rand/v2"
	"testing"

	"glint/autoencoder"
	"glint/internal/ops"
)

type one struct{ r *rand.Rand }

func (o one) Sample(obs []byte, w []float32) error { return nil }

func BenchmarkZZ(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	m, _ := autoencoder.New(autoencoder.DefaultConfig(), autoencoder.Shape{T: 4, H: 64, W: 144, Content: image.Rect(0, 0, 144, 64)}, r)
	ps := append(m.Encoder(), m.Decoder()...)
	a := ops.NewAdam(ops.DefaultAdam(), ps)
	tr, _ := autoencoder.NewTrainer(m, 32, a)
	b.ReportAllocs()
	for b.Loop() {
		tr.Step(one{r})
	}
}
