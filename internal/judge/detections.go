package judge

import (
	"fmt"
	"image"
	"math"

	"glint/env"
)

// Situation says what is around a true object.
type Situation int

// The situations, by the first rule that holds. Around an object are the 4 columns
// and 3 rows beside its box, the reach of the judge's own ring; lit are pixels above
// half the object's contrast.
const (
	// Edge is within 2 pixels of the edge of the content.
	Edge Situation = iota
	// Open has nothing lit around it.
	Open
	// Hand has, and was first there less than 8 frames ago: it leaves what is around.
	Hand
	// Body has, later on: it passes something, or hits it.
	Body
	// Situations is how many there are.
	Situations
)

// The rules of the situations.
const (
	nearEdge    = 2
	youngFrames = 8
	sameObject  = 6 // pixels that one object moves at most in a frame
)

// String returns the situation in one word.
func (s Situation) String() string { return [...]string{"edge", "open", "hand", "body"}[s] }

// Count is how many of some objects were hit.
type Count struct{ Objects, Hits int }

// Recall is the share of hits, NaN of nothing.
func (c Count) Recall() float64 { return share(c.Hits, c.Objects) }

// Finds are figures of a detector. A share of nothing is NaN.
type Finds struct {
	Count                         // true objects fully inside the content
	Fires       int               // boxes found
	False       int               // of them on nothing
	Frames      int               // frames judged
	EmptyFrames int               // frames without any true box
	FiredEmpty  int               // of them with a find
	FalseEmpty  int               // finds in them
	In          [Situations]Count // the objects by situation
}

// Precision is the share of finds that hit; those on an object that is partly outside
// the content count neither way.
func (f Finds) Precision() float64 { return share(f.Hits, f.Hits+f.False) }

// F1 is the harmonic mean of precision and recall.
func (f Finds) F1() float64 { return share(2*f.Hits, f.Hits+f.False+f.Objects) }

// FalseFrames is the share of frames without an object in which something was found.
func (f Finds) FalseFrames() float64 { return share(f.FiredEmpty, f.EmptyFrames) }

// Outcome says of one frame which boxes were right.
type Outcome struct {
	Hit    []image.Rectangle // finds
	False  []image.Rectangle // finds
	Missed []image.Rectangle // true boxes
	Where  []Situation       // of the missed
}

// Detections judges boxes that a detector found: a hit is a box whose centre is within
// 3 pixels of that of a true box fully inside the content, one to one, the nearest
// pairs first.
type Detections struct {
	h, w    int
	content image.Rectangle
	level   byte
	finds   Finds
	out     Outcome
	taken   []bool // finds
	hit     []bool // true boxes
}

// NewDetections judges finds on planes of h rows and w columns, of which content are
// the true pixels, of objects with a contrast of 1..255.
func NewDetections(h, w int, content image.Rectangle, contrast uint8) (*Detections, error) {
	if content.Empty() || !content.In(image.Rect(0, 0, w, h)) || contrast == 0 {
		return nil, fmt.Errorf("judge: content %v in %dx%d (rows x columns) with objects of contrast %d", content, h, w, contrast)
	}
	return &Detections{h: h, w: w, content: content, level: contrast / 2}, nil
}

// Result returns the figures of all frames so far.
func (d *Detections) Result() Finds { return d.finds }

// History remembers since when the objects of a running game are there: one for each
// episode. The zero History has seen nothing.
type History struct{ before, now []aged }

type aged struct {
	x, y   float64
	frames int
}

// step takes the true boxes of the next frame.
func (h *History) step(truth []env.Box) {
	h.before, h.now = h.now, h.before[:0]
	for _, b := range truth {
		a := aged{x: float64(b.Rect.Min.X+b.Rect.Max.X) / 2, y: float64(b.Rect.Min.Y+b.Rect.Max.Y) / 2}
		nearest := float64(sameObject)
		for _, o := range h.before {
			if d := math.Hypot(a.x-o.x, a.y-o.y); d <= nearest {
				nearest, a.frames = d, o.frames+1
			}
		}
		h.now = append(h.now, a)
	}
}

// Frame judges the finds in one frame [H,W], whatever their frame number, against its
// true boxes. Frames of an episode come in their order, with its History. The Outcome
// is valid until the next call. It panics when the plane has another size.
func (d *Detections) Frame(h *History, plane []byte, truth, found []env.Box) Outcome {
	if len(plane) != d.h*d.w {
		panic("judge: the plane is not of the judge's size")
	}
	h.step(truth)
	d.match(truth, found)
	f, out := &d.finds, &d.out
	out.Hit, out.False, out.Missed, out.Where = out.Hit[:0], out.False[:0], out.Missed[:0], out.Where[:0]
	f.Frames++
	f.Fires += len(found)
	for i, b := range truth {
		if !b.Rect.In(d.content) {
			continue
		}
		s := d.situation(plane, b.Rect, h.now[i].frames)
		f.Objects++
		f.In[s].Objects++
		if d.hit[i] {
			f.Hits++
			f.In[s].Hits++
		} else {
			out.Missed, out.Where = append(out.Missed, b.Rect), append(out.Where, s)
		}
	}
	for i, b := range found {
		if d.taken[i] {
			out.Hit = append(out.Hit, b.Rect)
		} else if !d.partly(truth, b) {
			f.False++
			out.False = append(out.False, b.Rect)
		}
	}
	if len(truth) == 0 {
		f.EmptyFrames++
		f.FalseEmpty += len(found)
		if len(found) > 0 {
			f.FiredEmpty++
		}
	}
	return *out
}

// match pairs finds with true boxes inside the content.
func (d *Detections) match(truth, found []env.Box) {
	d.hit, d.taken = d.hit[:0], d.taken[:0]
	for range truth {
		d.hit = append(d.hit, false)
	}
	for range found {
		d.taken = append(d.taken, false)
	}
	for {
		best, t, k := math.Inf(1), 0, 0
		for i, b := range truth {
			for j, o := range found {
				if d.hit[i] || d.taken[j] || !b.Rect.In(d.content) {
					continue
				}
				if off := middle(o).distance(b.Rect); off < best {
					best, t, k = off, i, j
				}
			}
		}
		if best > reach {
			return
		}
		d.hit[t], d.taken[k] = true, true
	}
}

// partly says whether a find is on a true box that reaches out of the content.
func (d *Detections) partly(truth []env.Box, found env.Box) bool {
	for _, b := range truth {
		if !b.Rect.In(d.content) && middle(found).distance(b.Rect) <= reach {
			return true
		}
	}
	return false
}

func middle(b env.Box) point {
	return point{float64(b.Rect.Min.X+b.Rect.Max.X) / 2, float64(b.Rect.Min.Y+b.Rect.Max.Y) / 2}
}

func (d *Detections) situation(plane []byte, box image.Rectangle, age int) Situation {
	if !box.Inset(-nearEdge).In(d.content) {
		return Edge
	}
	around := image.Rectangle{Min: box.Min.Sub(wider.Div(2)), Max: box.Max.Add(wider.Div(2))}.Intersect(d.content)
	for y := around.Min.Y; y < around.Max.Y; y++ {
		for x := around.Min.X; x < around.Max.X; x++ {
			switch {
			case image.Pt(x, y).In(box) || plane[y*d.w+x] <= d.level:
			case age < youngFrames:
				return Hand
			default:
				return Body
			}
		}
	}
	return Open
}
