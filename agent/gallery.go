package agent

import (
	"image"

	"glint/env"
)

// Example is one observation of the gallery.
type Example struct {
	Step  int64     `json:"step"`  // at which it was seen
	Boxes []env.Box `json:"boxes"` // its small objects
	Obs   []byte    `json:"obs"`   // [T,H,W]
	Raw   []byte    `json:"raw"`   // the same in the environment's own format, nil where unknown
}

// Gallery keeps recent observations that the autoencoder did not train on, to judge
// it by and to look at: those with a small object and those without.
type Gallery struct {
	Content image.Rectangle
	// Known says that the boxes are true ones, not the detector's.
	Known bool
	// Small and Empty are the examples with and without a small object.
	Small, Empty []Example

	capacity int
	stride   int64 // in steps over all environments
	nextS    int
	nextE    int
	obsLen   int
}

// galleryCapacity is the number of examples kept of each kind: enough for a share
// that is exact to about 5 points, few enough to be judged within a second.
const galleryCapacity = 64

// galleryStride is the distance in steps of the environment between two examples of a kind, so that
// they show different moments.
const galleryStride = 8

// NewGallery returns an empty Gallery for observations of s.
func NewGallery(s env.Spec, content image.Rectangle) *Gallery {
	return &Gallery{Content: content, capacity: galleryCapacity, stride: galleryStride * int64(s.N), obsLen: s.ObsLen()}
}

// Offer keeps a copy of an observation [T,H,W] with the boxes of its small objects
// if the last one of its kind is some steps old; the oldest makes room. It asks for
// raw, the observation in its own format, only then; raw may be nil.
func (g *Gallery) Offer(step int64, obs []byte, boxes []env.Box, known bool, raw func() []byte) {
	g.Known = known
	kept, next := &g.Empty, &g.nextE
	if len(boxes) > 0 {
		kept, next = &g.Small, &g.nextS
	}
	if n := len(*kept); n > 0 && step-(*kept)[(*next+n-1)%n].Step < g.stride {
		return
	}
	if len(*kept) < g.capacity {
		*kept = append(*kept, Example{Obs: make([]byte, g.obsLen)})
		*next = len(*kept) - 1
	}
	e := &(*kept)[*next]
	e.Step, e.Boxes = step, append(e.Boxes[:0], boxes...)
	copy(e.Obs, obs)
	if raw != nil {
		e.Raw = append(e.Raw[:0], raw()...)
	}
	*next = (*next + 1) % len(*kept)
}
