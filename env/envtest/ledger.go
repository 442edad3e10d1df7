package envtest

import (
	"bytes"
	"fmt"
	"slices"

	"glint/env"
)

// ledger is an env.FrameSink that keeps the books of every episode itself and
// compares them with what the batches say.
type ledger struct {
	start   env.Frames // highest Elapsed of a first observation
	prev    *env.Batch // copy of the last batch; nil before the first
	sum     []float64  // rewards of the running episodes
	ends    int        // episodes ended
	cut     int        // of them truncated and not terminated
	fresh   int        // of them with a final observation unlike the next first
	moving  int        // observations whose frames are not all equal
	batches int
}

// WriteBatch checks the first batch as one of Reset, every other as one of Step.
func (l *ledger) WriteBatch(s env.Spec, b *env.Batch) error {
	if err := shapes(s, b); err != nil {
		return err
	}
	for i := range s.N {
		if err := l.pixels(s, b, i); err != nil {
			return fmt.Errorf("batch %d, environment %d: %w", l.batches, i, err)
		}
		err := l.first(b, i)
		if l.prev != nil {
			err = l.step(s, b, i)
		}
		if err != nil {
			return fmt.Errorf("batch %d, environment %d: %w", l.batches, i, err)
		}
	}
	if l.prev == nil {
		l.prev, l.sum = env.NewBatch(s), make([]float64, s.N)
	}
	copy(l.prev.Obs, b.Obs)
	copy(l.prev.EpisodeID, b.EpisodeID)
	copy(l.prev.Elapsed, b.Elapsed)
	l.batches++
	return nil
}

// pixels checks the range of palette indices and counts observations that move.
func (l *ledger) pixels(s env.Spec, b *env.Batch, i int) error {
	obs := b.ObsOf(i)
	if s.Format == env.Index {
		if top := slices.Max(obs); int(top) >= len(s.Palette) {
			return fmt.Errorf("pixel %d is outside a palette of %d", top, len(s.Palette))
		}
	}
	if size := s.FrameLen(); !bytes.Equal(obs[:len(obs)-size], obs[size:]) {
		l.moving++
	}
	return nil
}

// first checks a batch of Reset.
func (l *ledger) first(b *env.Batch, i int) error {
	switch {
	case b.Ended(i) || b.Invalid[i] || b.LifeLost[i]:
		return fmt.Errorf("a flag is set after Reset")
	case b.Reward[i] != 0 || b.Return[i] != 0:
		return fmt.Errorf("reward %g and return %g after Reset, want 0", b.Reward[i], b.Return[i])
	case b.EpisodeID[i] != 0:
		return fmt.Errorf("EpisodeID %d after Reset, want 0", b.EpisodeID[i])
	case b.Elapsed[i] < 0 || b.Elapsed[i] > l.start:
		return fmt.Errorf("Elapsed %d after Reset, want 0..%d", b.Elapsed[i], l.start)
	}
	return nil
}

// step checks a batch of Step against the one before it.
func (l *ledger) step(s env.Spec, b *env.Batch, i int) error {
	if b.Invalid[i] {
		return fmt.Errorf("the environment crashed (Invalid)")
	}
	l.sum[i] += b.Reward[i]
	if b.Return[i] != l.sum[i] {
		return fmt.Errorf("return %g, the episode's rewards sum to %g", b.Return[i], l.sum[i])
	}
	if b.Ended(i) {
		return l.end(s, b, i)
	}
	if b.EpisodeID[i] != l.prev.EpisodeID[i] {
		return fmt.Errorf("EpisodeID %d after %d though no episode ended", b.EpisodeID[i], l.prev.EpisodeID[i])
	}
	if want := l.prev.Elapsed[i] + env.Frames(s.Repeat); b.Elapsed[i] != want {
		return fmt.Errorf("elapsed %d, want %d: the step before and %d frames", b.Elapsed[i], want, s.Repeat)
	}
	return l.stack(s, b.ObsOf(i), i, "Obs")
}

// end checks the step that ended an episode.
func (l *ledger) end(s env.Spec, b *env.Batch, i int) error {
	l.ends++
	l.sum[i] = 0
	if b.Truncated[i] && !b.Terminated[i] {
		l.cut++
	}
	if !bytes.Equal(b.FinalOf(i), b.ObsOf(i)) {
		l.fresh++
	}
	if want := l.prev.EpisodeID[i] + 1; b.EpisodeID[i] != want {
		return fmt.Errorf("EpisodeID %d after an end, want %d", b.EpisodeID[i], want)
	}
	if b.Elapsed[i] < 0 || b.Elapsed[i] > l.start {
		return fmt.Errorf("Elapsed %d after an end, want 0..%d of the next episode", b.Elapsed[i], l.start)
	}
	return l.stack(s, b.FinalOf(i), i, "Final")
}

// stack checks that a stacked observation continues the one before it.
func (l *ledger) stack(s env.Spec, obs []byte, i int, name string) error {
	if size := s.FrameLen(); s.Stacked && !bytes.Equal(obs[:len(obs)-size], l.prev.ObsOf(i)[size:]) {
		return fmt.Errorf("%s is no stack: its first frames are not the last of the step before", name)
	}
	return nil
}
