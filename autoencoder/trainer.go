package autoencoder

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"glint/internal/kernel"
	"glint/internal/ops"
)

// Sampler gives training batches.
type Sampler interface {
	// Sample fills obs [B,T,H,W] u8 and its weights w [B,T,H,W], which are not
	// negative and 0 on padding.
	Sample(obs []byte, w []float32) error
}

// Reweigher is a Sampler whose weights depend on the reconstruction of the batch that
// it drew. Its Sample leaves w as it is.
type Reweigher interface {
	Sampler
	// Reweigh fills the weights w [B,T,H,W] of the last Sample by the centred
	// observations x and their reconstruction y, both [B,T,H,W].
	Reweigh(w, y, x []float32) error
}

// Batch is one batch inside a graph: its leaves and the nodes built on them. Those are of one
// part of the batch; B is the observations of that.
type Batch struct {
	Obs     *tensor.Dense // [B,T,H,W] u8, filled by the caller
	Seen    *tensor.Dense // [B,T,H,W] u8, what is encoded: Obs itself, but for BatchConfig.Apart
	Weights *tensor.Dense // [B,T,H,W] f32, filled by the caller
	Code    *G.Node
	Loss    *G.Node       // of the reconstruction and, weighted, of the places
	error   *G.Node       // the weighted error of the reconstruction
	places  *places       // nil where no head reads them
	recon   *tensor.Dense // [B,T,H,W] f32, the centred reconstruction of the last run
	late    *lateNodes    // where weights wait for the reconstruction
	cfg     BatchConfig
	whole   whole
}

// lateNodes are the centred observations and their reconstruction, where the loss is a
// step of its own.
type lateNodes struct{ x, y *G.Node }

// BatchConfig is what a batch is for.
type BatchConfig struct {
	Size int // observations
	// Parts is how many parts it is run in; 0 or 1 for one. It divides Size and First.
	Parts int
	// First is how many of its first observations stand there already: those of a graph
	// that is Encoded, as many in each part.
	First int
	// FreezeEncoder lets the loss train the decoder alone.
	FreezeEncoder bool
	// Late lets a Reweigher set the weights. The loss is then a step of its own after the
	// reconstruction, which takes some 5 % more of an update.
	Late bool
	// Encoded gives the observations and their code where the graph has them already.
	Encoded *Encoded
	// Apart encodes other observations, Batch.Seen, than those that are to come out.
	Apart bool
}

// Encoded are observations [B,T,H,W] u8 with their code [B,Code].
type Encoded struct {
	Obs  *tensor.Dense
	Code *G.Node
}

// AddBatch adds encoder, decoder and loss for a batch of observations.
func (m *Model) AddBatch(g *ops.Builder, c BatchConfig) *Batch {
	s, b := m.shape, c.Size/c.parts()
	a := &Batch{Weights: ops.NewTensor(b, s.T, s.H, s.W), cfg: c}
	var obs *G.Node
	if c.Encoded != nil {
		a.Obs, a.Code = c.Encoded.Obs, c.Encoded.Code
		obs = g.Input("autoencoder.obs", a.Obs)
	} else {
		a.Obs = ops.NewBytes(b, s.T, s.H, s.W)
		obs = g.Input("autoencoder.obs", a.Obs)
		seen := obs
		if c.Apart {
			a.Seen = ops.NewBytes(b, s.T, s.H, s.W)
			seen = g.Input("autoencoder.seen", a.Seen)
		}
		a.Code = m.Encode(g, seen)
	}
	if a.Seen == nil {
		a.Seen = a.Obs
	}
	code := a.Code
	if c.FreezeEncoder {
		code = g.StopGradient(code)
	}
	w := g.Input("autoencoder.weights", a.Weights)
	if c.Late {
		l := m.images(g, obs)
		a.late = &lateNodes{x: g.Center(l.Obs, l.Mean, l.Unit), y: m.Decode(g, code)}
		a.error = g.WeightedMSE(a.late.y, a.late.x, w, m.norm(b))
	} else {
		a.recon = ops.NewTensor(b, s.T, s.H, s.W)
		a.error = m.loss(g, code, obs, w, a.recon)
	}
	a.Loss = a.error
	if m.places.w != nil {
		a.places = m.addPlaces(g, code, b)
		a.Loss = g.WeightedSum([]float64{1, m.cfg.Places}, a.error, a.places.loss)
	}
	a.newWhole()
	return a
}

// Outputs are the nodes whose values the figures of a batch are made of.
func (a *Batch) Outputs() G.Nodes {
	out := G.Nodes{a.Loss, a.error, a.Code}
	if a.late != nil {
		out = append(out, a.late.x, a.late.y)
	}
	if a.places != nil {
		out = append(out, a.places.loss)
	}
	return out
}

// Recon returns the centred reconstruction [B,T,H,W] of the last part that p was run for.
func (a *Batch) Recon(p *ops.Program) []float32 {
	if a.late != nil {
		return p.Floats(a.late.y)
	}
	return a.recon.Float32s()
}

// Stats returns the figures of a batch after Batch.Run of p.
func (m *Model) Stats(p *ops.Program, a *Batch) Stats {
	w, n := &a.whole, float64(a.cfg.parts())
	s := Stats{Loss: w.error / n, Places: w.places / n, MSE: m.mse(a.Obs.Uint8s(), a.Recon(p))}
	s.Saturated, s.Constant = CodeHealth(w.code, m.cfg.Code)
	return s
}

// Stats are the figures of one training batch.
type Stats struct {
	Loss      float64 // weighted error of the reconstruction
	Places    float64 // loss of the head that reads places, 0 where there is none
	MSE       float64 // unweighted mean over true pixels of some mseSamples of the last part, in (0..1)^2
	Saturated float64 // share of code values beyond 0.97 of their range
	Constant  float64 // share of code units that do not vary over the batch
}

// mseSamples is how many of a batch's samples, spread over it, are measured or a few more:
// all would cost 3 % of a training with big batches.
const mseSamples = 32

// mse is the unweighted mean squared error over true pixels of the centred
// reconstruction y of some of the observations.
func (m *Model) mse(obs []byte, y []float32) float64 {
	s, c := m.shape, m.shape.Content
	mean, sum := m.Mean.Float32s(), 0.0
	target := make([]float32, len(mean))
	n, every := 0, max(1, len(obs)/len(target)/mseSamples)
	for at := 0; at < len(obs); at += every * len(target) {
		n++
		kernel.Center(target, obs[at:at+len(target)], mean, scale)
		for row := range s.T * s.H {
			if h := row % s.H; h < c.Min.Y || h >= c.Max.Y {
				continue
			}
			x := target[row*s.W:][c.Min.X:c.Max.X]
			sum += kernel.Errors(x, y[at+row*s.W+c.Min.X:], x)
		}
	}
	return sum / float64(n*m.truePixels())
}

// Trainer trains the autoencoder alone.
type Trainer struct {
	model  *Model
	batch  *Batch
	prog   *ops.Program
	grads  *ops.Accumulator
	solver *ops.Adam
}

// NewTrainer returns a Trainer on such batches. The solver must know the parameters of
// encoder and decoder.
func NewTrainer(m *Model, c BatchConfig, solver *ops.Adam) (*Trainer, error) {
	g := ops.NewBuilder()
	batch := m.AddBatch(g, c)
	all := m.Params()
	grads := g.Grads(batch.Loss, all)
	if err := g.Err(); err != nil {
		return nil, fmt.Errorf("autoencoder: %w", err)
	}
	prog, err := ops.Compile(append(batch.Outputs(), grads...)...)
	if err != nil {
		return nil, fmt.Errorf("autoencoder: %w", err)
	}
	return &Trainer{model: m, batch: batch, prog: prog, grads: ops.NewAccumulator(prog.Gradients(all, grads), c.parts()), solver: solver}, nil
}

// Step makes one update on a batch drawn from the sampler.
func (t *Trainer) Step(from Sampler) error {
	if err := t.batch.Run(t.prog, from, PartRun{Done: t.grads.Add}); err != nil {
		return err
	}
	return t.solver.Step(t.grads.Mean())
}

// Measure returns the loss, reconstruction and places, of a batch drawn from the sampler,
// without an update. The sampler is no Reweigher.
func (t *Trainer) Measure(from Sampler) (float64, error) {
	if err := t.batch.Fill(from); err != nil {
		return 0, err
	}
	err := t.prog.RunTo(t.batch.Loss)
	return t.prog.Scalar(t.batch.Loss), err
}

// Gradients computes the gradients of the loss of a batch drawn from the sampler, without an
// update.
func (t *Trainer) Gradients(from Sampler) ([]G.ValueGrad, error) {
	err := t.batch.Run(t.prog, from, PartRun{Done: t.grads.Add})
	return t.grads.Mean(), err
}

// Batch returns the batch that the Trainer fills.
func (t *Trainer) Batch() *Batch { return t.batch }

// Recon returns the centred reconstruction [B,T,H,W] of the last batch.
func (t *Trainer) Recon() []float32 { return t.batch.Recon(t.prog) }

// Stats returns the figures of the last Step's batch, before its update.
func (t *Trainer) Stats() Stats { return t.model.Stats(t.prog, t.batch) }
