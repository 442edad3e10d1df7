package report

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
)

// Verdict is what a judge says about the small object of an example.
type Verdict int

// The verdicts.
const (
	Unjudged Verdict = iota
	Kept             // the object's contrast survives in the reconstruction
	Lost
)

// Example is one frame with what the autoencoder makes of it.
type Example struct {
	// Original is the frame in its own colours. Where it is nil, Plane is shown.
	Original image.Image
	// Plane [H,W] is what the encoder sees, 0..255.
	Plane []byte
	// Recon [H,W] is the decoder's output, 0..1.
	Recon []float32
	// Weights [H,W] are the weights of the loss as they are.
	Weights []float32
	// Slopes [H,W] are what takes the place of weights and error where Sheet.Slopes says
	// so: |dV/dx| and |d log p/dx|.
	Slopes [2][]float32
	H, W   int
	// Boxes are the true small objects, in pixels of the frame.
	Boxes []image.Rectangle
	// Frame is the frame of the observation that is shown, 0..Frames-1.
	Frame, Frames int
	// Caption says what the frame is, such as "knife · environment 3", in letters
	// of Latin-1: the sheet's font has no others.
	Caption string
	Verdict Verdict
	// Note stands behind them.
	Note string
}

// Sheet is a picture of examples: one in a row, with the columns original,
// reconstruction, weights and error, and enlarged cuts around the first box.
type Sheet struct {
	// Title says what is shown, such as "glint on dojo".
	Title string
	// Subtitle holds step, iteration and metrics.
	Subtitle string
	// Found says that the boxes are what a detector found, not true ones.
	Found bool
	// Slopes says that the examples have slopes instead of weights.
	Slopes   bool
	Examples []Example
}

// boxes says what the boxes are.
func (s *Sheet) boxes() string { return boxesText(s.Found) }

func boxesText(found bool) string {
	if found {
		return "found by the detector"
	}
	return "true objects"
}

// check refuses arrays that are not H*W long.
func (s *Sheet) check() error {
	if len(s.Examples) == 0 {
		return fmt.Errorf("report: sheet %q has no examples", s.Title)
	}
	for i, e := range s.Examples {
		n := e.H * e.W
		last := [2]int{len(e.Weights), n}
		if s.Slopes {
			last = [2]int{len(e.Slopes[0]), len(e.Slopes[1])}
		}
		if e.H < 1 || e.W < 1 || len(e.Plane) != n || len(e.Recon) != n || last != [2]int{n, n} {
			return fmt.Errorf("report: sheet %q: example %d of %dx%d has %d plane bytes, %d of reconstruction, %d weights or slopes",
				s.Title, i, e.H, e.W, len(e.Plane), len(e.Recon), last[0])
		}
		if o := e.Original; o != nil && o.Bounds().Size() != image.Pt(e.W, e.H) {
			return fmt.Errorf("report: sheet %q: example %d of %dx%d has an original of %v", s.Title, i, e.H, e.W, o.Bounds().Size())
		}
	}
	return nil
}

// WritePNG draws the sheet and writes it to path, which appears whole or not at
// all and replaces a file of that name.
func (s *Sheet) WritePNG(path string) error {
	img, err := s.Draw()
	if err != nil {
		return err
	}
	return WritePNG(path, img)
}

// WritePNG writes a picture to path, which appears whole or not at all and
// replaces a file of that name.
func WritePNG(path string, img image.Image) error {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return fmt.Errorf("report: drawing %s: %w", path, err)
	}
	if err := ReplaceFile(path, b.Bytes()); err != nil {
		return fmt.Errorf("report: writing %s: %w", path, err)
	}
	return nil
}

// ReplaceFile writes a file beside path, flushes it to the disk and gives it that
// name, so that path holds the old content or the new one, whatever interrupts it.
func ReplaceFile(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return err
	}
	if _, err = f.Write(content); err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644) // CreateTemp keeps others out
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error tells more
	}
	return err
}
