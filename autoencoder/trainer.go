package autoencoder

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

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

// Batch is one batch inside a graph: its leaves and the nodes built on them.
type Batch struct {
	Obs     *tensor.Dense // [B,T,H,W] u8, filled by the caller
	Weights *tensor.Dense // [B,T,H,W] f32, filled by the caller
	X, Y    *G.Node       // centred observation and its reconstruction
	Code    *G.Node
	Loss    *G.Node
}

// AddBatch adds encoder, decoder and loss for a batch of b observations. Without
// moveEncoder the loss trains the decoder alone.
func (m *Model) AddBatch(g *ops.Builder, b int, moveEncoder bool) *Batch {
	s := m.shape
	a := &Batch{Obs: ops.NewBytes(b, s.T, s.H, s.W), Weights: ops.NewTensor(b, s.T, s.H, s.W)}
	a.X = m.Center(g, g.Input("autoencoder.obs", a.Obs))
	a.Code = m.Encode(g, a.X)
	code := a.Code
	if !moveEncoder {
		code = g.StopGradient(code)
	}
	a.Y = m.Decode(g, code)
	a.Loss = m.Loss(g, a.Y, a.X, g.Input("autoencoder.weights", a.Weights))
	return a
}

// Fill draws a batch.
func (a *Batch) Fill(from Sampler) error {
	if err := from.Sample(a.Obs.Uint8s(), a.Weights.Float32s()); err != nil {
		return fmt.Errorf("autoencoder: sampling: %w", err)
	}
	return nil
}

// Run draws a batch and runs p, a program of the graph that has the batch's Outputs
// among its own. A Reweigher is asked for the weights once the reconstruction is there,
// so that weights by its error cost no second pass.
func (a *Batch) Run(p *ops.Program, from Sampler) error {
	if err := a.Fill(from); err != nil {
		return err
	}
	late, ok := from.(Reweigher)
	if !ok {
		return p.Run()
	}
	if err := p.RunTo(a.Y); err != nil {
		return err
	}
	if err := late.Reweigh(a.Weights.Float32s(), p.Floats(a.Y), p.Floats(a.X)); err != nil {
		return fmt.Errorf("autoencoder: weighing: %w", err)
	}
	return p.RunAfter(a.Y)
}

// Outputs are the nodes whose values the figures of a batch are made of.
func (a *Batch) Outputs() G.Nodes { return G.Nodes{a.Loss, a.X, a.Y, a.Code} }

// Stats returns the figures of a batch after a run of p.
func (m *Model) Stats(p *ops.Program, a *Batch) Stats {
	code := p.Floats(a.Code)
	s := Stats{Loss: p.Scalar(a.Loss), MSE: m.mse(p.Floats(a.X), p.Floats(a.Y))}
	s.Saturated, s.Constant = CodeHealth(code, m.cfg.Code)
	return s
}

// Stats are the figures of one training batch.
type Stats struct {
	Loss      float64 // weighted
	MSE       float64 // unweighted mean over true pixels, in (0..1)^2
	Saturated float64 // share of code values beyond 0.97 of their range
	Constant  float64 // share of code units that do not vary over the batch
}

// mse is the unweighted mean squared error over true pixels.
func (m *Model) mse(x, y []float32) float64 {
	s, c := m.shape, m.shape.Content
	sum := 0.0
	for top := 0; top < len(x); top += s.H * s.W {
		for row := c.Min.Y; row < c.Max.Y; row++ {
			from, to := top+row*s.W+c.Min.X, top+row*s.W+c.Max.X
			for i, v := range x[from:to] {
				d := float64(y[from+i] - v)
				sum += d * d
			}
		}
	}
	return sum / float64(len(x)/(s.T*s.H*s.W)*m.truePixels())
}

// Trainer trains the autoencoder alone.
type Trainer struct {
	model  *Model
	batch  *Batch
	prog   *ops.Program
	grads  []G.ValueGrad
	solver *ops.Adam
}

// NewTrainer returns a Trainer on batches of b observations. The solver must know
// the parameters of encoder and decoder.
func NewTrainer(m *Model, b int, solver *ops.Adam) (*Trainer, error) {
	g := ops.NewBuilder()
	batch := m.AddBatch(g, b, true)
	all := append(m.Encoder(), m.Decoder()...)
	grads := g.Grads(batch.Loss, all)
	if err := g.Err(); err != nil {
		return nil, fmt.Errorf("autoencoder: %w", err)
	}
	prog, err := ops.Compile(append(batch.Outputs(), grads...)...)
	if err != nil {
		return nil, fmt.Errorf("autoencoder: %w", err)
	}
	return &Trainer{model: m, batch: batch, prog: prog, grads: prog.Gradients(all, grads), solver: solver}, nil
}

// Step makes one update on a batch drawn from the sampler.
func (t *Trainer) Step(from Sampler) error {
	if err := t.batch.Run(t.prog, from); err != nil {
		return err
	}
	return t.solver.Step(t.grads)
}

// Stats returns the figures of the last Step's batch, before its update.
func (t *Trainer) Stats() Stats { return t.model.Stats(t.prog, t.batch) }
