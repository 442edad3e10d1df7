package autoencoder_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"glint/autoencoder"
	"glint/internal/kernel"
)

// fixed gives the same batch every time.
type fixed struct {
	obs []byte
	w   []float32
}

func (f *fixed) Sample(obs []byte, w []float32) error {
	copy(obs, f.obs)
	copy(w, f.w)
	return nil
}

func newFixed(s *scene, batch int) *fixed {
	n := batch * s.shape.T * s.shape.H * s.shape.W
	f := &fixed{make([]byte, n), make([]float32, n)}
	if err := s.Sample(f.obs, f.w); err != nil {
		panic(err)
	}
	return f
}

func TestOverfitsOneBatch(t *testing.T) {
	s := newScene(1, 16, 24)
	s.knives = true
	m := newModel(t, s.shape, 16)
	if err := m.SetMean(s.samples(200)); err != nil {
		t.Fatal(err)
	}
	tr, batch := newTrainer(t, m, 4, 3e-3), newFixed(s, 4)
	train(t, tr, batch, 1)
	first := tr.Stats()
	train(t, tr, batch, 600)
	last := tr.Stats()
	t.Logf("loss %.3g, after training %.3g", first.Loss, last.Loss)
	if last.Loss > first.Loss/100 {
		t.Errorf("loss %v after training on one batch, was %v", last.Loss, first.Loss)
	}
}

// Inputs that are not centred drive tanh units to their ends, where they stay; the
// mean image prevents it.
func TestUncentredInputsSaturate(t *testing.T) {
	for _, centred := range []bool{false, true} {
		s := newScene(2, 32, 48)
		s.background = 200
		m := newModel(t, s.shape, 16)
		if centred {
			if err := m.SetMean(s.samples(200)); err != nil {
				t.Fatal(err)
			}
		}
		tr := newTrainer(t, m, 8, 3e-3)
		train(t, tr, s, 250)
		stats := tr.Stats()
		t.Logf("centred %v: %+v", centred, stats)
		sickness := autoencoder.Sickness(stats)
		if centred && sickness != "" {
			t.Errorf("centred inputs: %+v: %s", stats, sickness)
		}
		if !centred && !strings.Contains(sickness, "saturated") {
			t.Errorf("inputs that are not centred: %+v: %q, want saturation", stats, sickness)
		}
	}
}

// contrast returns the mean share of the knives' contrast over their surroundings
// that reconstructions keep.
func contrast(t *testing.T, m *autoencoder.Model, s *scene) float64 {
	t.Helper()
	const n = 64
	batch := newFixed(s, n)
	v, err := autoencoder.NewViewer(m, 16)
	if err != nil {
		t.Fatal(err)
	}
	back := make([]float32, len(batch.obs))
	if err := v.Reconstruct(back, batch.obs); err != nil {
		t.Fatal(err)
	}
	sum, knives := 0.0, 0
	for b, at := range s.at {
		for f := 0; f < s.shape.T && at.X >= 0; f++ {
			i := ((b*s.shape.T+f)*s.shape.H+at.Y)*s.shape.W + at.X + f
			around := (back[i-2*s.shape.W] + back[i+2*s.shape.W]) / 2
			sum += float64((back[i]+back[i+1])/2 - around)
			knives++
		}
	}
	return sum / float64(knives)
}

// The reason for the weights: a knife is too small for the plain loss to paint.
func TestWeightsBringBackKnives(t *testing.T) {
	kept := map[float32]float64{}
	for _, weight := range []float32{1, 20} {
		s := newScene(5, 16, 32)
		s.knives, s.weight = true, weight
		m := newModel(t, s.shape, 16)
		if err := m.SetMean(s.samples(200)); err != nil {
			t.Fatal(err)
		}
		train(t, newTrainer(t, m, 16, 2e-3), s, 1000)
		s.rand = rand.New(rand.NewPCG(99, 99))
		kept[weight] = contrast(t, m, s)
	}
	t.Logf("contrast kept by weight: %v", kept)
	if kept[20] < 0.3 || kept[20] < kept[1]+0.15 {
		t.Errorf("contrast of knives %.2f with weights, %.2f without", kept[20], kept[1])
	}
}

// The same seed gives the same weights, to the bit, whatever the number of threads;
// another seed gives others.
func TestSameSeedSameWeights(t *testing.T) {
	defer kernel.SetThreads(kernel.Threads())
	weights := func(threads int, seed uint64) []float32 {
		kernel.SetThreads(threads)
		s := newScene(seed, 24, 40)
		s.knives = true
		m := newModel(t, s.shape, 9)
		if err := m.SetMean(s.samples(20)); err != nil {
			t.Fatal(err)
		}
		train(t, newTrainer(t, m, 5, 1e-3), s, 200)
		var ws []float32
		for _, p := range m.Params() {
			ws = append(ws, p.Value.Float32s()...)
		}
		return ws
	}
	one := weights(1, 11)
	if !slices.Equal(one, weights(2, 11)) {
		t.Error("two threads gave other weights than one")
	}
	if !slices.Equal(one, weights(1, 11)) {
		t.Error("the same run gave other weights")
	}
	if slices.Equal(one, weights(1, 12)) {
		t.Error("another seed gave the same weights")
	}
	if slices.ContainsFunc(one, func(w float32) bool { return math.IsNaN(float64(w)) }) {
		t.Error("a weight is not a number")
	}
}

// late is fixed as a Reweigher.
type late struct {
	fixed
	errors []float32 // y - x of the last batch
	fail   error
}

func (l *late) Sample(obs []byte, w []float32) error {
	copy(obs, l.obs)
	for i := range w {
		w[i] = float32(math.NaN()) // to be replaced
	}
	return nil
}

func (l *late) Reweigh(w, y, x []float32) error {
	l.errors = l.errors[:0]
	for i := range y {
		l.errors = append(l.errors, y[i]-x[i])
	}
	copy(w, l.w)
	return l.fail
}

// Weights that wait for the reconstruction train as those that do not, and see the
// error of the batch that is learnt from.
func TestReweigher(t *testing.T) {
	s := newScene(1, 16, 24)
	var losses [2]float64
	for i := range losses {
		m := newModel(t, s.shape, 16)
		tr, batch := newTrainerOf(t, m, autoencoder.BatchConfig{Size: 4, Late: i == 1}, 3e-3), newFixed(newScene(1, 16, 24), 4)
		var from autoencoder.Sampler = batch
		l := &late{fixed: *batch}
		if i == 1 {
			from = l
		}
		train(t, tr, from, 20)
		losses[i] = tr.Stats().Loss
		if i == 0 {
			continue
		}
		var mse float64
		for _, e := range l.errors {
			mse += float64(e) * float64(e) / float64(len(l.errors))
		}
		if want := tr.Stats().MSE; math.Abs(mse-want) > 1e-6*want {
			t.Errorf("the errors that were weighed by make an MSE of %v, those that were learnt from %v", mse, want)
		}
		l.fail = errors.New("no weights")
		if err := tr.Step(l); !errors.Is(err, l.fail) {
			t.Errorf("error %v, want the Reweigher's", err)
		}
	}
	if math.Abs(losses[0]-losses[1]) > 1e-4*losses[0] {
		t.Errorf("loss %v with late weights, %v without", losses[1], losses[0])
	}
}
