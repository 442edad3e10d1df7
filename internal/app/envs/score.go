package envs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"glint/env/score"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/report"
)

// ScoreOptions says from which pictures the templates of digits are learned, or which
// are read by templates that there are.
type ScoreOptions struct {
	Dir    string // PNG files, whose names are the digits in them: 001200.png, or 001200-b.png for another
	Crop   string // where the digits are, WIDTHxHEIGHT+X+Y
	Digits string // that can occur
	Out    string // file of the templates
	With   string // file of templates to read the pictures by, instead of learning
}

// ScoreResult says how well labelled pictures are read.
type ScoreResult struct {
	Templates string        `json:"templates"`
	Crop      string        `json:"crop"`
	Pictures  []readPicture `json:"pictures"`
	Right     int           `json:"right"`
	Unread    int           `json:"unread"`  // no number was read
	Wrong     int           `json:"wrong"`   // another number was read
	Skipped   int           `json:"skipped"` // files without a number as their name
}

// readPicture says what was read in a picture.
type readPicture struct {
	File       string  `json:"file"`
	Label      string  `json:"label"`
	Text       string  `json:"text"` // "?" for what is no digit
	Confidence float64 `json:"confidence"`
	Right      bool    `json:"right"`
}

// Score learns templates, or reads pictures by them.
func Score(e ScoreOptions, o app.IO) (res ScoreResult, err error) {
	if err := e.check(); err != nil {
		return res, err
	}
	var crop image.Rectangle
	var t *score.Templates
	if e.With != "" {
		if t, err = score.Load(e.With); err != nil {
			return res, app.Usagef("give a file that glint env score made", "%v", err)
		}
		crop = t.Crop()
	} else if crop, err = score.ParseCrop(e.Crop); err != nil {
		return res, app.Usagef("measure where the digits are in a picture that glint env view --out makes", "--crop: %v", err)
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
	res = ScoreResult{Templates: e.With + e.Out, Crop: score.FormatCrop(crop), Skipped: skipped}
	res.read(t, examples)
	if o.JSON {
		return res, json.NewEncoder(o.Stdout).Encode(res)
	}
	return res, res.summary().Write(o.Stdout)
}

func (e ScoreOptions) check() error {
	switch {
	case (e.With == "") == (e.Out == ""):
		return app.Usagef("give --out FILE to learn, or --with FILE to read by what was learned", "one of --out and --with is wanted")
	case e.With != "" && e.Crop != "":
		return app.Usagef("leave --crop away: the templates know it", "--with and --crop exclude each other")
	case len(e.Digits) < 2 || strings.Trim(e.Digits, score.Digits) != "":
		return app.Usagef("give those that can occur, such as 0123456789", "--digits is %q", e.Digits)
	}
	if _, err := os.Lstat(e.Out); e.Out != "" && err == nil {
		return app.Usagef("choose another --out", "file %s exists", e.Out)
	}
	return nil
}

// learnScore learns templates and saves them.
func learnScore(e ScoreOptions, examples []score.Example, crop image.Rectangle) (*score.Templates, error) {
	t, err := score.Learn(examples, crop, e.Digits)
	if errors.Is(err, score.ErrExamples) {
		return nil, &app.UsageError{Msg: err.Error(), Hint: "glint env score --help says what it wants"}
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
		return nil, 0, app.Usagef("give a folder of pictures", "there is no %s", dir)
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
		pix, err := config.ReadCrop(file, bytes.NewReader(b), crop)
		if err != nil {
			return nil, 0, err
		}
		examples = append(examples, score.Example{Name: f.Name(), Text: text, Pix: pix})
	}
	if len(examples) == 0 {
		return nil, 0, app.Usagef("save pictures by glint env view --every, and name some by the digits in them, such as 001200.png", "%s holds no PNG file whose name is a number", dir)
	}
	return examples, skipped, nil
}

// read reads the pictures.
func (r *ScoreResult) read(t *score.Templates, examples []score.Example) {
	for _, e := range examples {
		got := t.Read(e.Pix)
		p := readPicture{File: e.Name, Label: e.Text, Text: strings.TrimSpace(got.Text), Confidence: got.Confidence}
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

func (r ScoreResult) summary() *report.Summary {
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
