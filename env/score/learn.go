package score

import (
	"errors"
	"fmt"
	"image"
	"strings"
)

// Example is a picture whose number a person has read.
type Example struct {
	// Name says in errors which picture it is.
	Name string
	// Text is the digits in it, leading zeros included.
	Text string
	// Pix is the crop [H,W,3].
	Pix []byte
}

// ErrExamples is given where templates cannot be learned from what was given; the text says
// what to do.
var ErrExamples = errors.New("the pictures do not do")

func failf(format string, args ...any) error {
	return fmt.Errorf("score: %w: %s", ErrExamples, fmt.Sprintf(format, args...))
}

// Digits are all that there are.
const Digits = "0123456789"

// Learn learns the templates of digits from pictures of the same part of a screen. The
// digits are those that can occur, mostly Digits: each must be in a picture. Every picture
// is then read by the templates of the others, and by those of all: should either say
// something else than its text, that is an error, which names it.
func Learn(examples []Example, crop image.Rectangle, digits string) (*Templates, error) {
	samples, err := prepare(examples, crop, digits)
	if err != nil {
		return nil, err
	}
	l := fit(samples, crop.Dx())
	if l.Count == 0 {
		return nil, failf("a crop of %dx%d pixels has no place for %d digits; give a larger one", crop.Dx(), crop.Dy(), longest(samples))
	}
	t, err := build(samples, crop, l)
	if err != nil {
		return nil, failf("%v; is the crop %s where the digits are, and has each picture its own number as its name?", err, FormatCrop(crop))
	}
	if err := t.crossCheck(samples, l); err != nil {
		return nil, err
	}
	if err := t.settle(samples, l); err != nil {
		return nil, err
	}
	for _, e := range examples {
		if r := t.Read(e.Pix); r.Text != "" && strings.TrimSpace(r.Text) != e.Text {
			return nil, failf("%s shows %s, but what was learned reads %q in it; is the crop %s tight around the digits, and their background plain?",
				e.Name, e.Text, strings.TrimSpace(r.Text), FormatCrop(crop))
		}
	}
	return t, nil
}

func longest(samples []sample) (n int) {
	for _, s := range samples {
		n = max(n, len(s.text))
	}
	return n
}

// prepare checks what can be said before looking at the pictures.
func prepare(examples []Example, crop image.Rectangle, digits string) ([]sample, error) {
	if len(examples) < 2 {
		return nil, failf("%d pictures have a number as their name, want 2 or more", len(examples))
	}
	if crop.Empty() || crop.Dx() > maxSide || crop.Dy() > maxSide {
		return nil, failf("a crop of %v pixels", crop.Size())
	}
	var all []byte
	var seen strings.Builder
	for _, e := range examples {
		if n := len(e.Text); n < 1 || n > maxCells {
			return nil, failf("%s: a number of %d digits, want 1..%d", e.Name, n, maxCells)
		}
		if i := strings.IndexFunc(e.Text, func(c rune) bool { return !strings.ContainsRune(digits, c) }); i >= 0 {
			return nil, failf("%s: %q in %q is none of the digits %s", e.Name, e.Text[i:i+1], e.Text, digits)
		}
		if want := crop.Dx() * crop.Dy() * rgb; len(e.Pix) != want {
			return nil, failf("%s: %d bytes, want %d for a crop of %v pixels", e.Name, len(e.Pix), want, crop.Size())
		}
		seen.WriteString(e.Text)
		all = append(all, e.Pix...)
	}
	missing := strings.Map(func(c rune) rune {
		if strings.ContainsRune(seen.String(), c) {
			return -1
		}
		return c
	}, digits)
	if missing != "" {
		return nil, failf("no picture shows the digits %s; add some that do, or say which digits can occur", strings.Join(strings.Split(missing, ""), ", "))
	}
	var samples []sample
	common := background(all) // thick digits can cover more than half of one picture
	for _, e := range examples {
		back := common
		if !covers(e.Pix, back) {
			back = background(e.Pix)
		}
		samples = append(samples, sample{name: e.Name, text: e.Text, ink: inkOf(e.Pix, back)})
	}
	return samples, leadingZeros(samples)
}

// leadingZeros refuses numbers of several lengths where zeros lead.
func leadingZeros(samples []sample) error {
	zeros, other := "", ""
	for _, s := range samples {
		if len(s.text) > 1 && s.text[0] == '0' {
			zeros = s.name
		}
	}
	for _, s := range samples {
		if len(s.text) != longest(samples) {
			other = s.name
		}
	}
	if zeros != "" && other != "" {
		return failf("in %s zeros lead, so each number should have as many digits, but %s has fewer; name each picture by all the digits in it", zeros, other)
	}
	return nil
}

// build makes templates of the digits that samples show: their mean ink.
func build(samples []sample, crop image.Rectangle, l layout) (*Templates, error) {
	t := &Templates{crop: crop, grid: l.grid, blank: BlankNone}
	size := crop.Dy() * l.Width
	var sums [10][]float64
	var counts [10]int
	cells, most := 0, 0.0
	for _, s := range samples {
		for cell := range l.Count {
			c := l.class(s, cell)
			if c == blankClass {
				continue
			}
			if sums[c] == nil {
				sums[c] = make([]float64, size)
			}
			patch := t.patch(s.ink, cell)
			for i, v := range patch {
				sums[c][i] += float64(v)
			}
			counts[c]++
			cells++
			t.ink += centre(patch)
		}
	}
	for d, sum := range sums {
		for i := range sum {
			sum[i] /= float64(counts[d])
			most = max(most, sum[i])
		}
	}
	if t.ink == 0 {
		return nil, errors.New("the pictures are empty")
	}
	t.ink /= float64(cells)
	for d, sum := range sums {
		for _, v := range sum {
			t.levels[d] = append(t.levels[d], byte(v/most*float64(maxLevel)+0.5))
		}
	}
	return t, t.prepare()
}

// certain is the confidence above which the other pictures gainsay a text. A digit that
// they do not show may be read as one like it, with less.
const certain = 0.75

// crossCheck reads each sample by the templates of the others, and refuses a text that they
// gainsay: a digit that they are sure of is another.
func (t *Templates) crossCheck(samples []sample, l layout) error {
	for i, s := range samples {
		others := append(append([]sample(nil), samples[:i]...), samples[i+1:]...)
		u, err := build(others, t.crop, l)
		if err != nil {
			continue // a digit that only this picture shows is like no other: nothing to say
		}
		for cell := range l.Count {
			c := l.class(s, cell)
			got, sure := u.readCell(u.patch(s.ink, cell))
			if c != blankClass && sure > certain && got != ' ' && int(got-'0') != c {
				return failf("%s says %s, but by the other pictures its digit %d is a %c; is that its number?", s.name, s.text, cell-l.first(s)+1, got)
			}
		}
	}
	return nil
}

// settle decides which cells may be empty, and adds cells that were so far.
func (t *Templates) settle(samples []sample, l layout) error {
	for _, s := range samples {
		if len(s.text) > 1 && s.text[0] == '0' {
			return t.check() // zeros lead
		}
	}
	t.blank = BlankAfter
	if l.right {
		t.blank = BlankBefore
	}
	for t.grid.Count < maxCells {
		g := t.grid
		g.Count++
		if l.right {
			g.X -= g.Pitch
		}
		if g.X < 0 || g.left(g.Count-1)+g.Width > t.crop.Dx() || !t.empty(samples, g, l.right) {
			break
		}
		t.grid = g
	}
	return t.check()
}

// empty says whether all samples are in the cell that g has more.
func (t *Templates) empty(samples []sample, g grid, first bool) bool {
	cell := g.Count - 1
	if first {
		cell = 0
	}
	for _, s := range samples {
		if centre(g.cut(s.ink, t.crop.Dx(), cell)) >= blankShare*t.ink {
			return false
		}
	}
	return true
}
