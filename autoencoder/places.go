package autoencoder

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"glint/internal/kernel"
	"glint/internal/ops"
)

// PlaceValues is what the head reads from a code: whether there is a small object (0 or
// 1), its column and its row (-1 to 1).
const PlaceValues = 3

// Placer is a Sampler that knows where small objects are.
type Placer interface {
	Sampler
	// Places fills the values [B,PlaceValues] of the batch that Sample drew last, and what
	// each of them weighs.
	Places(values, w []float32)
}

// places is the head that reads places from the code of a batch. Being linear, it leads
// the encoder to a code from which any linear layer, such as the actor, can read them.
type places struct {
	values, weights *tensor.Dense // [B,PlaceValues]
	loss            *G.Node       // sum of weighted squared errors over B
}

// addPlaces adds the head for a code [b,Code].
func (m *Model) addPlaces(g *ops.Builder, code *G.Node, b int) *places {
	p := &places{values: ops.NewTensor(b, PlaceValues), weights: ops.NewTensor(b, PlaceValues)}
	read := g.Dense(code, g.Param(m.places.w), g.Param(m.places.bias), kernel.None)
	p.loss = g.WeightedMSE(read, g.Input("places", p.values), g.Input("places.weights", p.weights), float64(b))
	return p
}
