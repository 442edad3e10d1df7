package saliency

import (
	"fmt"
	"image"
	"math"
	"slices"

	"glint/env"
)

// Inputs is what is known about a batch of B observations. What a Weighting does not
// need may be nil; [NeedsOf] tells.
type Inputs struct {
	B, T, H, W int
	// Content is the rectangle of true pixels, the rest of a plane is padding and
	// always weighs 0; empty for no padding.
	Content image.Rectangle
	// Plane is [B,T,H,W].
	Plane []byte
	// Boxes are the small objects of each sample, [B]; the frame is in the Box.
	Boxes [][]env.Box
	// Recon is the reconstruction of Plane and Target what it should be, both
	// [B,T,H,W] in units where a plane's 255 is 1. Only their difference is looked
	// at, so both may be centred by the same image.
	Recon, Target []float32
	// ValueGrad is |dV/dx| of the critic, [B,T,H,W], in any unit.
	ValueGrad []float32
	// Draw is what random places are drawn by: equal batches of equal Draw get equal
	// weights.
	Draw uint64
	// Learn says that the batch is trained on. A Weighting with a memory takes it in;
	// without Learn the memory stays as it is.
	Learn bool
}

// Needs is what a Weighting wants of Inputs beside the sizes.
type Needs struct {
	Plane, Boxes bool
	// Truth wants Boxes to be true ones.
	Truth bool
	// Recon wants Recon and Target.
	Recon bool
	// ValueEvery is above 0 where ValueGrad is wanted: in a training, at every so
	// many batches.
	ValueEvery int
}

// NeedsOf returns what w needs. A Weighting that has no method Needs is taken to need
// planes and boxes.
func NeedsOf(w Weighting) Needs {
	if n, ok := w.(interface{ Needs() Needs }); ok {
		return n.Needs()
	}
	return Needs{Plane: true, Boxes: true}
}

// and returns what is wanted by either.
func (n Needs) and(o Needs) Needs {
	every := max(n.ValueEvery, o.ValueEvery)
	return Needs{n.Plane || o.Plane, n.Boxes || o.Boxes, n.Truth || o.Truth, n.Recon || o.Recon, every}
}

// content returns the rectangle of true pixels.
func (in Inputs) content() image.Rectangle {
	if in.Content.Empty() {
		return image.Rect(0, 0, in.W, in.H)
	}
	return in.Content
}

// truePixels returns the number of pixels that are not padding.
func (in Inputs) truePixels() int {
	c := in.content()
	return in.B * in.T * c.Dx() * c.Dy()
}

// check refuses inputs whose lengths do not suit dst.
func (in Inputs) check(name string, dst []float32, n Needs) error {
	size := in.B * in.T * in.H * in.W
	switch {
	case len(dst) != size:
		return fmt.Errorf("saliency: %s: dst has %d weights for [%d,%d,%d,%d]", name, len(dst), in.B, in.T, in.H, in.W)
	case n.Boxes && len(in.Boxes) != in.B:
		return fmt.Errorf("saliency: %s: Boxes of %d samples for a batch of %d", name, len(in.Boxes), in.B)
	case !in.content().In(image.Rect(0, 0, in.W, in.H)):
		return fmt.Errorf("saliency: %s: Content %v is not inside %dx%d (rows x columns)", name, in.Content, in.H, in.W)
	case n.Plane && len(in.Plane) != size:
		return fmt.Errorf("saliency: %s: Plane has %d pixels for [%d,%d,%d,%d]", name, len(in.Plane), in.B, in.T, in.H, in.W)
	case n.Recon && (len(in.Recon) != size || len(in.Target) != size):
		return fmt.Errorf("saliency: %s: Recon has %d and Target %d pixels for [%d,%d,%d,%d]: it weighs by the error of a reconstruction",
			name, len(in.Recon), len(in.Target), in.B, in.T, in.H, in.W)
	}
	return nil
}

// Weighting weighs the pixels of a batch for a loss.
type Weighting interface {
	// Name is the name that Settings.Weighting knows it by.
	Name() string
	// Weights writes the weights [B,T,H,W], all at least 0, into dst. Padding weighs
	// 0. An error says which input is missing or does not fit.
	Weights(dst []float32, in Inputs) error
}

// Check refuses weights by w that are negative, NaN or infinite, naming the weighting
// and the first such pixel. Those made of settings alone, which Weights has validated, are
// not looked at again.
func Check(w Weighting, weights []float32, in Inputs) error {
	if err := in.check(w.Name(), weights, Needs{}); err != nil {
		return err
	}
	if byBoxes(w) {
		return nil
	}
	_, checked := w.(*combined)
	if finite(in.sum(weights)) && (checked || ours(w) || neverNegative(weights)) {
		return nil
	}
	for i, v := range weights {
		if !(v >= 0 && v <= math.MaxFloat32) {
			x, y, plane := i%in.W, i/in.W%in.H, i/(in.W*in.H)
			return fmt.Errorf("saliency: weighting %s: the weight of sample %d, frame %d, pixel (%d,%d) is %v, want a number of at least 0",
				w.Name(), plane/in.T, plane%in.T, x, y, v)
		}
	}
	return nil
}

func finite(x float64) bool { return x-x == 0 }

// ours says that w is one of this package by itself, whose weights are negative under
// no settings that Validate allows.
func ours(w Weighting) bool {
	switch w.(type) {
	case motion, *rarity, Residual, Worst, Clip, *value:
		return true
	}
	return byBoxes(w)
}

// byBoxes says that w is of this package and its weights are settings, put where boxes are, or
// products of such.
func byBoxes(w Weighting) bool {
	switch w := w.(type) {
	case Uniform, Knife, Oracle, *Random:
		return true
	case *combined:
		return !w.normalize && !slices.ContainsFunc(w.parts, func(p parted) bool { return !byBoxes(p) })
	}
	return false
}

func neverNegative(weights []float32) bool {
	for _, v := range weights {
		if v < 0 {
			return false
		}
	}
	return true
}

// maxWeight is the largest weight that a setting may ask for; products of several still
// fit a float32.
const maxWeight = 1e6

// limits are named numbers with the least and the largest value they may have.
type limits []struct {
	field       string
	value       float64
	least, most float64
}

// check names the first number outside its limits.
func (l limits) check(weighting string) error {
	for _, f := range l {
		if f.value >= f.least && f.value <= f.most {
			continue
		}
		return fmt.Errorf("saliency: %s: %s %v: want %v to %v", weighting, f.field, f.value, f.least, f.most)
	}
	return nil
}

// Class returns the frame class of a sample by its boxes: 1 where there is a small
// object, else 0.
func Class(boxes []env.Box) int {
	if len(boxes) > 0 {
		return 1
	}
	return 0
}
