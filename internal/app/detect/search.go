package detect

import (
	"context"
	"maps"
	"slices"

	"glint/env"
	"glint/internal/app"
	"glint/internal/app/monitor"
	"glint/internal/judge"
	"glint/internal/telemetry"
	"glint/replay"
	"glint/saliency"
)

// search looks for small objects in a recording with several detectors at once.
type search struct {
	*Recording
	lanes   []*lane
	album   *album // examples of the first lane; nil for none
	streams map[uint64]*stream
	spare   []*stream

	found, truth []env.Box // scratch: of one frame
}

// lane is one detector with what is known of its finds.
type lane struct {
	cfg    saliency.FinderConfig
	judge  *judge.Detections // nil without truth
	frames int
	fires  int
}

// stream is an episode that is being read.
type stream struct {
	finders   []*saliency.Finder // one a lane
	histories []judge.History    // likewise
	waiting   []moment           // steps that the finders have not answered yet
	next      uint64             // the number that its next step should have
}

// moment is a step of an episode.
type moment struct {
	row   replay.Row // boxes in pixels of the plane
	plane []byte     // [T,H,W]
}

func (r *Recording) search(finders []saliency.FinderConfig, album bool) (*search, error) {
	s := &search{Recording: r, streams: map[uint64]*stream{}}
	for _, cfg := range finders {
		l := &lane{cfg: cfg}
		if len(r.Scene.Objects) > 0 {
			var err error
			if l.judge, err = judge.NewDetections(r.Scene.Plane.H, r.Scene.Plane.W, r.Scene.Content, r.Scene.Objects[0].Contrast); err != nil {
				return nil, err
			}
		}
		s.lanes = append(s.lanes, l)
	}
	if album {
		s.album = newAlbum()
	}
	return s, nil
}

// read goes through all episodes.
func (s *search) read(ctx context.Context, o app.IO) error {
	bar := telemetry.NewProgress(o.Stderr, "detecting")
	defer bar.Finish()
	n := 0
	for row, err := range s.Data.Rows(ctx) {
		if err != nil {
			return err
		}
		if err := s.step(row); err != nil {
			return err
		}
		n++
		bar.Update(float64(n) / float64(s.Data.Len()))
	}
	for _, episode := range slices.Sorted(maps.Keys(s.streams)) {
		s.end(episode)
	}
	return nil
}

// project returns the plane [T,H,W] of a row.
func (r *Recording) project(row replay.Row) []byte {
	plane := make([]byte, r.Scene.Plane.ObsLen())
	r.Scene.Project(r.Pre, plane, row)
	return plane
}

// step takes one row. The last observation of an episode has no true boxes: it is
// looked at and not judged.
func (s *search) step(row replay.Row) error {
	if st, ok := s.streams[row.Episode]; ok && st.next != row.Step {
		s.end(row.Episode) // steps are missing: frames of both sides tell nothing of each other
	}
	st, err := s.stream(row.Episode)
	if err != nil {
		return err
	}
	m := moment{row: row, plane: s.project(row)}
	for i := range m.row.Boxes {
		m.row.Boxes[i].Rect = s.Pre.Box(m.row.Boxes[i].Rect)
	}
	st.waiting, st.next = append(st.waiting, m), row.Step+1
	answered := false
	for i, f := range st.finders {
		if boxes, ok := f.Add(m.plane); ok {
			s.judge(i, st, boxes)
			answered = true
		}
	}
	if answered {
		st.waiting = slices.Delete(st.waiting, 0, 1)
	}
	if row.Terminated || row.Truncated {
		s.end(row.Episode)
	}
	return nil
}

// stream returns the stream of an episode, one of an ended episode where there is one.
func (s *search) stream(episode uint64) (*stream, error) {
	if st, ok := s.streams[episode]; ok {
		return st, nil
	}
	if n := len(s.spare); n > 0 {
		s.streams[episode], s.spare = s.spare[n-1], s.spare[:n-1]
		return s.streams[episode], nil
	}
	st := &stream{histories: make([]judge.History, len(s.lanes))}
	for _, l := range s.lanes {
		f, err := saliency.NewFinder(l.cfg, s.Scene.Plane.T, s.Scene.Plane.H, s.Scene.Plane.W)
		if err != nil {
			return nil, &app.UsageError{Msg: err.Error()}
		}
		st.finders = append(st.finders, f)
	}
	s.streams[episode] = st
	return st, nil
}

// end takes what the finders still have to say about an episode.
func (s *search) end(episode uint64) {
	st := s.streams[episode]
	for more := true; more; {
		more = false
		for i, f := range st.finders {
			if boxes, ok := f.Rest(); ok {
				s.judge(i, st, boxes)
				more = true
			}
		}
		if more {
			st.waiting = slices.Delete(st.waiting, 0, 1)
		}
	}
	clear(st.histories)
	delete(s.streams, episode)
	s.spare = append(s.spare, st)
}

// judge takes what lane i found in the step that has waited longest.
func (s *search) judge(i int, st *stream, boxes []env.Box) {
	l, m := s.lanes[i], st.waiting[0]
	if m.row.Terminated || m.row.Truncated {
		return
	}
	size := s.Scene.Plane.FrameLen()
	for t := range s.Scene.Plane.T {
		s.found = monitor.InFrame(s.found[:0], boxes, t)
		l.frames++
		l.fires += len(s.found)
		plane := m.plane[t*size : (t+1)*size]
		var out judge.Outcome
		if l.judge != nil {
			s.truth = monitor.InFrame(s.truth[:0], m.row.Boxes, t)
			out = l.judge.Frame(&st.histories[i], plane, s.truth, s.found)
		}
		if i == 0 && s.album != nil {
			s.album.offer(s, m, t, out)
		}
	}
}

// figures returns those of lane i.
func (s *search) figures(i int) Figures {
	l := s.lanes[i]
	f := Figures{Frames: l.frames, Fires: l.fires}
	if l.frames > 0 {
		f.FireRate = float64(l.fires) / float64(l.frames)
	}
	if l.judge == nil {
		return f
	}
	r := l.judge.Result()
	f.Truth, f.Objects, f.EmptyFrames, f.FalseEmpty, f.FalseFires = true, r.Objects, r.EmptyFrames, r.FalseEmpty, r.False
	f.Precision, f.Recall, f.F1, f.FalseFrames = app.Finite(r.Precision()), app.Finite(r.Recall()), app.Finite(r.F1()), app.Finite(r.FalseFrames())
	return f
}

// situations returns what lane i found by situation, nil without truth.
func (s *search) situations(i int) map[string]Situation {
	if s.lanes[i].judge == nil {
		return nil
	}
	all := map[string]Situation{}
	for k, c := range s.lanes[i].judge.Result().In {
		all[judge.Situation(k).String()] = Situation{Objects: c.Objects, Recall: app.Finite(c.Recall())}
	}
	return all
}
