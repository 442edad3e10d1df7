package autoencoder_test

import (
	"errors"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/autoencoder"
	"glint/internal/ops"
)

func TestShapes(t *testing.T) {
	for _, tc := range []struct {
		name  string
		cfg   autoencoder.Config
		shape autoencoder.Shape
		want  []string // of the parameters
	}{
		{
			"published size", autoencoder.DefaultConfig(),
			autoencoder.Shape{T: 4, H: 64, W: 144, Content: image.Rect(0, 0, 144, 64)},
			[]string{
				"encoder.conv1.weight (16, 4, 8, 8)", "encoder.conv1.bias (16)", "encoder.conv2.weight (32, 16, 4, 4)", "encoder.conv2.bias (32)",
				"encoder.code.weight (64, 4608)", "encoder.code.bias (64)", "decoder.expand.weight (4608, 64)", "decoder.expand.bias (4608)",
				"decoder.deconv1.weight (32, 16, 4, 4)", "decoder.deconv1.bias (16)", "decoder.deconv2.weight (16, 4, 8, 8)", "decoder.deconv2.bias (4)",
				"places.weight (3, 64)", "places.bias (3)",
			},
		},
		{
			"odd capacity",
			autoencoder.Config{Channels: []int{1, 7}, Code: 3},
			autoencoder.Shape{T: 1, H: 8, W: 24, Content: image.Rect(0, 0, 24, 8)},
			[]string{
				"encoder.conv1.weight (1, 1, 8, 8)", "encoder.conv1.bias (1)", "encoder.conv2.weight (7, 1, 4, 4)", "encoder.conv2.bias (7)",
				"encoder.code.weight (3, 21)", "encoder.code.bias (3)", "decoder.expand.weight (21, 3)", "decoder.expand.bias (21)",
				"decoder.deconv1.weight (7, 1, 4, 4)", "decoder.deconv1.bias (1)", "decoder.deconv2.weight (1, 1, 8, 8)", "decoder.deconv2.bias (1)",
			},
		},
		{"84x84 padded", autoencoder.Config{Channels: []int{3, 5}, Code: 1}, autoencoder.Shape{T: 4, H: 88, W: 88, Content: image.Rect(2, 2, 86, 86)}, nil},
		{"210x160 padded", autoencoder.Config{Channels: []int{2, 9}, Code: 17}, autoencoder.Shape{T: 4, H: 216, W: 160, Content: image.Rect(0, 3, 160, 213)}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m, err := autoencoder.New(tc.cfg, tc.shape, rand.New(rand.NewPCG(1, 2)))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range m.Params() {
				got = append(got, fmt.Sprint(p.Name, " ", p.Value.Shape()))
			}
			if tc.want != nil && !slices.Equal(got, tc.want) {
				t.Error(cmp.Diff(tc.want, got))
			}
			g := ops.NewBuilder()
			b := m.AddBatch(g, autoencoder.BatchConfig{Size: 2})
			if g.Err() != nil {
				t.Fatal(g.Err())
			}
			s := tc.shape
			if got, want := fmt.Sprint(b.Obs.Shape(), b.Code.Shape()), fmt.Sprint([]int{2, s.T, s.H, s.W}, []int{2, tc.cfg.Code}); strings.NewReplacer("(", "[", ")", "]", ", ", " ").Replace(got) != want {
				t.Errorf("observations and code have shapes %s, want %s", got, want)
			}
			tr := newTrainer(t, m, 2, 1e-3)
			before := slices.Clone(m.Encoder()[0].Value.Float32s())
			train(t, tr, placer{&scene{rand: rand.New(rand.NewPCG(1, 1)), shape: s, weight: 1}}, 2)
			if slices.Equal(before, m.Encoder()[0].Value.Float32s()) {
				t.Error("training did not move the first convolution")
			}
		})
	}
}

// striped weighs the true pixels of a scene 1, 2 and 3.
type striped struct{ *scene }

func (s striped) Sample(obs []byte, w []float32) error {
	err := s.scene.Sample(obs, w)
	for i := range w {
		w[i] = float32(1 + i%3)
		if !(image.Point{X: i % s.shape.W, Y: i / s.shape.W % s.shape.H}).In(s.shape.Content) {
			w[i] = 0
		}
	}
	return err
}

// Loss and error are of the true pixels alone, whatever is painted on padding.
func TestPaddingIsNotInTheLoss(t *testing.T) {
	s := newScene(1, 16, 24)
	s.shape.Content = image.Rect(3, 1, 23, 14)
	m := newModel(t, s.shape, 6)
	g := ops.NewBuilder()
	b := m.AddBatch(g, autoencoder.BatchConfig{Size: 2})
	if g.Err() != nil {
		t.Fatal(g.Err())
	}
	p, err := ops.Compile(b.Outputs()...)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Run(p, striped{s}, autoencoder.PartRun{}); err != nil {
		t.Fatal(err)
	}
	w := b.Weights.Float32s()
	var loss, mse float64
	obs, mean, y, pixels := b.Obs.Uint8s(), m.Mean.Float32s(), b.Recon(p), 0
	for i := range y {
		if w[i] == 0 {
			continue
		}
		d := float64(y[i]) - (float64(obs[i])-float64(mean[i%len(mean)]))/255
		loss += float64(w[i]) * d * d
		mse += d * d
		pixels++
	}
	if pixels != 2*2*20*13 {
		t.Fatalf("%d true pixels", pixels)
	}
	got := m.Stats(p, b)
	for _, f := range []struct {
		name      string
		got, want float64
	}{{"loss", got.Loss, loss / float64(pixels)}, {"mean squared error", got.MSE, mse / float64(pixels)}} {
		if math.Abs(f.got-f.want) > 1e-6*f.want {
			t.Errorf("%s %v, want %v", f.name, f.got, f.want)
		}
	}
}

// Where the loss does not move the encoder it trains the decoder alone.
func TestDecoderAlone(t *testing.T) {
	s := newScene(1, 16, 24)
	m := newModel(t, s.shape, 6)
	g := ops.NewBuilder()
	b := m.AddBatch(g, autoencoder.BatchConfig{Size: 2, FreezeEncoder: true})
	if grads := g.Grads(b.Loss, m.Decoder()); g.Err() != nil || len(grads) != 6 {
		t.Fatalf("%d gradients, error %v", len(grads), g.Err())
	}
	g = ops.NewBuilder()
	b = m.AddBatch(g, autoencoder.BatchConfig{Size: 2, FreezeEncoder: true})
	if g.Grads(b.Loss, m.Encoder()[:1]); g.Err() == nil {
		t.Error("the encoder has a gradient")
	}
}

func TestMeanImage(t *testing.T) {
	shape := autoencoder.Shape{T: 2, H: 8, W: 8, Content: image.Rect(0, 0, 8, 8)}
	m := newModel(t, shape, 2)
	samples := [][]byte{make([]byte, 128), make([]byte, 128)}
	// Pixel 5 is 10 and 20 in the frames of the first sample, 0 and 251 in those of
	// the second.
	samples[0][5], samples[0][64+5], samples[1][64+5] = 10, 20, 251
	of := func(err error) func(func([]byte, error) bool) {
		return func(yield func([]byte, error) bool) {
			_ = yield(samples[0], nil) && yield(samples[1], err)
		}
	}
	if err := m.SetMean(of(nil)); err != nil {
		t.Fatal(err)
	}
	want := make([]float32, 128)
	want[5], want[64+5] = 70.25, 70.25
	if !slices.Equal(m.Mean.Float32s(), want) {
		t.Errorf("mean %v", m.Mean.Float32s())
	}
	broken := errors.New("broken")
	if err := m.SetMean(of(broken)); !errors.Is(err, broken) {
		t.Errorf("error %v, want the sampler's", err)
	}
	if err := m.SetMean(func(func([]byte, error) bool) {}); err == nil {
		t.Error("a mean image of no samples was accepted")
	}
	samples[1] = samples[1][:64]
	if err := m.SetMean(of(nil)); err == nil {
		t.Error("a short sample was accepted")
	}
}

func TestErrors(t *testing.T) {
	good := autoencoder.Shape{T: 4, H: 16, W: 24, Content: image.Rect(0, 0, 24, 16)}
	for _, tc := range []struct {
		name   string
		change func(*autoencoder.Config, *autoencoder.Shape)
		want   string
	}{
		{"one channel", func(c *autoencoder.Config, _ *autoencoder.Shape) { c.Channels = c.Channels[:1] }, "channels"},
		{"no channels", func(c *autoencoder.Config, _ *autoencoder.Shape) { c.Channels = []int{16, 0} }, "channels"},
		{"code", func(c *autoencoder.Config, _ *autoencoder.Shape) { c.Code = 0 }, "code"},
		{"huge channels", func(c *autoencoder.Config, _ *autoencoder.Shape) { c.Channels = []int{16, 1025} }, "1024"},
		{"huge code", func(c *autoencoder.Config, _ *autoencoder.Shape) { c.Code = 1e12 }, "65536"},
		{"huge layer", func(c *autoencoder.Config, _ *autoencoder.Shape) { c.Channels, c.Code = []int{16, 1024}, 65536 }, autoencoder.ErrLarge.Error()},
		{"huge rows", func(_ *autoencoder.Config, s *autoencoder.Shape) { s.H = 1 << 40 }, "4096"},
		{"rows", func(_ *autoencoder.Config, s *autoencoder.Shape) { s.H = 84 }, "multiples of 8"},
		{"columns", func(_ *autoencoder.Config, s *autoencoder.Shape) { s.W = 0 }, "multiples of 8"},
		{"frames", func(_ *autoencoder.Config, s *autoencoder.Shape) { s.T = 0 }, "multiples of 8"},
		{"no content", func(_ *autoencoder.Config, s *autoencoder.Shape) { s.Content = image.Rectangle{} }, "content"},
		{"content outside", func(_ *autoencoder.Config, s *autoencoder.Shape) { s.Content.Max.X++ }, "content"},
	} {
		cfg, s := autoencoder.DefaultConfig(), good
		tc.change(&cfg, &s)
		if _, err := autoencoder.New(cfg, s, rand.New(rand.NewPCG(1, 2))); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want one that names %q", tc.name, err, tc.want)
		}
	}
	m := newModel(t, good, 4)
	tr := newTrainer(t, m, 2, 1e-3)
	empty := errors.New("empty store")
	if err := tr.Step(failing{empty}); !errors.Is(err, empty) {
		t.Errorf("error %v, want the sampler's", err)
	}
}

type failing struct{ err error }

func (f failing) Sample([]byte, []float32) error { return f.err }
