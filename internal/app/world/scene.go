package world

import (
	"fmt"
	"image"
	"slices"

	"glint/agent"
	"glint/env"
	"glint/env/pixels"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/judge"
	"glint/internal/report"
	"glint/replay"
)

// Scene is what must be known of observations to judge and draw them.
type Scene struct {
	Plane   env.Spec        // of the network's observations
	Raw     env.Spec        // of the same in their own format
	Content image.Rectangle // of the true pixels in plane
	Objects []judge.Object  // none where the truth is unknown
}

// Native says whether the plane has the pixels of the screen: the sizes of a preset's
// objects speak of these, so that nothing is judged after a resize.
func (s Scene) Native() bool { return s.Content.Size() == image.Pt(s.Raw.W, s.Raw.H) }

// KeptLabel says in a few words what the share of kept objects is of.
func (s Scene) KeptLabel() string {
	switch {
	case len(s.Objects) == 0:
		return "kept"
	case s.Objects[0].Kind == "knife":
		return "knives kept"
	}
	return s.Objects[0].Kind + "s kept"
}

// Judge returns a new frozen judge, nil where there is nothing to judge.
func (s Scene) Judge() (*judge.Judge, error) {
	if len(s.Objects) == 0 {
		return nil, nil
	}
	return judge.New(s.Plane.H, s.Plane.W, s.Content, s.Objects)
}

// Judges says whether objects of a kind are judged.
func (s Scene) Judges(kind string) bool {
	return slices.ContainsFunc(s.Objects, func(o judge.Object) bool { return o.Kind == kind })
}

// Project writes the plane [T,H,W] of a row to dst.
func (s Scene) Project(pre *pixels.Preprocessor, dst []byte, row replay.Row) {
	for t := range s.Plane.T {
		pre.Apply(dst[t*s.Plane.FrameLen():(t+1)*s.Plane.FrameLen()], row.Obs[t*s.Raw.FrameLen():(t+1)*s.Raw.FrameLen()])
	}
}

// Scene returns what judging and drawing need.
func (w *World) Scene() Scene {
	raw, _ := w.Raw()
	s := Scene{Plane: w.Spec(), Raw: raw, Content: w.Preprocessor().Content()}
	if _, known := env.As[env.Truther](w.Vec); known && s.Native() {
		s.Objects = objectsOf(w.Preset)
	}
	return s
}

// objectsOf returns a game's small objects as the judge wants them.
func objectsOf(p pixels.Preset) []judge.Object {
	var objects []judge.Object
	for _, o := range p.Objects {
		objects = append(objects, judge.Object{Kind: o.Kind, Size: o.Size, Core: o.Core, Contrast: o.Contrast})
	}
	return objects
}

// SceneOf is [World.Scene] for what a dataset shows.
func SceneOf(meta replay.Meta, pre *pixels.Preprocessor) Scene {
	s := Scene{Plane: pre.Spec(), Raw: meta.Spec(1), Content: pre.Content()}
	if meta.Truth && s.Native() {
		s.Objects = objectsOf(pixels.PresetFor(config.GameName(meta.Env)))
	}
	return s
}

// Seen returns how a network sees a dataset, by the config it was trained with.
func Seen(data *replay.Dataset, c config.Config, net *agent.Net) (*pixels.Preprocessor, Scene, error) {
	cfg := c.Pixels
	cfg.Crop = image.Rectangle{} // the dataset holds the crop
	pre, err := pixels.New(data.Meta().Spec(1), cfg)
	if err != nil {
		return nil, Scene{}, &app.UsageError{Msg: err.Error()}
	}
	s, m := SceneOf(data.Meta(), pre), net.Autoencoder.Shape()
	if s.Plane.T != m.T || s.Plane.H != m.H || s.Plane.W != m.W {
		return nil, s, app.Usagef("use a dataset of the game it was trained on, recorded through the same pixels: record --policy varied,RUN", "the checkpoint sees %dx%dx%d, the dataset makes %dx%dx%d", m.T, m.H, m.W, s.Plane.T, s.Plane.H, s.Plane.W)
	}
	return pre, s, nil
}

// ActionNames returns the names of n actions, numbers where the environment has none
// for them.
func ActionNames(s env.Spec, n int) []string {
	if len(s.Meanings) == n {
		return s.Meanings
	}
	names := make([]string, n)
	for a := range names {
		names[a] = fmt.Sprint("action ", a)
	}
	return names
}

// Picture returns one frame [H,W,C] in its own colours.
func Picture(s env.Spec, frame []byte) image.Image {
	switch s.Format {
	case env.Index:
		return report.Indexed(frame, s.H, s.W, s.Palette)
	case env.RGB:
		return report.RGB(frame, s.H, s.W)
	default:
		return report.Gray(frame, s.H, s.W)
	}
}
