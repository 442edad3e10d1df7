package dojo

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"glint/env"
)

// magic begins a saved state; its last byte counts the versions of the format.
const magic = "dojo\x01"

var errState = errors.New("not a saved state of this version of dojo")

// Save returns the state of environment i in a few hundred bytes: the fighters,
// the knives, the counters and the random source.
func (v *Vec) Save(ctx context.Context, i int) ([]byte, error) {
	if err := v.one(ctx, i); err != nil {
		return nil, fmt.Errorf("dojo: saving: %w", err)
	}
	if !v.ready[i] {
		return nil, fmt.Errorf("dojo: saving: %w", env.ErrNotReset)
	}
	g := &v.games[i]
	out, err := g.src.AppendBinary([]byte(magic))
	if err == nil {
		out, err = binary.Append(out, binary.LittleEndian, &g.state)
	}
	if err != nil {
		return nil, fmt.Errorf("dojo: saving environment %d: %w", i, err)
	}
	return out, nil
}

// Load puts environment i into a state that Save returned. The Options of the
// two Vecs should be the same, for they are no part of it. A state that is none
// is refused and changes nothing.
func (v *Vec) Load(ctx context.Context, i int, saved []byte) error {
	if err := v.one(ctx, i); err != nil {
		return fmt.Errorf("dojo: loading: %w", err)
	}
	var g game
	size := binary.Size(&g.state)
	split := len(saved) - size
	if split <= len(magic) || string(saved[:len(magic)]) != magic {
		return fmt.Errorf("dojo: loading environment %d: %w", i, errState)
	}
	if err := g.src.UnmarshalBinary(saved[len(magic):split]); err != nil {
		return fmt.Errorf("dojo: loading environment %d: %w: %w", i, errState, err)
	}
	if _, err := binary.Decode(saved[split:], binary.LittleEndian, &g.state); err != nil {
		return fmt.Errorf("dojo: loading environment %d: %w: %w", i, errState, err)
	}
	if !g.sane() {
		return fmt.Errorf("dojo: loading environment %d: %w", i, errState)
	}
	v.games[i], v.ready[i] = g, true
	return nil
}

// one checks that environment i is there to be saved or loaded.
func (v *Vec) one(ctx context.Context, i int) error {
	if v.closed {
		return env.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if i < 0 || i >= len(v.games) {
		return fmt.Errorf("environment %d, there are 0..%d", i, len(v.games)-1)
	}
	return nil
}

// sane refuses what the rules never make and the drawing could not draw.
func (s *state) sane() bool {
	ok := s.X >= homeLeft && s.X <= homeRight && (s.Facing == 1 || s.Facing == -1) &&
		s.Jump >= 0 && s.Jump <= jumpFrames && s.Health > 0 && s.Health <= fullHealth &&
		s.Lives > 0 && s.Lives <= fullLives && s.Attack < actionCount && s.Last < actionCount &&
		s.Score >= 0 && s.Frames >= 0
	for _, f := range s.Foes {
		ok = ok && f.Kind <= thrower && f.Mood <= falling && f.Pose <= 1
	}
	for _, k := range s.Knives {
		ok = ok && k.Flies <= 1 && k.High <= 1
	}
	return ok
}
