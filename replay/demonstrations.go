package replay

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"glint/env"
)

// Demonstrations is a dataset as an environment of games that go on as they were
// recorded, whatever actions they are given, over and over: each step shows the next
// observation of every game, with the reward that was got. [Demonstrations.Action] tells
// what was done on it. There are as many games as were recorded side by side. An episode
// that the recording cuts ends as truncated, without its last observation.
type Demonstrations struct {
	rows  cycle
	spec  env.Spec
	batch *env.Batch
	lanes []lane
	of    map[uint64]int // lane of each episode that goes on
	steps uint64         // shown since the start of the dataset
}

// lane is one game: its rows that were read, of which the first is shown.
type lane struct {
	rows []Row
	open bool // its last row's episode goes on
}

// TrueDemonstrations is Demonstrations of a dataset with true boxes.
type TrueDemonstrations struct{ *Demonstrations }

var (
	_ env.Vec     = (*Demonstrations)(nil)
	_ env.Saver   = (*Demonstrations)(nil)
	_ env.Truther = (*TrueDemonstrations)(nil)
)

// ErrDistinct says that steps were left out of a recording, so that what was done on an
// observation is not known.
var ErrDistinct = errors.New("replay: the dataset leaves out repeated steps, so that it does not tell what was done")

// NewDemonstrations returns the dataset as an environment; it is an env.Truther where the
// boxes are true.
func NewDemonstrations(ctx context.Context, d *Dataset) (p *Demonstrations, v env.Vec, err error) {
	if d.meta.Distinct {
		return nil, nil, ErrDistinct
	}
	n, err := sideBySide(ctx, d)
	if err != nil {
		return nil, nil, err
	}
	p = &Demonstrations{rows: cycle{data: d}, spec: d.meta.Spec(n), lanes: make([]lane, n)}
	p.spec.Saves = true
	p.batch = env.NewBatch(p.spec)
	p.rewind()
	if d.meta.Truth {
		return p, &TrueDemonstrations{p}, nil
	}
	return p, p, nil
}

// sideBySide returns how many games take turns at the start of a dataset.
func sideBySide(ctx context.Context, d *Dataset) (int, error) {
	seen := map[uint64]bool{}
	for row, err := range d.Rows(ctx) {
		if err != nil {
			return 0, err
		}
		if seen[row.Episode] {
			break
		}
		seen[row.Episode] = true
	}
	if len(seen) == 0 {
		return 0, errNoSteps
	}
	return len(seen), nil
}

// Spec describes the games of the dataset's frames.
func (p *Demonstrations) Spec() env.Spec { return p.spec }

// Action returns what was done on the observation of game i that is shown.
func (p *Demonstrations) Action(i int) int { return p.lanes[i].rows[1].Action }

// Row returns what is recorded with the observation of game i that is shown.
func (p *Demonstrations) Row(i int) Row { return p.lanes[i].rows[0] }

// Truth appends the boxes of the observation of game i.
func (p *TrueDemonstrations) Truth(dst []env.Box, i int) []env.Box {
	return append(dst, p.Row(i).Boxes...)
}

// Reset goes back to the start of the dataset. The seeds change nothing.
func (p *Demonstrations) Reset(context.Context, []uint64) (*env.Batch, error) {
	p.rewind()
	for i := range p.lanes {
		if err := p.settle(i); err != nil {
			return nil, err
		}
		p.show(i)
		p.batch.Reward[i], p.batch.Return[i] = 0, 0
		p.batch.Terminated[i], p.batch.Truncated[i] = false, false
	}
	return p.batch, nil
}

// Step shows the next observations.
func (p *Demonstrations) Step(ctx context.Context, actions []int) (*env.Batch, error) {
	if err := p.spec.CheckActions(actions); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("replay: playing demonstrations: %w", err)
	}
	return p.batch, p.advance()
}

// advance shows the next observation of every game.
func (p *Demonstrations) advance() error {
	p.steps++
	b := p.batch
	for i := range p.lanes {
		l := &p.lanes[i]
		if b.Ended(i) {
			b.Return[i] = 0
		}
		now := l.rows[1]
		b.Reward[i] = now.Reward
		b.Return[i] += now.Reward
		b.Terminated[i], b.Truncated[i] = now.Terminated, now.Truncated
		l.rows = l.rows[1:]
		if err := p.settle(i); err != nil {
			return err
		}
		if first := l.rows[0]; !b.Ended(i) && (first.Episode != now.Episode || first.Step != now.Step) {
			b.Truncated[i] = true // nothing is recorded to follow
		}
		if b.Ended(i) {
			copy(b.FinalOf(i), now.Obs)
		}
		p.show(i)
	}
	return nil
}

// settle reads until the first two rows of game i follow each other, leaving out first
// ones that nothing follows.
func (p *Demonstrations) settle(i int) error {
	l := &p.lanes[i]
	for range p.rows.data.Len() {
		for len(l.rows) < 2 {
			if err := p.read(); err != nil {
				return err
			}
		}
		a, b := l.rows[0], l.rows[1]
		if a.Episode == b.Episode && b.Step == a.Step+1 && !a.Terminated && !a.Truncated {
			return nil
		}
		l.rows = l.rows[1:]
	}
	return errNoSteps
}

// show puts the first row of game i into the batch.
func (p *Demonstrations) show(i int) {
	row := p.lanes[i].rows[0]
	copy(p.batch.ObsOf(i), row.Obs)
	p.batch.EpisodeID[i] = row.Episode
	p.batch.Elapsed[i] = env.Frames(row.Step+1) * env.Frames(p.spec.Repeat)
}

// read takes the next row of the dataset, after the last one the first.
func (p *Demonstrations) read() error {
	for again := false; ; again = true {
		row, more, err := p.rows.row()
		switch {
		case err != nil:
			return err
		case more:
			return p.deal(row)
		case again:
			return errNoSteps
		}
		p.end()
	}
}

// deal gives a row to the game of its episode, or to a free one where that begins.
func (p *Demonstrations) deal(row Row) error {
	i, known := p.of[row.Episode]
	if !known {
		if i = p.free(); i < 0 {
			return fmt.Errorf("replay: episode %d begins while %d others go on, as many as at the start: the dataset is not of one recording", row.Episode, len(p.lanes))
		}
	}
	l := &p.lanes[i]
	l.rows = append(l.rows, row)
	l.open = !row.Terminated && !row.Truncated
	if l.open {
		p.of[row.Episode] = i
	} else {
		delete(p.of, row.Episode)
	}
	return nil
}

// free returns the game with fewest rows of those whose last episode is over, -1 for none.
func (p *Demonstrations) free() int {
	best := -1
	for i, l := range p.lanes {
		if !l.open && (best < 0 || len(l.rows) < len(p.lanes[best].rows)) {
			best = i
		}
	}
	return best
}

// end closes the reading, and the episodes that go on with it.
func (p *Demonstrations) end() {
	p.rows.close()
	p.of = map[uint64]int{}
	for i := range p.lanes {
		p.lanes[i].open = false
	}
}

// rewind goes back before the first row.
func (p *Demonstrations) rewind() {
	p.end()
	for i := range p.lanes {
		p.lanes[i].rows = nil
	}
	p.steps = 0
}

// Save returns the place in the dataset.
func (p *Demonstrations) Save(context.Context, int) ([]byte, error) {
	return binary.LittleEndian.AppendUint64(nil, p.steps), nil
}

// Load goes to a saved place, which is that of all games.
func (p *Demonstrations) Load(ctx context.Context, _ int, state []byte) error {
	if len(state) != 8 {
		return errors.New("replay: the state is not of demonstrations")
	}
	at := binary.LittleEndian.Uint64(state)
	if p.steps == at && p.lanes[0].rows != nil {
		return nil
	}
	if _, err := p.Reset(ctx, nil); err != nil {
		return err
	}
	for p.steps < at {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("replay: playing demonstrations: %w", err)
		}
		if err := p.advance(); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the reading.
func (p *Demonstrations) Close() error {
	p.end()
	return nil
}
