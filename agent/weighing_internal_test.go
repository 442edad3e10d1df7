package agent

import (
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"strings"
	"testing"

	"glint/autoencoder"
	"glint/env"
	"glint/internal/kernel"
	"glint/saliency"
)

// weighting makes a weighting of small default settings, normalised.
func weighting(tb testing.TB, name string) saliency.Weighting {
	tb.Helper()
	s := saliency.DefaultSettings()
	s.Normalize, s.Value.Every = true, 3
	w, err := s.Weighting(name)
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

// Every weighting trains, and a training by it that is resumed equals the unbroken one
// bit for bit: counts, mean gradients and the draws of random places are in the state.
func TestResumeIsExactByEveryWeighting(t *testing.T) {
	cfg := dojoConfig(PPO)
	var last []byte
	for _, name := range []string{"rarity", "value", "random", "oracle*motion", "residual*worst*clip", "random*rarity*residual*value"} {
		options := func() Options {
			o := dojoOptions(t, cfg.Envs, 7)
			o.Weighting = weighting(t, name)
			return o
		}
		want := unbroken(t, cfg, options(), resumeUnits)
		for _, cut := range []int{4, 7} {
			what := fmt.Sprintf("%s, cut after %d units", name, cut)
			tr, exact, err := Resume(t.Context(), cfg, options(), want.saves[cut].file)
			if err != nil || !exact {
				t.Fatalf("%s: exact %v, error %v", what, exact, err)
			}
			compareReports(t, what, advance(t, tr, resumeUnits-cut), want.reports[cut:])
			save(t, tr).compare(t, what, want.saves[resumeUnits])
		}
		weights := want.saves[resumeUnits][WeightsFile]
		if string(weights) == string(last) {
			t.Errorf("%s trains as the weighting before it", name)
		}
		last = weights
	}
}

// A checkpoint of a weighting without a memory is not one of a weighting with.
func TestResumeRefusesAnotherWeighting(t *testing.T) {
	cfg := dojoConfig(PPO)
	files := unbroken(t, cfg, dojoOptions(t, cfg.Envs, 7), 1).saves[1]
	o := dojoOptions(t, cfg.Envs, 7)
	o.Env, o.Weighting = untouched{o.Env}, weighting(t, "rarity")
	_, _, err := Resume(t.Context(), cfg, o, files.file)
	oneLine(t, err, "weighting rarity", "1 states")
}

// oracle sees what the environment knows; random places depend on the seed; the value's
// gradient is renewed as often as it says, and only in Play comes from the critic.
func TestWhatAWeightingIsGiven(t *testing.T) {
	cfg := dojoConfig(PPO)
	spy := &spy{needs: saliency.Needs{Truth: true, Boxes: true, Recon: true, ValueEvery: 3}}
	o := dojoOptions(t, cfg.Envs, 7)
	o.Env, o.Weighting = seer{o.Env}, spy
	tr, err := New(t.Context(), cfg, o)
	if err != nil {
		t.Fatal(err)
	}
	until(t, tr, Play)
	if spy.kinds["knife"] == 0 || spy.kinds[saliency.Small] > 0 {
		t.Errorf("boxes of kinds %v, want true ones alone", spy.kinds)
	}
	if spy.slopes != spy.batches || spy.batches != 30 || spy.uneven {
		t.Errorf("%d slopes for %d batches, uneven: %v; want a flat one for each while there is no critic", spy.slopes, spy.batches, spy.uneven)
	}
	*spy = *newSpy(spy.needs)
	advance(t, tr, 3)
	if spy.batches != 12 || spy.slopes != 4 || !spy.uneven || len(spy.draws) != 12 {
		t.Errorf("%d batches, %d slopes, uneven: %v, %d draws; want 12, 4, true, 12", spy.batches, spy.slopes, spy.uneven, len(spy.draws))
	}
	if spy.unlearnt > 0 || spy.perfect {
		t.Errorf("%d batches not to learn from; a perfect reconstruction: %v", spy.unlearnt, spy.perfect)
	}
}

// seer is a Vec that knows of a knife in every observation.
type seer struct{ env.Vec }

func (seer) Truth(dst []env.Box, _ int) []env.Box {
	return append(dst, env.Box{Rect: image.Rect(3, 4, 8, 6), Kind: "knife"})
}

// spy is a Weighting that notes what it is given.
type spy struct {
	saliency.Uniform
	needs                     saliency.Needs
	batches, slopes, unlearnt int
	uneven, perfect           bool
	kinds                     map[string]int
	draws                     map[uint64]bool
}

func newSpy(n saliency.Needs) *spy { return &spy{needs: n} }

func (s *spy) Needs() saliency.Needs { return s.needs }

func (s *spy) Weights(dst []float32, in saliency.Inputs) error {
	if s.kinds == nil {
		s.kinds, s.draws = map[string]int{}, map[uint64]bool{}
	}
	s.batches++
	s.draws[in.Draw] = true
	if !in.Learn {
		s.unlearnt++
	}
	for _, boxes := range in.Boxes {
		for _, b := range boxes {
			s.kinds[b.Kind]++
		}
	}
	if in.ValueGrad != nil {
		s.slopes++
		for _, g := range in.ValueGrad {
			s.uneven = s.uneven || g != in.ValueGrad[0]
		}
	}
	s.perfect = true
	for i := range in.Recon {
		s.perfect = s.perfect && in.Recon[i] == in.Target[i]
	}
	return s.Uniform.Weights(dst, in)
}

// A weighting by truth is refused where there is none, and weights that no loss can
// take are, wherever they come from.
func TestRefusesWeightings(t *testing.T) {
	cfg := toyConfig(PPO, 4)
	o := planesOptions(t, bandit(4), 1)
	o.Weighting = weighting(t, "oracle*motion")
	_, err := New(t.Context(), cfg, o)
	oneLine(t, err, "oracle*motion", "toy")
	if !errors.Is(err, ErrNoTruth) {
		t.Errorf("error %v, want ErrNoTruth", err)
	}
	o = planesOptions(t, bandit(4), 1)
	o.Weighting = negative{}
	tr, err := New(t.Context(), cfg, o)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil && tr.Stage() != Play {
		_, err = tr.Advance(t.Context())
	}
	oneLine(t, err, "weighting uniform", "sample 1, frame 0, pixel (2,1) is -3")
}

// negative gives one pixel a weight below 0.
type negative struct{ saliency.Uniform }

func (n negative) Weights(dst []float32, in saliency.Inputs) error {
	err := n.Uniform.Weights(dst, in)
	dst[toySize*toySize+toySize+2] = -3
	return err
}

// BenchmarkWeights measures what weightings and their check take of an update of all
// three heads, sampling left out, on one thread and on two. The critic's gradient of
// value is computed as often as in training.
func BenchmarkWeights(b *testing.B) {
	n, in := drawn(b, 32)
	l, err := n.NewSlope(in.B)
	if err != nil {
		b.Fatal(err)
	}
	u, err := NewUpdate(n, in.B, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		b.Fatal(err)
	}
	w := make([]float32, len(in.Plane))
	defer kernel.SetThreads(kernel.Threads())
	for threads := 1; threads <= 2; threads++ {
		kernel.SetThreads(threads)
		update := 0.0
		run := func(name string, do func(i int) error) {
			b.Run(fmt.Sprintf("%d/%s", threads, name), func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					if err := do(i); err != nil {
						b.Fatal(err)
					}
				}
				each := b.Elapsed().Seconds() / float64(b.N)
				if name == "update" {
					update = each
				}
				b.ReportMetric(100*each/update, "%update")
			})
		}
		run("update", func(int) error { return u.Step() })
		for _, name := range append(saliency.Names(), "knife*motion", "knife*residual", "uniform normalized") {
			s := saliency.DefaultSettings()
			var of string
			of, s.Normalize = strings.CutSuffix(name, " normalized")
			one, err := s.Weighting(of)
			if err != nil {
				b.Fatal(err)
			}
			every := saliency.NeedsOf(one).ValueEvery
			run(name, func(i int) (err error) {
				in.ValueGrad = nil
				if every > 0 && i%every == 0 {
					in.ValueGrad, err = l.Of(in.Plane)
				}
				return errors.Join(err, one.Weights(w, in), saliency.Check(one, w, in))
			})
		}
	}
}

// drawn returns a network that has learned nothing and all inputs of weightings, but
// ValueGrad, for a batch of what it has seen of the built-in game.
func drawn(b *testing.B, batch int) (*Net, saliency.Inputs) {
	b.Helper()
	cfg := DefaultConfig(PPO)
	cfg.Pretrain.Steps, cfg.Pretrain.Updates = 2000, 0
	tr, err := New(b.Context(), cfg, dojoOptions(b, cfg.Envs, 1))
	if err != nil {
		b.Fatal(err)
	}
	until(b, tr, Play)
	obs := make([]byte, batch*tr.spec.ObsLen())
	in := saliency.Inputs{
		B: batch, T: tr.spec.T, H: tr.spec.H, W: tr.spec.W, Content: tr.o.Content, Plane: obs, Boxes: make([][]env.Box, batch),
		Recon: make([]float32, len(obs)), Target: make([]float32, len(obs)), Learn: true,
	}
	if _, err := tr.store.Sample(rand.New(rand.NewPCG(1, 2)), obs, in.Boxes); err != nil {
		b.Fatal(err)
	}
	v, err := autoencoder.NewViewer(tr.Net.Autoencoder, batch)
	if err != nil {
		b.Fatal(err)
	}
	if err := v.Reconstruct(in.Recon, obs); err != nil {
		b.Fatal(err)
	}
	for i, x := range obs {
		in.Target[i] = float32(x) / 255
	}
	return tr.Net, in
}
