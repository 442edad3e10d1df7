package diagnose

import (
	"context"

	"glint/autoencoder"
	"glint/internal/doctor"
)

// shownFrames is how many observations the layers are looked at by.
const shownFrames = 64

// inputs looks at what the network of the patient sees and what its layers make of it.
func (e *examination) inputs(context.Context) (all []doctor.Verdict, err error) {
	m, n := e.net.Autoencoder, min(shownFrames, e.frames.Len())
	size := len(e.frames.Obs) / e.frames.Len()
	obs := e.frames.Obs[:n*size]
	seen := make([]float32, len(obs))
	m.CenterBytes(seen, obs)
	layers, err := autoencoder.NewLayers(m, n)
	if err != nil {
		return nil, err
	}
	out, err := layers.Of(obs)
	if err != nil {
		return nil, err
	}
	all = append(all, doctor.Centred(seen, n))
	all = append(all, doctor.Units(out, n)...)
	named := []doctor.Named{{Name: "the inputs", Values: seen}}
	for _, p := range e.net.Params() {
		named = append(named, doctor.Named{Name: p.Name, Values: p.Value.Float32s()})
	}
	for _, l := range out {
		named = append(named, doctor.Named{Name: "what " + l.Name + " puts out", Values: l.Values})
	}
	all = append(all, doctor.Finite(named))
	return append(all, e.lossShare(n, out[len(out)-1].Values)), nil
}

// lossShare is the part of the reconstruction's loss that is on small objects, y being centred
// reconstructions of the first n frames.
func (e *examination) lossShare(n int, y []float32) doctor.Verdict {
	shape := e.net.Autoencoder.Shape()
	recon := make([]float32, len(y))
	e.net.Autoencoder.Show(recon, y)
	var loss, small, pixels float64
	for i := range n {
		inside := map[int]bool{}
		for _, b := range e.frames.Boxes[i] {
			for r := b.Rect.Min.Y; r < b.Rect.Max.Y; r++ {
				for c := b.Rect.Min.X; c < b.Rect.Max.X; c++ {
					inside[(b.Frame*shape.H+r)*shape.W+c] = true
				}
			}
		}
		size := shape.T * shape.H * shape.W
		for p := range size {
			d := float64(recon[i*size+p]) - float64(e.frames.Obs[i*size+p])/255
			x := float64(e.frames.Weights[i*size+p]) * d * d
			loss += x
			if inside[p] {
				small += x
				pixels++
			}
		}
	}
	whole := float64(n * shape.T * shape.Content.Dx() * shape.Content.Dy())
	return doctor.Loss(small/loss, pixels/whole, e.cfg.Weighting)
}
