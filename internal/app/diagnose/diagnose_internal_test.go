package diagnose

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
	"glint/internal/app"
	"glint/internal/app/config"
	"glint/internal/app/play"
	"glint/internal/app/record"
	"glint/internal/app/train"
	"glint/internal/doctor"
)

// smallDoctor returns a config of the dojo that is examined in little time.
func smallDoctor() config.Config {
	c := config.Default("dojo", agent.PPO)
	a := &c.Agent
	a.Autoencoder.Channels, a.Autoencoder.Code = []int{16, 8}, 32
	a.Pretrain.Steps, a.Pretrain.Batch = 1_000, 16
	c.SetEnvs(8)
	c.Threads = 1
	return c
}

// examine returns an examination of a config.
func examine(t *testing.T, c config.Config, d Options) *examination {
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

func quietIO() app.IO { return app.IO{Stdout: new(bytes.Buffer), Stderr: new(bytes.Buffer)} }

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

// wrong is a lesson whose gradients somebody changed.
type wrong struct {
	doctor.Student
	change func(doctor.Student, []agent.Gradient)
}

func (w wrong) Gradients() ([]agent.Gradient, error) {
	g, err := w.Student.Gradients()
	w.change(w.Student, g)
	return g, err
}

// plant puts a bug of the doctor's own into an examination.
func plant(e *examination, bug string) {
	e.bug = func(l doctor.Student, mean []float32) doctor.Student { return doctor.Plant(bug, l, mean) }
}

func TestDoctorGradients(t *testing.T) {
	e := examine(t, smallDoctor(), Options{})
	healthy(t, verdicts(t, e.gradients))
	plant(e, "sign")
	all := verdicts(t, e.gradients)
	for _, h := range []string{"autoencoder", "actor", "critic", "all heads"} {
		finds(t, all, "gradients, "+h, "encoder.conv2.weight")
	}
	// A factor in the decoder, units of the code that are left out, a bias of one head.
	for param, put := range map[string]func(grad []float32){
		"decoder.deconv1.weight": func(g []float32) {
			for i := range g {
				g[i] *= 2
			}
		},
		"encoder.code.weight": func(g []float32) { clear(g[:len(g)/2]) },
		"actor.bias":          func(g []float32) { clear(g) },
	} {
		e.bug = func(l doctor.Student, _ []float32) doctor.Student {
			return wrong{l, func(_ doctor.Student, all []agent.Gradient) {
				for _, g := range all {
					if g.Name == param {
						put(g.Grad)
					}
				}
			}}
		}
		head := "autoencoder"
		if e.cfg.Alone = param != "actor.bias"; !e.cfg.Alone {
			head = "actor"
		}
		finds(t, verdicts(t, e.gradients), "gradients, "+head, param)
	}
}

func TestDoctorOverfit(t *testing.T) {
	e := examine(t, smallDoctor(), Options{})
	healthy(t, verdicts(t, e.paths))
	healthy(t, verdicts(t, e.overfit))
	healthy(t, verdicts(t, e.shuffling))
	plant(e, "frozen")
	finds(t, verdicts(t, e.overfit), "layers move", "encoder.conv1.weight", "frozen")
	// The same in the lesson of one head alone.
	e.bug = func(l doctor.Student, mean []float32) doctor.Student {
		if l.Head() != "critic" {
			return l
		}
		return doctor.Plant("frozen", l, mean)
	}
	finds(t, verdicts(t, e.overfit), "layers move", "encoder.conv1.weight did not move in the lesson of the critic")
	plant(e, "uncentred")
	all := verdicts(t, e.paths)
	for _, h := range []string{"autoencoder", "actor", "critic"} {
		finds(t, all, "prediction path, "+h, "centred")
	}
	plant(e, "repeated")
	finds(t, verdicts(t, e.shuffling), "fresh batch, autoencoder", "Do batches change")
}

// TestDoctorUpdates wants rates that are far off to be seen in what is learned by heart.
func TestDoctorUpdates(t *testing.T) {
	c := smallDoctor()
	e := examine(t, c, Options{})
	for factor, words := range map[float64][2]string{1000: {"too large", "divide"}, 0.001: {"too small", "multiply"}} {
		e.cfg.Agent.LR, e.cfg.Agent.Pretrain.LR = factor*c.Agent.LR, factor*c.Agent.Pretrain.LR
		all := verdicts(t, e.overfit)
		finds(t, all, "overfit one sample, autoencoder", words[0])
		finds(t, all, "overfit one batch, autoencoder", words[0])
		for _, h := range []string{"autoencoder", "actor", "critic"} { // with few samples the others learn by such rates, too
			finds(t, all, "update / weights, "+h, words[1])
		}
	}
}

// TestDoctorCapacity wants a code that is too small for the choice to be found out.
func TestDoctorCapacity(t *testing.T) {
	c := smallDoctor()
	c.Agent.Autoencoder.Code = 1
	e := examine(t, c, Options{})
	finds(t, verdicts(t, e.shuffling), "shuffled targets, actor", "larger code")
}

// TestDoctorNoise wants a network that learns a batch by heart and nothing else to be found out.
func TestDoctorNoise(t *testing.T) {
	e := examine(t, smallDoctor(), Options{})
	r := rand.New(rand.NewPCG(1, 2))
	for _, obs := range [][]byte{e.frames.Obs, e.gallery.Obs} {
		for i := range obs {
			obs[i] = 0
			if r.IntN(8) == 0 {
				obs[i] = byte(r.IntN(256))
			}
		}
	}
	finds(t, verdicts(t, e.shuffling), "fresh batch, autoencoder", "memory")
}

// TestDoctorGap learns from four frames and is asked about other episodes.
func TestDoctorGap(t *testing.T) {
	e := examine(t, smallDoctor(), Options{})
	size := len(e.frames.Obs) / e.frames.Len()
	e.frames.Obs, e.frames.Boxes = e.frames.Obs[:4*size], e.frames.Boxes[:4]
	finds(t, verdicts(t, e.generalise), "generalisation gap, autoencoder", "by heart")
}

func TestDoctorRates(t *testing.T) {
	c := smallDoctor()
	e := examine(t, c, Options{})
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
	e := examine(t, smallDoctor(), Options{})
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
	e := examine(t, smallDoctor(), Options{})
	e.cfg.Imitate = true
	r := rand.New(rand.NewPCG(1, 3))
	e.steps, e.aside = placed(r, 1200, []int{43, 37, 13, 7}), placed(r, 400, []int{43, 37, 13, 7})
	all := verdicts(t, e.balance)
	finds(t, all, "recall of rare classes", "JUMP: not learned so far, being rare", "--balance ")
	e.cfg.Agent.ActionClasses.Balance = agent.BalanceBatches
	healthy(t, verdicts(t, e.balance))
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
	e := examine(t, c, Options{Memory: 4_000})
	healthy(t, verdicts(t, e.surroundings))
	healthy(t, verdicts(t, e.memory))
	healthy(t, verdicts(t, e.generalise))
	e.o.Memory = 140
	finds(t, verdicts(t, e.memory), "memory of the batch, all heads", "accumulation")
	e.given.Detector.Level = 250
	finds(t, verdicts(t, e.surroundings), "detector and truth", "calibrate")
	e.given.From = filepath.Join(t.TempDir(), "none")
	finds(t, verdicts(t, e.path), "whole path", "no run or checkpoint")
}

// TestDoctorMemory wants the live heap of a training that has begun to be what was predicted of
// its settings.
func TestDoctorMemory(t *testing.T) {
	for name, change := range map[string]func(*config.Config){
		"small":         func(*config.Config) {},
		"large batch":   func(c *config.Config) { c.Agent.Minibatch = 256 },
		"in turn":       func(c *config.Config) { c.Agent.Overlap = false },
		"parts":         func(c *config.Config) { c.Agent.MicroBatches = 4 },
		"large network": func(c *config.Config) { c.Agent.Autoencoder.Channels, c.Agent.Autoencoder.Code = []int{16, 32}, 128 },
		"no encoder":    func(c *config.Config) { c.Agent.AEPerStep, c.Agent.AEFresh = 0, 0 },
		"alone":         func(c *config.Config) { c.Alone = true },
	} {
		t.Run(name, func(t *testing.T) {
			c := smallDoctor()
			change(&c)
			e := examine(t, c, Options{Memory: 4_000})
			healthy(t, verdicts(t, e.memory))
		})
	}
}

// TestDoctorLeaks judges on what was trained on.
func TestDoctorLeaks(t *testing.T) {
	dir := t.TempDir()
	record := func(name string, seed uint64) string {
		out := filepath.Join(dir, name)
		if _, err := record.Run(t.Context(), record.Options{
			Who: play.Who{Policy: "varied"}, Env: "dojo", Steps: 1_500, Envs: 4, Seed: seed, Out: out, Change: func(*config.Config) {},
		}, quietIO()); err != nil {
			t.Fatal(err)
		}
		return out
	}
	c, err := train.PretrainSettings(record("train", 1), "", "", false)
	if err != nil {
		t.Fatal(err)
	}
	c.Agent.Autoencoder.Channels, c.Agent.Autoencoder.Code, c.Threads = []int{4, 8}, 16, 1
	e := examine(t, c, Options{})
	healthy(t, verdicts(t, e.leaks))
	e.o.HeldOut = record("other", 2)
	healthy(t, verdicts(t, e.leaks))
	e.o.HeldOut = record("again", 1)
	finds(t, verdicts(t, e.leaks), "validation apart", "again", "episode", "--seed")
}
