package saliency

import "image"

// island is something lit on a plane with even surroundings.
type island struct {
	rect   image.Rectangle
	pixels int
	taken  bool // belongs to a flight
}

// like says whether two islands may be the same thing in two frames.
func (i *island) like(o *island) bool {
	return i.rect.Size() == o.rect.Size() && max(i.pixels-o.pixels, o.pixels-i.pixels) <= i.pixels/4 && !i.taken
}

// islands finds islands on planes of one size.
type islands struct {
	h, w  int
	free  []bool // lit pixels that were not visited
	stack []int32
}

func newIslands(h, w int) islands {
	return islands{h: h, w: w, free: make([]bool, h*w)}
}

// find appends the islands of a plane that is cut at a level to dst: those that suit
// cfg and do not touch the edge.
func (s *islands) find(dst []island, cfg CalibratorConfig, plane []byte, level uint8, dark bool) []island {
	for i, v := range plane {
		s.free[i] = (v > level) != dark
	}
	inner := image.Rect(1, 1, s.w-1, s.h-1)
	for i, free := range s.free {
		if !free {
			continue
		}
		o := s.visit(int32(i))
		if size := o.rect.Size(); size.X <= cfg.MaxSide && size.Y <= cfg.MaxSide && o.pixels >= cfg.MinPixels &&
			o.rect.In(inner) && s.even(plane, o.rect, cfg.Margin) <= int(cfg.Noise) {
			dst = append(dst, o)
		}
	}
	return dst
}

// visit takes a lit pixel and all that touch it.
func (s *islands) visit(at int32) island {
	var o island
	s.free[at] = false
	s.stack = append(s.stack[:0], at)
	for len(s.stack) > 0 {
		last := len(s.stack) - 1
		at, s.stack = s.stack[last], s.stack[:last]
		x, y := int(at)%s.w, int(at)/s.w
		o.rect = o.rect.Union(image.Rect(x, y, x+1, y+1))
		o.pixels++
		for ny := max(0, y-1); ny <= min(s.h-1, y+1); ny++ {
			for nx := max(0, x-1); nx <= min(s.w-1, x+1); nx++ {
				if n := ny*s.w + nx; s.free[n] {
					s.free[n] = false
					s.stack = append(s.stack, int32(n))
				}
			}
		}
	}
	return o
}

// even returns how far the values around a rectangle differ: those of the margin without
// the pixels that touch the rectangle.
func (s *islands) even(plane []byte, r image.Rectangle, margin int) int {
	whole := image.Rect(0, 0, s.w, s.h)
	inner, outer := r.Inset(-1).Intersect(whole), r.Inset(-1-margin).Intersect(whole)
	low, high := 255, 0
	for y := outer.Min.Y; y < outer.Max.Y; y++ {
		for x := outer.Min.X; x < outer.Max.X; x++ {
			if y >= inner.Min.Y && y < inner.Max.Y && x == inner.Min.X {
				x = inner.Max.X - 1
				continue
			}
			v := int(plane[y*s.w+x])
			low, high = min(low, v), max(high, v)
		}
	}
	return high - low
}
