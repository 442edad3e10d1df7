package ablate

import (
	"context"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"slices"

	"glint/autoencoder"
	"glint/env"
	"glint/internal/app"
	"glint/internal/app/detect"
	"glint/internal/app/monitor"
	"glint/internal/app/world"
	"glint/internal/judge"
	"glint/internal/report"
	"glint/internal/telemetry"
	"glint/replay"
)

// heldFrame is one frame of a recorded step.
type heldFrame struct {
	what  string // such as "knife in the open"
	row   replay.Row
	frame int
	box   image.Rectangle // of the object, in pixels of the recording; empty for none
}

func (m heldFrame) name() string {
	return fmt.Sprintf("%s · episode %d, step %d, frame %d of the step", m.what, m.row.Episode, m.row.Step, m.frame+1)
}

// kindOfMoment is what is drawn by lot from all its likes.
type kindOfMoment struct {
	what string
	want int
	seen int
	kept []heldFrame
}

// moments are held-out frames with small objects in several situations, and without.
type moments struct {
	*detect.Recording
	random *rand.Rand
	kinds  []kindOfMoment
	picked []heldFrame
}

// emptyMoment is the kind without a small object.
const emptyMoment = "no small object"

// pickMoments draws moments of a dataset by lot. Where the truth is not known, nothing is
// said of objects.
func pickMoments(ctx context.Context, dir string, o app.IO) (*moments, error) {
	r, err := detect.OpenRecording(ctx, detect.Options{Data: dir}, o)
	if err != nil {
		return nil, err
	}
	m := &moments{Recording: r, random: rand.New(rand.NewPCG(1, 0))}
	if len(r.Scene.Objects) == 0 {
		m.kinds = []kindOfMoment{{what: "frame", want: 4}}
	} else {
		for _, s := range detect.SituationOrder {
			k := kindOfMoment{what: r.Scene.Objects[0].Kind + " " + detect.SituationName[s], want: 1}
			if s == judge.Open {
				k.want = 2
			}
			m.kinds = append(m.kinds, k)
		}
		m.kinds = append(m.kinds, kindOfMoment{what: emptyMoment, want: 1})
	}
	if err := m.read(ctx, o); err != nil {
		return nil, err
	}
	for _, k := range m.kinds {
		m.picked = append(m.picked, k.kept...)
	}
	return m, nil
}

// read offers all steps.
func (m *moments) read(ctx context.Context, o app.IO) error {
	var places *judge.Detections
	if s := m.Scene; len(s.Objects) > 0 {
		var err error
		if places, err = judge.NewDetections(s.Plane.H, s.Plane.W, s.Content, s.Objects[0].Contrast); err != nil {
			return err
		}
	}
	histories := map[uint64]*judge.History{}
	obs := make([]byte, m.Scene.Plane.ObsLen())
	bar := telemetry.NewProgress(o.Stderr, "choosing frames")
	defer bar.Finish()
	n := 0
	for row, err := range m.Data.Rows(ctx) {
		if err != nil {
			return err
		}
		n++
		bar.Update(float64(n) / float64(m.Data.Len()))
		if row.Terminated || row.Truncated {
			continue // the boxes of a last observation are not recorded
		}
		if places == nil {
			m.offer(0, heldFrame{row: row, frame: m.Scene.Plane.T - 1})
			continue
		}
		h := histories[row.Episode]
		if h == nil {
			h = &judge.History{}
			histories[row.Episode] = h
		}
		m.Scene.Project(m.Pre, obs, row)
		m.situations(h, places, obs, row)
	}
	return nil
}

// situations offers the frames of a step by what is around their objects.
func (m *moments) situations(h *judge.History, places *judge.Detections, obs []byte, row replay.Row) {
	size := m.Scene.Plane.FrameLen()
	for t := range m.Scene.Plane.T {
		truth := slices.DeleteFunc(monitor.InFrame(nil, row.Boxes, t), func(b env.Box) bool { return b.Kind != m.Scene.Objects[0].Kind })
		out := places.Frame(h, obs[t*size:(t+1)*size], truth, nil) // nothing found: all are missed
		for i, r := range out.Missed {
			m.offer(slices.Index(detect.SituationOrder, out.Where[i]), heldFrame{row: row, frame: t, box: r})
		}
	}
	if len(row.Boxes) == 0 {
		m.offer(len(detect.SituationOrder), heldFrame{row: row, frame: m.Scene.Plane.T - 1})
	}
}

// offer is reservoir sampling, as the album of package detect does it.
func (m *moments) offer(kind int, one heldFrame) {
	k := &m.kinds[kind]
	k.seen++
	at := len(k.kept)
	if at == k.want {
		if at = m.random.IntN(k.seen); at >= k.want {
			return
		}
	} else {
		k.kept = append(k.kept, heldFrame{})
	}
	one.what, one.row.Obs, one.row.Boxes = k.what, slices.Clone(one.row.Obs), slices.Clone(one.row.Boxes)
	k.kept[at] = one
}

// own are the original of a moment and the plane by the game's own preset.
func (m *moments) own(one *heldFrame) []report.Panel {
	s := m.Scene
	plane := make([]byte, s.Plane.ObsLen())
	s.Project(m.Pre, plane, one.row)
	raw := one.row.Obs[one.frame*s.Raw.FrameLen():][:s.Raw.FrameLen()]
	content := s.Content
	seen := report.Gray(monitor.Cut(plane, s.Plane, one.frame, content), content.Dy(), content.Dx())
	return []report.Panel{
		{Image: world.Picture(s.Raw, raw), Boxes: one.boxes(func(r image.Rectangle) image.Rectangle { return r })},
		{Image: seen, Boxes: one.boxes(func(r image.Rectangle) image.Rectangle { return m.Pre.Box(r).Sub(content.Min) })},
	}
}

// boxes is the moment's object, moved; none where it has none.
func (m *heldFrame) boxes(move func(image.Rectangle) image.Rectangle) []image.Rectangle {
	if m.box.Empty() {
		return nil
	}
	return []image.Rectangle{move(m.box)}
}

// exhibit is the moments as an arm shows them.
type exhibit struct {
	arm    string
	panels []report.Panel
}

// exhibit reconstructs the moments by the network of a run.
func (m *moments) exhibit(arm, run string) (exhibit, error) {
	e := exhibit{arm: arm}
	c, net, err := monitor.LoadNet(run)
	if err != nil {
		return e, err
	}
	pre, s, err := world.Seen(m.Data, c, net)
	if err != nil {
		return e, err
	}
	v, err := autoencoder.NewViewer(net.Autoencoder, 1)
	if err != nil {
		return e, err
	}
	obs, recon := make([]byte, s.Plane.ObsLen()), make([]float32, s.Plane.ObsLen())
	for i := range m.picked {
		one := &m.picked[i]
		s.Project(pre, obs, one.row)
		if err := v.Reconstruct(recon, obs); err != nil {
			return e, err
		}
		move := func(r image.Rectangle) image.Rectangle { return pre.Box(r).Sub(s.Content.Min) }
		gray := make([]byte, 0, s.Content.Dx()*s.Content.Dy())
		for _, x := range monitor.Cut(recon, s.Plane, one.frame, s.Content) {
			gray = append(gray, byte(255*x+0.5))
		}
		p := report.Panel{Image: report.Gray(gray, s.Content.Dy(), s.Content.Dx()), Boxes: one.boxes(move)}
		at := one.frame * s.Plane.FrameLen()
		if p.Below, err = one.verdict(s, obs[at:at+s.Plane.FrameLen()], recon[at:at+s.Plane.FrameLen()], pre.Box); err != nil {
			return e, err
		}
		e.panels = append(e.panels, p)
	}
	return e, nil
}

// verdict is what the judge says of one frame [H,W] in a few words.
func (m *heldFrame) verdict(s world.Scene, obs []byte, recon []float32, move func(image.Rectangle) image.Rectangle) (string, error) {
	j, err := s.Judge()
	if err != nil || j == nil {
		return "", err
	}
	var boxes []env.Box
	for _, b := range monitor.InFrame(nil, m.row.Boxes, m.frame) {
		b.Frame, b.Rect = 0, move(b.Rect)
		boxes = append(boxes, b)
	}
	if err := j.Add(obs, recon, boxes); err != nil {
		return "", err
	}
	if m.box.Empty() {
		if j.Result().FalseKnives > 0 {
			return "a false one appears", nil
		}
		return "none appears", nil
	}
	for _, k := range j.Seen() {
		if k.Rect == move(m.box) {
			contrast := math.Round(100*k.Contrast)/100 + 0 // never minus zero
			return fmt.Sprintf("%.2f, %s", contrast, map[bool]string{true: "kept", false: "lost"}[k.Kept()]), nil
		}
	}
	return "hidden in the plane", nil
}
