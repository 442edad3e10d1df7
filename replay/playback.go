package replay

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"glint/env"
)

// Playback is a dataset as an environment of one game that no action changes: each
// step shows the next row, over and over. Last observations of episodes are left
// out, as their boxes are not recorded, and no episode ever ends. Batch.EpisodeID and
// Batch.Elapsed are the row's: episodes that were recorded side by side take turns, and
// where steps are missing Elapsed leaps.
type Playback struct {
	rows  cycle
	spec  env.Spec
	batch *env.Batch
	row   Row
	at    uint64 // rows shown since the start of the dataset
}

var (
	_ env.Vec     = (*Playback)(nil)
	_ env.Saver   = (*Playback)(nil)
	_ env.Truther = (*TruePlayback)(nil)
)

// TruePlayback is a Playback of a dataset with true boxes.
type TruePlayback struct{ *Playback }

// Truth appends the boxes of the row shown.
func (p *TruePlayback) Truth(dst []env.Box, _ int) []env.Box { return append(dst, p.row.Boxes...) }

// NewPlayback returns the dataset as an environment; it is an env.Truther where
// the boxes are true.
func NewPlayback(d *Dataset) (p *Playback, v env.Vec) {
	p = &Playback{rows: cycle{data: d}, spec: d.meta.Spec(1)}
	p.spec.Saves = true
	p.batch = env.NewBatch(p.spec)
	if d.meta.Truth {
		return p, &TruePlayback{p}
	}
	return p, p
}

// Row returns the row shown last.
func (p *Playback) Row() Row { return p.row }

// Spec describes one game of the dataset's frames.
func (p *Playback) Spec() env.Spec { return p.spec }

// Reset shows the first row, as the next Step does once more. The seeds change
// nothing.
func (p *Playback) Reset(ctx context.Context, _ []uint64) (*env.Batch, error) {
	if err := p.seek(ctx, 1); err != nil {
		return nil, err
	}
	b := p.batch
	p.rewind()
	return b, nil
}

// Step shows the next row, after the last one the first.
func (p *Playback) Step(ctx context.Context, actions []int) (*env.Batch, error) {
	if err := p.spec.CheckActions(actions); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("replay: playing a dataset: %w", err)
	}
	return p.batch, p.advance()
}

// advance shows the next row.
func (p *Playback) advance() error {
	for begun := p.at == 0; ; {
		row, more, err := p.rows.row()
		switch {
		case err != nil:
			return err
		case !more && begun:
			return errNoSteps
		case !more:
			p.rewind()
			begun = true
		case row.Terminated || row.Truncated:
		default:
			p.at++
			p.row, p.batch.Reward[0], p.batch.EpisodeID[0] = row, row.Reward, row.Episode
			p.batch.Elapsed[0] = env.Frames(row.Step+1) * env.Frames(p.spec.Repeat)
			copy(p.batch.Obs, row.Obs)
			return nil
		}
	}
}

// seek shows row n, counted from 1.
func (p *Playback) seek(ctx context.Context, n uint64) error {
	p.rewind()
	for p.at < n {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("replay: playing a dataset: %w", err)
		}
		before := p.at
		if err := p.advance(); err != nil {
			return err
		}
		if p.at <= before {
			return fmt.Errorf("replay: the dataset has %d steps, the state is of step %d: it is another dataset", before, n)
		}
	}
	return nil
}

// rewind goes back before the first row.
func (p *Playback) rewind() {
	p.rows.close()
	p.at = 0
}

// Save returns the place in the dataset.
func (p *Playback) Save(context.Context, int) ([]byte, error) {
	return binary.LittleEndian.AppendUint64(nil, p.at), nil
}

// Load goes to a saved place.
func (p *Playback) Load(ctx context.Context, _ int, state []byte) error {
	if len(state) != 8 {
		return errors.New("replay: the state is not of a dataset that is played")
	}
	return p.seek(ctx, binary.LittleEndian.Uint64(state))
}

// Close ends the reading.
func (p *Playback) Close() error {
	p.rewind()
	return nil
}
