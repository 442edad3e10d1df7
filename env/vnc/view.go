package vnc

import (
	"encoding/binary"
	"fmt"
	"image"
	"sync"
	"time"
)

// view is the crop of a screen, and what is looked at beside it, as the last whole update left
// them. The goroutine of a link
// updates it, a Vec looks at it.
type view struct {
	crop image.Rectangle
	area image.Rectangle // around the crop and all else that is looked at

	mu      sync.Mutex
	pix     []byte            // the area, [H,W,3] u8
	damage  []image.Rectangle // painted since the last look, in pixels of the crop
	painted []bool            // [H,W] of the area since connecting, or since the screen changed its size
	missing int               // pixels that are not painted
	ready   chan struct{}     // closed when none is missing
	sizes   int               // how often the screen changed its size
	news    chan struct{}     // gets a value at an update
	arrived time.Time         // of the last update that was no answer to a probe
	stamp   stamp
}

func newView(crop image.Rectangle, places ...image.Rectangle) *view {
	area := crop
	for _, r := range places {
		area = area.Union(r)
	}
	n := area.Dx() * area.Dy()
	return &view{crop: crop, area: area, pix: make([]byte, n*rgb), painted: make([]bool, n), sizes: -1, news: make(chan struct{}, 1)}
}

// rgb is the bytes of a pixel of an observation.
const rgb = 3

// reset waits for pixels of a screen with new bounds.
func (v *view) reset(bounds image.Rectangle) error {
	if !v.crop.In(bounds) {
		return fmt.Errorf("%w: the screen has %dx%d pixels, the crop is %v", ErrCrop, bounds.Dx(), bounds.Dy(), v.crop)
	}
	if !v.area.In(bounds) {
		return fmt.Errorf("%w: the screen has %dx%d pixels, but the crops of scores and ends reach over %v", ErrCrop, bounds.Dx(), bounds.Dy(), v.area)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	clear(v.painted)
	if v.missing == 0 {
		v.ready = make(chan struct{})
	}
	v.missing = len(v.painted)
	v.sizes++
	return nil
}

// update takes over what an update of the screen has painted; answer says that it answers
// a probe.
func (v *view) update(s *screen, painted []image.Rectangle, answer bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !answer && len(painted) > 0 {
		v.arrived = time.Now()
	}
	v.stamp = readStamp(s)
	select {
	case v.news <- struct{}{}:
	default: // nobody has taken the last one
	}
	for _, r := range painted {
		r = r.Intersect(v.area)
		for y := r.Min.Y; y < r.Max.Y; y++ {
			at := v.at(r.Min.X, y)
			strip(v.pix[at*rgb:(at+r.Dx())*rgb], s.row(r.Min.X, y, r.Dx()))
			v.note(at, r.Dx())
		}
		v.damage = addDamage(v.damage, r.Intersect(v.crop).Sub(v.crop.Min))
	}
}

// at returns the number of a pixel of the screen in the area.
func (v *view) at(x, y int) int { return (y-v.area.Min.Y)*v.area.Dx() + x - v.area.Min.X }

// strip copies pixels without their fourth bytes.
func strip(dst, src []byte) {
	le := binary.LittleEndian
	for len(dst) >= 4*rgb && len(src) >= 4*pixelLen { // four of them are three words
		a, b, c, d := le.Uint32(src)&0xffffff, le.Uint32(src[4:])&0xffffff, le.Uint32(src[8:])&0xffffff, le.Uint32(src[12:])
		le.PutUint32(dst, a|b<<24)
		le.PutUint32(dst[4:], b>>8|c<<16)
		le.PutUint32(dst[8:], c>>16|d<<8)
		dst, src = dst[4*rgb:], src[4*pixelLen:]
	}
	for len(dst) >= rgb && len(src) >= pixelLen {
		dst[0], dst[1], dst[2] = src[0], src[1], src[2]
		dst, src = dst[rgb:], src[pixelLen:]
	}
}

// note remembers that n pixels from at on are painted.
func (v *view) note(at, n int) {
	if v.missing == 0 {
		return
	}
	for i := at; i < at+n; i++ {
		if !v.painted[i] {
			v.painted[i] = true
			v.missing--
		}
	}
	if v.missing == 0 {
		close(v.ready)
	}
}

// whole is closed when every pixel has been painted.
func (v *view) whole() <-chan struct{} {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.ready
}

// glance is what a look at a view tells besides the pixels.
type glance struct {
	damage  []image.Rectangle // painted since the last look, and what was handed in
	sizes   int               // how often the screen has changed its size
	arrived time.Time         // of the last update that was no answer to a probe
	stamp   stamp
}

// look copies the crop to dst, [H,W,3], and parts of the same picture to theirs, and adds
// what was painted in the crop since the last look to damage.
func (v *view) look(dst []byte, damage []image.Rectangle, parts []aside) glance {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.cut(aside{v.crop, dst})
	for _, p := range parts {
		v.cut(p)
	}
	for _, r := range v.damage {
		damage = addDamage(damage, r)
	}
	v.damage = v.damage[:0]
	return glance{damage, v.sizes, v.arrived, v.stamp}
}

// last returns when the last update came that was no answer to a probe.
func (v *view) last() time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.arrived
}

// copy copies parts of the picture alone.
func (v *view) copy(parts []aside) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, p := range parts {
		v.cut(p)
	}
}

// cut copies a part of the area.
func (v *view) cut(p aside) {
	if p.at == v.area {
		copy(p.pix, v.pix)
		return
	}
	for i, n := 0, p.at.Dx()*rgb; i < p.at.Dy(); i++ {
		from := v.at(p.at.Min.X, p.at.Min.Y+i) * rgb
		copy(p.pix[i*n:(i+1)*n], v.pix[from:])
	}
}
