package app

import (
	"fmt"
	"image"
	"math"
	"slices"

	"glint/agent"
	"glint/autoencoder"
	"glint/env"
	"glint/internal/judge"
	"glint/internal/report"
	"glint/internal/telemetry"
	"glint/saliency"
)

// monitor judges reconstructions and draws example sheets, from observations that
// the autoencoder did not train on.
type monitor struct {
	scene
	viewer    *autoencoder.Viewer
	detector  *saliency.Detector
	weighting saliency.Weighting
	slope     *agent.Slope // nil where the weighting needs no gradient
	recon     []float32    // [n,T,H,W] of the last examples looked at
}

// monitorBatch is the number of observations reconstructed at once.
const monitorBatch = 16

// scene is what must be known of observations to judge and draw them.
type scene struct {
	plane   env.Spec        // of the network's observations
	raw     env.Spec        // of the same in their own format
	content image.Rectangle // of the true pixels in plane
	objects []judge.Object  // none where the truth is unknown
}

// native says whether the plane has the pixels of the screen: the sizes of a preset's
// objects speak of these, so that nothing is judged after a resize.
func (s scene) native() bool { return s.content.Size() == image.Pt(s.raw.W, s.raw.H) }

// keptLabel says in a few words what the share of kept objects is of.
func (s scene) keptLabel() string {
	switch {
	case len(s.objects) == 0:
		return "kept"
	case s.objects[0].Kind == "knife":
		return "knives kept"
	}
	return s.objects[0].Kind + "s kept"
}

// judge returns a new frozen judge, nil where there is nothing to judge.
func (s scene) judge() (*judge.Judge, error) {
	if len(s.objects) == 0 {
		return nil, nil
	}
	return judge.New(s.plane.H, s.plane.W, s.content, s.objects)
}

// newMonitor returns a monitor of a network; k is what the weighting asks in its place, nil
// for nothing.
func newMonitor(s scene, net *agent.Net, c saliency.DetectorConfig, w saliency.Weighting, k *critic) (*monitor, error) {
	d, err := saliency.NewDetector(c, s.plane.H, s.plane.W)
	if err != nil {
		return nil, &UsageError{Msg: err.Error()}
	}
	v, err := autoencoder.NewViewer(net.Autoencoder, monitorBatch)
	if err != nil {
		return nil, err
	}
	m := &monitor{scene: s, viewer: v, detector: d, weighting: w}
	if k != nil {
		net = k.net
	}
	if saliency.NeedsOf(w).ValueEvery > 0 {
		m.slope, err = net.NewSlope(1)
	}
	return m, err
}

// reconstruct fills m.recon for examples.
func (m *monitor) reconstruct(examples []agent.Example) error {
	size := m.plane.ObsLen()
	obs := make([]byte, 0, len(examples)*size)
	for _, e := range examples {
		obs = append(obs, e.Obs...)
	}
	m.recon = slices.Grow(m.recon[:0], len(obs))[:len(obs)]
	return m.viewer.Reconstruct(m.recon, obs)
}

// figures are what the judge says.
type figures struct{ judge.Figures }

// addTo adds them to a row of metrics.
func (f figures) addTo(values telemetry.Values) {
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

// figures judges the reconstructions of a gallery; no frame is judged where the
// truth is not known.
func (m *monitor) figures(g *agent.Gallery) (figures, error) {
	j, err := m.judge()
	if err != nil || j == nil || !g.Known {
		return figures{}, err
	}
	examples := slices.Concat(g.Small, g.Empty)
	if err := m.reconstruct(examples); err != nil {
		return figures{}, err
	}
	size := m.plane.ObsLen()
	for i, e := range examples {
		if err := j.Add(e.Obs, m.recon[i*size:(i+1)*size], e.Boxes); err != nil {
			return figures{}, err
		}
	}
	return figures{j.Result()}, nil
}

// loss is the training's own on a gallery: the sum of weighted squared errors over true pixels.
// It is NaN of nothing.
func (m *monitor) loss(g *agent.Gallery) (float64, error) {
	examples := slices.Concat(g.Small, g.Empty)
	if len(examples) == 0 {
		return math.NaN(), nil
	}
	if err := m.reconstruct(examples); err != nil {
		return 0, err
	}
	size, sum := m.plane.ObsLen(), 0.0
	for i, e := range examples {
		recon := m.recon[i*size : (i+1)*size]
		w, err := m.weights(e, recon, g.Known)
		if err != nil {
			return 0, err
		}
		for k, v := range e.Obs {
			d := float64(recon[k]) - float64(v)/255
			sum += float64(w[k]) * d * d
		}
	}
	return sum / float64(len(examples)*m.plane.T*m.content.Dx()*m.content.Dy()), nil
}

// The rows of a sheet.
const (
	smallRows = 3
	emptyRows = 2
)

// sheet draws the latest examples of the gallery.
func (m *monitor) sheet(g *agent.Gallery, title, subtitle string) (*report.Sheet, error) {
	picked := slices.Concat(latest(g.Small, smallRows), latest(g.Empty, emptyRows))
	if len(picked) == 0 {
		return nil, nil
	}
	if err := m.reconstruct(picked); err != nil {
		return nil, err
	}
	s := &report.Sheet{Title: title, Subtitle: subtitle, Found: !g.Known}
	size := m.plane.ObsLen()
	for i, e := range picked {
		row, err := m.example(e, m.recon[i*size:(i+1)*size], g.Known)
		if err != nil {
			return nil, err
		}
		s.Examples = append(s.Examples, row)
	}
	return s, nil
}

// latest returns up to n examples, the newest first.
func latest(examples []agent.Example, n int) []agent.Example {
	sorted := slices.SortedFunc(slices.Values(examples), func(a, b agent.Example) int { return int(b.Step - a.Step) })
	return sorted[:min(n, len(sorted))]
}

// example makes a row: the last frame that shows a small object, else the last.
func (m *monitor) example(e agent.Example, recon []float32, known bool) (report.Example, error) {
	frame := shownFrame(e, m.plane.T)
	weights, err := m.weights(e, recon, known)
	if err != nil {
		return report.Example{}, err
	}
	row := m.row(e, frame, recon, weights)
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

// shownFrame is the frame of an observation that is shown: the last one of t with a
// small object, else the last.
func shownFrame(e agent.Example, t int) int {
	frame := t - 1
	for _, b := range e.Boxes {
		frame = b.Frame
	}
	return frame
}

// row is one frame of an observation with its boxes.
func (m *monitor) row(e agent.Example, frame int, recon, weights []float32) report.Example {
	s, content := m.plane, m.content
	row := report.Example{
		H: content.Dy(), W: content.Dx(), Frame: frame, Frames: s.T, Original: m.original(e, frame, content),
		Plane: cut(e.Obs, s, frame, content), Recon: cut(recon, s, frame, content), Weights: cut(weights, s, frame, content),
	}
	for _, b := range e.Boxes {
		if b.Frame == frame {
			row.Boxes = append(row.Boxes, b.Rect.Sub(content.Min))
		}
	}
	return row
}

// boxesOf appends the boxes of the small objects that environment i of a game shows:
// true ones where the game knows them.
func (m *monitor) boxesOf(boxes []env.Box, g *game, b *env.Batch, i int) (_ []env.Box, known bool) {
	if truther, known := env.As[env.Truther](g.Vec); known {
		return truther.Truth(boxes, i), true
	}
	return m.detector.DetectStack(boxes, b.ObsOf(i)), false
}

// weights returns the weights [T,H,W] that training would give an observation with
// this reconstruction, but for what only the steps before and after tell.
func (m *monitor) weights(e agent.Example, recon []float32, known bool) ([]float32, error) {
	s, needs := m.plane, saliency.NeedsOf(m.weighting)
	boxes := e.Boxes
	if !needs.Truth || !known {
		boxes = m.detector.DetectStack(nil, e.Obs)
	}
	in := saliency.Inputs{
		B: 1, T: s.T, H: s.H, W: s.W, Content: m.content, Plane: e.Obs, Boxes: [][]env.Box{boxes}, Recon: recon, Draw: uint64(e.Step),
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
func (m *monitor) original(e agent.Example, frame int, content image.Rectangle) image.Image {
	s := m.raw
	if len(e.Raw) != s.ObsLen() || s.H != content.Dy() || s.W != content.Dx() {
		return nil
	}
	return picture(s, e.Raw[frame*s.FrameLen():(frame+1)*s.FrameLen()])
}

// verdict asks the judge about the small objects of one frame.
func (m *monitor) verdict(e agent.Example, recon []float32, frame int) (report.Verdict, error) {
	j, err := m.judge()
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

// cut returns the content of one frame of a stack [T,H,W].
func cut[E any](stack []E, s env.Spec, frame int, content image.Rectangle) []E {
	out := make([]E, 0, content.Dx()*content.Dy())
	for y := content.Min.Y; y < content.Max.Y; y++ {
		row := (frame*s.H + y) * s.W
		out = append(out, stack[row+content.Min.X:row+content.Max.X]...)
	}
	return out
}

// picture returns one frame [H,W,C] in its own colours.
func picture(s env.Spec, frame []byte) image.Image {
	switch s.Format {
	case env.Index:
		return report.Indexed(frame, s.H, s.W, s.Palette)
	case env.RGB:
		return report.RGB(frame, s.H, s.W)
	default:
		return report.Gray(frame, s.H, s.W)
	}
}
