package report

import (
	"fmt"
	"image"
	"math"

	"golang.org/x/image/font/inconsolata"
)

// Unit is what one unit of a code does.
type Unit struct {
	Number int
	// Here is its value in the observation that is shown.
	Here float64
	// Values are what it was set to, Changes [H,W] how the reconstruction differs then.
	Values  []float64
	Changes [][]float32
	// Actor and Critic are how strongly the two read it, negative where they have not
	// learned.
	Actor, Critic float64
}

// UnitSheet is a picture of the units of a code: for one observation, how the
// reconstruction changes when a unit takes other values, the others staying.
type UnitSheet struct {
	Title, Subtitle string
	// Shown is the observation with its reconstruction; its weights are not needed.
	Shown Example
	// Found says that the boxes are what a detector found, not true ones.
	Found bool
	// Legend are sentences that say what was done.
	Legend []string
	// Names say what the values of a unit are.
	Names []string
	Units []Unit
}

// The layout of a UnitSheet.
const (
	unitPanel  = 330 // a picture of a change is enlarged as long as it stays below
	unitHead   = 66  // number and bars, and the values below them
	unitGap    = 8   // between the pictures of a unit
	unitApart  = 40  // between units
	unitBar    = 90
	unitRatio  = 0.71 // of width to height, about that of a sheet of paper
	legendLine = 36
)

// unitCanvas is a UnitSheet being drawn.
type unitCanvas struct {
	*canvas
	zoom          int
	cell, pic     image.Point // sizes of a unit and of one of its pictures
	across        int
	top           float64 // the largest change
	actor, critic float64 // the strongest
	label         pen
}

// Draw draws the sheet.
func (s *UnitSheet) Draw() (*image.RGBA, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	c := s.newCanvas()
	y := c.heading(s.Title, s.Subtitle)
	s.shown(c, y)
	y += captionRow + c.panel.Y + rowGap + s.below(c)
	for i := range s.Units {
		at := image.Pt(margin+i%c.across*(c.cell.X+unitApart), y+i/c.across*c.cell.Y)
		s.unit(c, &s.Units[i], at)
	}
	return c.img, nil
}

// WritePNG draws the sheet and writes it to path, which appears whole or not at all
// and replaces a file of that name.
func (s *UnitSheet) WritePNG(path string) error {
	img, err := s.Draw()
	if err != nil {
		return err
	}
	return WritePNG(path, img)
}

func (s *UnitSheet) check() error {
	e := &s.Shown
	n := e.H * e.W
	if e.H < 1 || e.W < 1 || len(e.Plane) != n || len(e.Recon) != n || len(s.Units) == 0 || len(s.Names) == 0 {
		return fmt.Errorf("report: sheet %q: an observation of %dx%d with %d plane bytes, %d of reconstruction, %d units", s.Title, e.H, e.W, len(e.Plane), len(e.Recon), len(s.Units))
	}
	if o := e.Original; o != nil && o.Bounds().Size() != image.Pt(e.W, e.H) {
		return fmt.Errorf("report: sheet %q: an observation of %dx%d has an original of %v", s.Title, e.H, e.W, o.Bounds().Size())
	}
	for _, u := range s.Units {
		if len(u.Values) != len(s.Names) || len(u.Changes) != len(s.Names) {
			return fmt.Errorf("report: sheet %q: unit %d has %d values and %d changes, want %d", s.Title, u.Number, len(u.Values), len(u.Changes), len(s.Names))
		}
		for _, d := range u.Changes {
			if len(d) != n {
				return fmt.Errorf("report: sheet %q: unit %d has a change of %d pixels, want %dx%d", s.Title, u.Number, len(d), e.H, e.W)
			}
		}
	}
	return nil
}

func (s *UnitSheet) newCanvas() *unitCanvas {
	e := &s.Shown
	c := &unitCanvas{canvas: newCanvas(), label: pen{face: inconsolata.Bold8x16, size: 24}}
	c.zoom = max(1, unitPanel/max(e.W, e.H))
	c.pic = image.Pt(e.W, e.H).Mul(c.zoom)
	c.cell = image.Pt(len(s.Names)*(c.pic.X+unitGap)-unitGap, unitHead+c.pic.Y+unitApart/2)
	n := len(s.Units)
	c.across = min(max(1, int(math.Sqrt(unitRatio*float64(n*c.cell.Y)/float64(c.cell.X))+0.5)), n)
	c.scale = min(max(maxPanel/max(e.H, e.W), 1), maxScale)
	c.panel = image.Pt(e.W, e.H).Mul(c.scale)
	width := max(c.across*(c.cell.X+unitApart)-unitApart, 2*c.panel.X+gap) + 2*margin
	c.img = image.NewRGBA(image.Rect(0, 0, width, 1))
	height := margin + titleRow + captionRow + c.panel.Y + rowGap + s.below(c) + (n+c.across-1)/c.across*c.cell.Y + margin
	c.img = image.NewRGBA(image.Rect(0, 0, width, height))
	fill(c.img, c.img.Rect, paper)
	var changed []Example
	for _, u := range s.Units {
		c.actor, c.critic = max(c.actor, u.Actor), max(c.critic, u.Critic)
		for _, d := range u.Changes {
			size := make([]float32, len(d))
			for i, v := range d {
				size[i] = float32(math.Abs(float64(v)))
			}
			changed = append(changed, Example{Recon: size})
		}
	}
	c.top = mostOf(changed, func(e *Example) []float32 { return e.Recon })
	return c
}

// legend returns the lines of the legend beside the observation, where there is room
// for them, else below it.
func (s *UnitSheet) legend(c *unitCanvas) (lines []string, at image.Point) {
	at = image.Pt(margin+2*(c.panel.X+gap)+gap, captionRow)
	room := c.img.Rect.Dx() - margin - at.X
	if room < 40*c.body.width("x") {
		at, room = image.Pt(margin, captionRow+c.panel.Y+rowGap), c.img.Rect.Dx()-2*margin
	}
	for _, l := range s.Legend {
		lines = append(lines, wrap(l, room/c.body.width("x"))...)
	}
	return lines, at
}

// below is the height that the legend takes below the observation.
func (s *UnitSheet) below(c *unitCanvas) int {
	lines, at := s.legend(c)
	return max(0, at.Y+(len(lines)+2)*legendLine-captionRow-c.panel.Y)
}

// shown draws the observation, its reconstruction and the legend.
func (s *UnitSheet) shown(c *unitCanvas, top int) {
	e := &s.Shown
	original := e.Original
	if original == nil {
		original = Gray(e.Plane, e.H, e.W)
	}
	for i, p := range []image.Image{original, grays.picture(e.Recon, e.H, e.W, 1)} {
		x := margin + i*(c.panel.X+gap)
		c.head.write(c.img, x, top+28, c.head.fit(columnNames[i], c.panel.X), ink)
		c.show(e, p, p.Bounds(), image.Pt(x, top+captionRow), c.scale)
	}
	lines, at := s.legend(c)
	y := top + at.Y
	for _, l := range lines {
		c.body.write(c.img, at.X, y+24, l, ink)
		y += legendLine
	}
	c.bar(at.X, y+8, changes, "-"+number(c.top), "+"+number(c.top)+" or more")
	c.small.write(c.img, at.X, y+56, c.small.fit("boxes: "+boxesText(s.Found), c.img.Rect.Dx()-margin-at.X), faint)
}

// unit draws what a unit does, under its number, its bars and its values.
func (s *UnitSheet) unit(c *unitCanvas, u *Unit, at image.Point) {
	p := c.small
	x := c.label.write(c.img, at.X, at.Y+22, fmt.Sprintf("unit %d", u.Number), ink) + 24
	for _, b := range []struct {
		name    string
		v, most float64
	}{{"actor", u.Actor, c.actor}, {"critic", u.Critic, c.critic}} {
		if b.v < 0 || x+p.width(b.name+" 0.000")+unitBar+16 > at.X+c.cell.X {
			continue
		}
		x = p.write(c.img, x, at.Y+22, b.name, faint) + 8
		fill(c.img, image.Rect(x, at.Y+8, x+unitBar, at.Y+22), rule)
		fill(c.img, image.Rect(x, at.Y+8, x+int(unitBar*b.v/max(b.most, 1e-30)+0.5), at.Y+22), kept)
		x = p.write(c.img, x+unitBar+8, at.Y+22, fmt.Sprintf("%.2g", b.v), faint) + 20
	}
	here := fmt.Sprintf("here %.2f", u.Here)
	if left := at.X + c.cell.X - p.width(here); left > x {
		p.write(c.img, left, at.Y+22, here, faint)
	}
	for i, d := range u.Changes {
		corner := at.Add(image.Pt(i*(c.pic.X+unitGap), unitHead))
		p.write(c.img, corner.X, corner.Y-10, p.fit(fmt.Sprintf("%s %.2f", s.Names[i], u.Values[i]), c.pic.X), faint)
		moved := make([]float32, len(d))
		for k, v := range d {
			moved[k] = v + float32(c.top)
		}
		big := changes.picture(moved, s.Shown.H, s.Shown.W, 2*c.top)
		c.show(&Example{}, big, big.Bounds(), corner, c.zoom)
		inside := c.img.SubImage(image.Rectangle{Min: corner, Max: corner.Add(c.pic)}).(*image.RGBA)
		for _, b := range s.Shown.Boxes {
			outline(inside, enlarged(b, c.zoom).Add(corner), 1, ink)
		}
	}
}
