package agent

import (
	"fmt"
	"slices"

	"glint/env"
	"glint/internal/kernel"
	"glint/saliency"
)

// finders find the small objects of what environments show, also those that only the
// steps before and after tell. So an observation waits in its strand's finder until its
// boxes are known and is then put where it belongs.
type finders struct {
	cfg  saliency.FinderConfig
	spec env.Spec
	put  put

	open  [][]*strand // of each environment; the one that went on last is at the end
	batch *env.Batch  // what see takes in
	now   []*strand   // of each environment, the one that the step belongs to; nil for none
	spare []*strand
}

// put takes an observation of environment i with its small objects, of which so many later
// ones were seen since.
type put func(i, later int, obs []byte, boxes []env.Box) error

// strand is an episode or a part of one: steps that follow each other without a gap.
type strand struct {
	finder  *saliency.Finder
	episode uint64
	elapsed env.Frames // at its latest step
	boxes   []env.Box  // what the finder answered to that
	known   bool       // it answered
}

// maxStrands is the number of episodes that an environment may show in turns, as a
// recording of many games does. Beyond it the one that rested longest is cut.
const maxStrands = 64

func newFinders(cfg saliency.FinderConfig, s env.Spec, put put) (*finders, error) {
	f := &finders{cfg: cfg, spec: s, put: put, open: make([][]*strand, s.N), now: make([]*strand, s.N)}
	// The first finder tells whether the settings are good.
	first, err := f.fresh()
	if err != nil {
		return nil, err
	}
	f.spare = append(f.spare, first)
	return f, nil
}

// see takes in the observations of a step, on all cores, and puts those that are known
// by now, in the order of the environments. It leaves out where skip says so.
func (f *finders) see(b *env.Batch, skip func(i int) bool) (err error) {
	for i := range f.now {
		f.now[i] = nil
		if b.Ended(i) {
			if err := f.end(i, 1); err != nil {
				return err
			}
		}
		if skip(i) {
			continue
		}
		if f.now[i], err = f.strand(i, b.EpisodeID[i], b.Elapsed[i]); err != nil {
			return err
		}
	}
	f.batch = b
	kernel.Parallel(f, f.spec.N)
	f.batch = nil
	for i, s := range f.now {
		if s != nil && s.known {
			if err := f.put(i, s.finder.Due(), s.finder.Stack(), s.boxes); err != nil {
				return err
			}
		}
	}
	return nil
}

// Do gives the observation of environment i to its finder.
func (f *finders) Do(i int) {
	if s := f.now[i]; s != nil {
		s.boxes, s.known = s.finder.Add(f.batch.ObsOf(i))
	}
}

// strand returns the one that a step of environment i goes on with. What waits of the
// same episode is put first where steps are missing in between: frames of both sides
// tell nothing of each other.
func (f *finders) strand(i int, episode uint64, elapsed env.Frames) (*strand, error) {
	open := f.open[i]
	at := slices.IndexFunc(open, func(s *strand) bool { return s.episode == episode })
	if at < 0 && len(open) == maxStrands {
		at = 0
	}
	if at < 0 {
		s, err := f.fresh()
		if err != nil {
			return nil, err
		}
		s.episode, s.elapsed = episode, elapsed
		f.open[i] = append(open, s)
		return s, nil
	}
	s := open[at]
	copy(open[at:], open[at+1:])
	open[len(open)-1] = s
	if s.episode != episode || elapsed != s.elapsed+env.Frames(f.spec.Repeat) {
		if err := f.finish(i, s, 1); err != nil {
			return nil, err
		}
	}
	s.episode, s.elapsed = episode, elapsed
	return s, nil
}

// fresh returns a strand without steps.
func (f *finders) fresh() (*strand, error) {
	if n := len(f.spare); n > 0 {
		s := f.spare[n-1]
		f.spare = f.spare[:n-1]
		return s, nil
	}
	finder, err := saliency.NewFinder(f.cfg, f.spec.T, f.spec.H, f.spec.W)
	return &strand{finder: finder}, err
}

// finish puts what waits in a strand of environment i, of which that many observations
// were seen since.
func (f *finders) finish(i int, s *strand, later int) error {
	for {
		boxes, ok := s.finder.Rest()
		if !ok {
			return nil
		}
		if err := f.put(i, s.finder.Due()+later, s.finder.Stack(), boxes); err != nil {
			return err
		}
	}
}

// end puts what waits of environment i, in whose episodes no step follows. So many
// observations were seen since.
func (f *finders) end(i, later int) error {
	for _, s := range f.open[i] {
		if err := f.finish(i, s, later); err != nil {
			return err
		}
	}
	f.spare = append(f.spare, f.open[i]...)
	f.open[i] = f.open[i][:0]
	return nil
}

// endAll puts all that waits.
func (f *finders) endAll() error {
	for i := range f.open {
		if err := f.end(i, 0); err != nil {
			return err
		}
	}
	return nil
}

// strandState is a strand as it is saved.
type strandState struct {
	Episode uint64
	Elapsed env.Frames
	Finder  saliency.FinderState
}

// state returns the strands of each environment; what it refers to stays until the
// next see.
func (f *finders) state() [][]strandState {
	all := make([][]strandState, len(f.open))
	for i, open := range f.open {
		for _, s := range open {
			all[i] = append(all[i], strandState{s.episode, s.elapsed, s.finder.State()})
		}
	}
	return all
}

// setState makes finders without steps go on as those that the state is of.
func (f *finders) setState(all [][]strandState) error {
	if len(all) != len(f.open) {
		return fmt.Errorf("the state is of finders for %d environments, want %d", len(all), len(f.open))
	}
	for i := range all {
		for _, saved := range all[i] {
			s, err := f.fresh()
			if err != nil {
				return err
			}
			if err := s.finder.SetState(saved.Finder); err != nil {
				return err
			}
			s.episode, s.elapsed = saved.Episode, saved.Elapsed
			f.open[i] = append(f.open[i], s)
		}
	}
	return nil
}
