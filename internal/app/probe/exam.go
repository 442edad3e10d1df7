package probe

import (
	"context"
	"fmt"
	"image"
	"math"
	"slices"

	"glint/agent"
	"glint/autoencoder"
	"glint/env"
	"glint/env/pixels"
	"glint/internal/app"
	"glint/internal/app/monitor"
	"glint/internal/app/world"
	"glint/internal/judge"
	"glint/internal/telemetry"
	"glint/replay"
)

// exam reads a dataset once and keeps what is asked of its steps.
type exam struct {
	data     *replay.Dataset
	pre      *pixels.Preprocessor
	scene    world.Scene
	only     map[uint64]bool // episodes to judge; nil for all
	brief    bool            // no intervals and no controls
	subjects []*subject      // all encoders

	own, random, against *subject // nil where there is none

	places    *judge.Detections // says what is around a knife; nil where none are known
	histories map[uint64]*judge.History
	groups    map[string]*judge.Count

	// One of each step:
	episodes []uint64
	targets  targets
	blocks   [][]float64 // means of blocks of pixels of the last frame

	batch []replay.Row // waiting for the encoders; boxes in pixels of the plane
	obs   []byte       // their planes [n,T,H,W]
}

// targets are what the probes should read, NaN where a step does not tell.
type targets struct{ present, x, y, player []float64 }

// subject is an encoder with what it made of the steps.
type subject struct {
	name    string
	viewer  *autoencoder.Viewer
	recon   []float32
	judge   *judge.Judge            // nil where only the code is looked at
	tallies map[uint64]*judge.Tally // by episode
	codes   [][]float64             // one of each step
}

// probeBatch is the number of steps that are encoded at once.
const probeBatch = 32

// add adds an encoder; name is empty for one that is no checkpoint.
func (x *exam) add(net *agent.Net, name string) (*subject, error) {
	s := x.scene.Plane
	v, err := autoencoder.NewViewer(net.Autoencoder, probeBatch)
	if err != nil {
		return nil, err
	}
	one := &subject{name: name, viewer: v, recon: make([]float32, probeBatch*s.ObsLen()), tallies: map[uint64]*judge.Tally{}}
	if name != "" {
		if one.judge, err = judge.New(s.H, s.W, x.scene.Content, x.scene.Objects); err != nil {
			return nil, err
		}
	}
	x.subjects = append(x.subjects, one)
	return one, nil
}

func (x *exam) known() bool { return len(x.scene.Objects) > 0 }

func (x *exam) steps() int { return len(x.episodes) }

// read goes through the dataset.
func (x *exam) read(ctx context.Context, o app.IO) error {
	x.histories, x.groups = map[uint64]*judge.History{}, map[string]*judge.Count{}
	if x.known() {
		var err error
		if x.places, err = judge.NewDetections(x.scene.Plane.H, x.scene.Plane.W, x.scene.Content, x.scene.Objects[0].Contrast); err != nil {
			return err
		}
	}
	bar := telemetry.NewProgress(o.Stderr, "judging")
	defer bar.Finish()
	n := 0
	for row, err := range x.data.Rows(ctx) {
		if err != nil {
			return err
		}
		n++
		bar.Update(float64(n) / float64(x.data.Len()))
		// The boxes of a last observation are not recorded.
		if row.Terminated || row.Truncated || x.only != nil && !x.only[row.Episode] {
			continue
		}
		x.take(row)
		if len(x.batch) == probeBatch {
			if err := x.encode(); err != nil {
				return err
			}
		}
	}
	return x.encode()
}

// take notes what a step should tell.
func (x *exam) take(row replay.Row) {
	s := x.scene
	at := len(x.obs)
	x.obs = append(x.obs, make([]byte, s.Plane.ObsLen())...)
	s.Project(x.pre, x.obs[at:], row)
	for i := range row.Boxes {
		row.Boxes[i].Rect = x.pre.Box(row.Boxes[i].Rect)
	}
	row.Obs = nil
	x.batch = append(x.batch, row)
	x.episodes = append(x.episodes, row.Episode)
	if !x.brief {
		x.blocks = append(x.blocks, blocks(x.obs[len(x.obs)-s.Plane.FrameLen():], s.Plane))
	}
	x.targets.add(row, s)
}

// add appends the targets of a step.
func (t *targets) add(row replay.Row, s world.Scene) {
	present, px, py, player := math.NaN(), math.NaN(), math.NaN(), math.NaN()
	if len(s.Objects) > 0 {
		last := slices.DeleteFunc(monitor.InFrame(nil, row.Boxes, s.Plane.T-1), func(b env.Box) bool { return !s.Judges(b.Kind) })
		switch {
		case len(row.Boxes) == 0:
			present = 0
		case len(last) > 0 && last[0].Rect.In(s.Content):
			present = 1
		}
		if present == 1 && len(last) == 1 {
			r := last[0].Rect
			px, py = float64(r.Min.X+r.Max.X)/2, float64(r.Min.Y+r.Max.Y)/2
		}
	}
	if row.State != nil && s.Native() {
		player = float64(row.State.PlayerX)
	}
	t.present, t.x, t.y, t.player = append(t.present, present), append(t.x, px), append(t.y, py), append(t.player, player)
}

// blocks returns the means of blocks of 4x8 pixels (rows x columns) of a frame [H,W].
func blocks(frame []byte, s env.Spec) []float64 {
	const rows, columns = 4, 8 // both sides of a plane are multiples of 8
	out := make([]float64, s.H/rows*s.W/columns)
	for i, v := range frame {
		y, x := i/s.W/rows, i%s.W/columns
		out[y*(s.W/columns)+x] += float64(v) / (rows * columns)
	}
	return out
}

// encode shows the waiting steps to all encoders.
func (x *exam) encode() error {
	size := x.scene.Plane.ObsLen()
	for _, s := range x.subjects {
		recon := s.recon[:len(x.obs)]
		var err error
		if s.judge == nil {
			err = s.viewer.Encode(x.obs)
		} else {
			err = s.viewer.Reconstruct(recon, x.obs)
		}
		if err != nil {
			return err
		}
		codes := s.viewer.Codes()
		width := len(codes) / probeBatch
		for n, row := range x.batch {
			code := make([]float64, width)
			for c, v := range codes[n*width : (n+1)*width] {
				code[c] = float64(v)
			}
			s.codes = append(s.codes, code)
			if s.judge == nil {
				continue
			}
			if err := s.judge.Add(x.obs[n*size:(n+1)*size], recon[n*size:(n+1)*size], row.Boxes); err != nil {
				return err
			}
			if s.tallies[row.Episode] == nil {
				s.tallies[row.Episode] = &judge.Tally{}
			}
			s.tallies[row.Episode].Add(s.judge.Take())
			if mse := s.tallies[row.Episode].Figures().MSE; math.IsNaN(mse) || math.IsInf(mse, 0) {
				return fmt.Errorf("the reconstructions of %s are no finite numbers: its training has failed; take an earlier checkpoint", s.name)
			}
			if s == x.own && x.known() {
				x.group(row, x.obs[n*size:(n+1)*size], s.judge.Seen())
			}
		}
	}
	x.batch, x.obs = x.batch[:0], x.obs[:0]
	return nil
}

// group counts the knives of a step by what is around them, direction and floor.
func (x *exam) group(row replay.Row, obs []byte, seen []judge.Seen) {
	h := x.histories[row.Episode]
	if h == nil {
		h = &judge.History{}
		x.histories[row.Episode] = h
	}
	size := x.scene.Plane.FrameLen()
	for t := range x.scene.Plane.T {
		truth := monitor.InFrame(nil, row.Boxes, t)
		out := x.places.Frame(h, obs[t*size:(t+1)*size], truth, nil) // nothing found: all are missed
		for i, r := range out.Missed {
			for _, s := range seen {
				if s.Frame != t || s.Rect != r {
					continue
				}
				x.count(out.Where[i].String(), s)
				if d := direction(row.Boxes, t, r); d != "" {
					x.count(d, s)
				}
				if row.State != nil && row.State.Floor > 0 {
					x.count(fmt.Sprint("floor ", row.State.Floor), s)
				}
			}
		}
	}
}

func (x *exam) count(group string, s judge.Seen) {
	c := x.groups[group]
	if c == nil {
		c = &judge.Count{}
		x.groups[group] = c
	}
	c.Objects++
	if s.Kept() {
		c.Hits++
	}
}

// farthest is how many pixels a knife moves at most in a frame.
const farthest = 6

// direction says where the knife in a box flies, by the frames of the step beside it;
// nothing where these do not tell.
func direction(boxes []env.Box, frame int, r image.Rectangle) string {
	for _, b := range boxes {
		dx, dy := b.Rect.Min.X-r.Min.X, b.Rect.Min.Y-r.Min.Y
		if b.Frame == frame-1 {
			dx = -dx
		} else if b.Frame != frame+1 {
			continue
		}
		switch {
		case max(dx, -dx) > farthest || max(dy, -dy) > 1:
		case dx > 0:
			return "flies right"
		case dx < 0:
			return "flies left"
		}
	}
	return ""
}
