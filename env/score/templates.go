package score

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"math"
	"os"
	"strings"
)

// Blank says which cells of a number may be empty.
type Blank string

// The values of Blank.
const (
	BlankNone   Blank = "none"   // each cell holds a digit
	BlankBefore Blank = "before" // those before the number
	BlankAfter  Blank = "after"  // those behind it
)

// Templates are what digits look like in a part of a screen, and where they stand.
type Templates struct {
	crop  image.Rectangle
	grid  grid
	blank Blank
	// levels are the ink of each digit, [H,Width] in 0..maxLevel; nil for one that cannot
	// occur.
	levels [10][]byte
	ink    float64       // what a cell with a digit has, as a length of its ink
	glyphs [10][]float32 // levels, centred
}

// grid is the cells of a number: of the same width, one pitch apart.
type grid struct {
	X     float64 `json:"x"`     // left edge of the first, in pixels of the crop
	Pitch float64 `json:"pitch"` // from one to the next
	Width int     `json:"width"`
	Count int     `json:"count"`
}

// left returns the first column of a cell.
func (g grid) left(cell int) int { return int(math.Round(g.X + float64(cell)*g.Pitch)) }

// The levels of ink as characters, from none to all.
const (
	inks     = ".12345678#"
	maxLevel = len(inks) - 1
)

// What a template file may ask for.
const (
	maxCells = 18 // so that a number is an int64
	maxSide  = 1024
	maxFile  = 1 << 20 // bytes
)

// form is the file of Templates.
type form struct {
	Crop   string              `json:"crop"` // as FormatCrop writes it
	Cells  grid                `json:"cells"`
	Blank  Blank               `json:"blank"`
	Ink    float64             `json:"ink"`
	Digits map[string][]string `json:"digits"` // rows of inks
}

// Crop is the part of a screen that holds the number.
func (t *Templates) Crop() image.Rectangle { return t.crop }

// Range is how many numbers the cells can show: one more than the largest.
func (t *Templates) Range() int64 {
	n := int64(1)
	for range t.grid.Count {
		n *= 10
	}
	return n
}

// MarshalJSON writes the templates so that they can be looked at: the rows of each digit
// from "." for background to "#" for ink.
func (t *Templates) MarshalJSON() ([]byte, error) {
	f := form{Crop: FormatCrop(t.crop), Cells: t.grid, Blank: t.blank, Ink: t.ink, Digits: map[string][]string{}}
	for d, levels := range t.levels {
		var rows []string
		for ; len(levels) > 0; levels = levels[t.grid.Width:] {
			row := make([]byte, t.grid.Width)
			for i := range row {
				row[i] = inks[levels[i]]
			}
			rows = append(rows, string(row))
		}
		if rows != nil {
			f.Digits[fmt.Sprint(d)] = rows
		}
	}
	return json.MarshalIndent(f, "", " ")
}

// Parse reads what MarshalJSON wrote.
func Parse(text []byte) (*Templates, error) {
	var f form
	if len(text) > maxFile {
		return nil, fmt.Errorf("score: templates of more than %d bytes", maxFile)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("score: templates: %w", err)
	}
	crop, err := ParseCrop(f.Crop)
	if err != nil {
		return nil, err
	}
	t := &Templates{crop: crop, grid: f.Cells, blank: f.Blank, ink: f.Ink}
	if err := t.check(); err != nil {
		return nil, fmt.Errorf("score: templates: %w", err)
	}
	if err := t.parseDigits(f.Digits); err != nil {
		return nil, fmt.Errorf("score: templates: %w", err)
	}
	return t, nil
}

func (t *Templates) parseDigits(digits map[string][]string) (err error) {
	if len(digits) < 2 {
		return fmt.Errorf("%d digits, want 2 or more", len(digits))
	}
	for name, rows := range digits {
		if len(name) != 1 || name[0] < '0' || name[0] > '9' {
			return fmt.Errorf("%q is no digit", name)
		}
		if t.levels[name[0]-'0'], err = t.parseDigit(name, rows); err != nil {
			return err
		}
	}
	return t.prepare()
}

// check refuses cells that do not lie in the crop.
func (t *Templates) check() error {
	g, size := t.grid, t.crop.Size()
	switch {
	case t.blank != BlankNone && t.blank != BlankBefore && t.blank != BlankAfter:
		return fmt.Errorf("blank is %q, want %s, %s or %s", t.blank, BlankNone, BlankBefore, BlankAfter)
	case !(t.ink > 0 && t.ink < math.MaxFloat32):
		return fmt.Errorf("ink is %v, want above 0", t.ink)
	case g.Count < 1 || g.Count > maxCells || g.Width < 1 || g.Width > size.X ||
		!(g.Pitch >= 1 && g.Pitch <= maxSide) || !(g.X >= 0 && g.X <= maxSide) || g.left(g.Count-1)+g.Width > size.X:
		return fmt.Errorf("cells %+v do not lie in a crop of %v pixels; at most %d can", g, size, maxCells)
	}
	return nil
}

func (t *Templates) parseDigit(name string, rows []string) ([]byte, error) {
	if len(rows) != t.crop.Dy() {
		return nil, fmt.Errorf("digit %s has %d rows, the crop %d", name, len(rows), t.crop.Dy())
	}
	var levels []byte
	for i, row := range rows {
		if len(row) != t.grid.Width {
			return nil, fmt.Errorf("row %d of digit %s has %d characters, the cell is %d wide", i+1, name, len(row), t.grid.Width)
		}
		for _, c := range row {
			level := strings.IndexRune(inks, c)
			if level < 0 {
				return nil, fmt.Errorf("row %d of digit %s holds %q, want one of %s", i+1, name, c, inks)
			}
			levels = append(levels, byte(level))
		}
	}
	return levels, nil
}

// prepare makes what pictures are compared with.
func (t *Templates) prepare() error {
	for d, levels := range t.levels {
		if levels == nil {
			continue
		}
		glyph := make([]float32, len(levels))
		for i, v := range levels {
			glyph[i] = float32(v)
		}
		if centre(glyph) == 0 {
			return fmt.Errorf("digit %d is an empty picture", d)
		}
		for e, other := range t.glyphs[:d] {
			if other != nil && distance(glyph, other) == 0 {
				return fmt.Errorf("digits %d and %d look the same", e, d)
			}
		}
		t.glyphs[d] = glyph
	}
	return nil
}

// Load reads a file of templates.
func Load(path string) (*Templates, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("score: %w", err)
	}
	t, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%w (file %s)", err, path)
	}
	return t, nil
}

// ParseCrop reads a part of a screen as X writes it, such as "180x20+96+90": width,
// height, and the place of its top left pixel.
func ParseCrop(text string) (image.Rectangle, error) {
	var w, h, x, y int
	n, err := fmt.Sscanf(text, "%dx%d+%d+%d", &w, &h, &x, &y)
	r := image.Rect(x, y, x+w, y+h)
	if err != nil || n != 4 || w < 1 || h < 1 || w > maxSide || h > maxSide || x < 0 || y < 0 || x > 1<<16 || y > 1<<16 || FormatCrop(r) != text {
		return image.Rectangle{}, fmt.Errorf("score: %q is no crop, want WIDTHxHEIGHT+X+Y with at most %d pixels a side, such as 180x20+96+90", text, maxSide)
	}
	return r, nil
}

// FormatCrop writes what ParseCrop reads.
func FormatCrop(r image.Rectangle) string {
	return fmt.Sprintf("%dx%d+%d+%d", r.Dx(), r.Dy(), r.Min.X, r.Min.Y)
}
