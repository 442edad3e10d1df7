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
	in := v.obs.Uint8s()
	for len(obs) > 0 {
		n := copy(in, obs)
		clear(in[n:])
		if err := v.prog.Run(); err != nil {
			return err
		}
		v.model.Show(dst, v.prog.Floats(v.back)[:n])
		obs, dst = obs[n:], dst[n:]
	}
	return nil
}

// Show writes centred reconstructions y [n,T,H,W] as pixels of 0..1.
func (m *Model) Show(dst, y []float32) {
	mean := m.Mean.Float32s()
	for i, v := range y {
		dst[i] = min(max(v+mean[i%len(mean)]*scale, 0), 1)
	}
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

// Decoder reconstructs codes that need not be those of any observation.
type Decoder struct {
	model *Model
	code  *tensor.Dense
	prog  *ops.Program
	back  *G.Node
}

// NewDecoder returns a Decoder of b codes at a time.
func NewDecoder(m *Model, b int) (*Decoder, error) {
	d := &Decoder{model: m, code: ops.NewTensor(b, m.cfg.Code)}
	g := ops.NewBuilder()
	d.back = m.Decode(g, g.Input("code", d.code))
	if err := g.Err(); err != nil {
		return nil, fmt.Errorf("autoencoder: %w", err)
	}
	prog, err := ops.Compile(d.back)
	if err != nil {
		return nil, fmt.Errorf("autoencoder: %w", err)
	}
	d.prog = prog
	return d, nil
}

// Decode writes the reconstructions of codes [n,Code] to dst [n,T,H,W], clipped to
// 0..1. n may be any number.
func (d *Decoder) Decode(dst, codes []float32) error {
	in := d.code.Float32s()
	size := d.model.shape.T * d.model.shape.H * d.model.shape.W
	for len(codes) > 0 {
		n := copy(in, codes)
		clear(in[n:])
		if err := d.prog.Run(); err != nil {
			return err
		}
		pixels := n / d.model.cfg.Code * size
		d.model.Show(dst, d.prog.Floats(d.back)[:pixels])
		codes, dst = codes[n:], dst[pixels:]
	}
	return nil
}
