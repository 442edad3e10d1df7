package view

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"math"
	"slices"

	"glint/agent"
	"glint/autoencoder"
	"glint/env"
	"glint/internal/app"
	"glint/internal/app/monitor"
	"glint/internal/report"
	"glint/internal/stats"
)

// UnitsResult says what the units of the code do.
type UnitsResult struct {
	Picture      string `json:"picture"`
	Observations int    `json:"observations"` // whose codes the percentiles are of
	Units        []Unit `json:"units"`        // the one that varies most first
}

// Unit is one unit of the code.
type Unit struct {
	Unit int `json:"unit"`
	// P5, P50 and P95 are percentiles of its value.
	P5  float64 `json:"p5"`
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	// Change is the mean absolute difference of the reconstructions at P5 and P95.
	Change float64 `json:"change"`
	// Actor is the norm of its weights in the logits around their mean, Critic the
	// magnitude of its weight in the value; null where they have not learned.
	Actor  *float64 `json:"actor"`
	Critic *float64 `json:"critic"`
}

func (u Unit) values() []float64 { return []float64{u.P5, u.P50, u.P95} }

// unitsShown is the most units of a picture, the size of the published code.
const unitsShown = 64

// Units draws what each unit of the code does to the reconstruction of the
// observation with most small objects.
func Units(ctx context.Context, v Options, o app.IO) (res UnitsResult, err error) {
	if err := v.check(); err != nil {
		return res, err
	}
	s, err := newSample(ctx, v, false, o)
	if err != nil {
		return res, err
	}
	sheet, err := s.units(&res)
	if err != nil {
		return res, err
	}
	sheet.Subtitle = v.Checkpoint
	if len(s.gallery.Small) == 0 {
		o.Notef("no observation shows a small object: give more --steps, or --data")
	}
	if res.Picture, err = v.write(sheet, "units.png"); err != nil {
		return res, err
	}
	if o.JSON {
		return res, json.NewEncoder(o.Stdout).Encode(res)
	}
	t := &report.Summary{Title: sheet.Title}
	var rows []string
	for _, u := range res.Units[:min(len(res.Units), 5)] {
		rows = append(rows, fmt.Sprint("unit ", u.Unit), fmt.Sprintf("%.2f to %.2f (5th to 95th percentile)", u.P5, u.P95))
	}
	t.Add("The units that vary most", rows...)
	return res, t.Add("Where it is", "picture", res.Picture).Write(o.Stdout)
}

// units makes the picture and the figures.
func (s *sample) units(res *UnitsResult) (*report.UnitSheet, error) {
	examples := slices.Concat(s.gallery.Small, s.gallery.Empty)
	if len(examples) == 0 {
		return nil, errors.New("nothing to draw: no observation was seen")
	}
	codes, err := s.codes(examples)
	if err != nil {
		return nil, err
	}
	shown := s.mostSmall(examples)
	decoder, err := autoencoder.NewDecoder(s.net.Autoencoder, 3)
	if err != nil {
		return nil, err
	}
	sheet := &report.UnitSheet{
		Title: "what the units of the code do in " + s.of, Found: !s.gallery.Known, Names: []string{"p5", "p50", "p95"},
		Legend: s.legend(len(examples)),
	}
	e := examples[shown]
	if err := s.Reconstruct([]agent.Example{e}); err != nil {
		return nil, err
	}
	frame := monitor.ShownFrame(e, s.Plane.T)
	sheet.Shown = s.Row(e, frame, s.Recon, make([]float32, s.Plane.ObsLen()))
	size := s.net.Autoencoder.Config().Code
	code := codes[shown*size:][:size]
	drawn := make([]report.Unit, size)
	for i := range size {
		u := s.measure(i, codes, size)
		drawn[i] = report.Unit{Number: i, Here: float64(code[i]), Values: u.values(), Actor: -1, Critic: -1}
		if u.Actor != nil {
			drawn[i].Actor, drawn[i].Critic = *u.Actor, *u.Critic
		}
		drawn[i].Changes, u.Change, err = s.traverse(decoder, code, u, frame)
		if err != nil {
			return nil, err
		}
		res.Units = append(res.Units, u)
	}
	res.Observations = len(examples)
	slices.SortStableFunc(res.Units, func(a, b Unit) int { return cmp.Compare(b.P95-b.P5, a.P95-a.P5) })
	for _, u := range res.Units[:min(size, unitsShown)] {
		sheet.Units = append(sheet.Units, drawn[u.Unit])
	}
	return sheet, nil
}

// legend says how to read the picture.
func (s *sample) legend(observations int) []string {
	size := s.net.Autoencoder.Config().Code
	which := fmt.Sprintf("All %d units", size)
	if size > unitsShown {
		which = fmt.Sprintf("The %d of %d units that vary most", unitsShown, size)
	}
	legend := []string{
		fmt.Sprintf("%s of the code, the one that varies most first. Each is set to the 5th, 50th and 95th percentile of its values over %d observations (p5, p50, p95) while all others stay as they are here.", which, observations),
		"The pictures show how the reconstruction changes: orange is brighter, blue is darker.",
	}
	if s.heads {
		legend = append(legend, "Bars: how large the unit's weights in actor and critic are, beside the largest of all units.")
	}
	return legend
}

// codes returns the codes [n,Code] of examples.
func (s *sample) codes(examples []agent.Example) ([]float32, error) {
	var all []float32
	size := s.net.Autoencoder.Config().Code
	for part := range slices.Chunk(examples, monitor.Batch) {
		if err := s.Reconstruct(part); err != nil {
			return nil, err
		}
		all = append(all, s.Viewer.Codes()[:len(part)*size]...)
	}
	return all, nil
}

// mostSmall is the example with most small objects in the frame that is shown; of equal
// ones that with least around them.
func (s *sample) mostSmall(examples []agent.Example) int {
	best, most, least := 0, -1, 0
	for i, e := range examples {
		frame, n, crowd := monitor.ShownFrame(e, s.Plane.T), 0, 0
		for _, b := range e.Boxes {
			if b.Frame == frame {
				n, crowd = n+1, crowd+s.around(e.Obs, b)
			}
		}
		if n > most || n == most && crowd < least {
			best, most, least = i, n, crowd
		}
	}
	return best
}

// around counts the pixels beside a box, within a few, that are no background.
func (s *sample) around(obs []byte, b env.Box) (n int) {
	const reach = 4
	near := b.Rect.Inset(-reach).Intersect(s.Content)
	for y := near.Min.Y; y < near.Max.Y; y++ {
		for x := near.Min.X; x < near.Max.X; x++ {
			if !image.Pt(x, y).In(b.Rect) && obs[(b.Frame*s.Plane.H+y)*s.Plane.W+x] > 0 {
				n++
			}
		}
	}
	return n
}

// measure returns the figures of a unit but for its change.
func (s *sample) measure(unit int, codes []float32, size int) Unit {
	var values []float64
	for i := unit; i < len(codes); i += size {
		values = append(values, float64(codes[i]))
	}
	u := Unit{Unit: unit, P5: stats.Quantile(values, 0.05), P50: stats.Quantile(values, 0.5), P95: stats.Quantile(values, 0.95)}
	if s.heads {
		actor, critic := s.net.Reads(unit)
		u.Actor, u.Critic = &actor, &critic
	}
	return u
}

// traverse returns how the reconstruction of the code differs, in a frame, when a unit
// takes its percentiles, and the mean difference between the first and the last.
func (s *sample) traverse(d *autoencoder.Decoder, code []float32, u Unit, frame int) (changes [][]float32, change float64, err error) {
	var codes []float32
	for _, v := range u.values() {
		codes = append(codes, code...)
		codes[len(codes)-len(code)+u.Unit] = float32(v)
	}
	size := s.Plane.ObsLen()
	recon := make([]float32, 3*size)
	if err := d.Decode(recon, codes); err != nil {
		return nil, 0, err
	}
	was := monitor.Cut(s.Recon, s.Plane, frame, s.Content)
	for k := range 3 {
		now := monitor.Cut(recon[k*size:(k+1)*size], s.Plane, frame, s.Content)
		for i := range now {
			now[i] -= was[i]
		}
		changes = append(changes, now)
	}
	for i, v := range changes[2] {
		change += math.Abs(float64(v-changes[0][i])) / float64(len(was))
	}
	return changes, change, nil
}
