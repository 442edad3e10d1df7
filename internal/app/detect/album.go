package detect

import (
	"fmt"
	"image"
	"math/rand/v2"

	"glint/env"
	"glint/internal/app"
	"glint/internal/app/monitor"
	"glint/internal/app/world"
	"glint/internal/judge"
	"glint/internal/report"
)

// albumSize is the number of frames of each kind in the picture.
const albumSize = 6

// SituationOrder is the order in which situations are told, SituationName what they
// are called.
var (
	SituationOrder = []judge.Situation{judge.Open, judge.Hand, judge.Body, judge.Edge}
	SituationName  = map[judge.Situation]string{
		judge.Open: "in the open", judge.Hand: "leaving the hand", judge.Body: "passing a body", judge.Edge: "at the edge",
	}
)

// album keeps some frames of each kind, each with the same chance to be kept.
type album struct {
	random *rand.Rand
	groups [4]albumGroup
}

type albumGroup struct {
	name string
	seen int
	kept []report.Find
}

// The groups of an album.
const (
	albumHits = iota
	albumMisses
	albumFalse
	albumFires // without truth
)

func newAlbum() *album {
	a := &album{random: rand.New(rand.NewPCG(1, 0))}
	for i, name := range []string{"Hits", "Misses", "False fires", "Found"} {
		a.groups[i].name = name
	}
	return a
}

// offer shows frame t of a moment, whose finds and truth are at hand in s, to the
// album.
func (a *album) offer(s *search, m moment, t int, out judge.Outcome) {
	if len(s.Scene.Objects) == 0 {
		if len(s.found) > 0 {
			a.keep(albumFires, s, m, t, "found")
		}
		return
	}
	if len(out.Hit) > 0 {
		a.keep(albumHits, s, m, t, "hit")
	}
	if len(out.Missed) > 0 {
		a.keep(albumMisses, s, m, t, SituationName[out.Where[0]])
	}
	if len(out.False) > 0 {
		a.keep(albumFalse, s, m, t, "nothing there")
	}
}

// keep is reservoir sampling, algorithm R of Vitter, "Random sampling with a
// reservoir", ACM TOMS 11, 1985.
func (a *album) keep(group int, s *search, m moment, t int, caption string) {
	g := &a.groups[group]
	g.seen++
	at := len(g.kept)
	if at == albumSize {
		if at = a.random.IntN(g.seen); at >= albumSize {
			return
		}
	} else {
		g.kept = append(g.kept, report.Find{})
	}
	content := s.Scene.Content
	f := report.Find{
		Plane: monitor.Cut(m.plane, s.Scene.Plane, t, content), H: content.Dy(), W: content.Dx(),
		Caption: fmt.Sprintf("%s, episode %d, step %d, frame %d", caption, m.row.Episode, m.row.Step, t+1),
		Found:   rects(s.found, content.Min),
	}
	if len(s.Scene.Objects) > 0 {
		f.True = rects(s.truth, content.Min)
	}
	if raw := s.Scene.Raw; s.Scene.Native() {
		f.Original = world.Picture(raw, m.row.Obs[t*raw.FrameLen():(t+1)*raw.FrameLen()])
	}
	g.kept[at] = f
}

func rects(boxes []env.Box, origin image.Point) []image.Rectangle {
	var all []image.Rectangle
	for _, b := range boxes {
		all = append(all, b.Rect.Sub(origin))
	}
	return all
}

// picture returns the sheet of what was found and missed.
func (s *search) picture(res Result) *report.FindSheet {
	sheet := &report.FindSheet{Title: "small objects in " + res.Data}
	how := "detector alone"
	if res.FillIn {
		how = "detector with fill-in"
	}
	groups := s.album.groups[albumFires:]
	sheet.Subtitle = fmt.Sprintf("%s: %d found in %d frames", how, res.Fires, res.Frames)
	if res.Truth {
		groups = s.album.groups[:albumFires]
		sheet.Subtitle = fmt.Sprintf("%s: precision %s, recall %s of %d, %d false fires", how, app.Number(res.Precision), app.Number(res.Recall), res.Objects, res.FalseFires)
	}
	for _, g := range groups {
		sheet.Groups = append(sheet.Groups, report.FindGroup{Name: fmt.Sprintf("%s, %d frames", g.name, g.seen), Finds: g.kept})
	}
	return sheet
}
