package report

import (
	"fmt"
	"image"
)

// Find is one frame with what a detector made of it.
type Find struct {
	// Original is the frame in its own colours. Where it is nil, Plane is shown.
	Original image.Image
	// Plane [H,W] is what the detector sees.
	Plane []byte
	H, W  int
	// True are the boxes of the true objects, Found those of the detector, in pixels
	// of the frame.
	True, Found []image.Rectangle
	// Caption says what the frame is, in letters of Latin-1.
	Caption string
}

// FindGroup is a row of frames of one kind, such as misses.
type FindGroup struct {
	Name  string
	Finds []Find
}

// FindSheet is a picture of what a detector found and missed: for each frame the
// original beside the plane.
type FindSheet struct {
	Title, Subtitle string
	Groups          []FindGroup
}

// The layout of a FindSheet.
const (
	findColumns = 2
	findScale   = 3
	findPanel   = 480 // a panel is enlarged as long as it stays below
	groupRow    = 56
)

// Draw draws the sheet. It refuses planes that are not H*W long.
func (s *FindSheet) Draw() (*image.RGBA, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	c := s.newCanvas()
	top := c.heading(s.Title, s.Subtitle)
	room := c.img.Rect.Dx() - 2*margin
	x := c.small.write(c.img, margin, top+14, "boxes: ", faint)
	x = c.small.write(c.img, x, top+14, "true objects", kept)
	c.small.write(c.img, x+24, top+14, "found", lost)
	top += groupRow / 2
	for _, g := range s.Groups {
		name := g.Name
		if len(g.Finds) == 0 {
			name += ": none"
		}
		c.head.write(c.img, margin, top+36, c.head.fit(name, room), ink)
		top += groupRow
		for i := range g.Finds {
			c.find(&g.Finds[i], image.Pt(margin+i%findColumns*(2*c.panel.X+2*gap), top+i/findColumns*c.findRow()))
		}
		top += rows(g) * c.findRow()
	}
	return c.img, nil
}

func (s *FindSheet) check() error {
	for _, g := range s.Groups {
		for i, f := range g.Finds {
			if f.H < 1 || f.W < 1 || len(f.Plane) != f.H*f.W {
				return fmt.Errorf("report: sheet %q: find %d of %q, %dx%d, has a plane of %d bytes", s.Title, i, g.Name, f.H, f.W, len(f.Plane))
			}
			if o := f.Original; o != nil && o.Bounds().Size() != image.Pt(f.W, f.H) {
				return fmt.Errorf("report: sheet %q: find %d of %q, %dx%d, has an original of %v", s.Title, i, g.Name, f.H, f.W, o.Bounds().Size())
			}
		}
	}
	return nil
}

func (s *FindSheet) newCanvas() *canvas {
	c := newCanvas()
	w, h := findPanel/findScale, 1
	for _, g := range s.Groups {
		for _, f := range g.Finds {
			w, h = max(w, f.W), max(h, f.H)
		}
	}
	c.scale = min(max(findPanel/w, 1), findScale)
	c.panel = image.Pt(w*c.scale, h*c.scale)
	height := 2*margin + titleRow + groupRow/2
	for _, g := range s.Groups {
		height += groupRow + rows(g)*c.findRow()
	}
	c.img = image.NewRGBA(image.Rect(0, 0, 2*margin+findColumns*2*c.panel.X+(2*findColumns-1)*gap, height))
	fill(c.img, c.img.Rect, paper)
	return c
}

func rows(g FindGroup) int { return (len(g.Finds) + findColumns - 1) / findColumns }

// findRow is the height of a caption with its frame.
func (c *canvas) findRow() int { return captionRow + c.panel.Y + gap }

// find draws a frame in its own colours and its plane, side by side below their
// caption.
func (c *canvas) find(f *Find, at image.Point) {
	c.small.write(c.img, at.X, at.Y+26, c.small.fit(f.Caption, 2*c.panel.X), ink)
	at.Y += captionRow
	original := f.Original
	plane := Gray(f.Plane, f.H, f.W)
	if original == nil {
		original = plane
	}
	for i, p := range []image.Image{original, plane} {
		corner := at.Add(image.Pt(i*(c.panel.X+gap), 0))
		c.show(&Example{}, p, p.Bounds(), corner, c.scale)
		inside := c.img.SubImage(image.Rectangle{Min: corner, Max: corner.Add(p.Bounds().Size().Mul(c.scale))}).(*image.RGBA)
		for _, b := range f.True {
			outline(inside, enlarged(b, c.scale).Add(corner), 2, kept)
		}
		for _, b := range f.Found {
			outline(inside, enlarged(b, c.scale).Inset(-3).Add(corner), 2, lost)
		}
	}
}

// enlarged returns a box in enlarged pixels, one pixel of the frame larger on each side.
func enlarged(b image.Rectangle, scale int) image.Rectangle {
	b = b.Inset(-1)
	return image.Rectangle{Min: b.Min.Mul(scale), Max: b.Max.Mul(scale)}
}

// WritePNG draws the sheet and writes it to path, which appears whole or not at all
// and replaces a file of that name.
func (s *FindSheet) WritePNG(path string) error {
	img, err := s.Draw()
	if err != nil {
		return err
	}
	return WritePNG(path, img)
}
