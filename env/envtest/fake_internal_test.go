package envtest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"os/exec"
	"testing"

	"glint/env"
)

const (
	strip = 16 // pixels of a frame
	pace  = 2  // frames of a step
)

// walk is a tiny game: a dot wanders on a strip and the episode ends when it
// leaves it. Its fault, if any, breaks one promise.
type walk struct {
	spec   env.Spec
	fault  string
	limit  env.Frames
	games  []dot
	batch  *env.Batch
	ready  bool
	closed bool
	stale  []int
	stop   chan struct{}
}

type dot struct {
	src  rand.PCG
	x    int32
	draw uint64
}

func openWalk(fault string, limit env.Frames) opener {
	return func(_ testing.TB, n int) env.Vec {
		w := &walk{fault: fault, limit: limit, games: make([]dot, n), stop: make(chan struct{})}
		w.spec = env.Spec{
			Name: "walk", N: n, T: pace, H: 1, W: strip, Format: env.Index, Palette: make([]color.RGBA, 8),
			Actions: 3, Repeat: pace, Saves: true,
		}
		if fault == "spec" {
			w.spec.Palette = nil
		}
		if fault == "process" {
			_ = exec.Command("sleep", "3").Start() // a failed start fails the test
		}
		if fault == "goroutine" {
			go func() { <-w.stop }()
		}
		w.batch = env.NewBatch(w.spec)
		return w
	}
}

func (w *walk) Spec() env.Spec {
	s := w.spec
	if w.fault == "spec changes" && w.ready {
		s.Actions++
	}
	return s
}

func (w *walk) usable(ctx context.Context, started bool) error {
	switch {
	case w.closed && w.fault != "open after close":
		return env.ErrClosed
	case ctx.Err() != nil && w.fault != "deaf":
		return fmt.Errorf("walk: %w", ctx.Err())
	case started && !w.ready && w.fault != "eager":
		return env.ErrNotReset
	}
	return nil
}

func (w *walk) Reset(ctx context.Context, seeds []uint64) (*env.Batch, error) {
	if err := w.usable(ctx, false); err != nil {
		return nil, err
	}
	if len(seeds) != w.spec.N {
		return nil, errors.New("walk: wrong number of seeds")
	}
	w.ready = true
	*w.batch = *env.NewBatch(w.spec)
	for i, seed := range seeds {
		if w.fault == "one seed" {
			seed = 1
		}
		if w.fault == "shared seed" {
			seed += seeds[len(seeds)-1]
		}
		w.games[i] = dot{src: *rand.NewPCG(seed, 1)}
		if w.fault == "no seed" {
			w.games[i].src = *rand.NewPCG(rand.Uint64(), 1)
		}
		w.begin(i)
	}
	return w.batch, nil
}

func (w *walk) begin(i int) {
	w.games[i].x = strip / 2
	w.batch.Elapsed[i] = 0
	w.paint(w.batch.ObsOf(i), i)
}

func (w *walk) paint(obs []byte, i int) {
	g := &w.games[i]
	clear(obs)
	for t := range pace {
		obs[t*strip+int(min(max(g.x, 0), strip-1))] = byte(t + 1)
		if w.fault == "copied frames" {
			obs[t*strip+int(min(max(g.x, 0), strip-1))] = 1
		}
	}
	obs[0] = byte(g.draw % 8)
	if w.fault == "copied frames" {
		obs[strip] = obs[0]
	}
	if w.fault == "off palette" {
		obs[0] = 8
	}
}

func (w *walk) Step(ctx context.Context, actions []int) (*env.Batch, error) {
	if err := w.usable(ctx, true); err != nil {
		return nil, err
	}
	if w.fault == "any action" {
		if len(actions) != w.spec.N {
			return nil, env.ErrAction
		}
	} else if err := w.spec.CheckActions(actions); err != nil {
		if w.fault == "bad action moves" {
			w.games[0].src.Uint64()
		}
		return nil, err
	}
	if w.fault == "keeps actions" {
		actions, w.stale = w.stale, actions
		if actions == nil {
			actions = make([]int, w.spec.N)
		}
	}
	for i, a := range actions {
		w.move(i, a)
	}
	return w.batch, nil
}

func (w *walk) move(i, a int) {
	g, b := &w.games[i], w.batch
	if b.Ended(i) {
		b.Return[i] = 0
	}
	g.draw = g.src.Uint64()
	g.x += int32(a-1) + int32(g.draw%3) - 1
	b.Reward[i] = float64(a)
	b.Return[i] += float64(a)
	b.Elapsed[i] += pace
	b.Terminated[i] = (g.x < 0 || g.x >= strip) && w.fault != "endless"
	b.Truncated[i] = w.limit > 0 && b.Elapsed[i] >= w.limit && !b.Terminated[i]
	if w.fault == "merged flags" {
		b.Terminated[i] = b.Ended(i)
	}
	w.paint(b.ObsOf(i), i)
	if b.Ended(i) {
		copy(b.FinalOf(i), b.ObsOf(i))
		b.EpisodeID[i]++
		old := b.Elapsed[i]
		if w.fault != "no autoreset" {
			w.begin(i)
		} else {
			g.x = strip / 2
		}
		switch w.fault {
		case "episode stays":
			b.EpisodeID[i]--
		case "elapsed goes on":
			b.Elapsed[i] = old
		case "early return":
			b.Return[i] = 0
		}
	}
}

func (w *walk) Close() error {
	if w.closed && w.fault == "closes once" {
		return env.ErrClosed
	}
	w.closed = true
	return nil
}

func (w *walk) Save(ctx context.Context, i int) ([]byte, error) {
	if err := w.usable(ctx, false); err != nil {
		return nil, err
	}
	if i < 0 || i >= w.spec.N {
		return nil, errors.New("walk: no such environment")
	}
	g, b := &w.games[i], w.batch
	state, err := g.src.MarshalBinary()
	if w.fault == "forgets random draws" {
		state, err = rand.NewPCG(1, 1).MarshalBinary()
	}
	if w.fault == "save draws" {
		g.src.Uint64()
	}
	for _, v := range []uint64{uint64(g.x), b.EpisodeID[i], uint64(b.Elapsed[i]), uint64(b.Return[i]), uint64(bit(b.Ended(i)))} {
		state = binary.LittleEndian.AppendUint64(state, v)
	}
	return state, err
}

func (w *walk) Load(ctx context.Context, i int, state []byte) error {
	if err := w.usable(ctx, false); err != nil {
		return err
	}
	if i < 0 || i >= w.spec.N || len(state) != 20+5*8 {
		return errors.New("walk: no such environment or state")
	}
	g, b := &w.games[i], w.batch
	v := func(k int) uint64 { return binary.LittleEndian.Uint64(state[20+8*k:]) }
	g.x, b.EpisodeID[i], b.Elapsed[i], b.Return[i] = int32(v(0)), v(1), env.Frames(v(2)), float64(v(3))
	b.Terminated[i] = v(4) == 1
	w.ready = w.fault != "load needs reset" || w.ready
	return g.src.UnmarshalBinary(state[:20])
}

func (w *walk) Truth(dst []env.Box, i int) []env.Box {
	x := int(w.games[i].x)
	box := env.Box{Rect: image.Rect(x, 0, x+1, 1), Frame: 0, Kind: "dot"}
	switch w.fault {
	case "box outside":
		box.Rect = box.Rect.Add(image.Pt(0, 5))
	case "box of no frame":
		box.Frame = pace
	case "truth forgets dst":
		return []env.Box{box}
	}
	return append(dst, box)
}
