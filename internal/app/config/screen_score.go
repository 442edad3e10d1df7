package config

import (
	"bytes"
	"image"
	"image/png"
	"io"

	"glint/env"
	"glint/env/score"
	"glint/env/vnc"
	"glint/internal/app"
)

// Score is a number on the screen whose gains are rewards. What is left out is 1 for
// the weight, and as [score.DefaultTracker] says for the rest.
type Score struct {
	File    string   `toml:"file"`    // templates that glint env score made
	Weight  *float64 `toml:"weight"`  // reward of a point; below 0 for an opponent's score
	Jump    *int64   `toml:"jump"`    // largest gain that counts at once
	Confirm *int     `toml:"confirm"` // frames that must show anything else until it counts
}

// End is how the end of an episode shows on the screen.
type End struct {
	Pictures []string `toml:"pictures"` // PNG files that show the crop at the end of an episode
	Crop     string   `toml:"crop"`     // WIDTHxHEIGHT+X+Y, the part of the screen that must look like one of them
	Zero     bool     `toml:"zero"`     // a score that has risen is back to 0
	Still    int64    `toml:"still"`    // frames for which the picture stays the same; 0 for none
}

// mendScore says where scores and ends are set.
const mendScore = "mend [[vnc.score]] or [vnc.end] in the config"

// options returns the score whose templates text holds.
func (s Score) options(text []byte) (vnc.Score, error) {
	t, err := score.Parse(text)
	if err != nil {
		return vnc.Score{}, app.Usagef("give a file that glint env score made", "%v (file %s)", err, s.File)
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
func (e End) options(files [][]byte) (vnc.End, error) {
	v := vnc.End{Zero: e.Zero, Still: env.Frames(e.Still)}
	if (e.Crop == "") != (len(e.Pictures) == 0) {
		return v, app.Usagef(mendScore, "[vnc.end] names pictures or a crop without the other")
	}
	if e.Crop == "" {
		return v, nil
	}
	var err error
	if v.Crop, err = score.ParseCrop(e.Crop); err != nil {
		return v, app.Usagef(mendScore, "[vnc.end] crop: %v", err)
	}
	for i, file := range e.Pictures {
		pix, err := ReadCrop(file, bytes.NewReader(files[i]), v.Crop)
		if err != nil {
			return v, err
		}
		v.Pictures = append(v.Pictures, pix)
	}
	return v, nil
}

// ReadCrop reads the crop [H,W,3] out of the picture of a screen, or a picture of the crop
// alone, which file names.
func ReadCrop(file string, r io.Reader, crop image.Rectangle) ([]byte, error) {
	img, err := png.Decode(r)
	if err != nil {
		return nil, app.Usagef("give PNG files, such as those of glint env view", "%s cannot be read (%v)", file, err)
	}
	b := img.Bounds()
	at := crop.Add(b.Min)
	if b.Size() == crop.Size() {
		at = b
	}
	if !at.In(b) {
		return nil, app.Usagef("give pictures of the whole screen, or of the crop alone", "%s has %dx%d pixels, in which the crop %s does not lie", file, b.Dx(), b.Dy(), score.FormatCrop(crop))
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
