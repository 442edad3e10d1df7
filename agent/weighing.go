package agent

import (
	"errors"
	"math/rand/v2"

	"glint/autoencoder"
	"glint/internal/kernel"
	"glint/replay"
	"glint/saliency"
)

// sampler draws the autoencoder's batches, from the store but for what the minibatch gives,
// and weighs them.
type sampler struct{ t *Trainer }

// lateSampler is a sampler whose weights wait for the reconstruction.
type lateSampler struct{ sampler }

var (
	_ autoencoder.Placer    = sampler{}
	_ autoencoder.Reweigher = lateSampler{}
)

// sampler returns the one that suits the weighting.
func (t *Trainer) sampler() autoencoder.Sampler {
	if t.needs.Recon {
		return lateSampler{sampler{t}}
	}
	return sampler{t}
}

// Sample fills obs [B,T,H,W] and its weights w [B,T,H,W].
func (s sampler) Sample(obs []byte, w []float32) error {
	if err := s.draw(obs); err != nil {
		return err
	}
	return s.t.weigh(w)
}

// Sample fills obs [B,T,H,W].
func (s lateSampler) Sample(obs []byte, _ []float32) error { return s.draw(obs) }

// Reweigh fills the weights of the batch drawn last.
func (s lateSampler) Reweigh(w, y, x []float32) error {
	s.t.inputs.Recon, s.t.inputs.Target = y, x
	return s.t.weigh(w)
}

// draw fills obs [B,T,H,W] and notes what is known of it.
func (s sampler) draw(obs []byte) error {
	t := s.t
	in := &t.inputs
	in.B = len(obs) / t.spec.ObsLen()
	in.Plane, in.Boxes = obs, in.Boxes[:in.B]
	// Those from the minibatch are there already.
	for i, k := range t.entries[len(t.entries)-t.fresh:] {
		in.Boxes[i] = append(in.Boxes[i][:0], t.last.boxes[k]...)
	}
	stored := obs[t.fresh*t.spec.ObsLen():]
	if len(stored) == 0 {
		return nil
	}
	_, err := t.store.Sample(rand.New(t.random), stored, in.Boxes[t.fresh:])
	if errors.Is(err, replay.ErrEmpty) {
		return errors.New("no observation is stored to train the autoencoder on: explore longer (pretrain.steps)")
	}
	return err
}

// Places says whether the last frame of each observation shows a small object and, where
// it shows just one, its centre, from -1 at the left and the top to 1.
func (s sampler) Places(values, w []float32) {
	const n = autoencoder.PlaceValues
	clear(values)
	clear(w)
	spec := s.t.spec
	for i, boxes := range s.t.inputs.Boxes {
		last := 0
		for _, b := range boxes {
			if b.Frame != spec.T-1 {
				continue
			}
			last++
			values[i*n] = 1
			values[i*n+1] = float32(b.Rect.Min.X+b.Rect.Max.X)/float32(spec.W) - 1
			values[i*n+2] = float32(b.Rect.Min.Y+b.Rect.Max.Y)/float32(spec.H) - 1
		}
		w[i*n] = 1
		if last == 1 {
			w[i*n+1], w[i*n+2] = 1, 1
		}
	}
}

// weigh fills the weights of the batch at hand. What is random in them depends on the
// seed and the number of the update.
func (t *Trainer) weigh(w []float32) error {
	in := &t.inputs
	in.Learn, in.Draw = true, t.o.Seed<<32^uint64(t.counters.Updates)
	if err := t.gradient(in); err != nil {
		return err
	}
	if err := t.o.Weighting.Weights(w, *in); err != nil {
		return err
	}
	if err := saliency.Check(t.o.Weighting, w, *in); err != nil {
		return err
	}
	t.weighClasses(w)
	return nil
}

// weighClasses gives the samples of the batch at hand the weights of their classes, with the
// mean 1 over the batch.
func (t *Trainer) weighClasses(w []float32) {
	c, in := t.cfg.FrameClasses, &t.inputs
	if c.Balance != BalanceWeights {
		return
	}
	of, each := c.weights(t.drawnShares()), make([]float32, in.B)
	for i := range each {
		each[i] = float32(of[saliency.Class(in.Boxes[i])])
	}
	scaleToMean1(each)
	for i, factor := range each {
		sample := w[i*t.spec.ObsLen() : (i+1)*t.spec.ObsLen()]
		kernel.Scale(sample, sample, factor)
	}
}

// drawnShares returns the part of the batches that each class has on average: of what the
// store gives, and of the last rollout's observations that the rest comes from.
func (t *Trainer) drawnShares() []float64 {
	shares := t.store.Shares()
	if t.fresh == 0 {
		return shares
	}
	fresh, known := make([]float64, frameClasses), 0.0
	for k, ok := range t.last.known {
		if ok {
			fresh[saliency.Class(t.last.boxes[k])]++
			known++
		}
	}
	part := float64(t.fresh) / float64(t.inputs.B)
	for i := range shares {
		shares[i] = (1-part)*shares[i] + part*fresh[i]/max(1, known)
	}
	return shares
}

// gradient sets the critic's gradient by the batch at hand where the weighting wants
// a new one. Before Play the own critic has learned nothing: another one is asked, or all
// pixels count alike.
func (t *Trainer) gradient(in *saliency.Inputs) (err error) {
	in.ValueGrad = nil
	switch every := int64(t.needs.ValueEvery); {
	case every == 0:
	case t.slope == nil:
		if len(t.flat) != len(in.Plane) {
			t.flat = make([]float32, len(in.Plane))
			for i := range t.flat {
				t.flat[i] = 1
			}
		}
		in.ValueGrad = t.flat
	case t.counters.Updates%every == 0:
		in.ValueGrad, err = t.slope.Of(in.Plane)
	}
	return err
}
