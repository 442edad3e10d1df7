package autoencoder

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"glint/internal/ops"
)

// Layers computes what every layer puts out, to look for units that do nothing.
type Layers struct {
	model *Model
	obs   *tensor.Dense
	prog  *ops.Program
	nodes G.Nodes
}

// LayerValues is what a layer puts out for a batch.
type LayerValues struct {
	Name string
	// Units is the number of its channels, or of the code's units.
	Units int
	// Values are [B,Units,positions].
	Values []float32
	// ReLU says that they are rectified; else they are those of tanh, or of none in the
	// last layer.
	ReLU bool
}

// NewLayers returns the Layers of b observations at a time.
func NewLayers(m *Model, b int) (*Layers, error) {
	s := m.shape
	l := &Layers{model: m, obs: ops.NewBytes(b, s.T, s.H, s.W)}
	g := ops.NewBuilder()
	l.nodes = m.encode(g, g.Input("obs", l.obs))
	code := l.nodes[len(l.nodes)-1]
	small, large := m.decodeMaps(g, code)
	l.nodes = append(l.nodes, small, large, m.Decode(g, code))
	if err := g.Err(); err != nil {
		return nil, fmt.Errorf("autoencoder: %w", err)
	}
	prog, err := ops.Compile(l.nodes...)
	if err != nil {
		return nil, fmt.Errorf("autoencoder: %w", err)
	}
	l.prog = prog
	return l, nil
}

// Of returns the outputs for observations [B,T,H,W], from the encoder's first layer to the
// reconstruction, which is centred. The next call overwrites them.
func (l *Layers) Of(obs []byte) ([]LayerValues, error) {
	copy(l.obs.Uint8s(), obs)
	if err := l.prog.Run(); err != nil {
		return nil, err
	}
	c := l.model.cfg
	all := []LayerValues{
		{Name: "encoder.conv1", Units: c.Channels[0], ReLU: true},
		{Name: "encoder.conv2", Units: c.Channels[1], ReLU: true},
		{Name: "encoder.code", Units: c.Code},
		{Name: "decoder.expand", Units: c.Channels[1], ReLU: true},
		{Name: "decoder.deconv1", Units: c.Channels[0], ReLU: true},
		{Name: "decoder.deconv2", Units: l.model.shape.T},
	}
	for i := range all {
		all[i].Values = l.prog.Floats(l.nodes[i])
	}
	return all, nil
}
