package saliency

import (
	"fmt"
	"image"
	"math"
	"strings"

	"glint/env"
	"glint/internal/names"
)

// Inputs is what is known about a batch of B observations. What a Weighting does not
// need may be nil.
type Inputs struct {
	B, T, H, W int
	// Content is the rectangle of true pixels, the rest of a plane is padding and
	// always weighs 0; empty for no padding.
	Content image.Rectangle
	// Plane is [B,T,H,W].
	Plane []byte
	// Boxes are the small objects of each sample, [B]; the frame is in the Box.
	Boxes [][]env.Box
	// Recon is the last reconstruction of Plane, [B,T,H,W] in 0..1.
	Recon []float32
	// ValueGrad is |dV/dx| of the critic, [B,T,H,W].
	ValueGrad []float32
}

// content returns the rectangle of true pixels.
func (in Inputs) content() image.Rectangle {
	if in.Content.Empty() {
		return image.Rect(0, 0, in.W, in.H)
	}
	return in.Content
}

// check refuses inputs whose lengths do not suit dst.
func (in Inputs) check(dst []float32, boxes bool) error {
	switch {
	case len(dst) != in.B*in.T*in.H*in.W:
		return fmt.Errorf("saliency: dst has %d weights for [%d,%d,%d,%d]", len(dst), in.B, in.T, in.H, in.W)
	case boxes && len(in.Boxes) != in.B:
		return fmt.Errorf("saliency: Boxes of %d samples for a batch of %d", len(in.Boxes), in.B)
	case !in.content().In(image.Rect(0, 0, in.W, in.H)):
		return fmt.Errorf("saliency: Content %v is not inside %dx%d (rows x columns)", in.Content, in.H, in.W)
	}
	return nil
}

// Weighting weighs the pixels of a batch for a loss.
type Weighting interface {
	// Name is the name that Parse knows it by.
	Name() string
	// Weights writes the weights [B,T,H,W], all at least 0, into dst. Padding weighs
	// 0. An error says which input is missing or does not fit.
	Weights(dst []float32, in Inputs) error
}

var (
	_ Weighting = Uniform{}
	_ Weighting = Knife{}
	_ Weighting = normalized{}
)

// Uniform weighs every pixel 1.
type Uniform struct{}

// Name returns "uniform".
func (Uniform) Name() string { return "uniform" }

// Weights writes ones.
func (Uniform) Weights(dst []float32, in Inputs) error {
	if err := in.check(dst, false); err != nil {
		return err
	}
	for f := range in.B * in.T {
		in.paint(dst, f, in.content(), 1)
	}
	return nil
}

// Knife weighs the surroundings of small objects more and samples without any less.
type Knife struct {
	// Factor is the weight of the pixels in and around a box.
	Factor float64 `toml:"factor"`
	// Margin is how many pixels around a box count as in it. Weighing the exact
	// pixels alone teaches a decoder to paint fat blobs.
	Margin int `toml:"margin"`
	// Empty is the weight of the pixels of a sample without a box.
	Empty float64 `toml:"empty"`
}

// DefaultKnife returns Factor 10, Margin 2 and Empty 0.5.
func DefaultKnife() Knife { return Knife{Factor: 10, Margin: 2, Empty: 0.5} }

// Validate names the first field that makes no weights.
func (k Knife) Validate() error {
	switch {
	case !(k.Factor >= 0) || math.IsInf(k.Factor, 0):
		return fmt.Errorf("saliency: knife: Factor %v: want at least 0", k.Factor)
	case k.Margin < 0:
		return fmt.Errorf("saliency: knife: Margin %d is negative", k.Margin)
	case !(k.Empty >= 0) || math.IsInf(k.Empty, 0):
		return fmt.Errorf("saliency: knife: Empty %v: want at least 0", k.Empty)
	}
	return nil
}

// Name returns "knife".
func (Knife) Name() string { return "knife" }

// Weights needs Boxes. Boxes that lie over each other weigh no more than one.
func (k Knife) Weights(dst []float32, in Inputs) error {
	if err := k.Validate(); err != nil {
		return err
	}
	if err := in.check(dst, true); err != nil {
		return err
	}
	content := in.content()
	for b, boxes := range in.Boxes {
		rest := float32(1)
		if Class(boxes) == 0 {
			rest = float32(k.Empty)
		}
		for t := range in.T {
			in.paint(dst, b*in.T+t, content, rest)
		}
		for _, box := range boxes {
			if box.Frame < 0 || box.Frame >= in.T {
				return fmt.Errorf("saliency: sample %d has a box in frame %d of %d", b, box.Frame, in.T)
			}
			in.fill(dst, b*in.T+box.Frame, box.Rect.Inset(-k.Margin).Intersect(content), float32(k.Factor))
		}
	}
	return nil
}

// paint gives a rectangle of one plane a weight and the rest 0.
func (in Inputs) paint(dst []float32, plane int, r image.Rectangle, weight float32) {
	size := in.H * in.W
	clear(dst[plane*size : (plane+1)*size])
	in.fill(dst, plane, r, weight)
}

// fill gives a rectangle of one plane a weight.
func (in Inputs) fill(dst []float32, plane int, r image.Rectangle, weight float32) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		start := (plane*in.H + y) * in.W
		line := dst[start+r.Min.X : start+r.Max.X]
		for x := range line {
			line[x] = weight
		}
	}
}

// Normalize returns w scaled so that the mean weight over the true pixels of a batch
// is 1: the scale of the loss then does not move with the weights. Weights that are
// all 0 stay so.
func Normalize(w Weighting) Weighting { return normalized{w} }

type normalized struct{ Weighting }

// Weights writes the scaled weights.
func (n normalized) Weights(dst []float32, in Inputs) error {
	if err := n.Weighting.Weights(dst, in); err != nil {
		return err
	}
	var sum float64
	for _, w := range dst {
		sum += float64(w)
	}
	if sum == 0 {
		return nil
	}
	c := in.content()
	scale := float32(float64(in.B*in.T*c.Dx()*c.Dy()) / sum)
	for i := range dst {
		dst[i] *= scale
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

// Names lists the weightings that Parse knows.
func Names() []string { return []string{"uniform", "knife"} }

// Parse returns the weighting of a name with its default settings. A wrong name is
// answered with the nearest.
func Parse(name string) (Weighting, error) {
	switch name {
	case "uniform":
		return Uniform{}, nil
	case "knife":
		return DefaultKnife(), nil
	}
	return nil, fmt.Errorf("saliency: no weighting %q: did you mean %q? There are %s", name, names.Nearest(name, Names()), strings.Join(Names(), ", "))
}
