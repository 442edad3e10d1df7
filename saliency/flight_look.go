package saliency

import (
	"image"
	"math"
)

// look is what an object looks like: the values of its pixels in a box.
type look struct {
	size   image.Point
	values []byte // [size.Y,size.X]
	mask   []bool // which of them are the object's
	n      int    // how many
	mean   int    // value of the object's pixels
}

// learn takes the look of a line's object from one of its finds, whose box has the
// size that most of them have.
func (k *look) learn(f *Flight, l *line, planes [][]byte) {
	best, most := l.first, 0
	for i := l.first; i >= 0; i = f.finds[i].next {
		n := 0
		for j := i; j >= 0; j = f.finds[j].next {
			if f.finds[j].size == f.finds[i].size {
				n++
			}
		}
		if n > most {
			best, most = i, n
		}
	}
	p := f.finds[best]
	r := placed(p.x, p.y, p.size)
	k.size, k.values, k.mask, k.n = p.size, k.values[:0], k.mask[:0], 0
	sum := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for _, v := range planes[p.frame][y*f.w+r.Min.X : y*f.w+r.Max.X] {
			k.values, k.mask = append(k.values, v), append(k.mask, f.lit[v])
			if f.lit[v] {
				k.n++
				sum += int(v)
			}
		}
	}
	k.mean = sum / max(1, k.n)
}

// placed returns the box of a size around a centre.
func placed(x, y float64, size image.Point) image.Rectangle {
	corner := image.Pt(int(math.Floor(x-float64(size.X)/2+0.5)), int(math.Floor(y-float64(size.Y)/2+0.5)))
	return image.Rectangle{Min: corner, Max: corner.Add(size)}
}

// near looks for the object around a place and returns its box: of those that match
// as well the nearest one.
func (k *look) near(f *Flight, plane []byte, x, y float64) (image.Rectangle, bool) {
	expected := placed(x, y, k.size)
	var found image.Rectangle
	most, nearest := 0, math.Inf(1)
	for dy := -f.cfg.Slack; dy <= f.cfg.Slack; dy++ {
		for dx := -f.cfg.Slack; dx <= f.cfg.Slack; dx++ {
			r := expected.Add(image.Pt(dx, dy))
			if !r.In(image.Rect(0, 0, f.w, f.h)) {
				continue
			}
			n := k.matches(f, plane, r)
			cx, cy := center(r)
			if d := math.Hypot(cx-x, cy-y); n > most || n == most && d < nearest {
				found, most, nearest = r, n, d
			}
		}
	}
	return found, float64(most) >= f.cfg.Match*float64(k.n) && k.apart(f, plane, found) >= f.cfg.Apart
}

// matches counts the object's pixels that a box of the plane shows.
func (k *look) matches(f *Flight, plane []byte, r image.Rectangle) int {
	n, i := 0, 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for _, v := range plane[y*f.w+r.Min.X : y*f.w+r.Max.X] {
			if k.mask[i] && f.alike(int(v), int(k.values[i])) {
				n++
			}
			i++
		}
	}
	return n
}

// apart returns the share of the pixels that touch the box, its own corners that are
// not the object's among them, that do not have the object's value.
func (k *look) apart(f *Flight, plane []byte, r image.Rectangle) float64 {
	around := r.Inset(-1).Intersect(image.Rect(0, 0, f.w, f.h))
	all, other := 0, 0
	for y := around.Min.Y; y < around.Max.Y; y++ {
		for x := around.Min.X; x < around.Max.X; x++ {
			if p := image.Pt(x, y); p.In(r) && k.mask[(y-r.Min.Y)*k.size.X+x-r.Min.X] {
				continue
			}
			all++
			if !f.alike(int(plane[y*f.w+x]), k.mean) {
				other++
			}
		}
	}
	return float64(other) / float64(max(1, all))
}

func (f *Flight) alike(a, b int) bool { return max(a-b, b-a) <= int(f.cfg.Tolerance) }
