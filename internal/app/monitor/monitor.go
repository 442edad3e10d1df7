// Package monitor looks at a network: it reads it from a checkpoint, judges its
// reconstructions and draws them.
package monitor

import (
	"fmt"
	"image"
	"math"
	"slices"

	"glint/agent"
	"glint/autoencoder"
	"glint/env"
	"glint/env/pixels"
	"glint/internal/app"
	"glint/internal/app/world"
	"glint/internal/judge"
	"glint/internal/report"
	"glint/internal/telemetry"
	"glint/replay"
	"glint/saliency"
)

// Monitor judges reconstructions and draws example sheets, from observations that
// the autoencoder did not train on.
type Monitor struct {
	world.Scene
	Viewer    *autoencoder.Viewer
	detector  *saliency.Detector
	weighting saliency.Weighting
	slope     *agent.Slope // nil where the weighting needs no gradient
	Recon     []float32    // [n,T,H,W] of the last examples looked at
}

// Batch is the number of observations reconstructed at once.
const Batch = 16

// New returns a monitor of a network; k is what the weighting asks in its place, nil
// for nothing.
func New(s world.Scene, net *agent.Net, c saliency.DetectorConfig, w saliency.Weighting, k *Critic) (*Monitor, error) {
	d, err := saliency.NewDetector(c, s.Plane.H, s.Plane.W)
	if err != nil {
		return nil, &app.UsageError{Msg: err.Error()}
	}
	v, err := autoencoder.NewViewer(net.Autoencoder, Batch)
	if err != nil {
		return nil, err
	}
	m := &Monitor{Scene: s, Viewer: v, detector: d, weighting: w}
	if k != nil {
		net = k.Net
	}
	if saliency.NeedsOf(w).ValueEvery > 0 {
		m.slope, err = net.NewSlope(1)
	}
	return m, err
}

// Reconstruct fills m.Recon for examples.
func (m *Monitor) Reconstruct(examples []agent.Example) error {
	size := m.Plane.ObsLen()
	obs := make([]byte, 0, len(examples)*size)
	for _, e := range examples {
		obs = append(obs, e.Obs...)
	}
	m.Recon = slices.Grow(m.Recon[:0], len(obs))[:len(obs)]
	return m.Viewer.Reconstruct(m.Recon, obs)
}

// Figures are what the judge says.
type Figures struct{ judge.Figures }

// AddTo adds them to a row of metrics.
func (f Figures) AddTo(values telemetry.Values) {
	if f.Frames == 0 {
		return
	}
	for name, v := range map[string]float64{
		telemetry.KnivesKept: f.Kept, telemetry.KnivesContrast: f.Contrast,
		telemetry.KnivesDetected: f.Detected, telemetry.KnivesFalse: f.FalseKnives, telemetry.HeldOutMSE: f.MSE,
	} {
		if !math.IsNaN(v) { // a share of nothing was not measured
			values[name] = v
		}
	}
}

// Figures judges the reconstructions of a gallery; no frame is judged where the
// truth is not known.
func (m *Monitor) Figures(g *agent.Gallery) (Figures, error) {
	j, err := m.Judge()
	if err != nil || j == nil || !g.Known {
		return Figures{}, err
	}
	examples := slices.Concat(g.Small, g.Empty)
	if err := m.Reconstruct(examples); err != nil {
		return Figures{}, err
	}
	size := m.Plane.ObsLen()
	for i, e := range examples {
		if err := j.Add(e.Obs, m.Recon[i*size:(i+1)*size], e.Boxes); err != nil {
			return Figures{}, err
		}
	}
	return Figures{j.Result()}, nil
}

// Loss is the training's own on a gallery: the sum of weighted squared errors over true pixels.
// It is NaN of nothing.
func (m *Monitor) Loss(g *agent.Gallery) (float64, error) {
	examples := slices.Concat(g.Small, g.Empty)
	if len(examples) == 0 {
		return math.NaN(), nil
	}
	if err := m.Reconstruct(examples); err != nil {
		return 0, err
	}
	size, sum := m.Plane.ObsLen(), 0.0
	for i, e := range examples {
		recon := m.Recon[i*size : (i+1)*size]
		w, err := m.Weights(e, recon, g.Known)
		if err != nil {
			return 0, err
		}
		for k, v := range e.Obs {
			d := float64(recon[k]) - float64(v)/255
			sum += float64(w[k]) * d * d
		}
	}
	return sum / float64(len(examples)*m.Plane.T*m.Content.Dx()*m.Content.Dy()), nil
}

// The rows of a sheet.
const (
	smallRows = 3
	emptyRows = 2
)

// Sheet draws the latest examples of the gallery.
func (m *Monitor) Sheet(g *agent.Gallery, title, subtitle string) (*report.Sheet, error) {
	picked := slices.Concat(Latest(g.Small, smallRows), Latest(g.Empty, emptyRows))
	if len(picked) == 0 {
		return nil, nil
	}
	if err := m.Reconstruct(picked); err != nil {
		return nil, err
	}
	s := &report.Sheet{Title: title, Subtitle: subtitle, Found: !g.Known}
	size := m.Plane.ObsLen()
	for i, e := range picked {
		row, err := m.Example(e, m.Recon[i*size:(i+1)*size], g.Known)
		if err != nil {
			return nil, err
		}
		s.Examples = append(s.Examples, row)
	}
	return s, nil
}

// Latest returns up to n examples, the newest first.
func Latest(examples []agent.Example, n int) []agent.Example {
	sorted := slices.SortedFunc(slices.Values(examples), func(a, b agent.Example) int { return int(b.Step - a.Step) })
	return sorted[:min(n, len(sorted))]
}

// Example makes a row: the last frame that shows a small object, else the last.
func (m *Monitor) Example(e agent.Example, recon []float32, known bool) (report.Example, error) {
	frame := ShownFrame(e, m.Plane.T)
	weights, err := m.Weights(e, recon, known)
	if err != nil {
		return report.Example{}, err
	}
	row := m.Row(e, frame, recon, weights)
	row.Caption = fmt.Sprintf("no small object, step %d", e.Step)
	if !known {
		row.Caption = fmt.Sprintf("no small object found, step %d", e.Step)
	}
	for _, b := range e.Boxes {
		if b.Frame == frame {
			row.Caption = fmt.Sprintf("%s, step %d", b.Kind, e.Step)
		}
	}
	if known && len(row.Boxes) > 0 {
		row.Verdict, err = m.verdict(e, recon, frame)
	}
	return row, err
}

// ShownFrame is the frame of an observation that is shown: the last one of t with a
// small object, else the last.
func ShownFrame(e agent.Example, t int) int {
	frame := t - 1
	for _, b := range e.Boxes {
		frame = b.Frame
	}
	return frame
}

// Row is one frame of an observation with its boxes.
func (m *Monitor) Row(e agent.Example, frame int, recon, weights []float32) report.Example {
	s, content := m.Plane, m.Content
	row := report.Example{
		H: content.Dy(), W: content.Dx(), Frame: frame, Frames: s.T, Original: m.original(e, frame, content),
		Plane: Cut(e.Obs, s, frame, content), Recon: Cut(recon, s, frame, content), Weights: Cut(weights, s, frame, content),
	}
	for _, b := range e.Boxes {
		if b.Frame == frame {
			row.Boxes = append(row.Boxes, b.Rect.Sub(content.Min))
		}
	}
	return row
}

// BoxesOf appends the boxes of the small objects that environment i of a game shows:
// true ones where the game knows them.
func (m *Monitor) BoxesOf(boxes []env.Box, v env.Vec, b *env.Batch, i int) (_ []env.Box, known bool) {
	if truther, known := env.As[env.Truther](v); known {
		return truther.Truth(boxes, i), true
	}
	return m.detector.DetectStack(boxes, b.ObsOf(i)), false
}

// Weights returns the weights [T,H,W] that training would give an observation with
// this reconstruction, but for what only the steps before and after tell.
func (m *Monitor) Weights(e agent.Example, recon []float32, known bool) ([]float32, error) {
	s, needs := m.Plane, saliency.NeedsOf(m.weighting)
	boxes := e.Boxes
	if !needs.Truth || !known {
		boxes = m.detector.DetectStack(nil, e.Obs)
	}
	in := saliency.Inputs{
		B: 1, T: s.T, H: s.H, W: s.W, Content: m.Content, Plane: e.Obs, Boxes: [][]env.Box{boxes}, Recon: recon, Draw: uint64(e.Step),
	}
	if needs.Recon {
		in.Target = make([]float32, len(e.Obs))
		for i, v := range e.Obs {
			in.Target[i] = float32(v) / 255
		}
	}
	if m.slope != nil {
		var err error
		if in.ValueGrad, err = m.slope.Of(e.Obs); err != nil {
			return nil, err
		}
	}
	w := make([]float32, len(e.Obs))
	return w, m.weighting.Weights(w, in)
}

// original returns a frame in its own colours, nil where it has another size than
// the content of the plane.
func (m *Monitor) original(e agent.Example, frame int, content image.Rectangle) image.Image {
	s := m.Raw
	if len(e.Raw) != s.ObsLen() || s.H != content.Dy() || s.W != content.Dx() {
		return nil
	}
	return world.Picture(s, e.Raw[frame*s.FrameLen():(frame+1)*s.FrameLen()])
}

// verdict asks the judge about the small objects of one frame.
func (m *Monitor) verdict(e agent.Example, recon []float32, frame int) (report.Verdict, error) {
	j, err := m.Judge()
	if err != nil || j == nil {
		return report.Unjudged, err
	}
	boxes := slices.DeleteFunc(slices.Clone(e.Boxes), func(b env.Box) bool { return b.Frame != frame })
	if err := j.Add(e.Obs, recon, boxes); err != nil {
		return report.Unjudged, err
	}
	switch kept := j.Result().Kept; {
	case math.IsNaN(kept):
		return report.Unjudged, nil
	case kept < 0.5:
		return report.Lost, nil
	}
	return report.Kept, nil
}

// Cut returns the content of one frame of a stack [T,H,W].
func Cut[E any](stack []E, s env.Spec, frame int, content image.Rectangle) []E {
	out := make([]E, 0, content.Dx()*content.Dy())
	for y := content.Min.Y; y < content.Max.Y; y++ {
		row := (frame*s.H + y) * s.W
		out = append(out, stack[row+content.Min.X:row+content.Max.X]...)
	}
	return out
}

// Look writes the plane of a row to obs and returns its boxes there, true ones where
// they are known.
func (m *Monitor) Look(pre *pixels.Preprocessor, obs []byte, row replay.Row, known bool) []env.Box {
	m.Project(pre, obs, row)
	if !known {
		return m.detector.DetectStack(nil, obs)
	}
	for i := range row.Boxes {
		row.Boxes[i].Rect = pre.Box(row.Boxes[i].Rect)
	}
	return row.Boxes
}

// InFrame appends the boxes of one frame.
func InFrame(dst, boxes []env.Box, frame int) []env.Box {
	for _, b := range boxes {
		if b.Frame == frame {
			dst = append(dst, b)
		}
	}
	return dst
}

// Percent formats a share, "-" where it was not measured.
func Percent(v telemetry.Values, name string) string {
	x, ok := v[name]
	if !ok || math.IsNaN(x) {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", 100*x)
}
