package report

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"

	"golang.org/x/image/font/inconsolata"
)

// The colours of a sheet. Blue and orange are told apart with any kind of colour
// blindness, and the words beside them say the same.
var (
	paper  = hex(0xf7f7f9)
	ink    = hex(0x1b1f27)
	faint  = hex(0x6b7280)
	rule   = hex(0xd5d8de)
	boxed  = hex(0x00e5ff)
	halo   = hex(0x000000)
	kept   = hex(0x0b62c4)
	lost   = hex(0xc2560c)
	onChip = hex(0xffffff)
)

// Sizes in pixels of the sheet.
const (
	margin     = 32
	gap        = 20 // between columns
	rowGap     = 26
	captionRow = 40
	headRow    = 84 // column titles with the scale bars
	insetGap   = 8
	insetScale = 8
	maxScale   = 4
	maxPanel   = 640 // a panel is enlarged as long as it stays below
	maxInset   = 20  // pixels of the frame in an inset
)

// canvas is a sheet being drawn.
type canvas struct {
	img               *image.RGBA
	title, head, body pen
	small             pen
	scale             int
	panel             image.Point // size of an enlarged frame
	inset             int         // side of an inset, 0 where no example has a box
	columns           []column
}

// Draw draws the sheet.
func (s *Sheet) Draw() (*image.RGBA, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	c := s.newCanvas()
	top := c.heading(s.Title, s.Subtitle)
	c.heads(top, s.boxes())
	top += headRow
	for i := range s.Examples {
		c.row(&s.Examples[i], top)
		top += captionRow + c.panel.Y + rowGap
	}
	return c.img, nil
}

// titleRow is the height of title and subtitle.
const titleRow = 100

// newCanvas returns a canvas with the letters of all sheets and no room yet.
func newCanvas() *canvas {
	plain, bold := inconsolata.Regular8x16, inconsolata.Bold8x16
	return &canvas{title: pen{face: bold, size: 44}, head: pen{face: bold, size: 32}, body: pen{face: plain, size: 32}, small: pen{face: plain, size: 24}}
}

// heading writes title and subtitle and returns the y below them.
func (c *canvas) heading(title, subtitle string) int {
	room := c.img.Rect.Dx() - 2*margin
	c.title.write(c.img, margin, margin+34, c.title.fit(title, room), ink)
	c.body.write(c.img, margin, margin+72, c.body.fit(subtitle, room), faint)
	return margin + titleRow
}

func (s *Sheet) newCanvas() *canvas {
	c := newCanvas()
	c.columns = s.columns()
	h, w, boxes := 0, 0, false
	for _, e := range s.Examples {
		h, w, boxes = max(h, e.H), max(w, e.W), boxes || len(e.Boxes) > 0
	}
	c.scale = min(max(maxPanel/max(h, w), 1), maxScale)
	c.panel = image.Pt(w*c.scale, h*c.scale)
	width := 2*margin + len(c.columns)*c.panel.X + (len(c.columns)-1)*gap
	if boxes {
		pixels := min(max((c.panel.Y-insetGap)/2/insetScale, 6), maxInset)
		c.inset = pixels * insetScale
		width += gap + 2*c.inset + insetGap
	}
	height := margin + titleRow + headRow + len(s.Examples)*(captionRow+c.panel.Y+rowGap) + margin - rowGap
	c.img = image.NewRGBA(image.Rect(0, 0, width, height))
	fill(c.img, c.img.Rect, paper)
	return c
}

// heads writes the columns' titles, and below them how to read their colours and
// boxes.
func (c *canvas) heads(top int, boxes string) {
	for i, col := range c.columns {
		x := margin + i*(c.panel.X+gap)
		c.head.write(c.img, x, top+24, c.head.fit(col.name, c.panel.X), ink)
		if col.colors == nil {
			c.small.write(c.img, x, top+54, c.small.fit("boxes: "+boxes, c.panel.X), faint)
			continue
		}
		c.bar(x, top+40, col.colors, "0", col.to)
	}
	if c.inset > 0 {
		x := margin + len(c.columns)*(c.panel.X+gap)
		c.head.write(c.img, x, top+24, c.head.fit("First object", 2*c.inset+insetGap), ink)
		c.small.write(c.img, x, top+54, c.small.fit(fmt.Sprintf("enlarged × %d", insetScale), 2*c.inset+insetGap), faint)
	}
}

// bar draws a scale of colours between the values of its ends.
func (c *canvas) bar(x, y int, m colormap, from, to string) {
	x = c.small.write(c.img, x, y+14, from, faint) + 8
	width := min(200, c.panel.X/2)
	for i := range width {
		fill(c.img, image.Rect(x+i, y, x+i+1, y+16), m.at(float64(i)/float64(width-1)))
	}
	outline(c.img, image.Rect(x, y, x+width, y+16), 1, rule)
	c.small.write(c.img, x+width+8, y+14, to, faint)
}

// row draws an example below its caption.
func (c *canvas) row(e *Example, top int) {
	x := margin
	if e.Frames > 0 {
		x = c.body.write(c.img, x, top+26, fmt.Sprintf("frame %d of %d", e.Frame+1, e.Frames), faint) + 18
	}
	room := c.img.Rect.Dx() - margin - 180 - x
	x = c.head.write(c.img, x, top+26, c.head.fit(e.Caption, room), ink) + 18
	switch e.Verdict {
	case Kept:
		x = c.chip(x, top, "kept", kept)
	case Lost:
		x = c.chip(x, top, "lost", lost)
	}
	c.body.write(c.img, x, top+26, c.body.fit(e.Note, c.img.Rect.Dx()-margin-x), faint)
	top += captionRow
	pictures := c.pictures(e)
	for i, p := range pictures {
		at := image.Pt(margin+i*(c.panel.X+gap), top)
		c.show(e, p, p.Bounds(), at, c.scale)
	}
	if len(e.Boxes) > 0 {
		c.insets(e, pictures, image.Pt(margin+len(c.columns)*(c.panel.X+gap), top))
	}
}

// chip draws a word on a coloured ground and returns the x behind it.
func (c *canvas) chip(x, top int, word string, ground color.Color) int {
	end := x + c.small.width(word) + 20
	fill(c.img, image.Rect(x, top+4, end, top+32), ground)
	c.small.write(c.img, x+10, top+24, word, onChip)
	return end + 18
}

// pictures returns an example's frame in each column, not yet enlarged.
func (c *canvas) pictures(e *Example) []image.Image {
	pictures := make([]image.Image, len(c.columns))
	for i, col := range c.columns {
		switch {
		case col.colors != nil:
			pictures[i] = col.colors.picture(col.of(e), e.H, e.W, col.top)
		case e.Original != nil:
			pictures[i] = e.Original
		default:
			pictures[i] = Gray(e.Plane, e.H, e.W)
		}
	}
	return pictures
}

// show draws a part of a frame enlarged at a point, with the boxes around the
// objects: one pixel of the frame away from them, so that nothing is hidden.
func (c *canvas) show(e *Example, p image.Image, part image.Rectangle, at image.Point, scale int) {
	big := enlarge(p, part, scale)
	area := image.Rectangle{Min: at, Max: at.Add(big.Bounds().Size())}
	draw.Draw(c.img, area, big, big.Bounds().Min, draw.Src)
	outline(c.img, area, 1, rule)
	inside := c.img.SubImage(area).(*image.RGBA)
	origin := p.Bounds().Min
	for _, b := range e.Boxes {
		// Boxes count from the frame's corner, parts from the picture's.
		b = b.Add(origin).Inset(-1).Sub(part.Min)
		r := image.Rect(b.Min.X*scale, b.Min.Y*scale, b.Max.X*scale, b.Max.Y*scale).Add(at)
		outline(inside, r, 4, halo)
		outline(inside, r.Inset(-1), 2, boxed)
	}
}

// insets draws the surroundings of the first box in the four columns' pictures,
// two by two.
func (c *canvas) insets(e *Example, pictures []image.Image, at image.Point) {
	for i, p := range pictures {
		corner := image.Pt(at.X+i%2*(c.inset+insetGap), at.Y+i/2*(c.inset+insetGap))
		c.show(e, p, around(e.Boxes[0].Add(p.Bounds().Min), c.inset/insetScale, p.Bounds()), corner, insetScale)
	}
}

// around returns a square of the given side with the box in its middle, moved
// and cut to stay inside the picture.
func around(box image.Rectangle, side int, picture image.Rectangle) image.Rectangle {
	corner := func(lo, hi, from, to int) int { return max(min((lo+hi-side)/2, to-side), from) }
	x := corner(box.Min.X, box.Max.X, picture.Min.X, picture.Max.X)
	y := corner(box.Min.Y, box.Max.Y, picture.Min.Y, picture.Max.Y)
	return image.Rect(x, y, x+side, y+side).Intersect(picture)
}
