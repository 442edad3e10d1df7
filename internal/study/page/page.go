package page

import (
	"bytes"
	_ "embed" // of the page's template
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"image"
	"image/png"
	"strings"

	"glint/internal/htmlpage"
	"glint/internal/report"
	"glint/internal/study"
)

// Picture is an image of reconstructions with what is said of it.
type Picture struct {
	Image   image.Image
	Caption string // what is shown and how it was chosen
	Alt     string // the same for who cannot see it, with what the picture tells
}

// png encodes the image.
func (p Picture) png() ([]byte, error) {
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, p.Image); err != nil {
		return nil, fmt.Errorf("page: drawing a picture: %w", err)
	}
	return b.Bytes(), nil
}

//go:embed page.html
var pageText string

var pageTemplate = htmlpage.Template(pageText)

// Write writes the page of a result to path, which appears whole or not at all.
func Write(path string, r *study.Result, pictures []Picture) error {
	b, err := HTML(r, pictures)
	if err != nil {
		return err
	}
	if err := report.ReplaceFile(path, b); err != nil {
		return fmt.Errorf("page: writing %s: %w", path, err)
	}
	return nil
}

// HTML returns the page of a result.
func HTML(r *study.Result, pictures []Picture) ([]byte, error) {
	if len(r.Judges) == 0 || len(r.Order) == 0 {
		return nil, errors.New("page: the study has no judges or no arms")
	}
	v := view{Result: r, Answer: answer(r), Groups: groups(r), Comparisons: comparisons(r), Reading: readIntervals(r), Facts: facts(r), Many: len(r.Seeds) > 1, SeedList: list(r.Seeds)}
	var err error
	if v.Intervals, v.Profile, v.Tradeoff, err = plots(r); err != nil {
		return nil, err
	}
	for _, p := range pictures {
		b, err := p.png()
		if err != nil {
			return nil, err
		}
		size := p.Image.Bounds().Size()
		// The bytes are this program's own.
		src := template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b)) //nolint:gosec // see above
		v.Pictures = append(v.Pictures, picture{src, size.X, size.Y, size.X * 45 / 100, p.Caption, p.Alt})
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, v); err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	return b.Bytes(), nil
}

// view is what the template shows.
type view struct {
	*study.Result
	Answer      []string
	Facts       []fact
	Many        bool // seeds, so that intervals can be told
	SeedList    string
	Groups      []group
	Comparisons []comparison
	Reading     string // of the plots of intervals
	Intervals   []htmlpage.Figure
	Profile     *htmlpage.Figure // nil where there is nothing to draw
	Tradeoff    *htmlpage.Figure
	Pictures    []picture
}

type picture struct {
	Src          template.URL
	W, H         int
	Least        int // width in pixels of the screen that can still be read
	Caption, Alt string
}

// fact is a word with what it stands for.
type fact struct{ Word, Says string }

func facts(r *study.Result) []fact {
	trial := fmt.Sprintf("%d updates of glint pretrain, judged by glint probe on episodes that no arm trained on", r.Length)
	if r.Kind == study.Train {
		trial = fmt.Sprintf("%d steps of glint train, judged by glint eval", r.Length)
	}
	all := []fact{
		{"Environment", r.Env},
		{"Arms", fmt.Sprintf("%d, compared with %s", len(r.Order), r.Base)},
		{"Seeds", fmt.Sprintf("%s for each arm", list(r.Seeds))},
		{"Trial", trial},
		{"Trials", fmt.Sprintf("%d, of which %d failed", r.Trials, r.Failed)},
	}
	if r.Data != "" {
		all = append(all, fact{"Trained on", r.Data + ": " + r.DataFrom + " · " + r.DataID}, fact{"Judged on", r.HeldOut + ": " + r.HeldFrom + " · " + r.HeldID})
	}
	if len(r.LeftOut) > 0 {
		all = append(all, fact{"Left out", "trials of this study with a result that was not asked for: " + strings.Join(r.LeftOut, ", ")})
	}
	return all
}

// list writes values with commas.
func list[T any](values []T) string {
	return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(values)), ", "), "[]")
}
