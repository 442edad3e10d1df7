package film

import (
	"context"
	"errors"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"glint/env/gym"
	"glint/internal/app"
	"glint/internal/report"
)

// Target is where a film will be written.
type Target struct {
	flag, path string
	ffmpeg     string // empty for a GIF
}

// NewTarget refuses a path, given by a flag, that no film can be written to.
func NewTarget(ctx context.Context, flag, path string) (*Target, error) {
	ext := filepath.Ext(path)
	mp4 := strings.EqualFold(ext, ".mp4")
	if !mp4 && !strings.EqualFold(ext, ".gif") {
		return nil, app.Usagef("name it "+strings.TrimSuffix(path, ext)+".mp4 or .gif", "the video %s would be an MP4 or a GIF", path)
	}
	if _, err := os.Lstat(path); err == nil {
		return nil, app.Usagef("choose another "+flag, "file %s exists", path)
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return nil, app.Usagef("make it first, or choose another "+flag, "there is no folder %s for the video", filepath.Dir(path))
	}
	t := &Target{flag: flag, path: path}
	var err error
	if mp4 {
		t.ffmpeg, err = findFFmpeg(ctx)
	}
	return t, err
}

// MP4 says whether the film will be an MP4, else it is a GIF.
func (t *Target) MP4() bool { return t.ffmpeg != "" }

// findFFmpeg returns an ffmpeg that can write films: the one on the PATH, else the one
// in glint's Python environment.
func findFFmpeg(ctx context.Context) (string, error) {
	why := "none is on the PATH"
	onPath, missing := exec.LookPath("ffmpeg")
	own, notInstalled := gym.FFmpeg("")
	for _, c := range []struct {
		path string
		err  error
	}{{onPath, missing}, {own, notInstalled}} {
		if c.err != nil {
			continue
		}
		err := report.CanFilm(ctx, c.path)
		if err == nil {
			return c.path, nil
		}
		why = err.Error()
	}
	return "", app.Usagef("run: glint env install --extra video (it brings one), or name the video *.gif",
		"an MP4 needs an ffmpeg with H.264: %s", why)
}

// maxGIF bounds the pixels of a GIF, which is made in memory, a byte each: 100 s of
// a game of 160x210 pixels, twice enlarged.
const maxGIF = 800 << 20

// CutShort says that a GIF was.
const CutShort = "the film ends before the play does, since a GIF is made in memory: name it .mp4 for all of it"

// gifRate is the frames a second of a GIF, the fastest that viewers play.
const gifRate = 50

// ConsoleRate is the frames that a game's console shows in a second.
const ConsoleRate = 60

// File is a film being written.
type File struct {
	path  string
	Add   func(image.Image) error
	Close func() error
	Cut   bool // frames were left out at the end
}

// Begin begins a film of that size in pixels, rate frames a second.
func (t *Target) Begin(ctx context.Context, size image.Point, rate int) (*File, error) {
	f := &File{path: t.path}
	if t.MP4() {
		m, err := report.NewMP4(ctx, t.ffmpeg, t.path, size, rate)
		if err != nil {
			return nil, err
		}
		f.Add, f.Close = m.Add, m.Close
		return f, nil
	}
	var frames []image.Image
	f.Add = func(img image.Image) error {
		if f.Cut = (len(frames)+1)*size.X*size.Y > maxGIF; !f.Cut {
			frames = append(frames, report.Paletted(img))
		}
		return nil
	}
	f.Close = func() error {
		file, err := os.Create(t.path)
		if err != nil {
			return app.Usagef("check the path of "+t.flag, "the video cannot be written (%v)", err)
		}
		return errors.Join(report.GIF(file, frames, time.Second/time.Duration(rate)), file.Close())
	}
	return f, nil
}

// Remove leaves nothing of a film that went wrong.
func (f *File) Remove() error {
	if f.path == "" {
		return nil
	}
	if err := os.Remove(f.path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
