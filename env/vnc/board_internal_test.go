package vnc

import (
	"bytes"
	"fmt"
	"image"
	"math/rand/v2"
	"testing"

	"glint/env/score"
)

// glyphs are ten patterns of 4x6 pixels.
var glyphs = func() (all [10][24]byte) {
	rng := rand.New(rand.NewPCG(1, 1))
	for d := range all {
		for i := range all[d] {
			all[d][i] = byte(rng.IntN(2) * 200)
		}
	}
	return all
}()

// digitsAt are where the numbers of these tests are: two cells of 4x6 pixels, one apart.
var digitsAt = image.Rect(2, 3, 2+9, 3+6)

// drawNumber draws two digits, or nothing for a number below 0, into digitsAt of a picture that
// has so many bytes a pixel.
func drawNumber(pix []byte, at image.Rectangle, w, pixel, n int) {
	for y := range at.Dy() {
		for x := range at.Dx() {
			ink := byte(0)
			if n >= 0 && x%5 < 4 {
				ink = glyphs[n/[]int{10, 1}[x/5]%10][y*4+x%5]
			}
			for c := range rgb {
				pix[((at.Min.Y+y)*w+at.Min.X+x)*pixel+c] = ink
			}
		}
	}
}

// number draws digitsAt alone.
func number(n int) []byte {
	pix := make([]byte, digitsAt.Dx()*digitsAt.Dy()*rgb)
	drawNumber(pix, digitsAt.Sub(digitsAt.Min), digitsAt.Dx(), rgb, n)
	return pix
}

// Numbers returns a score of two digits at digitsAt.
func Numbers(tb testing.TB) Score {
	tb.Helper()
	var examples []score.Example
	for _, n := range []int{1, 23, 45, 67, 89, 10, 32, 54} {
		text := fmt.Sprintf("%02d", n)
		examples = append(examples, score.Example{Name: text, Text: text, Pix: number(n)})
	}
	t, err := score.Learn(examples, digitsAt, score.Digits)
	if err != nil {
		tb.Fatal(err)
	}
	o := score.DefaultTracker(t)
	o.Confirm = 3
	return Score{Templates: t, Weight: 1, Tracker: o}
}

// TestBoard shows numbers, one a frame, and pictures of an end.
func TestBoard(t *testing.T) {
	over := bytes.Repeat([]byte{9, 99, 199}, 20)
	for _, c := range []struct {
		name   string
		change func(*Options)
		frames []int // a number; below 0 for none; 100 for the picture of an end
		reward float64
		done   int // frame with which an episode is over; -1 for none
	}{
		{"gains", nil, []int{5, 5, 7, -1, 9, 12}, 7, -1},
		{"weight", func(o *Options) { o.Scores[0].Weight = -0.5 }, []int{5, 9}, -2, -1},
		{"two scores", func(o *Options) {
			o.Scores = append(o.Scores, o.Scores[0])
			o.Scores[1].Weight = -3
		}, []int{5, 9}, -8, -1},
		{"zero", func(o *Options) { o.End.Zero = true }, []int{5, 9, 0, 0, 0, 3}, 4, 4},
		{"zero for a moment", func(o *Options) { o.End.Zero = true }, []int{5, 9, 0, 0, 9, 10}, 5, -1},
		{"zero before any gain", func(o *Options) { o.End.Zero = true }, []int{5, 0, 0, 0, 3, 4}, 4, -1},
		{"zero, but unasked", nil, []int{5, 9, 0, 0, 0, 2}, 6, -1},
		{"a picture", nil, []int{5, 9, 100, 10}, 4, 2},
		{"still", func(o *Options) { o.End.Still = 3 }, []int{1, 2, 2, 2, 2}, 1, 4},
		{"not quite still", func(o *Options) { o.End.Still = 3 }, []int{1, 2, 2, 2, 3, 3, 3}, 2, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := DefaultOptions("host:1")
			o.Scores = []Score{Numbers(t)}
			o.End.Crop, o.End.Pictures = image.Rect(0, 0, 5, 4), [][]byte{over}
			if c.change != nil {
				c.change(&o)
			}
			if err := o.Validate(); err != nil {
				t.Fatal(err)
			}
			b := newBoard(o)
			b.restart()
			done := -1
			for i, n := range c.frames {
				parts := b.asides()
				end := parts[len(parts)-1].pix
				clear(end)
				if n == 100 {
					copy(end, over)
				} else {
					for k := range o.Scores {
						copy(parts[k].pix, number(n))
					}
				}
				b.frame(number(n % 100))
				if b.out.done && done < 0 {
					done = i
				}
			}
			if out := b.take(); out.reward != c.reward || done != c.done || b.take() != (outcome{}) {
				t.Errorf("reward %v, over with frame %d; want %v and %d", out.reward, done, c.reward, c.done)
			}
		})
	}
}

// TestPictureAlike changes pixels of the picture of an end.
func TestPictureAlike(t *testing.T) {
	o := DefaultOptions("host:1")
	o.End.Crop, o.End.Pictures = image.Rect(0, 0, 20, 10), [][]byte{make([]byte, 20*10*rgb)}
	b := newBoard(o)
	pix := b.asides()[0].pix
	for i := range pix {
		pix[i] = unlikeBy - 1
	}
	for i, want := range []bool{true, true, true, true, true, false} { // 4 of 200 pixels may differ
		if i > 0 {
			pix[i*rgb] = unlikeBy
		}
		if got := b.over(); got != want {
			t.Errorf("with %d pixels of 200 unlike: over is %v", i, got)
		}
	}
}
