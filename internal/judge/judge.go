package judge

import (
	"errors"
	"fmt"
	"image"

	"glint/env"
	"glint/internal/stats"
)

// keptFrom is the contrast from which on a knife is kept.
const keptFrom = 0.5

// Object is a kind of small object.
type Object struct {
	// Kind is the Kind of its true boxes.
	Kind string
	// Size is the width and height of its box.
	Size image.Point
	// Core is the width and height of the detector's centre.
	Core image.Point
	// Contrast is its value on the plane, 1..255.
	Contrast uint8
}

// Figures are the judge's results. A share of nothing is NaN.
type Figures struct {
	Contrast    float64 // mean contrast recovered; 1 is perfect
	Kept        float64 // share of visible knives with contrast >= 0.5
	Detected    float64 // hit rate on reconstructions over hit rate on the truth
	FalseKnives float64 // share of knife-less frames with a find
	MSE         float64 // mean squared error of content pixels, values 0..1
	KnifeMSE    float64 // the same of the pixels in the boxes of judged knives, box by box
	Background  float64 // the same of the content pixels in no true box of any kind
	TruthRate   float64 // hit rate on the truth: the ceiling of the hit rate
	Frames      int     // frames judged
	EmptyFrames int     // frames without any true box
	Knives      int     // knives fully inside the content
	Visible     int     // knives that have contrast in the truth
}

// Tally is what figures are made of: sums that can be added up.
type Tally struct {
	frames, empty, fired  int
	knives, visible, kept int
	hitsTruth, hitsRecon  int
	contrast              float64
	squares, knifeSquares float64
	pixels, knifePixels   int
	boxSquares            float64 // of all true boxes together, each pixel once
	boxPixels             int
}

// Seen is a knife of the last observation that has contrast in the truth.
type Seen struct {
	Frame    int
	Rect     image.Rectangle
	Contrast float64 // recovered
}

// Kept says whether the reconstruction keeps it.
func (s Seen) Kept() bool { return s.Contrast >= keptFrom }

// Judge gathers figures over many observations.
type Judge struct {
	h, w    int
	content image.Rectangle
	objects []Object
	finders []*finder

	tally                  Tally
	seen                   []Seen
	truthPlane, values     []float32 // scratch: one frame, one neighbourhood
	boxes                  []image.Rectangle
	taken                  []bool // pixels [H,W] of a frame that are in a true box; all false between frames
	foundTruth, foundRecon []point
}

// New makes a judge of planes with h rows and w columns, of which content are the
// true pixels (empty: all), and of the given kinds of objects.
func New(h, w int, content image.Rectangle, objects []Object) (*Judge, error) {
	whole := image.Rect(0, 0, w, h)
	if content.Empty() {
		content = whole
	}
	if content.Empty() || !content.In(whole) {
		return nil, fmt.Errorf("judge: content %v is not inside %dx%d (rows x columns)", content, h, w)
	}
	j := &Judge{h: h, w: w, content: content, objects: objects, truthPlane: make([]float32, h*w), taken: make([]bool, h*w)}
	for _, o := range objects {
		if o.Contrast == 0 || o.Core.X <= 0 || o.Core.Y <= 0 || o.Core.X > content.Dx() || o.Core.Y > content.Dy() {
			return nil, fmt.Errorf("judge: object %q: core %v with contrast %d cannot be found in %v", o.Kind, o.Core, o.Contrast, content)
		}
		j.finders = append(j.finders, newFinder(o, content, w))
	}
	return j, nil
}

// Add judges one observation: plane [T,H,W] and its reconstruction [T,H,W] in 0..1,
// with the true boxes of all its frames. Boxes of kinds the judge was not made for
// only make their frame one that is not knife-less.
func (j *Judge) Add(plane []byte, recon []float32, truth []env.Box) error {
	size := j.h * j.w
	if len(plane) != len(recon) || len(plane)%size != 0 {
		return fmt.Errorf("judge: plane of %d and reconstruction of %d values, want both a multiple of %d", len(plane), len(recon), size)
	}
	frames := len(plane) / size
	j.seen = j.seen[:0]
	for _, b := range truth {
		if b.Frame < 0 || b.Frame >= frames {
			return errors.New("judge: a true box is in a frame that the plane does not have")
		}
	}
	for f := range frames {
		for i, v := range plane[f*size : (f+1)*size] {
			j.truthPlane[i] = float32(v) / 255
		}
		j.frame(recon[f*size:(f+1)*size], truth, f)
	}
	return nil
}

// frame judges one frame; its plane is in truthPlane.
func (j *Judge) frame(recon []float32, truth []env.Box, f int) {
	t := &j.tally
	t.frames++
	squares, n := j.errorIn(recon, j.content)
	t.squares, t.pixels = t.squares+squares, t.pixels+n
	empty := true
	for _, b := range truth {
		empty = empty && b.Frame != f
	}
	if !empty {
		j.boxed(recon, truth, f)
	}
	fired := false
	for i, o := range j.objects {
		j.boxes = j.boxes[:0]
		for _, b := range truth {
			if b.Frame == f && b.Kind == o.Kind && b.Rect.In(j.content) && !b.Rect.Empty() {
				j.boxes = append(j.boxes, b.Rect)
			}
		}
		if !empty && len(j.boxes) == 0 {
			continue
		}
		j.foundRecon = j.finders[i].find(j.foundRecon[:0], recon)
		fired = fired || len(j.foundRecon) > 0
		if len(j.boxes) > 0 {
			j.judgeBoxes(i, recon, f)
		}
	}
	if empty {
		t.empty++
		if fired {
			t.fired++
		}
	}
}

// judgeBoxes judges the boxes of one kind in frame f.
func (j *Judge) judgeBoxes(kind int, recon []float32, f int) {
	t := &j.tally
	j.foundTruth = j.finders[kind].find(j.foundTruth[:0], j.truthPlane)
	t.knives += len(j.boxes)
	t.hitsTruth += j.hits(j.foundTruth)
	t.hitsRecon += j.hits(j.foundRecon)
	for _, box := range j.boxes {
		squares, n := j.errorIn(recon, box)
		t.knifeSquares, t.knifePixels = t.knifeSquares+squares, t.knifePixels+n
		own := j.standsOut(j.truthPlane, box)
		if !(own >= float64(j.objects[kind].Contrast)/2/255) {
			continue
		}
		s := Seen{Frame: f, Rect: box, Contrast: j.standsOut(recon, box) / own}
		j.seen = append(j.seen, s)
		t.visible++
		t.contrast += s.Contrast
		if s.Kept() {
			t.kept++
		}
	}
}

// boxed adds up the errors in all true boxes of frame f, of whatever kind and also where they
// reach over the edge of the content: each pixel once.
func (j *Judge) boxed(recon []float32, truth []env.Box, f int) {
	t := &j.tally
	each := func(do func(at int)) {
		for _, b := range truth {
			if b.Frame != f {
				continue
			}
			r := b.Rect.Intersect(j.content)
			for y := r.Min.Y; y < r.Max.Y; y++ {
				for x := r.Min.X; x < r.Max.X; x++ {
					do(y*j.w + x)
				}
			}
		}
	}
	each(func(at int) {
		if j.taken[at] {
			return
		}
		j.taken[at] = true
		d := float64(recon[at]) - float64(j.truthPlane[at])
		t.boxSquares += d * d
		t.boxPixels++
	})
	each(func(at int) { j.taken[at] = false })
}

// errorIn sums the squared errors in a rectangle and counts its pixels.
func (j *Judge) errorIn(recon []float32, r image.Rectangle) (sum float64, n int) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			d := float64(recon[y*j.w+x]) - float64(j.truthPlane[y*j.w+x])
			sum += d * d
		}
	}
	return sum, r.Dx() * r.Dy()
}

// Result returns the figures of everything added so far.
func (j *Judge) Result() Figures { return j.tally.Figures() }

// Seen returns the knives of the last observation that have contrast in the truth,
// until the next Add.
func (j *Judge) Seen() []Seen { return j.seen }

// Take returns the sums since the last Take and begins anew.
func (j *Judge) Take() Tally {
	t := j.tally
	j.tally = Tally{}
	return t
}

// Add adds the sums of another Tally.
func (t *Tally) Add(o Tally) {
	t.frames, t.empty, t.fired = t.frames+o.frames, t.empty+o.empty, t.fired+o.fired
	t.knives, t.visible, t.kept = t.knives+o.knives, t.visible+o.visible, t.kept+o.kept
	t.hitsTruth, t.hitsRecon = t.hitsTruth+o.hitsTruth, t.hitsRecon+o.hitsRecon
	t.contrast, t.squares, t.knifeSquares = t.contrast+o.contrast, t.squares+o.squares, t.knifeSquares+o.knifeSquares
	t.pixels, t.knifePixels = t.pixels+o.pixels, t.knifePixels+o.knifePixels
	t.boxSquares, t.boxPixels = t.boxSquares+o.boxSquares, t.boxPixels+o.boxPixels
}

// Ratios returns the figures that compare reconstructions, by the keys of glint probe.
func (t *Tally) Ratios() map[string]stats.Ratio {
	return map[string]stats.Ratio{
		"contrast":       {Sum: t.contrast, Of: float64(t.visible)},
		"kept":           {Sum: float64(t.kept), Of: float64(t.visible)},
		"detected":       {Sum: float64(t.hitsRecon), Of: float64(t.hitsTruth)},
		"false_knives":   {Sum: float64(t.fired), Of: float64(t.empty)},
		"mse":            {Sum: t.squares, Of: float64(t.pixels)},
		"knife_mse":      {Sum: t.knifeSquares, Of: float64(t.knifePixels)},
		"background_mse": {Sum: max(0, t.squares-t.boxSquares), Of: float64(t.pixels - t.boxPixels)}, // never below 0 by rounding
	}
}

// Figures returns the figures of the sums.
func (t *Tally) Figures() Figures {
	r := t.Ratios()
	return Figures{
		Contrast:    r["contrast"].Value(),
		Kept:        r["kept"].Value(),
		Detected:    r["detected"].Value(),
		FalseKnives: r["false_knives"].Value(),
		MSE:         r["mse"].Value(),
		KnifeMSE:    r["knife_mse"].Value(),
		Background:  r["background_mse"].Value(),
		TruthRate:   share(t.hitsTruth, t.knives),
		Frames:      t.frames,
		EmptyFrames: t.empty,
		Knives:      t.knives,
		Visible:     t.visible,
	}
}

// share returns n of all, NaN of nothing.
func share(n, all int) float64 { return stats.Ratio{Sum: float64(n), Of: float64(all)}.Value() }
