package ablate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"glint/internal/app"
	"glint/internal/app/rundir"
	"glint/internal/report"
	"glint/internal/study"
	"glint/internal/study/page"
)

// writeReport writes the figures of a study, whose folder is dir, the summary and the page,
// with reconstructions by the example of each arm. The figures and the words come first; what
// cannot be drawn is left out with a note.
func writeReport(ctx context.Context, dir string, r *study.Result, o app.IO) error {
	summary := func(beside []page.Illustration) error {
		if err := report.ReplaceFile(filepath.Join(dir, study.SummaryFile), []byte(page.Markdown(r, beside))); err != nil {
			return fmt.Errorf("writing the summary: %w", err)
		}
		return nil
	}
	if err := errors.Join(rundir.WriteJSON(filepath.Join(dir, rundir.ResultFile), r), summary(nil)); err != nil {
		return err
	}
	var pictures []page.Picture
	if r.HeldOut != "" {
		var err error
		pictures, err = studyPictures(ctx, dir, r, o)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			o.Notef("the page has no reconstructions: %v", err)
		}
	}
	written, err := illustrate(dir, r, pictures)
	if err != nil {
		o.Notef("not all pictures are beside the page: %v", err)
	}
	if err := summary(written); err != nil {
		return err
	}
	return page.Write(filepath.Join(dir, study.PageFile), r, pictures)
}

// illustrate writes the files beside the page in place of those of an earlier report, which
// may have had more. It returns those that it wrote.
func illustrate(dir string, r *study.Result, pictures []page.Picture) (written []page.Illustration, err error) {
	for _, pattern := range page.IllustrationFiles {
		earlier, bad := fs.Glob(os.DirFS(dir), pattern)
		err = errors.Join(err, bad)
		for _, name := range earlier {
			err = errors.Join(err, os.Remove(filepath.Join(dir, name)))
		}
	}
	all, broken := page.Illustrations(r, pictures)
	err = errors.Join(err, broken)
	for _, i := range all {
		if failed := report.ReplaceFile(filepath.Join(dir, i.File), i.Content); failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		written = append(written, i)
	}
	return written, err
}

// gridArms is how many arms at most stand side by side in a picture: with the original and what
// the network sees, no more can be looked at on paper.
const gridArms = 4

// studyPictures draws held-out frames as each arm reconstructs them.
func studyPictures(ctx context.Context, dir string, r *study.Result, o app.IO) ([]page.Picture, error) {
	m, err := pickMoments(ctx, filepath.Join(dir, r.HeldOut), o)
	if err != nil || len(m.picked) == 0 {
		return nil, err
	}
	var shown []exhibit
	for _, a := range r.Order {
		if a.Example == "" {
			continue // not one trial succeeded
		}
		e, err := m.exhibit(a.Name, filepath.Join(dir, a.Example))
		if err != nil {
			o.Notef("%s is not in the pictures: %v", a.Name, err)
			continue
		}
		shown = append(shown, e)
	}
	var pictures []page.Picture
	n := max(1, (len(shown)+gridArms-1)/gridArms)
	for arms := range slices.Chunk(shown, max(1, (len(shown)+n-1)/n)) {
		p, err := m.picture(arms)
		if err != nil {
			return nil, err
		}
		pictures = append(pictures, p)
	}
	return pictures, nil
}

// picture draws the moments as some arms show them.
func (m *moments) picture(arms []exhibit) (page.Picture, error) {
	g := report.Grid{Columns: []string{"original", "plane"}}
	for i := range m.picked {
		g.Rows = append(g.Rows, report.GridRow{Name: m.picked[i].name(), Panels: m.own(&m.picked[i])})
	}
	var names, said []string
	for _, a := range arms {
		g.Columns, names = append(g.Columns, a.arm), append(names, a.arm)
		var verdicts []string
		for i, p := range a.panels {
			g.Rows[i].Panels = append(g.Rows[i].Panels, p)
			verdicts = append(verdicts, fmt.Sprintf("%s: %s", m.picked[i].what, p.Below))
		}
		said = append(said, a.arm+" ("+strings.Join(verdicts, "; ")+")")
	}
	img, err := g.Draw()
	return page.Picture{
		Image: img,
		Caption: "Held-out frames, the plane that the network sees of them, and how " + strings.Join(names, ", ") + " reconstruct it, each by its first seed with a result. " +
			"Small objects are circled, and enlarged below. The frames were drawn by lot from all of their kind, none by hand. " +
			"The number is the contrast recovered; from 0.5 on an object counts as kept. One that does not stand out from what is behind it is hidden in the plane, and not judged.",
		Alt: fmt.Sprintf("%d frames in rows; columns: original, plane, and the reconstructions of %s. In words: %s.",
			len(m.picked), strings.Join(names, ", "), strings.Join(said, ", ")),
	}, err
}
