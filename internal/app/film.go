package app

import (
	"context"
	"errors"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"glint/env"
	"glint/env/gym"
	"glint/internal/report"
)

// film shows what environment 0 of a world shows in its first episode.
type film struct {
	world *world // nil for a film that nobody wants
	path  string
	zoom  int // side of a pixel of the game
	add   func(image.Image) error
	close func() error
	over  bool
}

// newFilmer refuses, before an environment is opened, a film that could not be written
// or would overwrite a file. What it returns begins the film; no path is no film.
func newFilmer(ctx context.Context, path string) (func(*world) (*film, error), error) {
	if path == "" {
		return func(*world) (*film, error) { return &film{close: func() error { return nil }}, nil }, nil
	}
	ext := filepath.Ext(path)
	mp4 := strings.EqualFold(ext, ".mp4")
	if !mp4 && !strings.EqualFold(ext, ".gif") {
		return nil, usagef("name it "+strings.TrimSuffix(path, ext)+".mp4 or .gif", "the video %s would be an MP4 or a GIF", path)
	}
	if _, err := os.Lstat(path); err == nil {
		return nil, usagef("choose another --video", "file %s exists", path)
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return nil, usagef("make it first, or choose another --video", "there is no folder %s for the video", filepath.Dir(path))
	}
	if !mp4 {
		return func(w *world) (*film, error) { return gifOf(w, path), nil }, nil
	}
	ffmpeg, err := findFFmpeg(ctx)
	if err != nil {
		return nil, err
	}
	return func(w *world) (*film, error) { return mp4Of(ctx, w, ffmpeg, path) }, nil
}

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
	return "", usagef("run: glint env install --extra video (it brings one), or name the video *.gif",
		"an MP4 needs an ffmpeg with H.264: %s", why)
}

// maxFilm bounds the frames of a GIF, which is made in memory: 100 s of play at 4
// frames a step.
const maxFilm = 6000

// gifOf begins a GIF of 50 frames a second, the fastest that viewers play.
func gifOf(w *world, path string) *film {
	var frames []image.Image
	add := func(img image.Image) error {
		if len(frames) < maxFilm {
			frames = append(frames, img)
		}
		return nil
	}
	write := func() error {
		f, err := os.Create(path)
		if err != nil {
			return usagef("check the path of --video", "the video cannot be written (%v)", err)
		}
		return errors.Join(report.GIF(f, frames, 20*time.Millisecond), f.Close())
	}
	return &film{world: w, path: path, zoom: 2, add: add, close: write}
}

// consoleRate is the frames that a game's console shows in a second.
const consoleRate = 60

// mp4Of begins an MP4 at the game's own speed; its frames are not kept.
func mp4Of(ctx context.Context, w *world, ffmpeg, path string) (*film, error) {
	s, _ := w.Raw()
	f := &film{world: w, path: path, zoom: 4}
	rate := consoleRate
	if s.Stacked {
		rate = max(1, rate/s.Repeat) // only the last frame of a step is seen
	}
	m, err := report.NewMP4(ctx, ffmpeg, path, image.Pt(s.W, s.H).Mul(f.zoom), rate)
	if err != nil {
		return nil, err
	}
	f.add, f.close = m.Add, m.Close
	return f, nil
}

// WriteBatch films a step.
func (f *film) WriteBatch(env.Spec, *env.Batch) error {
	if f.world == nil || f.over {
		return nil
	}
	s, b := f.world.Raw()
	obs, size := b.ObsOf(0), s.FrameLen()
	if b.Ended(0) {
		obs, f.over = b.FinalOf(0), true
	}
	from := 0
	if s.Stacked {
		from = s.T - 1 // the other frames were shown before
	}
	for t := from; t < s.T; t++ {
		frame := append([]byte(nil), obs[t*size:(t+1)*size]...)
		if err := f.add(report.Enlarge(picture(s, frame), f.zoom)); err != nil {
			return err
		}
	}
	return nil
}

// remove leaves nothing of a film that went wrong.
func (f *film) remove() error {
	if f.world == nil {
		return nil
	}
	if err := os.Remove(f.path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
