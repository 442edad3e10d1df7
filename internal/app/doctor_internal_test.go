package app

import (
	"bytes"
	"context"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glint/agent"
	"glint/internal/doctor"
)

// smallDoctor returns a config of the dojo that is examined in little time.
func smallDoctor() Config {
	c := DefaultConfig("dojo", agent.PPO)
	a := &c.Agent
	a.Autoencoder.Channels, a.Autoencoder.Code = []int{16, 8}, 32
	a.Pretrain.Steps, a.Pretrain.Batch = 1_000, 16
	c.SetEnvs(8)
	c.Threads = 1
	return c
}

// examine returns an examination of a config.
func examine(t *testing.T, c Config, d DoctorOptions) *examination {
	t.Helper()
	o := quietIO()
	p, err := newPatient(t.Context(), c, d.Checkpoint, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.close(); err != nil {
			t.Error(err)
		}
	})
	e := newExamination(p, d, o)
	e.paint, e.choice = 4, 8
	return e
}

func quietIO() IO { return IO{Stdout: new(bytes.Buffer), Stderr: new(bytes.Buffer)} }

type checks func(context.Context) ([]doctor.Verdict, error)

// verdicts makes some checks.
func verdicts(t *testing.T, do checks) map[string]doctor.Verdict {
	t.Helper()
	all, err := do(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]doctor.Verdict{}
	for _, v := range all {
		by[v.Check] = v
		if v.OK == (v.Advice != "") {
			t.Errorf("%s is ok %v and advises %q", v.Check, v.OK, v.Advice)
		}
	}
	return by
}

// healthy wants all to be well.
func healthy(t *testing.T, all map[string]doctor.Verdict) {
	t.Helper()
	for _, v := range all {
		if !v.OK {
			t.Errorf("false alarm: %s: %s", v.Check, v.Means)
		}
	}
}

// finds wants a check to find something and to say these words of it.
func finds(t *testing.T, all map[string]doctor.Verdict, check string, words ...string) {
	t.Helper()
	v, made := all[check]
	switch {
	case !made:
		t.Errorf("%s was not made", check)
	case v.OK:
		t.Errorf("%s finds nothing: %s", check, v.Means)
	}
	for _, w := range words {
		if !strings.Contains(v.Means+" "+v.Advice, w) {
			t.Errorf("%s says %q and advises %q, want a word of %q", check, v.Means, v.Advice, w)
		}
	}
}

// bugged is a lesson with a bug.
type bugged struct {
	*agent.Lesson
	gradients func([]agent.Gradient)
	step      func() error
	predicted func() ([]float32, error)
}

func (b bugged) Gradients() ([]agent.Gradient, error) {
	g, err := b.Lesson.Gradients()
	if err == nil && b.gradients != nil {
		b.gradients(g)
	}
	return g, err
}

func (b bugged) Step() error {
	if b.step != nil {
		return b.step()
	}
	return b.Lesson.Step()
}

func (b bugged) Predicted() ([]float32, error) {
	if b.predicted != nil {
		return b.predicted()
	}
	return b.Lesson.Predicted()
}

// plant puts a bug into the lessons of an examination.
func plant(e *examination, bug func(*bugged)) {
	e.teach = func(h agent.Head, size int) (doctor.Lesson, error) {
		l, err := e.lesson(h, size)
		b := bugged{Lesson: l}
		bug(&b)
		return b, err
	}
}

func TestDoctorGradients(t *testing.T) {
	e := examine(t, smallDoctor(), DoctorOptions{})
	healthy(t, verdicts(t, e.gradients))
	// A sign in one layer of the encoder, a factor in the decoder, a channel that is left out.
	for _, bug := range []struct {
		param string
		put   func(grad []float32)
	}{
		{"encoder.conv2.weight", func(g []float32) {
			for i := range g {
				g[i] = -g[i]
			}
		}},
		{"decoder.deconv1.weight", func(g []float32) {
			for i := range g {
				g[i] *= 2
			}
		}},
		{"encoder.code.weight", func(g []float32) { clear(g[:len(g)/2]) }},
	} {
		l, err := e.lesson(agent.HeadAutoencoder, gradientBatch)
		if err != nil {
			t.Fatal(err)
		}
		v, err := doctor.Gradients(bugged{Lesson: l, gradients: func(all []agent.Gradient) {
			for _, g := range all {
				if g.Name == bug.param {
					bug.put(g.Grad)
				}
			}
		}}, e.rand)
		if err != nil {
			t.Fatal(err)
		}
		finds(t, map[string]doctor.Verdict{v.Check: v}, "gradients, autoencoder", bug.param)
	}
}

func TestDoctorOverfit(t *testing.T) {
	e := examine(t, smallDoctor(), DoctorOptions{})
	healthy(t, verdicts(t, e.paths))
	healthy(t, verdicts(t, e.overfit))
	healthy(t, verdicts(t, e.beyond))
	plant(e, func(b *bugged) { // a layer that the solver does not know
		b.step = func() error {
			g, err := b.Lesson.Gradients()
			if err != nil {
				return err
			}
			at := slices.IndexFunc(g, func(g agent.Gradient) bool { return g.Name == "encoder.conv1.weight" })
			before := slices.Clone(g[at].Value)
			err = b.Lesson.Step()
			copy(g[at].Value, before)
			return err
		}
	})
	finds(t, verdicts(t, e.overfit), "layers move", "encoder.conv1.weight", "frozen")
	plant(e, func(b *bugged) { // frames reach the network as it is used without their mean taken off
		b.predicted = func() ([]float32, error) {
			mean := e.fresh.Autoencoder.Mean.Float32s()
			was := slices.Clone(mean)
			defer copy(mean, was)
			clear(mean)
			return b.Lesson.Predicted()
		}
	})
	paths := verdicts(t, e.paths)
	finds(t, paths, "prediction path, autoencoder", "centred")
	finds(t, paths, "prediction path, actor", "centred")
	finds(t, paths, "prediction path, critic", "centred")
}

// TestDoctorNoise wants a network that learns a batch by heart and nothing else to be found out.
func TestDoctorNoise(t *testing.T) {
	e := examine(t, smallDoctor(), DoctorOptions{})
	r := rand.New(rand.NewPCG(1, 2))
	for i := range e.frames.Obs {
		e.frames.Obs[i] = 0
		if r.IntN(8) == 0 {
			e.frames.Obs[i] = byte(r.IntN(256))
		}
	}
	e.heart[agent.HeadAutoencoder] = doctor.Overfit{}
	finds(t, verdicts(t, e.beyond), "fresh batch, autoencoder", "memory")
}

func TestDoctorRates(t *testing.T) {
	c := smallDoctor()
	e := examine(t, c, DoctorOptions{})
	healthy(t, verdicts(t, e.rates))
	for factor, word := range map[float64]string{1000: "too high", 0.001: "too low"} {
		e.cfg.Agent.LR, e.cfg.Agent.Pretrain.LR = factor*c.Agent.LR, factor*c.Agent.Pretrain.LR
		all := verdicts(t, e.rates)
		for _, h := range []string{"autoencoder", "actor", "critic"} {
			finds(t, all, "learning rate, "+h, word)
		}
	}
}

func TestDoctorInputs(t *testing.T) {
	e := examine(t, smallDoctor(), DoctorOptions{})
	healthy(t, verdicts(t, e.inputs))
	params := map[string][]float32{"mean": e.net.Autoencoder.Mean.Float32s()}
	for _, p := range e.net.Params() {
		params[p.Name] = p.Value.Float32s()
	}
	for _, bug := range []struct {
		param, check, word string
		put                func([]float32)
	}{
		{"mean", "inputs centred", "mean image", func(x []float32) { clear(x) }},
		{"encoder.conv2.bias", "dead ReLUs", "encoder.conv2", func(x []float32) { fill(x, -1e3) }},
		{"encoder.code.bias", "code saturated", "tanh", func(x []float32) { fill(x, 5) }},
		{"encoder.code.weight", "code constant", "mean image", func(x []float32) { clear(x) }},
		{"encoder.conv2.weight", "finite numbers", "encoder.conv2.weight", func(x []float32) { x[7] = float32(math.NaN()) }},
	} {
		was := slices.Clone(params[bug.param])
		bug.put(params[bug.param])
		finds(t, verdicts(t, e.inputs), bug.check, bug.word)
		copy(params[bug.param], was)
	}
	e.cfg.Weighting = "uniform"
	fill(e.frames.Weights, 1)
	finds(t, verdicts(t, e.inputs), "loss share of small objects", "--weighting knife")
}

func fill(x []float32, v float32) {
	for i := range x {
		x[i] = v
	}
}

// TestDoctorBalance shows 43/37/13/7 % of four actions, told by where a block is, so that the
// rarest is never the most probable one.
func TestDoctorBalance(t *testing.T) {
	e := examine(t, smallDoctor(), DoctorOptions{})
	e.cfg.Imitate = true
	r := rand.New(rand.NewPCG(1, 3))
	e.steps, e.aside = placed(r, 1200, []int{43, 37, 13, 7}), placed(r, 400, []int{43, 37, 13, 7})
	all := verdicts(t, e.balance)
	finds(t, all, "recall of rare classes", "JUMP is dead", "balanced")
	e.steps, e.aside = placed(r, 1200, []int{25, 25, 25, 25}), placed(r, 400, []int{25, 25, 25, 25})
	healthy(t, verdicts(t, e.balance))
}

// placed are n frames whose block stands near the place of an action; the actions come in that
// many parts of a hundred.
func placed(r *rand.Rand, n int, parts []int) *agent.Samples {
	const h, w, frames = 64, 144, 4
	s := &agent.Samples{Obs: make([]byte, n*frames*h*w), Action: make([]int, n), Return: make([]float32, n)}
	for i := range n {
		k := r.IntN(100)
		for k >= parts[s.Action[i]] {
			k -= parts[s.Action[i]]
			s.Action[i]++
		}
		x := int(math.Round(30 + 28*float64(s.Action[i]) + 16*r.NormFloat64()))
		for f := range frames {
			for y := 20; y < 44; y++ {
				for d := range 12 {
					if at := x + d; at >= 0 && at < w {
						s.Obs[((i*frames+f)*h+y)*w+at] = 200
					}
				}
			}
		}
	}
	return s
}

func TestDoctorSurroundings(t *testing.T) {
	c := smallDoctor()
	e := examine(t, c, DoctorOptions{Memory: 4_000})
	healthy(t, verdicts(t, e.surroundings))
	healthy(t, verdicts(t, e.memory))
	healthy(t, verdicts(t, e.generalise))
	e.o.Memory = 100
	finds(t, verdicts(t, e.memory), "memory of the batch", "accumulation")
	e.given.Detector.Level = 250
	finds(t, verdicts(t, e.surroundings), "detector and truth", "calibrate")
	e.given.From = filepath.Join(t.TempDir(), "none")
	finds(t, verdicts(t, e.path), "whole path", "no run or checkpoint")
}

// TestDoctorLeaks judges on what was trained on.
func TestDoctorLeaks(t *testing.T) {
	dir := t.TempDir()
	record := func(name string, seed uint64) string {
		out := filepath.Join(dir, name)
		if _, err := Record(t.Context(), RecordOptions{
			Who: Who{Policy: "varied"}, Env: "dojo", Steps: 1_500, Envs: 4, Seed: seed, Out: out, Change: func(*Config) {},
		}, quietIO()); err != nil {
			t.Fatal(err)
		}
		return out
	}
	c, err := PretrainSettings(record("train", 1), "", "", false)
	if err != nil {
		t.Fatal(err)
	}
	c.Agent.Autoencoder.Channels, c.Agent.Autoencoder.Code, c.Threads = []int{4, 8}, 16, 1
	e := examine(t, c, DoctorOptions{})
	healthy(t, verdicts(t, e.leaks))
	e.o.HeldOut = record("other", 2)
	healthy(t, verdicts(t, e.leaks))
	e.o.HeldOut = record("again", 1)
	finds(t, verdicts(t, e.leaks), "validation apart", "again", "episode", "--seed")
}
