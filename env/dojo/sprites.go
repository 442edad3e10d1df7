package dojo

import "image/color"

// palette has the colours that constants name. Steel on the wall is the point of
// it: their luminances (ITU-R BT.601) are 72 and 83 of 255, a contrast of 0.04
// that a gray image all but hides, while their blues are 124 apart.
var palette = [colours]color.RGBA{
	black:     {0, 0, 0, 255},
	wall:      {84, 60, 196, 255},
	stripe:    {66, 50, 160, 255},
	rail:      {150, 80, 40, 255},
	tileLight: {150, 160, 170, 255},
	tileDark:  {112, 122, 134, 255},
	beam:      {92, 30, 40, 255},
	steel:     {72, 72, 72, 255},
	white:     {236, 236, 236, 255},
	skin:      {228, 170, 120, 255},
	brown:     {84, 52, 20, 255},
	orange:    {230, 120, 30, 255},
	green:     {60, 160, 70, 255},
	red:       {210, 50, 50, 255},
	border:    {40, 40, 48, 255},
}

// Sprites are cells of one width, the fighter's middle at column cellMid, as
// high as they need to be; clear pixels are holes.
const (
	cell    = 56
	cellMid = 28
	partAt  = cellMid - 6 // column of a part's first letter
	hole    = 255
)

// sprite is a picture of cell columns, standing on its last row.
type sprite struct {
	rows int
	pix  []byte    // [rows*cell]
	span [][2]int8 // first and end column with a pixel, by row
}

// look is a sprite that looks left and one that looks right.
type look [2]*sprite

// towards returns the sprite that looks in direction dir, -1 or 1.
func (l look) towards(dir int32) *sprite { return l[(dir+1)/2] }

// outfitted puts parts on top of each other in the colours of an outfit.
func outfitted(o outfit, parts ...[]string) look {
	var rows []string
	for _, p := range parts {
		rows = append(rows, p...)
	}
	var l look
	for side := range l {
		s := &sprite{rows: len(rows), pix: make([]byte, len(rows)*cell), span: make([][2]int8, len(rows))}
		for y, row := range rows {
			s.line(y, row, o, side == 0)
		}
		l[side] = s
	}
	return l
}

// line paints one row of letters.
func (s *sprite) line(y int, letters string, o outfit, mirrored bool) {
	line := s.pix[y*cell : (y+1)*cell]
	for x := range line {
		line[x] = hole
	}
	first, end := cell, 0
	for i := range len(letters) {
		colour, ok := o[letters[i]]
		if !ok {
			continue
		}
		x := partAt + i
		if mirrored {
			x = cell - 1 - x
		}
		line[x] = colour
		first, end = min(first, x), max(end, x+1)
	}
	s.span[y] = [2]int8{int8(first), int8(end)}
}

// wardrobe is every look of a player.
type wardrobe struct{ stand, walk, punch, kick, jump, duck, lie look }

func dress(o outfit) wardrobe {
	return wardrobe{
		stand: outfitted(o, headPart, armsDown, legsApart),
		walk:  outfitted(o, headPart, armsDown, legsTogether),
		punch: outfitted(o, headPart, armsOut, legsApart),
		kick:  outfitted(o, headPart, armsDown, legsKick),
		jump:  outfitted(o, headPart, armsAhead, legsTucked),
		duck:  outfitted(o, headPart, bodyDucking),
		lie:   outfitted(o, lying),
	}
}

// The looks of everybody. They are made once and never change.
var (
	hero = [2]wardrobe{dress(heroOutfit), dress(hurtOutfit)}
	foes = [3]struct{ walk, still, hold look }{
		henchman: {
			walk:  outfitted(henchOutfit, headPart, armsDown, legsTogether),
			still: outfitted(henchOutfit, headPart, armsDown, legsApart),
			hold:  outfitted(henchOutfit, headPart, armsAhead, legsApart),
		},
		thrower: {
			walk:  outfitted(throwOutfit, headPart, armsUp, legsTogether),
			still: outfitted(throwOutfit, headPart, armsDown, legsApart),
			hold:  outfitted(throwOutfit, headPart, armsUp, legsApart),
		},
	}
)
