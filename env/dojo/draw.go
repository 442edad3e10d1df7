package dojo

import "image"

// period is the distance of the wall's stripes, in pixels.
const period = 24

// backdrop is the corridor without anybody, one period wider than the crop. The
// picture shows a window of it that shifts when the player walks.
type backdrop struct {
	stride int
	pix    []byte
}

// paintBackdrop draws the corridor of the screen's rows and columns in crop.
func paintBackdrop(crop image.Rectangle) backdrop {
	b := backdrop{stride: crop.Dx() + period}
	b.pix = make([]byte, b.stride*crop.Dy())
	for y := range crop.Dy() {
		for x := range b.stride {
			b.pix[y*b.stride+x] = scenery(x+crop.Min.X, y+crop.Min.Y)
		}
	}
	return b
}

// scenery returns the colour of the corridor; columns repeat after a period.
func scenery(x, y int) byte {
	x %= period
	switch {
	case y < 40 || y >= 176:
		return border
	case y < 60:
		if (x+y)%period < 3 {
			return rail
		}
		return beam
	case y < 62 || y == 98:
		return rail
	case y == 131:
		return rail
	case y < 149:
		if x < 2 && y < 131 {
			return stripe
		}
		return wall
	case y == 149:
		return black
	case (y-150)/4%2 == 0:
		if x == (y-150)/8*7%period {
			return tileDark
		}
		return tileLight
	}
	return tileDark
}

// draw paints the game into dst, [H,W] palette indices of the crop.
func (v *Vec) draw(dst []byte, g *game) {
	w, phase := v.crop.Dx(), int(g.X-homeLeft)/2%period
	for y := range v.crop.Dy() {
		at := y*v.back.stride + phase
		copy(dst[y*w:(y+1)*w], v.back.pix[at:at+w])
	}
	c := canvas{pix: dst, crop: v.crop}
	if v.crop.Min.Y < 40 {
		c.status(g)
	}
	for i := range g.Foes {
		c.foe(&g.Foes[i], g.X)
	}
	c.player(g)
	for i := range g.Knives {
		if k := &g.Knives[i]; k.Flies == 1 {
			x, y := int(pixel(k.X)), int(k.row())
			c.fill(image.Rect(x, y, x+4, y+1), steel)
			c.fill(image.Rect(x+1, y+1, x+5, y+2), steel)
		}
	}
}

// canvas is a picture of a part of the screen, painted in screen coordinates.
type canvas struct {
	pix  []byte
	crop image.Rectangle
}

// fill paints a rectangle.
func (c canvas) fill(r image.Rectangle, colour byte) {
	r = r.Intersect(c.crop)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		at := (y-c.crop.Min.Y)*c.crop.Dx() - c.crop.Min.X
		row := c.pix[at+r.Min.X : at+r.Max.X]
		for x := range row {
			row[x] = colour
		}
	}
}

// stamp paints a sprite with its middle at column x and its last row above feet.
func (c canvas) stamp(s *sprite, x, feet int32) {
	w, x0 := c.crop.Dx(), int(x)-cellMid-c.crop.Min.X
	for row := range s.rows {
		y := int(feet) - s.rows + row - c.crop.Min.Y
		if y < 0 || y >= c.crop.Dy() {
			continue
		}
		first := max(int(s.span[row][0]), -x0)
		end := min(int(s.span[row][1]), w-x0)
		if first >= end {
			continue
		}
		src := s.pix[row*cell+first : row*cell+end]
		dst := c.pix[y*w+x0+first : y*w+x0+end]
		for i, p := range src {
			if p != hole {
				dst[i] = p
			}
		}
	}
}

func (c canvas) foe(f *foe, playerX int32) {
	if f.Kind == nobody {
		return
	}
	x, dir := pixel(f.X), int32(1)
	if (playerX < x) != (f.Mood == leaving) {
		dir = -1
	}
	l := foes[f.Kind]
	switch {
	case f.Mood == falling:
		c.stamp(l.still.towards(dir), x-dir*f.Timer, ground+f.Timer*f.Timer/4)
	case f.Mood == gripping, f.Mood == standing && f.Pose == 1:
		c.stamp(l.hold.towards(dir), x, ground)
	case f.Pose == 1:
		c.stamp(l.walk.towards(dir), x, ground)
	default:
		c.stamp(l.still.towards(dir), x, ground)
	}
}

func (c canvas) player(g *game) {
	clothes := &hero[min(g.Flickers, 1)]
	l, feet := clothes.stand, ground-g.height()
	switch {
	case g.Down > 0:
		l = clothes.lie
	case g.Jump > 0:
		l = clothes.jump
	case g.Ducking == 1:
		l = clothes.duck
	case g.Attack == kick:
		l = clothes.kick
	case g.Attack != noop:
		l = clothes.punch
	case g.Walking == 1 && g.X&4 == 0:
		l = clothes.walk
	}
	c.stamp(l.towards(g.Facing), g.X, feet)
}

// status paints health, lives and score above the corridor.
func (c canvas) status(g *game) {
	c.fill(image.Rect(16, 10, 16+3*fullHealth, 16), black)
	c.fill(image.Rect(16, 10, 16+3*int(g.Health), 16), red)
	for i := range int(g.Lives) {
		c.fill(image.Rect(16+8*i, 20, 21+8*i, 26), white)
	}
	for i, rest := 0, g.Score; i < 6; i, rest = i+1, rest/10 {
		c.digit(140-9*i, 10, int(rest%10))
	}
}

// segments has the bars of a seven-segment digit as bits: top, middle, bottom,
// upper left, lower left, upper right, lower right.
var segments = [10]uint8{0x7d, 0x60, 0x37, 0x67, 0x6a, 0x4f, 0x5f, 0x61, 0x7f, 0x6f}

// digit paints a number of 6x12 pixels.
func (c canvas) digit(x, y, n int) {
	for bit, r := range [7]image.Rectangle{
		image.Rect(0, 0, 6, 2), image.Rect(0, 5, 6, 7), image.Rect(0, 10, 6, 12),
		image.Rect(0, 0, 2, 6), image.Rect(0, 6, 2, 12), image.Rect(4, 0, 6, 6), image.Rect(4, 6, 6, 12),
	} {
		if segments[n]>>bit&1 == 1 {
			c.fill(r.Add(image.Pt(x, y)), white)
		}
	}
}
