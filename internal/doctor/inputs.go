package doctor

import (
	"fmt"
	"math"
	"slices"

	"glint/autoencoder"
)

// centredMost is the most that the mean of a pixel may be off from 0, in the mean over pixels
// and in deviations of all of them. Planes centred by the mean image of the same game have 0.02
// to 0.15, uncentred ones 0.3 and more.
const centredMost = 0.25

// Centred is the verdict on the inputs of the network, n observations of x [n,pixels] as it
// sees them.
func Centred(x []float32, n int) Verdict {
	const check, advice = "inputs centred", "centre them by the mean image of the frames that are trained on (a new game or floor needs a new one: train anew, not --from)"
	size := len(x) / n
	var off, squares float64
	for p := range size {
		mean := 0.0
		for i := range n {
			v := float64(x[i*size+p])
			mean += v / float64(n)
			squares += v * v
		}
		off += mean * mean
	}
	off = math.Sqrt(off / float64(size))
	deviation := math.Sqrt(squares / float64(len(x)))
	if deviation == 0 {
		return Verdict{Check: check, Means: "all inputs are 0", Advice: "the frames are empty: look at them with glint view"}
	}
	return atMost(check, off/deviation, centredMost,
		fmt.Sprintf("the mean of a pixel is off from 0 by %.3f, where inputs are %.3f large", off, deviation), advice)
}

// deadMost is the largest share of a layer's channels that may be silent.
const deadMost = 0.5

// Units are the verdicts on what the layers put out for n observations: silent ReLUs, and the
// code's tanh units.
func Units(layers []autoencoder.LayerValues, n int) []Verdict {
	worst, where := 0.0, ""
	var code autoencoder.LayerValues
	for _, l := range layers {
		if l.Name == "encoder.code" {
			code = l
		}
		if !l.ReLU {
			continue
		}
		if dead := silent(l, n); dead > worst || where == "" {
			worst, where = dead, l.Name
		}
	}
	saturated, constant := autoencoder.CodeHealth(code.Values, code.Units)
	return []Verdict{
		atMost("dead ReLUs", worst, deadMost, fmt.Sprintf("share of the channels of %s that are 0 for every frame and place", where),
			"the layer is dead: lower the learning rate by 10, or begin anew; see also inputs centred"),
		atMost("code saturated", saturated, 0.5, "share of the code's values beyond 0.97, where tanh hardly passes a gradient",
			"centre the inputs, else lower the learning rate"),
		atMost("code constant", constant, 0.5, "share of the code's units that are the same for every frame",
			"the decoder paints the mean image alone: do the frames differ, does the encoder's gradient arrive, is the learning rate too high?"),
	}
}

// silent returns the share of a layer's channels that never put out anything.
func silent(l autoencoder.LayerValues, n int) float64 {
	places := len(l.Values) / n / l.Units
	dead := 0
	for u := range l.Units {
		loud := false
		for i := range n {
			part := l.Values[(i*l.Units+u)*places:][:places]
			loud = loud || slices.Max(part) > 0
		}
		if !loud {
			dead++
		}
	}
	return float64(dead) / float64(l.Units)
}

// Named are numbers with the name of where they are.
type Named struct {
	Name   string
	Values []float32
}

// Finite is the verdict on where the first number that is none comes from, in the order given:
// that of the data's way through the network.
func Finite(all []Named) Verdict {
	bad, where := 0, ""
	for _, a := range all {
		for _, x := range a.Values {
			if v := float64(x); math.IsNaN(v) || math.IsInf(v, 0) {
				if bad++; where == "" {
					where = a.Name
				}
			}
		}
	}
	means := "every weight, input and output is a finite number"
	if bad > 0 {
		means = "numbers that are none; the first are in " + where
	}
	return atMost("finite numbers", float64(bad), 0, means,
		where+" is where they come from: weights from a learning rate too high, inputs from the environment; begin anew from a checkpoint before it")
}

// smallLeast is the least share of the loss that small objects should have to be kept: with a
// hundredth, a plain autoencoder loses them.
const smallLeast = 0.05

// Loss is the verdict on which share of the reconstruction's loss is on small objects, those
// being which share of the pixels.
func Loss(loss, pixels float64, weighting string) Verdict {
	means := fmt.Sprintf("small objects have %s of the loss with %s of the pixels (weighting %s)", percent(loss), percent(pixels), weighting)
	if pixels == 0 {
		return told("loss share of small objects", 0, "no small object is known in these frames")
	}
	return atLeast("loss share of small objects", loss, smallLeast, means,
		"they will be lost: take --weighting knife, or raise its factor")
}
