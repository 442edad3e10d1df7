package saliency

import (
	"math"

	"glint/internal/kernel"
)

// The weightings of this file look at the error e = Recon - Target of each pixel, in
// units where a plane's 255 is 1.

// Residual weighs pixels by what the decoder still gets wrong, as the focal loss
// weighs examples (Lin et al. 2017, equation 4, with |e| over its root mean square in
// place of 1 - p_t):
//
//	w = min(Max, Floor + (|e| / rms)^Power),  rms^2 the mean of e^2 over the batch
//
// The error is that of the reconstruction that is about to be learnt from.
type Residual struct {
	// Power is the focal loss's gamma. 0 weighs all alike, 1 makes the cube of the
	// error of its square.
	Power float64 `toml:"power"`
	// Floor is the weight of a pixel without error.
	Floor float64 `toml:"floor"`
	// Max is the largest weight.
	Max float64 `toml:"max"`
}

// DefaultResidual returns Power 1, Floor 1 and Max 30.
func DefaultResidual() Residual { return Residual{Power: 1, Floor: 1, Max: 30} }

// Validate names the first field that makes no weights.
func (r Residual) Validate() error {
	return limits{
		{"Power", r.Power, 0, 8},
		{"Floor", r.Floor, 0, maxWeight},
		{"Max", r.Max, 0, maxWeight},
	}.check("residual")
}

// Name returns "residual".
func (Residual) Name() string { return "residual" }

// Needs returns reconstructions.
func (Residual) Needs() Needs { return Needs{Recon: true} }

// errorLevels is the number of steps in which the error 1 is looked up where a power
// or a rank is asked for: four a step of a byte.
const errorLevels = 1024

// Weights needs Recon and Target. Powers other than 1 are of the error rounded down
// to a thousandth.
func (r Residual) Weights(dst []float32, in Inputs) error { return weights(r, dst, in) }

func (r Residual) begin(*Inputs) error { return r.Validate() }

// look returns the sum of squares of a sample's errors.
func (Residual) look(in *Inputs, b int, m *memory) float64 {
	return in.errors(sized(&m.errs, in.T*in.H*in.W), b)
}

func (Residual) settle(*Inputs) {}

func (r Residual) weigh(dst []float32, in *Inputs, b int, total float64, m *memory) {
	rms := math.Sqrt(total / float64(in.truePixels()))
	if rms == 0 {
		in.paint(dst, float32(min(r.Floor, r.Max)))
		return
	}
	in.errors(dst, b)
	if r.Power == 1 {
		for from, to := range in.spans {
			kernel.Ramp(dst[from:to], dst[from:to], float32(r.Floor), float32(1/rms), float32(r.Max))
		}
		return
	}
	m.powers.set(r, rms)
	for from, to := range in.spans {
		for i, e := range dst[from:to] {
			dst[from+i] = m.powers.weight[errorLevel(abs(e))]
		}
	}
}

// powers are the weights of Residual by the steps of an error.
type powers struct {
	of     Residual
	rms    float64
	weight [errorLevels + 1]float32
}

// set computes the weights unless they are there.
func (p *powers) set(r Residual, rms float64) {
	if p.of == r && p.rms == rms {
		return
	}
	p.of, p.rms = r, rms
	for i := range p.weight {
		p.weight[i] = float32(min(r.Max, r.Floor+math.Pow(float64(i)/errorLevels/rms, r.Power)))
	}
}

// errors writes the errors of the true pixels of a sample to dst and returns the sum
// of their squares.
func (in *Inputs) errors(dst []float32, b int) (squares float64) {
	y, x := in.sample(in.Recon, b), in.sample(in.Target, b)
	for from, to := range in.spans {
		squares += kernel.Errors(dst[from:to], y[from:to], x[from:to])
	}
	return squares
}

func abs(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// errorLevel returns the step of an error that is not negative; what is above 1 or no
// number is of the last one.
func errorLevel(e float32) int {
	if i := uint(int(e * errorLevels)); i < errorLevels {
		return int(i)
	}
	return errorLevels
}

// Worst adds a term for the worst pixels of each sample: the average top-k loss (Fan
// et al. 2017) on pixels, as weights:
//
//	w = Factor  where |e| is among the largest Share of a sample's true pixels,
//	    1       elsewhere
//
// so that the loss is the mean squared error plus (Factor - 1) * Share times the mean
// squared error of the worst. Errors are ranked in steps of a thousandth, and those of
// the last step that is needed all count.
type Worst struct {
	// Factor is the weight of the worst pixels.
	Factor float64 `toml:"factor"`
	// Share is the part of a sample's pixels that are its worst.
	Share float64 `toml:"share"`
}

// DefaultWorst returns Factor 10 and Share 0.001: 37 pixels of an observation of four
// frames, of which a knife has 32.
func DefaultWorst() Worst { return Worst{Factor: 10, Share: 0.001} }

// Validate names the first field that makes no weights.
func (w Worst) Validate() error {
	return limits{{"Factor", w.Factor, 0, maxWeight}, {"Share", w.Share, 0, 1}}.check("worst")
}

// Name returns "worst".
func (Worst) Name() string { return "worst" }

// Needs returns reconstructions.
func (Worst) Needs() Needs { return Needs{Recon: true} }

// Weights needs Recon and Target.
func (w Worst) Weights(dst []float32, in Inputs) error { return weights(w, dst, in) }

func (w Worst) begin(*Inputs) error { return w.Validate() }

func (w Worst) weigh(dst []float32, in *Inputs, b int, _ float64, m *memory) {
	in.errors(dst, b)
	c := in.content()
	wanted := int(math.Ceil(w.Share * float64(in.T*c.Dx()*c.Dy())))
	// The edge is hardly ever less than half that of the sample before.
	edge, ok := in.worstEdge(dst, wanted, m.edge/2)
	if !ok {
		edge, _ = in.worstEdge(dst, wanted, 0)
	}
	m.edge = edge
	for from, to := range in.spans {
		kernel.Step(dst[from:to], dst[from:to], edge, 1, float32(w.Factor))
	}
}

// worstEdge returns the error that the wanted largest of a sample's reach, in steps,
// unless fewer than that are at least bound. Where none are wanted no error reaches it.
func (in *Inputs) worstEdge(errs []float32, wanted int, bound float32) (edge float32, ok bool) {
	var ranks [errorLevels + 1]int
	for from, to := range in.spans {
		rank(&ranks, errs[from:to], bound)
	}
	least, found := errorLevels+1, 0
	for found < wanted && least > 0 {
		least--
		found += ranks[least]
	}
	if least == errorLevels+1 {
		return float32(math.Inf(1)), true
	}
	edge = float32(least) / errorLevels
	return edge, found >= wanted && edge >= bound
}

// rank counts the errors of at least bound by their steps.
func rank(ranks *[errorLevels + 1]int, errs []float32, bound float32) {
	for len(errs) > 0 {
		errs = errs[kernel.Quiet(errs, bound):]
		n := min(8, len(errs))
		for _, e := range errs[:n] {
			if a := abs(e); a >= bound {
				ranks[errorLevel(a)]++
			}
		}
		errs = errs[n:]
	}
}

// Clip is the clipped loss of SimPLe (Kaiser et al. 2020), max(loss, C)
// for each pixel: what is good enough does not pull any more, so that large areas of
// background leave the gradient to small things. As weights:
//
//	w = 1  where |e| > Error,
//	    0  elsewhere
//
// with C = Error^2.
type Clip struct {
	// Error is the error up to which a pixel is good enough, in units where a
	// plane's 255 is 1.
	Error float64 `toml:"error"`
}

// DefaultClip returns the paper's C of 10 for squared errors of bytes.
func DefaultClip() Clip { return Clip{Error: 0.0124} }

// Validate names the first field that makes no weights.
func (c Clip) Validate() error { return limits{{"Error", c.Error, 0, 1}}.check("clip") }

// Name returns "clip".
func (Clip) Name() string { return "clip" }

// Needs returns reconstructions.
func (Clip) Needs() Needs { return Needs{Recon: true} }

// Weights needs Recon and Target.
func (c Clip) Weights(dst []float32, in Inputs) error { return weights(c, dst, in) }

func (c Clip) begin(*Inputs) error { return c.Validate() }

func (c Clip) weigh(dst []float32, in *Inputs, b int, _ float64, _ *memory) {
	in.errors(dst, b)
	more := math.Nextafter32(float32(c.Error), math.MaxFloat32)
	for from, to := range in.spans {
		kernel.Step(dst[from:to], dst[from:to], more, 0, 1)
	}
}
