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

// Gallery keeps some observations to judge the autoencoder by and to look at: those with
// a small object and those without.
type Gallery struct {
	Content image.Rectangle
	// Known says that the boxes are true ones, not the detector's.
	Known bool
	// Small and Empty are the examples with and without a small object.
	Small, Empty []Example

	obsLen       int
	overview     bool
	small, empty pace
}

// pace is where the next example of a kind goes, and how many steps over all environments
// after the last one.
type pace struct {
	next   int
	stride int64
}

// galleryCapacity is the number of examples kept of each kind: enough for a share
// that is exact to about 5 points, few enough to be judged within a second.
const galleryCapacity = 64

// galleryStride is the distance in steps of the environment between two examples of a kind, so that
// they show different moments.
const galleryStride = 8

// NewGallery returns an empty Gallery for observations of s, which keeps the latest.
func NewGallery(s env.Spec, content image.Rectangle) *Gallery {
	p := pace{stride: galleryStride * int64(s.N)}
	return &Gallery{Content: content, obsLen: s.ObsLen(), small: p, empty: p}
}

// NewOverview returns an empty Gallery for observations of s, which keeps some from all
// over the time it is offered any.
func NewOverview(s env.Spec, content image.Rectangle) *Gallery {
	g := NewGallery(s, content)
	g.overview = true
	return g
}

// Offer keeps a copy of an observation [T,H,W] with the boxes of its small objects
// if the last one of its kind is some steps old. The oldest makes room or, in an overview,
// every second one, and from then on twice as many steps lie in between. It asks for raw,
// the observation in its own format, only then; raw may be nil.
func (g *Gallery) Offer(step int64, obs []byte, boxes []env.Box, known bool, raw func() []byte) {
	g.Known = known
	kept, at := &g.Empty, &g.empty
	if len(boxes) > 0 {
		kept, at = &g.Small, &g.small
	}
	if n := len(*kept); n > 0 && step-(*kept)[(at.next+n-1)%n].Step < at.stride {
		return
	}
	if g.overview && len(*kept) == galleryCapacity {
		for i := range galleryCapacity / 2 {
			(*kept)[i], (*kept)[2*i] = (*kept)[2*i], (*kept)[i]
		}
		*kept = (*kept)[:galleryCapacity/2]
		at.stride *= 2
	}
	if len(*kept) < galleryCapacity {
		*kept = append(*kept, Example{Obs: make([]byte, g.obsLen)})
		at.next = len(*kept) - 1
	}
	e := &(*kept)[at.next]
	e.Step, e.Boxes = step, append(e.Boxes[:0], boxes...)
	copy(e.Obs, obs)
	if raw != nil {
		e.Raw = append(e.Raw[:0], raw()...)
	}
	at.next = (at.next + 1) % len(*kept)
}
