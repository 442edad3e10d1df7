package replay

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"

	"glint/env"
)

// Demonstrations is a dataset as an environment of games that go on as they were
// recorded, whatever actions they are given, over and over: each step shows the next
// observation of every game, with the reward that was got. [Demonstrations.Action] tells
// what was done on it. There are as many games as were recorded side by side. An episode
// that the recording cuts ends as truncated, without its last observation. When one game has
// shown all of its episodes, all begin anew: what the others have left then, a step for every
// episode more that the one has shown, is left out.
type Demonstrations struct {
	rows  cycle
	spec  env.Spec
	batch *env.Batch
	lanes []lane
	sizes map[uint64]int // rows of each episode
	of    map[uint64]int // lane of each episode that goes on
	steps uint64         // shown since the start of the dataset
}

// lane is one game: its rows that were read, of which the first is shown.
type lane struct {
	rows []Row
	left int // rows of its last episode that were not read
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
	n, sizes, err := sideBySide(ctx, d)
	if err != nil {
		return nil, nil, err
	}
	p = &Demonstrations{rows: cycle{data: d}, spec: d.meta.Spec(n), lanes: make([]lane, n), sizes: sizes}
	p.spec.Saves = true
	p.batch = env.NewBatch(p.spec)
	p.rewind()
	if d.meta.Truth {
		return p, &TrueDemonstrations{p}, nil
	}
	return p, p, nil
}

// sideBySide returns how many episodes go on at once at the most, and the rows of each.
func sideBySide(ctx context.Context, d *Dataset) (games int, sizes map[uint64]int, err error) {
	sizes = map[uint64]int{}
	if err := d.heads(ctx, func(h headRow) { sizes[h.Episode]++ }); err != nil {
		return 0, nil, err
	}
	left, on := maps.Clone(sizes), 0
	err = d.heads(ctx, func(h headRow) {
		if left[h.Episode] == sizes[h.Episode] {
			on++
		}
		games = max(games, on)
		if left[h.Episode]--; left[h.Episode] == 0 {
			on--
		}
	})
	if err == nil && games == 0 {
		err = errNoSteps
	}
	return games, sizes, err
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
	if err := p.begin(); err != nil {
		return nil, err
	}
	for i := range p.lanes {
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
	b, over := p.batch, false
	for i := range p.lanes {
		l := &p.lanes[i]
		if b.Ended(i) {
			b.Return[i] = 0
		}
		now := l.rows[1]
		b.Reward[i] = now.Reward
		b.Return[i] += now.Reward
		b.Terminated[i], b.Truncated[i] = now.Terminated, now.Truncated
		copy(b.FinalOf(i), now.Obs)
		l.rows = l.rows[1:]
		more, err := p.settle(i)
		if err != nil {
			return err
		}
		over = over || !more
		if more && !b.Ended(i) && (l.rows[0].Episode != now.Episode || l.rows[0].Step != now.Step) {
			b.Truncated[i] = true // nothing is recorded to follow
		}
	}
	if over {
		if err := p.begin(); err != nil {
			return err
		}
	}
	for i := range p.lanes {
		b.Truncated[i] = b.Truncated[i] || over && !b.Terminated[i]
		p.show(i)
	}
	return nil
}

// begin goes to the first step of every game.
func (p *Demonstrations) begin() error {
	p.rewind()
	for i := range p.lanes {
		switch more, err := p.settle(i); {
		case err != nil:
			return err
		case !more:
			return errNoSteps
		}
	}
	return nil
}

// settle reads until the first two rows of game i follow each other, leaving out first
// ones that nothing follows. It says false at the end of the dataset.
func (p *Demonstrations) settle(i int) (more bool, err error) {
	l := &p.lanes[i]
	for {
		for len(l.rows) < 2 {
			row, more, err := p.rows.row()
			if err != nil || !more {
				return false, err
			}
			if err := p.deal(row); err != nil {
				return false, err
			}
		}
		a, b := l.rows[0], l.rows[1]
		if a.Episode == b.Episode && b.Step == a.Step+1 && !a.Terminated && !a.Truncated {
			return true, nil
		}
		l.rows = l.rows[1:]
	}
}

// show puts the first row of game i into the batch.
func (p *Demonstrations) show(i int) {
	row := p.lanes[i].rows[0]
	copy(p.batch.ObsOf(i), row.Obs)
	p.batch.EpisodeID[i] = row.Episode
	p.batch.Elapsed[i] = env.Frames(row.Step+1) * env.Frames(p.spec.Repeat)
}

// deal gives a row to the game of its episode, or to a free one where that begins.
func (p *Demonstrations) deal(row Row) error {
	i, known := p.of[row.Episode]
	if !known {
		if i = p.free(); i < 0 {
			return fmt.Errorf("replay: episode %d begins while %d others go on: the dataset was changed while it was read", row.Episode, len(p.lanes))
		}
		p.of[row.Episode], p.lanes[i].left = i, p.sizes[row.Episode]
	}
	l := &p.lanes[i]
	l.rows = append(l.rows, row)
	if l.left--; l.left == 0 {
		delete(p.of, row.Episode)
	}
	return nil
}

// free returns the game with fewest rows of those whose last episode is over, -1 for none.
func (p *Demonstrations) free() int {
	best := -1
	for i, l := range p.lanes {
		if l.left == 0 && (best < 0 || len(l.rows) < len(p.lanes[best].rows)) {
			best = i
		}
	}
	return best
}

// rewind goes back before the first row.
func (p *Demonstrations) rewind() {
	p.rows.close()
	p.of, p.steps = map[uint64]int{}, 0
	clear(p.lanes)
}

// Save returns the place in the dataset, and how many rows that has.
func (p *Demonstrations) Save(context.Context, int) ([]byte, error) {
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, p.steps), uint64(p.rows.data.Len())), nil
}

// Load goes to a saved place, which is that of all games.
func (p *Demonstrations) Load(ctx context.Context, _ int, state []byte) error {
	if len(state) != 16 {
		return errors.New("replay: the state is not of demonstrations")
	}
	at, rows := binary.LittleEndian.Uint64(state), binary.LittleEndian.Uint64(state[8:])
	if has := p.rows.data.Len(); rows != uint64(has) {
		return fmt.Errorf("replay: the dataset has %d rows, the state is of one of %d: it is another dataset", has, rows)
	}
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
	p.rewind()
	return nil
}
