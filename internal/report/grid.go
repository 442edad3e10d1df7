package report

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/font/inconsolata"
)

// Panel is one frame as somebody shows it.
type Panel struct {
	Image image.Image
	// Boxes are its small objects, in pixels of the image.
	Boxes []image.Rectangle
	// Below is what is said of it, in letters of Latin-1; may be empty.
	Below string
}

// GridRow is one frame as several show it, one panel a column.
type GridRow struct {
	Name   string
	Panels []Panel
}

// Grid is a picture of frames by who shows them: small objects are circled, and below a
// panel the surroundings of its first one are enlarged.
type Grid struct {
	Columns []string
	Rows    []GridRow
}

// The layout of a Grid, in pixels.
const (
	gridPanel = 288 // width of a panel; images are enlarged to it
	gridGap   = 12
	gridText  = 36 // a line of text
	gridZoom  = 4  // of the surroundings, beside the panel
	ringAway  = 5  // from the object
)

// Draw draws the grid. It refuses rows that have not a panel for each column. Colours are
// rounded, so that the picture has few and its file is small.
func (g *Grid) Draw() (image.Image, error) {
	if err := g.check(); err != nil {
		return nil, err
	}
	head, body := pen{face: inconsolata.Bold8x16, size: 28}, pen{face: inconsolata.Regular8x16, size: 26}
	height, width := gridText, len(g.Columns)*(gridPanel+gridGap)-gridGap
	for i := range g.Rows {
		height += g.Rows[i].height()
	}
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	fill(img, img.Rect, color.White)
	for i, name := range g.Columns {
		head.write(img, i*(gridPanel+gridGap), 26, head.fit(name, gridPanel), ink)
	}
	top := gridText
	for i := range g.Rows {
		r := &g.Rows[i]
		body.write(img, 0, top+27, body.fit(r.Name, width), faint)
		for k, p := range r.Panels {
			p.draw(img, image.Pt(k*(gridPanel+gridGap), top+gridText), body)
		}
		top += r.height()
	}
	return rounded(img), nil
}

// colorStep is the distance of the values that a colour is rounded to.
const colorStep = 8

// rounded returns the picture in few colours, with a palette where 256 are enough.
func rounded(img *image.RGBA) image.Image {
	for i, v := range img.Pix {
		img.Pix[i] = byte(min(255, (int(v)+colorStep/2)/colorStep*colorStep))
	}
	if small := exact(img); small != nil {
		return small
	}
	return img
}

func (g *Grid) check() error {
	if len(g.Columns) == 0 || len(g.Rows) == 0 {
		return errors.New("report: a grid without columns or rows")
	}
	for _, r := range g.Rows {
		if len(r.Panels) != len(g.Columns) {
			return fmt.Errorf("report: row %q of a grid has %d panels, want %d", r.Name, len(r.Panels), len(g.Columns))
		}
		for _, p := range r.Panels {
			if p.Image == nil || p.Image.Bounds().Empty() {
				return fmt.Errorf("report: row %q of a grid has a panel without pixels", r.Name)
			}
		}
	}
	return nil
}

// height is that of a row with its line of text, insets and what is below.
func (r *GridRow) height() int {
	h, boxes, below := 0, false, false
	for _, p := range r.Panels {
		h, boxes, below = max(h, p.height()), boxes || len(p.Boxes) > 0, below || p.Below != ""
	}
	if boxes {
		h += gridGap/2 + h
	}
	if below {
		h += gridText
	}
	return gridText + h + gridGap
}

// height is that of the panel's frame on the sheet.
func (p Panel) height() int {
	size := p.Image.Bounds().Size()
	return max(1, size.Y*gridPanel/size.X)
}

// draw draws a panel with its inset and what is said of it.
func (p Panel) draw(img *image.RGBA, at image.Point, body pen) {
	b := p.Image.Bounds()
	next := at.Y + p.height() + gridGap/2
	p.part(img, b, image.Rectangle{Min: at, Max: at.Add(image.Pt(gridPanel, p.height()))})
	if len(p.Boxes) > 0 {
		part := p.around(b)
		inset := image.Rect(at.X, next, at.X+gridPanel, next+p.height())
		p.part(img, part, inset)
		next = inset.Max.Y
	}
	body.write(img, at.X, next+26, body.fit(p.Below, gridPanel), ink)
}

// around is the part of the frame that the inset shows.
func (p Panel) around(frame image.Rectangle) image.Rectangle {
	size := image.Pt(max(1, frame.Dx()/gridZoom), max(1, frame.Dy()/gridZoom))
	box := p.Boxes[0].Add(frame.Min)
	middle := box.Min.Add(box.Max).Div(2)
	corner := image.Pt(
		max(min(middle.X-size.X/2, frame.Max.X-size.X), frame.Min.X),
		max(min(middle.Y-size.Y/2, frame.Max.Y-size.Y), frame.Min.Y))
	return image.Rectangle{Min: corner, Max: corner.Add(size)}
}

// part draws a part of the frame into area, with rings around its objects.
func (p Panel) part(img *image.RGBA, part, area image.Rectangle) {
	size := area.Size()
	for y := range size.Y {
		for x := range size.X {
			img.Set(area.Min.X+x, area.Min.Y+y, p.Image.At(part.Min.X+x*part.Dx()/size.X, part.Min.Y+y*part.Dy()/size.Y))
		}
	}
	inside := img.SubImage(area).(*image.RGBA)
	for _, b := range p.Boxes {
		b = b.Add(p.Image.Bounds().Min).Sub(part.Min)
		ring(inside, image.Rect(
			area.Min.X+b.Min.X*size.X/part.Dx(), area.Min.Y+b.Min.Y*size.Y/part.Dy(),
			area.Min.X+b.Max.X*size.X/part.Dx(), area.Min.Y+b.Max.Y*size.Y/part.Dy()))
	}
	outline(img, area, 1, rule)
}

// ring draws an ellipse around a rectangle, light within dark so that it is seen on any
// ground.
func ring(dst draw.Image, r image.Rectangle) {
	// The ellipse through the corners is wider than the rectangle by the root of 2.
	rx, ry := float64(r.Dx())*math.Sqrt2/2+ringAway, float64(r.Dy())*math.Sqrt2/2+ringAway
	cx, cy := float64(r.Min.X+r.Max.X)/2, float64(r.Min.Y+r.Max.Y)/2
	area := image.Rect(int(cx-rx)-ringAway, int(cy-ry)-ringAway, int(cx+rx)+ringAway, int(cy+ry)+ringAway).Intersect(dst.Bounds())
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			dx, dy := (float64(x)+0.5-cx)/rx, (float64(y)+0.5-cy)/ry
			d := math.Hypot(dx, dy)
			// How far the pixel is from the ellipse, by the slope of d.
			off := math.Abs(d-1) * d / math.Hypot(dx/rx, dy/ry)
			switch {
			case off <= 1:
				dst.Set(x, y, boxed)
			case off <= 2.2:
				dst.Set(x, y, halo)
			}
		}
	}
}
