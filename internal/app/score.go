package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"glint/env"
	"glint/env/score"
	"glint/env/vnc"
	"glint/internal/report"
)

// ScoreConfig is a number on the screen whose gains are rewards. What is left out is 1 for
// the weight, and as [score.DefaultTracker] says for the rest.
type ScoreConfig struct {
	File    string   `toml:"file"`    // templates that glint env score made
	Weight  *float64 `toml:"weight"`  // reward of a point; below 0 for an opponent's score
	Jump    *int64   `toml:"jump"`    // largest gain that counts at once
	Confirm *int     `toml:"confirm"` // frames that must show anything else until it counts
}

// EndConfig is how the end of an episode shows on the screen.
type EndConfig struct {
	Pictures []string `toml:"pictures"` // PNG files that show the crop at the end of an episode
	Crop     string   `toml:"crop"`     // WIDTHxHEIGHT+X+Y, the part of the screen that must look like one of them
	Zero     bool     `toml:"zero"`     // a score that has risen is back to 0
	Still    int64    `toml:"still"`    // frames for which the picture stays the same; 0 for none
}

// mendScore says where scores and ends are set.
const mendScore = "mend [[vnc.score]] or [vnc.end] in the config"

// options returns the score whose templates text holds.
func (s ScoreConfig) options(text []byte) (vnc.Score, error) {
	t, err := score.Parse(text)
	if err != nil {
		return vnc.Score{}, usagef("give a file that glint env score made", "%v (file %s)", err, s.File)
	}
	v := vnc.Score{Templates: t, Weight: 1, Tracker: score.DefaultTracker(t)}
	if s.Weight != nil {
		v.Weight = *s.Weight
	}
	if s.Jump != nil {
		v.Tracker.Jump = *s.Jump
	}
	if s.Confirm != nil {
		v.Tracker.Confirm = *s.Confirm
	}
	return v, nil
}

// options returns the end that PNG files show.
func (e EndConfig) options(files [][]byte) (vnc.End, error) {
	v := vnc.End{Zero: e.Zero, Still: env.Frames(e.Still)}
	if (e.Crop == "") != (len(e.Pictures) == 0) {
		return v, usagef(mendScore, "[vnc.end] names pictures or a crop without the other")
	}
	if e.Crop == "" {
		return v, nil
	}
	var err error
	if v.Crop, err = score.ParseCrop(e.Crop); err != nil {
		return v, usagef(mendScore, "[vnc.end] crop: %v", err)
	}
	for i, file := range e.Pictures {
		pix, err := readCrop(file, bytes.NewReader(files[i]), v.Crop)
		if err != nil {
			return v, err
		}
		v.Pictures = append(v.Pictures, pix)
	}
	return v, nil
}

// readCrop reads the crop [H,W,3] out of the picture of a screen, or a picture of the crop
// alone, which file names.
func readCrop(file string, r io.Reader, crop image.Rectangle) ([]byte, error) {
	img, err := png.Decode(r)
	if err != nil {
		return nil, usagef("give PNG files, such as those of glint env view", "%s cannot be read (%v)", file, err)
	}
	b := img.Bounds()
	at := crop.Add(b.Min)
	if b.Size() == crop.Size() {
		at = b
	}
	if !at.In(b) {
		return nil, usagef("give pictures of the whole screen, or of the crop alone", "%s has %dx%d pixels, in which the crop %s does not lie", file, b.Dx(), b.Dy(), score.FormatCrop(crop))
	}
	pix := make([]byte, 0, at.Dx()*at.Dy()*3)
	for y := at.Min.Y; y < at.Max.Y; y++ {
		for x := at.Min.X; x < at.Max.X; x++ {
			r, g, b, _ := img.At(x, y).RGBA()
			pix = append(pix, byte(r>>8), byte(g>>8), byte(b>>8))
		}
	}
	return pix, nil
}

// EnvScoreOptions says from which pictures the templates of digits are learned, or which
// are read by templates that there are.
type EnvScoreOptions struct {
	Dir    string // PNG files, whose names are the digits in them: 001200.png, or 001200-b.png for another
	Crop   string // where the digits are, WIDTHxHEIGHT+X+Y
	Digits string // that can occur
	Out    string // file of the templates
	With   string // file of templates to read the pictures by, instead of learning
}

// EnvScoreResult says how well labelled pictures are read.
type EnvScoreResult struct {
	Templates string        `json:"templates"`
	Crop      string        `json:"crop"`
	Pictures  []ReadPicture `json:"pictures"`
	Right     int           `json:"right"`
	Unread    int           `json:"unread"`  // no number was read
	Wrong     int           `json:"wrong"`   // another number was read
	Skipped   int           `json:"skipped"` // files without a number as their name
}

// ReadPicture says what was read in a picture.
type ReadPicture struct {
	File       string  `json:"file"`
	Label      string  `json:"label"`
	Text       string  `json:"text"` // "?" for what is no digit
	Confidence float64 `json:"confidence"`
	Right      bool    `json:"right"`
}

// EnvScore learns templates, or reads pictures by them.
func EnvScore(e EnvScoreOptions, o IO) (res EnvScoreResult, err error) {
	if err := e.check(); err != nil {
		return res, err
	}
	var crop image.Rectangle
	var t *score.Templates
	if e.With != "" {
		if t, err = score.Load(e.With); err != nil {
			return res, usagef("give a file that glint env score made", "%v", err)
		}
		crop = t.Crop()
	} else if crop, err = score.ParseCrop(e.Crop); err != nil {
		return res, usagef("measure where the digits are in a picture that glint env view --out makes", "--crop: %v", err)
	}
	examples, skipped, err := labelled(e.Dir, crop)
	if err != nil {
		return res, err
	}
	if t == nil {
		if t, err = learnScore(e, examples, crop); err != nil {
			return res, err
		}
	}
	res = EnvScoreResult{Templates: e.With + e.Out, Crop: score.FormatCrop(crop), Skipped: skipped}
	res.read(t, examples)
	if o.JSON {
		return res, json.NewEncoder(o.Stdout).Encode(res)
	}
	return res, res.summary().Write(o.Stdout)
}

func (e EnvScoreOptions) check() error {
	switch {
	case (e.With == "") == (e.Out == ""):
		return usagef("give --out FILE to learn, or --with FILE to read by what was learned", "one of --out and --with is wanted")
	case e.With != "" && e.Crop != "":
		return usagef("leave --crop away: the templates know it", "--with and --crop exclude each other")
	case len(e.Digits) < 2 || strings.Trim(e.Digits, score.Digits) != "":
		return usagef("give those that can occur, such as 0123456789", "--digits is %q", e.Digits)
	}
	if _, err := os.Lstat(e.Out); e.Out != "" && err == nil {
		return usagef("choose another --out", "file %s exists", e.Out)
	}
	return nil
}

// learnScore learns templates and saves them.
func learnScore(e EnvScoreOptions, examples []score.Example, crop image.Rectangle) (*score.Templates, error) {
	t, err := score.Learn(examples, crop, e.Digits)
	if errors.Is(err, score.ErrExamples) {
		return nil, &UsageError{Msg: err.Error(), Hint: "glint env score --help says what it wants"}
	}
	if err != nil {
		return nil, err
	}
	text, err := t.MarshalJSON()
	if err != nil {
		return nil, err
	}
	return t, report.ReplaceFile(e.Out, append(text, '\n'))
}

// labelled reads the pictures of a folder whose names begin with a number.
func labelled(dir string, crop image.Rectangle) (examples []score.Example, skipped int, err error) {
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, usagef("give a folder of pictures", "there is no %s", dir)
	}
	if err != nil {
		return nil, 0, err
	}
	for _, f := range files {
		stem, is := strings.CutSuffix(f.Name(), ".png")
		if !is {
			continue
		}
		text := stem[:len(stem)-len(strings.TrimLeft(stem, score.Digits))]
		if text == "" {
			skipped++
			continue
		}
		file := filepath.Join(dir, f.Name())
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, 0, err
		}
		pix, err := readCrop(file, bytes.NewReader(b), crop)
		if err != nil {
			return nil, 0, err
		}
		examples = append(examples, score.Example{Name: f.Name(), Text: text, Pix: pix})
	}
	if len(examples) == 0 {
		return nil, 0, usagef("save pictures by glint env view --every, and name some by the digits in them, such as 001200.png", "%s holds no PNG file whose name is a number", dir)
	}
	return examples, skipped, nil
}

// read reads the pictures.
func (r *EnvScoreResult) read(t *score.Templates, examples []score.Example) {
	for _, e := range examples {
		got := t.Read(e.Pix)
		p := ReadPicture{File: e.Name, Label: e.Text, Text: strings.TrimSpace(got.Text), Confidence: got.Confidence}
		p.Right = got.Known && p.Text == p.Label
		switch {
		case p.Right:
			r.Right++
		case got.Known:
			r.Wrong++
		default:
			r.Unread++
		}
		r.Pictures = append(r.Pictures, p)
	}
}

func (r EnvScoreResult) summary() *report.Summary {
	s := &report.Summary{Title: r.Templates}
	s.Add("", "crop", r.Crop, "pictures", fmt.Sprintf("%d read right, %d not read, %d wrong; %d without a number as their name", r.Right, r.Unread, r.Wrong, r.Skipped))
	var rows []string
	for _, p := range r.Pictures {
		verdict := "right"
		if !p.Right {
			verdict = "not as named"
		}
		rows = append(rows, p.File, fmt.Sprintf("%s, confidence %.2f: %s", p.Text, p.Confidence, verdict))
	}
	s.Add("", rows...)
	return s
}
