package app

import (
	"context"
	"image"

	"glint/env"
	"glint/internal/report"
)

// film shows what environment 0 of a world shows in its first episode.
type film struct {
	*filmFile
	world *world // nil for a film that nobody wants
	zoom  int    // side of a pixel of the game
	over  bool
}

// newFilmer refuses, before an environment is opened, a film that could not be written
// or would overwrite a file. What it returns begins the film; no path is no film.
func newFilmer(ctx context.Context, path string) (func(*world) (*film, error), error) {
	if path == "" {
		return func(*world) (*film, error) {
			return &film{filmFile: &filmFile{close: func() error { return nil }}}, nil
		}, nil
	}
	to, err := newFilmTarget(ctx, "--video", path)
	if err != nil {
		return nil, err
	}
	return func(w *world) (*film, error) {
		s, _ := w.Raw()
		f := &film{world: w, zoom: 2}
		rate := gifRate
		if to.mp4() {
			f.zoom, rate = 4, consoleRate
			if s.Stacked {
				rate = max(1, rate/s.Repeat) // only the last frame of a step is seen
			}
		}
		f.filmFile, err = to.begin(ctx, image.Pt(s.W, s.H).Mul(f.zoom), rate)
		return f, err
	}, nil
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
