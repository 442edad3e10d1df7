package saliency

import (
	"fmt"
	"image"
	"math"

	"glint/env"
)

// Uniform weighs every pixel 1: the plain mean squared error.
type Uniform struct{}

// Name returns "uniform".
func (Uniform) Name() string { return "uniform" }

// Needs returns nothing.
func (Uniform) Needs() Needs { return Needs{} }

// Weights writes ones.
func (u Uniform) Weights(dst []float32, in Inputs) error { return weights(u, dst, in) }

func (Uniform) begin(*Inputs) error { return nil }

func (Uniform) weigh(dst []float32, in *Inputs, _ int, _ float64, _ *memory) { in.paint(dst, 1) }

// Knife weighs small objects and their surroundings more and samples without any
// less:
//
//	w = Factor  within Margin of a box,
//	    Halo    beyond that, within HaloX columns and HaloY rows of one,
//	    1       elsewhere in a sample with a box,
//	    Empty   in a sample without
//
// By default the weight is graded: the object itself counts most, and its halo enough
// that it is not painted as a blob. Factor 10, Margin 2, Empty 0.5 without a halo is the
// recipe that glint began with.
type Knife struct {
	// Factor is the weight of the pixels in and around a box.
	Factor float64 `toml:"factor"`
	// Margin is how many pixels around a box count as in it. Weighing the exact
	// pixels alone teaches a decoder to paint fat blobs.
	Margin int `toml:"margin"`
	// Empty is the weight of the pixels of a sample without a box.
	Empty float64 `toml:"empty"`
	// Halo is the weight of the pixels around those that weigh Factor.
	Halo float64 `toml:"halo"`
	// HaloX is how many columns beside a box, and HaloY how many rows above and
	// below, belong to the halo. It has no pixel where they are not above Margin.
	HaloX int `toml:"halo_x"`
	// HaloY is as HaloX, for rows.
	HaloY int `toml:"halo_y"`
}

// DefaultKnife returns Factor 50, Halo 15.7, HaloX 3, HaloY 2, Empty 0.5 and no Margin.
func DefaultKnife() Knife { return Knife{Factor: 50, Empty: 0.5, Halo: 15.7, HaloX: 3, HaloY: 2} }

// Validate names the first field that makes no weights.
func (k Knife) Validate() error {
	return limits{
		{"Factor", k.Factor, 0, maxWeight},
		{"Margin", float64(k.Margin), 0, maxMargin},
		{"Empty", k.Empty, 0, maxWeight},
		{"Halo", k.Halo, 0, maxWeight},
		{"HaloX", float64(k.HaloX), 0, maxMargin},
		{"HaloY", float64(k.HaloY), 0, maxMargin},
	}.check("knife")
}

// maxMargin is beyond the side of any observation.
const maxMargin = 1 << 12

// Name returns "knife".
func (Knife) Name() string { return "knife" }

// Needs returns boxes.
func (Knife) Needs() Needs { return Needs{Boxes: true} }

// Weights needs Boxes. Boxes that lie over each other weigh no more than one.
func (k Knife) Weights(dst []float32, in Inputs) error { return weights(k, dst, in) }

func (k Knife) begin(in *Inputs) error { return k.check(in, k.Name()) }

// check refuses settings and boxes that make no weights of that name.
func (k Knife) check(in *Inputs, name string) error {
	for b, boxes := range in.Boxes {
		for _, box := range boxes {
			if box.Frame < 0 || box.Frame >= in.T {
				return fmt.Errorf("saliency: %s: sample %d has a box in frame %d of %d", name, b, box.Frame, in.T)
			}
		}
	}
	return k.Validate()
}

func (k Knife) weigh(dst []float32, in *Inputs, b int, _ float64, _ *memory) {
	k.paint(dst, in, in.Boxes[b], nil)
}

// paint weighs the boxes of a sample, which moves puts elsewhere unless it is nil.
func (k Knife) paint(dst []float32, in *Inputs, boxes []env.Box, moves []image.Point) {
	rest := float32(1)
	if Class(boxes) == 0 {
		rest = float32(k.Empty)
	}
	in.paint(dst, rest)
	paint := func(i int, r image.Rectangle, weight float64) {
		r = r.Intersect(in.content())
		if moves != nil {
			r = r.Add(moves[i])
		}
		in.paintRect(dst, boxes[i].Frame, r, float32(weight))
	}
	for i, box := range boxes {
		paint(i, grow(box.Rect, k.HaloX, k.HaloY), k.Halo)
	}
	for i, box := range boxes { // after all halos, which may lie over another's core
		paint(i, k.core(box), k.Factor)
	}
}

// core is the pixels that weigh Factor, reach all that do not weigh as the rest.
func (k Knife) core(box env.Box) image.Rectangle { return grow(box.Rect, k.Margin, k.Margin) }

func (k Knife) reach(box env.Box) image.Rectangle {
	return grow(box.Rect, max(k.Margin, k.HaloX), max(k.Margin, k.HaloY))
}

// grow returns r with so many more columns and rows on every side.
func grow(r image.Rectangle, x, y int) image.Rectangle {
	return image.Rect(r.Min.X-x, r.Min.Y-y, r.Max.X+x, r.Max.Y+y)
}

// Oracle is Knife by true boxes, an upper bound of what better detection can bring.
// It uses truth in training, and what reports on a training has to say so.
type Oracle struct{ Knife }

// Name returns "oracle".
func (Oracle) Name() string { return "oracle" }

// Needs returns true boxes.
func (Oracle) Needs() Needs { return Needs{Boxes: true, Truth: true} }

// Weights needs Boxes, and trusts that they are true ones.
func (o Oracle) Weights(dst []float32, in Inputs) error { return weights(o, dst, in) }

func (o Oracle) begin(in *Inputs) error { return o.check(in, o.Name()) }

// Random is a control for Knife: the same weights on as many pixels, elsewhere. What
// it gains comes from the scale of the loss and from drawing frame classes alike, not
// from the place. Each box moves to a place inside the content where it touches
// neither a box of its frame nor one moved there; in the frames of a sample to the
// same, where it can. The places are drawn by a hash of Inputs.Draw and the sample.
type Random struct {
	Knife
	moves []image.Point // of all boxes of the batch, in their order
	first []int         // of each sample, its first in moves
}

// NewRandom returns the control of k.
func NewRandom(k Knife) *Random { return &Random{Knife: k} }

// Name returns "random".
func (*Random) Name() string { return "random" }

// Weights needs Boxes.
func (r *Random) Weights(dst []float32, in Inputs) error { return weights(r, dst, in) }

func (r *Random) begin(in *Inputs) error {
	if err := r.check(in, r.Name()); err != nil {
		return err
	}
	r.moves, r.first = r.moves[:0], r.first[:0]
	for b, boxes := range in.Boxes {
		r.first = append(r.first, len(r.moves))
		for i := range boxes {
			r.moves = append(r.moves, r.move(in, b, i))
		}
	}
	return nil
}

func (r *Random) weigh(dst []float32, in *Inputs, b int, _ float64, _ *memory) {
	r.paint(dst, in, in.Boxes[b], r.moves[r.first[b]:])
}

// placeTries is how many places are drawn before the last one is taken, touching or
// not: in a frame too full for its boxes there is no other.
const placeTries = 64

// move draws where box i of a sample goes, after those before it.
func (r *Random) move(in *Inputs, sample, i int) image.Point {
	boxes, content := in.Boxes[sample], in.content()
	area := r.reach(boxes[i]).Intersect(content)
	room := content.Size().Sub(area.Size())
	var by image.Point
	for try := range uint64(placeTries) {
		h := hash(in.Draw, uint64(sample), try)
		at := content.Min.Add(image.Pt(int(h>>32%uint64(room.X+1)), int(h&math.MaxUint32%uint64(room.Y+1))))
		by = at.Sub(area.Min)
		if !r.touches(in, sample, i, area.Add(by)) {
			break
		}
	}
	return by
}

// touches says whether a place of box i overlaps a box of its frame or one that was
// moved before it.
func (r *Random) touches(in *Inputs, sample, i int, place image.Rectangle) bool {
	boxes, content := in.Boxes[sample], in.content()
	for j, other := range boxes {
		if other.Frame != boxes[i].Frame {
			continue
		}
		area := r.reach(other).Intersect(content)
		if place.Overlaps(area) || j < i && place.Overlaps(area.Add(r.moves[r.first[sample]+j])) {
			return true
		}
	}
	return false
}

// hash mixes three numbers into one whose bits all depend on all of theirs: the
// finaliser of SplitMix64 (Steele, Lea and Flood 2014), after each of them.
func hash(a, b, c uint64) uint64 {
	var h uint64
	for _, x := range [...]uint64{a, b, c} {
		h += x + 0x9e3779b97f4a7c15
		h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>27) * 0x94d049bb133111eb
		h ^= h >> 31
	}
	return h
}
