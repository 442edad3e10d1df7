// Package film writes what is played to GIF and MP4 files.
package film

import (
	"context"
	"image"

	"glint/env"
	"glint/internal/app/world"
	"glint/internal/report"
)

// Film shows what environment 0 of a world shows in its first episode.
type Film struct {
	*File
	world *world.World // nil for a film that nobody wants
	zoom  int          // side of a pixel of the game
	over  bool
}

// New refuses, before an environment is opened, a film that could not be written
// or would overwrite a file. What it returns begins the film; no path is no film.
func New(ctx context.Context, path string) (func(*world.World) (*Film, error), error) {
	if path == "" {
		return func(*world.World) (*Film, error) {
			return &Film{File: &File{Close: func() error { return nil }}}, nil
		}, nil
	}
	to, err := NewTarget(ctx, "--video", path)
	if err != nil {
		return nil, err
	}
	return func(w *world.World) (*Film, error) {
		s, _ := w.Raw()
		f := &Film{world: w, zoom: 2}
		rate := gifRate
		if to.MP4() {
			f.zoom, rate = 4, ConsoleRate
			if s.Stacked {
				rate = max(1, rate/s.Repeat) // only the last frame of a step is seen
			}
		}
		f.File, err = to.Begin(ctx, image.Pt(s.W, s.H).Mul(f.zoom), rate)
		return f, err
	}, nil
}

// WriteBatch films a step.
func (f *Film) WriteBatch(env.Spec, *env.Batch) error {
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
		if err := f.Add(report.Enlarge(world.Picture(s, frame), f.zoom)); err != nil {
			return err
		}
	}
	return nil
}
