package report_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"glint/internal/report"
)

func TestPictures(t *testing.T) {
	img := report.Indexed([]byte{0, 1, 9, 1}, 2, 2, []color.RGBA{{1, 2, 3, 255}, {4, 5, 6, 255}})
	want := []color.RGBA{{1, 2, 3, 255}, {4, 5, 6, 255}, {255, 0, 255, 255}, {4, 5, 6, 255}}
	for i, w := range want {
		if got := color.RGBAModel.Convert(img.At(i%2, i/2)); got != w {
			t.Errorf("pixel %d is %v, want %v", i, got, w)
		}
	}
	rgb := report.RGB([]byte{1, 2, 3, 4, 5, 6}, 1, 2)
	if got := rgb.At(1, 0); got != (color.RGBA{4, 5, 6, 255}) {
		t.Errorf("RGB pixel is %v", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("Gray took too few bytes")
		}
	}()
	report.Gray([]byte{1}, 2, 2)
}

func TestGIFKeepsColours(t *testing.T) {
	indexed := report.Indexed([]byte{0, 1, 2, 3}, 2, 2, palette)
	rgb := report.RGB([]byte{9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2}, 2, 2)
	var b bytes.Buffer
	if err := report.GIF(&b, []image.Image{indexed, rgb}, 67*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	g, err := gif.DecodeAll(&b)
	if err != nil {
		t.Fatal(err)
	}
	if !cmp.Equal(g.Delay, []int{7, 7}) || g.LoopCount != 0 {
		t.Errorf("delays %v, loop count %d", g.Delay, g.LoopCount)
	}
	for f, want := range []image.Image{indexed, rgb} {
		for i := range 4 {
			if got, w := color.RGBAModel.Convert(g.Image[f].At(i%2, i/2)), color.RGBAModel.Convert(want.At(i%2, i/2)); got != w {
				t.Errorf("frame %d pixel %d is %v, want %v", f, i, got, w)
			}
		}
	}
}

func TestGIFOfManyColours(t *testing.T) {
	pix := make([]byte, 3*32*32)
	for i := range 32 * 32 {
		pix[3*i], pix[3*i+1] = byte(i%32*8), byte(i/32*8)
	}
	var b bytes.Buffer
	if err := report.GIF(&b, []image.Image{report.RGB(pix, 32, 32)}, 0); err != nil {
		t.Fatal(err)
	}
	g, err := gif.DecodeAll(&b)
	if err != nil {
		t.Fatal(err)
	}
	var sum [2]int
	for i := range 32 * 32 {
		c := color.RGBAModel.Convert(g.Image[0].At(i%32, i/32)).(color.RGBA)
		sum[0], sum[1] = sum[0]+int(c.R)-i%32*8, sum[1]+int(c.G)-i/32*8
	}
	// Dithering is wrong at a pixel but right on average.
	for i, s := range sum {
		if mean := float64(s) / 1024; mean < -6 || mean > 6 {
			t.Errorf("channel %d is off by %.1f on average", i, mean)
		}
	}
}

func TestGIFRefuses(t *testing.T) {
	small, large := report.Gray(make([]byte, 1), 1, 1), report.Gray(make([]byte, 4), 2, 2)
	for name, frames := range map[string][]image.Image{
		"none": nil, "sizes": {small, large}, "empty": {report.Gray(nil, 0, 0)},
	} {
		var b bytes.Buffer
		if err := report.GIF(&b, frames, 0); err == nil || b.Len() != 0 {
			t.Errorf("%s: error %v, %d bytes written", name, err, b.Len())
		}
	}
}

func ExampleSummary() {
	s := report.Summary{Title: "Trained dojo for 5 minutes"}
	s.Add("Result", "score", "1,240 (last 100 episodes; random play 310)", "knives kept", "82 %").
		Add("Next", "evaluate", "glint eval --checkpoint runs/dojo-1")
	if err := s.Write(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Trained dojo for 5 minutes
	//
	// Result
	//   score        1,240 (last 100 episodes; random play 310)
	//   knives kept  82 %
	//
	// Next
	//   evaluate     glint eval --checkpoint runs/dojo-1
}

func TestSummaryFits(t *testing.T) {
	path := "/" + strings.Repeat("p", 120)
	for _, rows := range []int{1, 9, 18, 19, 40} {
		s := report.Summary{Title: "title"}
		s.Add("long", "words", strings.Repeat("word ", 40), "path", path)
		for i := range rows {
			s.Add("", fmt.Sprint("key ", i), "välue")
		}
		var b bytes.Buffer
		if err := s.Write(&b); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		if len(lines) > report.SummaryLines {
			t.Errorf("%d rows: %d lines", rows, len(lines))
		}
		for _, l := range lines {
			if utf8.RuneCountInString(l) > report.SummaryColumns && !strings.Contains(l, path) {
				t.Errorf("%d rows: line of %d columns: %s", rows, utf8.RuneCountInString(l), l)
			}
		}
		if !strings.Contains(b.String(), path) {
			t.Error("the path was broken")
		}
		if cutOff := strings.Contains(b.String(), "more lines"); cutOff != (rows > 18) {
			t.Errorf("%d rows: cut off is %v", rows, cutOff)
		}
	}
}
