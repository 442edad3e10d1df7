package report

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/font/inconsolata"
)

// Film draws the frames of a film: what is seen and what the autoencoder makes of it
// in four pictures, and below them the critic's value over time and the actor's policy.
type Film struct {
	Title string
	// Found says that the boxes are what a detector found, not true ones.
	Found bool
	// H and W are the size of the frames, WeightTop is the weight of the last colour.
	H, W      int
	WeightTop float64
	// Values are the critic's values of all steps, nil for a film without actor and
	// critic.
	Values []float64
	// Actions are the names of the actions.
	Actions []string

	back   *image.RGBA // what all frames share
	head   pen
	small  pen
	zoom   int // side of a pixel of the game
	panel  image.Point
	plot   chart
	bars   image.Rectangle
	levels [3][filmLevels]color.RGBA // of reconstruction, weights, error
}

// Shot is one frame of a film.
type Shot struct {
	Example
	// Step is the step of the film, from 0.
	Step int
	// Policy are the probabilities of the actions.
	Policy []float64
	// Action is the one that was chosen, -1 where it is not known.
	Action int
	// Note stands at the right of the title.
	Note string
}

// The layout of a film.
const (
	filmMargin = 16
	filmGap    = 12
	filmTitle  = 40
	filmLabel  = 24
	filmArea   = 90_000 // pixels that a picture has, more or less
	filmWidth  = 640    // at least
	filmLower  = 190    // height of the value, at least
	// filmLevels is the colours of each scale, textSteps the opacities of a letter: few
	// enough for the palette of a GIF beside those of a game.
	filmLevels = 60
	textSteps  = 3
	barRow     = 18
	maxBars    = 18 // actions that have a bar each
)

// NewFilm lays a film out. Its caller fills the exported fields of f before.
func NewFilm(f Film) (*Film, error) {
	if f.H < 1 || f.W < 1 {
		return nil, fmt.Errorf("report: film %q of frames of %dx%d", f.Title, f.H, f.W)
	}
	plain, bold := inconsolata.Regular8x16, inconsolata.Bold8x16
	f.head, f.small = pen{bold, 16, textSteps}, pen{plain, 16, textSteps}
	for i, m := range []colormap{grays, viridis, magma} {
		for l := range f.levels[i] {
			f.levels[i][l] = m.at(float64(l) / (filmLevels - 1))
		}
	}
	f.zoom = max(1, int(math.Round(math.Sqrt(filmArea/float64(f.H*f.W)))))
	f.panel = image.Pt(f.W, f.H).Mul(f.zoom)
	columns := f.columns()
	width := max(filmWidth, columns*f.panel.X+(columns-1)*filmGap+2*filmMargin)
	top := filmMargin + filmTitle + len(columnNames)/columns*(filmLabel+f.panel.Y+filmGap)
	height := top + filmMargin - filmGap
	if len(f.Values) > 0 {
		lower := max(filmLower, barRow*min(len(f.Actions), maxBars+1))
		height = top + filmLabel + lower + filmMargin
		split := filmMargin + (width-2*filmMargin)*3/5
		f.plot = newChart(image.Rect(filmMargin, top+filmLabel, split, height-filmMargin), f.Values, f.small)
		f.bars = image.Rect(split+2*filmGap, top+filmLabel, width-filmMargin, height-filmMargin)
	}
	f.back = image.NewRGBA(image.Rect(0, 0, width, height))
	f.paintBack()
	return &f, nil
}

// Size is the size of the frames that Draw draws.
func (f *Film) Size() image.Point { return f.back.Rect.Size() }

// columns is how many pictures are side by side.
func (f *Film) columns() int {
	if 2*f.W > 3*f.H {
		return 2
	}
	return len(columnNames)
}

// at is the top left corner of a picture.
func (f *Film) at(i int) image.Point {
	c := f.columns()
	return image.Pt(filmMargin+i%c*(f.panel.X+filmGap), filmMargin+filmTitle+filmLabel+i/c*(filmLabel+f.panel.Y+filmGap))
}

// paintBack draws what all frames share.
func (f *Film) paintBack() {
	fill(f.back, f.back.Rect, paper)
	for i, name := range columnNames {
		at := f.at(i)
		y := at.Y - 8
		f.head.write(f.back, at.X, y, f.head.fit(name, f.panel.X), ink)
		right := at.X + f.panel.X
		switch i {
		case 0:
			boxes := "boxes: " + boxesText(f.Found)
			if w := f.small.width(boxes); w+f.head.width(name)+filmGap <= f.panel.X {
				f.small.write(f.back, right-w, y, boxes, faint)
			}
		case 1:
			f.scale(right, y, name, f.levels[0], "1")
		case 2:
			f.scale(right, y, name, f.levels[1], number(f.WeightTop))
		case 3:
			f.scale(right, y, name, f.levels[2], fmt.Sprintf("%.1f+", errorTop))
		}
	}
	if len(f.Values) > 0 {
		f.plot.axes(f.back)
		f.head.write(f.back, f.plot.area.Min.X, f.plot.area.Min.Y-8, "Value", ink)
		x := f.head.write(f.back, f.bars.Min.X, f.bars.Min.Y-8, "Policy", ink)
		f.small.write(f.back, x+12, f.bars.Min.Y-8, f.small.fit("orange: the one chosen", f.bars.Max.X-x-12), faint)
	}
}

// scale draws a scale of colours from 0 that ends at the right above a picture, where
// the picture's name leaves room.
func (f *Film) scale(right, y int, name string, colors [filmLevels]color.RGBA, top string) {
	p := f.small
	x := right - p.width(top)
	from := x - 8 - filmLevels - 8 - p.width("0")
	if from < right-f.panel.X+f.head.width(name)+filmGap {
		return
	}
	p.write(f.back, x, y, top, faint)
	for i, c := range colors {
		fill(f.back, image.Rect(x-8-filmLevels+i, y-11, x-7-filmLevels+i, y+1), c)
	}
	p.write(f.back, from, y, "0", faint)
}

// Draw draws a frame.
func (f *Film) Draw(s *Shot) (*image.RGBA, error) {
	if err := f.check(s); err != nil {
		return nil, err
	}
	img := image.NewRGBA(f.back.Rect)
	copy(img.Pix, f.back.Pix)
	right := img.Rect.Dx() - filmMargin
	note := right - f.small.width(s.Note)
	f.small.write(img, note, filmMargin+16, s.Note, faint)
	f.head.write(img, filmMargin, filmMargin+16, f.head.fit(f.Title, note-filmMargin-filmGap), ink)
	for i, p := range f.pictures(&s.Example) {
		f.show(img, p, f.at(i), s.Boxes)
	}
	if len(f.Values) > 0 {
		f.plot.line(img, f.Values[:s.Step+1])
		now := fmt.Sprintf("%.2f", f.Values[s.Step])
		f.small.write(img, f.plot.area.Min.X+f.head.width("Value")+12, f.plot.area.Min.Y-8, now, faint)
		f.policy(img, s)
	}
	return img, nil
}

func (f *Film) check(s *Shot) error {
	n := f.H * f.W
	if s.H != f.H || s.W != f.W || len(s.Plane) != n || len(s.Recon) != n || len(s.Weights) != n {
		return fmt.Errorf("report: film %q of %dx%d: a shot of %dx%d has %d plane bytes, %d of reconstruction, %d weights",
			f.Title, f.H, f.W, s.H, s.W, len(s.Plane), len(s.Recon), len(s.Weights))
	}
	if o := s.Original; o != nil && o.Bounds().Size() != image.Pt(f.W, f.H) {
		return fmt.Errorf("report: film %q of %dx%d: a shot has an original of %v", f.Title, f.H, f.W, o.Bounds().Size())
	}
	if len(f.Values) > 0 && (s.Step < 0 || s.Step >= len(f.Values) || len(s.Policy) != len(f.Actions)) {
		return fmt.Errorf("report: film %q: step %d of %d with %d probabilities of %d actions", f.Title, s.Step, len(f.Values), len(s.Policy), len(f.Actions))
	}
	return nil
}

// pictures returns a frame's four pictures, not yet enlarged.
func (f *Film) pictures(e *Example) [4]*image.RGBA {
	var p [4]*image.RGBA
	for i := range p {
		p[i] = image.NewRGBA(image.Rect(0, 0, f.W, f.H))
	}
	original := e.Original
	if original == nil {
		original = Gray(e.Plane, e.H, e.W)
	}
	draw.Draw(p[0], p[0].Rect, original, original.Bounds().Min, draw.Src)
	_, gray := original.(*image.Gray)
	for at := range e.H * e.W {
		if gray { // no more of them than the scale has
			p[0].SetRGBA(at%e.W, at/e.W, f.levels[0][int(p[0].Pix[4*at])*(filmLevels-1)/255])
		}
		y := float64(e.Recon[at])
		for i, v := range [3]float64{y, float64(e.Weights[at]) / f.WeightTop, math.Abs(y-float64(e.Plane[at])/255) / errorTop} {
			c := missing
			if !math.IsNaN(v) {
				c = f.levels[i][int(min(max(v, 0), 1)*(filmLevels-1)+0.5)]
			}
			p[i+1].SetRGBA(at%e.W, at/e.W, c)
		}
	}
	return p
}

// show draws a picture enlarged, with the boxes one pixel of the frame around the
// objects.
func (f *Film) show(img, p *image.RGBA, at image.Point, boxes []image.Rectangle) {
	area := image.Rectangle{Min: at, Max: at.Add(f.panel)}
	for y := range f.H {
		first := img.Pix[img.PixOffset(at.X, at.Y+y*f.zoom):][:4*f.panel.X]
		for x := range f.panel.X {
			copy(first[4*x:4*x+4], p.Pix[p.PixOffset(x/f.zoom, y):])
		}
		for again := 1; again < f.zoom; again++ {
			copy(img.Pix[img.PixOffset(at.X, at.Y+y*f.zoom+again):], first)
		}
	}
	inside := img.SubImage(area).(*image.RGBA)
	for _, b := range boxes {
		r := enlarged(b, f.zoom).Add(at)
		outline(inside, r, 4, halo)
		outline(inside, r.Inset(-1), 2, boxed)
	}
	outline(img, area, 1, rule)
}

// policy draws a bar for each action, and one for all beyond the first.
func (f *Film) policy(img *image.RGBA, s *Shot) {
	names, shares := f.Actions, s.Policy
	if len(names) > maxBars {
		rest := 0.0
		for _, p := range shares[maxBars:] {
			rest += p
		}
		names = append(names[:maxBars:maxBars], fmt.Sprintf("%d others", len(names)-maxBars))
		shares = append(shares[:maxBars:maxBars], rest)
	}
	p, left := f.small, f.bars.Min.X
	for _, name := range names {
		left = max(left, f.bars.Min.X+p.width(name)+8)
	}
	percent := p.width("100 %") + 8
	left = min(left, f.bars.Min.X+f.bars.Dx()/2)
	for i, name := range names {
		y := f.bars.Min.Y + i*barRow
		c, text := kept, ink
		if i == min(s.Action, maxBars) {
			c, text = lost, lost
		}
		p.write(img, f.bars.Min.X, y+13, p.fit(name, left-8-f.bars.Min.X), text)
		whole := image.Rect(left, y+1, f.bars.Max.X-percent, y+barRow-3)
		fill(img, whole, rule)
		whole.Max.X = whole.Min.X + int(math.Round(shares[i]*float64(whole.Dx())))
		fill(img, whole, c)
		share := fmt.Sprintf("%.0f %%", 100*shares[i])
		p.write(img, f.bars.Max.X-p.width(share), y+13, share, faint)
	}
}
