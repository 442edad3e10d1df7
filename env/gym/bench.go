package gym

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// IDs returns the Gymnasium ids that an interpreter knows, sorted; python "" is
// the installed one.
func IDs(ctx context.Context, python string) ([]string, error) {
	var out struct{ IDs []string }
	err := call(ctx, python, "ids", map[string]any{}, &out)
	if err != nil {
		return nil, fmt.Errorf("gym: listing environments: %w", err)
	}
	return out.IDs, nil
}

// call runs a named function in a worker of its own.
func call(ctx context.Context, python, name string, args map[string]any, out any) (err error) {
	if python == "" {
		if python, err = Python(""); err != nil {
			return err
		}
	}
	l, err := newLauncher(python)
	if err != nil {
		return err
	}
	worker, err := l.local("the worker", startTimeout)
	if err != nil {
		return errors.Join(err, l.close())
	}
	defer func() {
		worker.hangUp()
		err = errors.Join(err, l.close())
	}()
	if err := worker.call(ctx, name, args, out); err != nil {
		return withWords(worker, err)
	}
	return nil
}

// call asks a worker for a named function.
func (l *link) call(ctx context.Context, name string, args map[string]any, out any) error {
	payload, err := json.Marshal(map[string]any{"name": name, "args": args})
	if err != nil {
		return err
	}
	if payload, err = l.ask(ctx, kindCall, payload, kindOK); err != nil {
		return err
	}
	return json.Unmarshal(payload, out)
}

// BenchOptions says what Bench measures. Zero means zero: start from
// DefaultBenchOptions.
type BenchOptions struct {
	// Env is opened with one worker.
	Env Options
	// Steps is the number of steps of one run, Runs the number of pairs of runs.
	Steps, Runs int
}

// DefaultBenchOptions measures 8 environments of an Atari id, 11 pairs of runs of
// 200 steps.
func DefaultBenchOptions(id string) BenchOptions {
	o := DefaultOptions(id)
	o.N = 8
	return BenchOptions{Env: o, Steps: 200, Runs: 11}
}

// BenchResult compares the bridge with a bare Python loop over the same emulator.
type BenchResult struct {
	FramesPerS     float64 // emulated frames a second of wall clock through the bridge, median
	BareFramesPerS float64 // of a loop that does the same without it, median
	Ratio          float64 // median of the ratios of neighbouring runs
	WorkerRatio    float64 // the same by the processor time of the worker alone
}

// bareResult is what the bare loop says of itself.
type bareResult struct {
	Frames int     `json:"frames"`
	CPUS   float64 `json:"cpu_s"`
	WallS  float64 `json:"wall_s"`
}

// Bench runs the bridge and the bare loop in turn, with the same grabs, crop and
// sticky actions, one process each.
func Bench(ctx context.Context, o BenchOptions) (BenchResult, error) {
	if o.Env.backend() != "ale" || o.Env.Workers != 1 || o.Steps < 1 || o.Runs < 1 || o.Env.Stack || o.Env.Address != "" {
		return BenchResult{}, errors.New("gym: bench wants sequential frames of an Atari id in one local worker, and steps and runs")
	}
	v, err := Open(ctx, o.Env)
	if err != nil {
		return BenchResult{}, err
	}
	defer func() { _ = v.Close() }() // the figures are out
	// Another worker runs the bare loop; it sleeps while the bridge is measured.
	other, err := v.launcher.local("the bare loop", startTimeout)
	if err != nil {
		return BenchResult{}, fmt.Errorf("gym: bench: %w", err)
	}
	defer other.hangUp()
	var ours, bare, ratio, worker []float64
	for run := range o.Runs + 1 {
		frames, wall, cpu, err := v.benchRun(ctx, o.Steps, uint64(run))
		if err != nil {
			return BenchResult{}, err
		}
		var b bareResult
		if err := other.call(ctx, "bare", o.bare(run), &b); err != nil {
			return BenchResult{}, fmt.Errorf("gym: bench: %w", err)
		}
		if run == 0 {
			continue // warm-up
		}
		ours, bare = append(ours, frames/wall), append(bare, float64(b.Frames)/b.WallS)
		ratio = append(ratio, frames/wall/(float64(b.Frames)/b.WallS))
		worker = append(worker, frames/cpu/(float64(b.Frames)/b.CPUS))
	}
	return BenchResult{FramesPerS: median(ours), BareFramesPerS: median(bare), Ratio: median(ratio), WorkerRatio: median(worker)}, nil
}

// bare returns the arguments of the bare loop.
func (o BenchOptions) bare(run int) map[string]any {
	r := o.Env.request(o.Env.N)
	return map[string]any{
		"id": r["id"], "n": r["n"], "repeat": r["repeat"], "steps": o.Steps,
		"sticky": r["sticky"], "crop": r["crop"], "seed": run,
	}
}

// benchRun steps with random actions and returns frames, seconds of wall clock and
// seconds of the worker's processor time. It starts new episodes first, untimed, as
// the bare loop does: some moments of a game take longer to emulate than others.
func (v *Vec) benchRun(ctx context.Context, steps int, seed uint64) (frames, wall, cpu float64, err error) {
	rng := rand.New(rand.NewPCG(seed, 0))
	actions, seeds := make([]int, v.spec.N), make([]uint64, v.spec.N)
	for i := range seeds {
		seeds[i] = uint64(i)
	}
	if _, err := v.Reset(ctx, seeds); err != nil {
		return 0, 0, 0, err
	}
	var before, after struct {
		CPUS float64 `json:"cpu_s"`
	}
	if err := v.shards[0].link.call(ctx, "cpu", nil, &before); err != nil {
		return 0, 0, 0, err
	}
	start := time.Now()
	for range steps {
		for i := range actions {
			actions[i] = rng.IntN(v.spec.Actions)
		}
		if _, err := v.Step(ctx, actions); err != nil {
			return 0, 0, 0, err
		}
	}
	wall = time.Since(start).Seconds()
	if err := v.shards[0].link.call(ctx, "cpu", nil, &after); err != nil {
		return 0, 0, 0, err
	}
	return float64(steps * v.spec.N * v.spec.Repeat), wall, after.CPUS - before.CPUS, nil
}

func median[T cmp.Ordered](xs []T) T {
	return slices.Sorted(slices.Values(xs))[len(xs)/2]
}
