package score_test

import (
	"fmt"
	"image"
	"math/rand/v2"
	"strings"
	"testing"

	"glint/env/score"
)

// font is digits of 5x7 pixels, one bit a pixel, the highest of five bits at the left.
var font = [10][7]byte{
	{14, 17, 19, 21, 25, 17, 14},
	{4, 12, 4, 4, 4, 4, 14},
	{14, 17, 1, 2, 4, 8, 31},
	{31, 2, 4, 2, 1, 17, 14},
	{2, 6, 10, 18, 31, 2, 2},
	{31, 16, 30, 1, 1, 17, 14},
	{6, 8, 16, 30, 17, 17, 14},
	{31, 1, 2, 4, 8, 8, 8},
	{14, 17, 17, 14, 17, 17, 14},
	{14, 17, 17, 15, 1, 2, 12},
}

// look is how a number is drawn.
type look struct {
	crop       image.Rectangle
	x, y       int     // place of the first cell
	pitch      float64 // of cells
	scale      int     // pixels of the screen for one of the font
	ink, paper [3]byte
	noise      float64 // standard deviation of each byte
}

var plain = look{crop: image.Rect(20, 10, 20+64, 10+12), x: 5, y: 3, pitch: 9, scale: 1, ink: [3]byte{250, 250, 90}, paper: [3]byte{20, 30, 120}}

// draw draws text, whose characters other than digits are empty cells, into a crop.
func (l look) draw(text string, rng *rand.Rand) []byte {
	w, h := l.crop.Dx(), l.crop.Dy()
	pix := make([]byte, w*h*3)
	for i := range w * h {
		copy(pix[i*3:], l.paper[:])
	}
	for i, c := range text {
		if c < '0' || c > '9' {
			continue
		}
		left := l.x + int(float64(i)*l.pitch+0.5)
		for k := range 5 * 7 * l.scale * l.scale {
			x, y := k%(5*l.scale), k/(5*l.scale)
			if font[c-'0'][y/l.scale]>>(4-x/l.scale)&1 == 1 {
				copy(pix[((l.y+y)*w+left+x)*3:], l.ink[:])
			}
		}
	}
	if l.noise > 0 {
		for i := range pix {
			pix[i] = byte(max(0, min(255, float64(pix[i])+rng.NormFloat64()*l.noise+0.5)))
		}
	}
	return pix
}

// examples draws pictures of numbers.
func (l look) examples(rng *rand.Rand, texts ...string) []score.Example {
	var all []score.Example
	for _, text := range texts {
		all = append(all, score.Example{Name: strings.TrimSpace(text) + ".png", Text: strings.TrimSpace(text), Pix: l.draw(text, rng)})
	}
	return all
}

func learn(tb testing.TB, l look, examples []score.Example) *score.Templates {
	tb.Helper()
	t, err := score.Learn(examples, l.crop, score.Digits)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// TestRead learns from a few numbers and reads a thousand others.
func TestRead(t *testing.T) {
	padded := func(n int) string { return fmt.Sprintf("%6d", n) }
	zeros := func(n int) string { return fmt.Sprintf("%06d", n) }
	growing := func(n int) string { return fmt.Sprintf("%-6d", n) }
	with := func(change func(*look)) look { l := plain; change(&l); return l }
	for _, c := range []struct {
		name  string
		l     look
		write func(int) string
		train []int
	}{
		{"leading zeros", plain, zeros, []int{120, 3450, 60, 78, 900}},
		{"empty leading cells", plain, padded, []int{0, 120, 3450, 60, 78, 904}},
		{"grows to the right", plain, growing, []int{0, 120, 3450, 60, 78, 904}},
		{"noise", with(func(l *look) { l.noise = 15 }), padded, []int{0, 120, 3450, 60, 78, 904, 1234, 5678}},
		{"large", with(func(l *look) { l.scale, l.pitch, l.crop = 4, 25, image.Rect(0, 0, 300, 40) }), padded, []int{0, 120, 3450, 60, 78, 904}},
		{"scaled by a fraction", with(func(l *look) { l.scale, l.pitch, l.crop = 2, 12.4, image.Rect(0, 0, 90, 20) }), zeros, []int{120, 3450, 60, 78, 901, 5678}},
		{"no margin", with(func(l *look) { l.x, l.y, l.crop = 0, 0, image.Rect(0, 0, 5*9+5, 7) }), zeros, []int{120, 3450, 60, 78, 900}},
		{"one digit alone changes", plain, zeros, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}},
		{"touching", with(func(l *look) { l.pitch = 5 }), zeros, []int{120, 3450, 60, 78, 900}},
	} {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			var texts []string
			for _, n := range c.train {
				texts = append(texts, c.write(n))
			}
			r := learn(t, c.l, c.l.examples(rng, texts...))
			wrong := 0
			for range 1000 {
				n := rng.IntN([]int{10, 100, 1000, 10_000, 100_000, 1_000_000}[rng.IntN(6)])
				got := r.Read(c.l.draw(c.write(n), rng))
				if !got.Known || got.Value != int64(n) {
					if wrong++; wrong < 4 {
						t.Errorf("%d is read as %q, confidence %.2f", n, got.Text, got.Confidence)
					}
				}
			}
			if wrong > 0 {
				t.Errorf("%d of 1000 wrong", wrong)
			}
		})
	}
}

// TestReadRefuses looks at pictures that show no number.
func TestReadRefuses(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	r := learn(t, plain, plain.examples(rng, numbers...))
	shifted := plain
	shifted.x += 4
	torn := plain.draw("123456", nil)
	copy(torn[len(torn)/2:], plain.draw("987023", nil)[len(torn)/2:])
	wild := plain.draw("123456", nil)
	for i := range wild {
		wild[i] = byte(rng.IntN(256))
	}
	for name, pix := range map[string][]byte{
		"nothing":              plain.draw("", nil),
		"a gap":                plain.draw("12 456", nil),
		"the last digit blank": plain.draw("12345 ", nil),
		"between the cells":    shifted.draw("12345", nil),
		"half a frame":         torn,
		"noise alone":          wild,
	} {
		if got := r.Read(pix); got.Known {
			t.Errorf("%s is read as %q, confidence %.2f", name, got.Text, got.Confidence)
		}
	}
}

// TestReadColours reads a number whose colours change.
func TestReadColours(t *testing.T) {
	r := learn(t, plain, plain.examples(nil, numbers...))
	for _, c := range []struct{ ink, paper [3]byte }{
		{plain.paper, plain.ink}, {[3]byte{255, 0, 0}, [3]byte{}}, {[3]byte{74, 74, 74}, [3]byte{66, 72, 200}}, {[3]byte{0, 90, 0}, [3]byte{90, 90, 90}},
	} {
		l := plain
		l.ink, l.paper = c.ink, c.paper
		if got := r.Read(l.draw("  9035", nil)); !got.Known || got.Value != 9035 {
			t.Errorf("%v on %v is read as %q, confidence %.2f", c.ink, c.paper, got.Text, got.Confidence)
		}
	}
}

// TestReadNoise wants strong noise to hide a number rather than to change it.
func TestReadNoise(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	r := learn(t, plain, plain.examples(rng, numbers...))
	l := plain
	for _, c := range []struct {
		noise   float64
		unread  int // at most
		misread int
	}{{10, 0, 0}, {30, 60, 0}, {60, 300, 3}} {
		l.noise = c.noise
		unread, misread := 0, 0
		for range 300 {
			n := rng.IntN(1_000_000)
			switch got := r.Read(l.draw(fmt.Sprintf("%6d", n), rng)); {
			case !got.Known:
				unread++
			case got.Value != int64(n):
				misread++
			}
		}
		if t.Logf("noise %v: %d of 300 not read, %d misread", c.noise, unread, misread); unread > c.unread || misread > c.misread {
			t.Errorf("noise %v: %d of 300 not read, %d misread", c.noise, unread, misread)
		}
	}
}
