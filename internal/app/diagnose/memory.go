package diagnose

import (
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"

	"glint/agent"
	"glint/env"
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/train"
	"glint/internal/app/world"
	"glint/internal/doctor"
	"glint/internal/kernel"
	"glint/replay"
	"glint/saliency"
)

// memory predicts what a training takes by the batch of its updates, and measures one that has
// begun.
func (e *examination) memory(ctx context.Context) (all []doctor.Verdict, err error) {
	b, err := e.begin(ctx)
	if err != nil {
		return nil, err
	}
	a := b.cfg.Agent
	full := b.kept
	full.Stored, full.Examples = a.StoreCapacity, agent.MaxExamples
	limit := e.o.Memory * (1 << 20)
	if limit == 0 {
		limit = freeMemory()
	}
	for _, alone := range []bool{false, true} {
		if !alone && e.cfg.Alone || alone && !e.cfg.Alone && a.Pretrain.Updates == 0 {
			continue // there is no such stage
		}
		s, err := e.update(a, b.kept.Late, alone)
		if err != nil {
			return nil, err
		}
		batch := e.batchOf(a, alone)
		if alone == e.cfg.Alone { // the stage that was measured
			now := append(append([]doctor.Part(nil), s.Fixed...), doctor.Part{Name: "activations and buffers", Bytes: s.Rest + s.PerSample*float64(batch.Size)})
			all = append(all, doctor.Whole(append(now, e.beside(b, a.Memory(b.plane, b.kept))...), b.live))
		}
		full.Alone = alone
		if batch.Parts == 1 {
			parted := a
			parted.MicroBatches, parted.Pretrain.MicroBatches = 2, 2
			batch.Gathered = e.weights() + parted.Memory(b.plane, full).Gathered
		}
		all = append(all, s.Fits(batch, e.beside(b, a.Memory(b.plane, full)), limit))
	}
	speed, err := e.speed()
	if err != nil {
		return all, err
	}
	return append(all, speed), nil
}

// batchOf is the batch of a stage: of the autoencoder alone, or of play.
func (e *examination) batchOf(a agent.Config, alone bool) doctor.Batch {
	if alone {
		n := a.Pretrain.MicroBatches
		return doctor.Batch{
			Stage: "autoencoder alone", Key: "agent.pretrain.micro_batches", Size: a.Pretrain.Batch / n, Parts: n,
			Divides: func(n int) bool { return a.Pretrain.Batch%n == 0 },
		}
	}
	n := a.MicroBatches
	return doctor.Batch{
		Stage: "all heads", Key: "agent.micro_batches", Size: a.Minibatch / n, Parts: n,
		Divides: func(n int) bool { return a.Minibatch%n == 0 && a.AEBatch()%n == 0 },
	}
}

// update measures what an update takes by its batch: with the optimiser and the gradients, which
// do not grow with it. late says that pixels are weighed by the reconstruction.
func (e *examination) update(a agent.Config, late, alone bool) (doctor.Sizes, error) {
	weights := e.weights()
	return doctor.Sized([]doctor.Part{{Name: "optimiser", Bytes: 2 * weights}, {Name: "gradients", Bytes: weights}},
		func(b int) (any, error) { return e.fresh.BuildUpdate(a, b, late, alone) })
}

// weights is what the parameters take.
func (e *examination) weights() (bytes float64) {
	for _, p := range e.fresh.Params() {
		bytes += float64(4 * len(p.Value.Float32s()))
	}
	return bytes
}

// beside is what a training takes beside its updates.
func (e *examination) beside(b begun, m agent.Memory) []doctor.Part {
	nets := 1.0
	if !e.cfg.Alone && b.cfg.Agent.Overlap {
		nets = 2
	}
	all := []doctor.Part{
		{Name: "weights", Bytes: nets * e.weights()},
		{Name: "acting", Bytes: b.player},
		{Name: "rollouts", Bytes: m.Rollouts},
		{Name: "finding", Bytes: m.Waiting},
		{Name: "examples", Bytes: m.Examples},
		{Name: "store", Bytes: m.Store + b.compressor},
		{Name: "environment", Bytes: b.world},
	}
	if m.Gathered > 0 {
		all = append(all, doctor.Part{Name: "adding up parts", Bytes: m.Gathered + e.weights()})
	}
	return all
}

// begun is a training that has made its first updates.
type begun struct {
	cfg   config.Config
	plane env.Spec
	kept  agent.Kept
	// What the environment takes, what acts in it, the store's compressor, and all of it, in
	// bytes, measured.
	world, player, compressor, live float64
}

// begin begins a training of the config, looks what it takes, and ends it.
func (e *examination) begin(ctx context.Context) (b begun, err error) {
	b.cfg = e.given
	b.cfg.Agent.Pretrain.Steps = e.cfg.Agent.Pretrain.Steps
	if err := e.vacate(); err != nil {
		return b, err
	}
	var w *world.World
	defer func() {
		if w != nil {
			err = errors.Join(err, w.Close())
		}
		kernel.SetThreads(e.cfg.Threads)
	}()
	if b.world, err = doctor.Live(func() (any, error) {
		w, err = world.Open(ctx, &b.cfg, b.cfg.Agent.Envs, app.IO{Stdout: io.Discard, Stderr: io.Discard})
		return w, err
	}); err != nil {
		return b, err
	}
	b.plane = w.Spec()
	if err := e.measure(&b); err != nil {
		return b, err
	}
	var t *agent.Trainer
	if b.live, err = doctor.Live(func() (any, error) {
		t, err = e.firstUpdates(ctx, b.cfg, w)
		return t, err
	}); err != nil {
		return b, err
	}
	b.live += b.world
	raw, _ := w.Raw()
	weighting, err := e.cfg.NamedWeighting()
	if err != nil {
		return b, err
	}
	classes, _, _ := t.Stored()
	known, bytes, _ := e.trainer.Stored()
	g := t.Gallery()
	b.kept = agent.Kept{
		Stored: app.Sum(classes), StoreBytes: float64(bytes) / float64(max(1, app.Sum(known))), Examples: len(g.Small) + len(g.Empty),
		RawBytes: raw.ObsLen(), Side: saliency.DefaultSide, Alone: e.cfg.Alone, Late: saliency.NeedsOf(weighting).Recon,
	}
	return b, nil
}

// measure measures what is there once and does not depend on settings that the batch goes with.
func (e *examination) measure(b *begun) (err error) {
	if !e.cfg.Alone {
		if b.player, err = doctor.Live(func() (any, error) { return e.fresh.NewPlayer(b.plane.N) }); err != nil {
			return err
		}
	}
	b.compressor, err = doctor.Live(func() (any, error) {
		s, err := replay.NewStore(replay.StoreConfig{Capacity: 1, Classes: 1, Len: b.plane.ObsLen()})
		if err != nil {
			return nil, err
		}
		return s, s.Add(make([]byte, b.plane.ObsLen()), 0, nil)
	})
	return err
}

// firstUpdates begins a training on w.
func (e *examination) firstUpdates(ctx context.Context, c config.Config, w *world.World) (*agent.Trainer, error) {
	o, err := train.Options(c, w)
	if err != nil {
		return nil, err
	}
	t, err := agent.New(ctx, c.Agent, o)
	if err != nil {
		return nil, err
	}
	for t.Stage() == agent.Explore {
		if _, err := t.Advance(ctx); err != nil {
			return nil, err
		}
	}
	if !c.Alone {
		if err := t.NextStage(); err != nil {
			return nil, err
		}
	}
	_, err = t.Advance(ctx)
	return t, err
}

// freeMemory returns the bytes that a program may still take, 0 where that is not known.
func freeMemory() float64 {
	free := 0.0
	if b, err := os.ReadFile("/proc/meminfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			if f := strings.Fields(line); len(f) > 1 && f[0] == "MemAvailable:" {
				kib, _ := strconv.ParseFloat(f[1], 64)
				free = kib * 1024
			}
		}
	}
	limit, err := readBytes("/sys/fs/cgroup/memory.max")
	if err != nil {
		return free // there is none
	}
	if used, err := readBytes("/sys/fs/cgroup/memory.current"); err == nil {
		limit = max(0, limit-used)
	}
	if free == 0 || limit < free {
		free = limit
	}
	return free
}

// readBytes reads a number from a file.
func readBytes(path string) (float64, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(strings.TrimSpace(string(b)), 64)
}
