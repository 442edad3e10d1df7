package autoencoder

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"glint/internal/ops"
)

// Viewer reconstructs observations without training.
type Viewer struct {
	model      *Model
	obs        *tensor.Dense
	prog       *ops.Program
	code, back *G.Node
}

// NewViewer returns a Viewer of b observations at a time.
func NewViewer(m *Model, b int) (*Viewer, error) {
	s := m.shape
	v := &Viewer{model: m, obs: ops.NewBytes(b, s.T, s.H, s.W)}
	g := ops.NewBuilder()
	v.code = m.Encode(g, g.Input("obs", v.obs))
	v.back = m.Decode(g, v.code)
	if err := g.Err(); err != nil {
		return nil, fmt.Errorf("autoencoder: %w", err)
	}
	prog, err := ops.Compile(v.code, v.back)
	if err != nil {
		return nil, fmt.Errorf("autoencoder: %w", err)
	}
	v.prog = prog
	return v, nil
}

// Reconstruct writes the reconstructions of observations obs [n,T,H,W] u8 to dst
// [n,T,H,W], clipped to 0..1. n may be any number.
func (v *Viewer) Reconstruct(dst []float32, obs []byte) error {
	in, mean := v.obs.Uint8s(), v.model.Mean.Float32s()
	for len(obs) > 0 {
		n := copy(in, obs)
		clear(in[n:])
		if err := v.prog.Run(); err != nil {
			return err
		}
		for i, y := range v.prog.Floats(v.back)[:n] {
			dst[i] = min(max(y+mean[i%len(mean)]*scale, 0), 1)
		}
		obs, dst = obs[n:], dst[n:]
	}
	return nil
}

// Encode computes the codes of at most as many observations as the Viewer looks at at
// once.
func (v *Viewer) Encode(obs []byte) error {
	in := v.obs.Uint8s()
	clear(in[copy(in, obs):])
	return v.prog.RunTo(v.code)
}

// Codes returns the codes [B,Code] of the last observations reconstructed or encoded at once.
func (v *Viewer) Codes() []float32 { return v.prog.Floats(v.code) }
