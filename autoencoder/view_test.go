package autoencoder_test

import (
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"glint/autoencoder"
	"glint/internal/ops"
)

// A Viewer gives the reconstruction of the training graph, in plane units of 0..1
// and with the mean image added back, for any number of observations.
func TestViewer(t *testing.T) {
	s := newScene(4, 16, 24)
	s.background = 60
	m := newModel(t, s.shape, 5)
	if err := m.SetMean(s.samples(20)); err != nil {
		t.Fatal(err)
	}
	g := ops.NewBuilder()
	b := m.AddBatch(g, autoencoder.BatchConfig{Size: 7})
	p, err := ops.Compile(b.Outputs()...)
	if err != nil || g.Err() != nil {
		t.Fatal(err, g.Err())
	}
	if err := b.Fill(s); err != nil {
		t.Fatal(err)
	}
	if err := p.Run(); err != nil {
		t.Fatal(err)
	}
	obs, mean := b.Obs.Uint8s(), m.Mean.Float32s()
	for _, at := range []int{1, 3, 7, 16} {
		v, err := autoencoder.NewViewer(m, at)
		if err != nil {
			t.Fatal(err)
		}
		back := make([]float32, len(obs))
		if err := v.Reconstruct(back, obs); err != nil {
			t.Fatal(err)
		}
		for i, y := range b.Recon(p) {
			want := min(max(y+mean[i%len(mean)]/255, 0), 1)
			if math.Abs(float64(back[i]-want)) > 1e-5 {
				t.Fatalf("%d at once: pixel %d is %v, want %v", at, i, back[i], want)
			}
		}
		if at >= 7 && !near(v.Codes()[:7*5], p.Floats(b.Code)) {
			t.Errorf("%d at once: codes %v, want %v", at, v.Codes()[:7*5], p.Floats(b.Code))
		}
	}
}

func near(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Abs(float64(x-y)) < 1e-5 })
}

func TestCodeHealth(t *testing.T) {
	for _, tc := range []struct {
		name                string
		codes               []float32
		units               int
		saturated, constant float64
	}{
		{"well", []float32{0.1, -0.5, 0.3, 0.9}, 2, 0, 0},
		{"around the threshold", []float32{0.9699, -0.9699, 0.5, 0.9701}, 2, 0.25, 0},
		{"saturated and varying", []float32{1, -1, -1, 1}, 2, 1, 0},
		{"one unit constant", []float32{0.2, 0.5, 0.2, -0.5, 0.2, 0.1}, 2, 0, 0.5},
		{"hardly varying", []float32{0.2, 0.2018, 0.2, 0.2018}, 1, 0, 1},
		{"just varying", []float32{0.2, 0.2022, 0.2, 0.2022}, 1, 0, 0},
		{"one observation", []float32{1, 0.5}, 2, 0.5, 0},
	} {
		saturated, constant := autoencoder.CodeHealth(tc.codes, tc.units)
		if saturated != tc.saturated || constant != tc.constant {
			t.Errorf("%s: saturated %v, constant %v, want %v, %v", tc.name, saturated, constant, tc.saturated, tc.constant)
		}
	}
}

func TestSickness(t *testing.T) {
	for _, tc := range []struct {
		stats autoencoder.Stats
		want  string
	}{
		{autoencoder.Stats{}, ""},
		{autoencoder.Stats{Saturated: 0.5, Constant: 0.5}, ""},
		{autoencoder.Stats{Saturated: 0.51}, "saturated"},
		{autoencoder.Stats{Constant: 0.51}, "constant"},
		{autoencoder.Stats{Saturated: 1, Constant: 1}, "saturated"},
	} {
		got := autoencoder.Sickness(tc.stats)
		if (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
			t.Errorf("%+v: %q, want %q", tc.stats, got, tc.want)
		}
	}
}

// BenchmarkUpdate makes updates of the published size on batches of 32.
func BenchmarkUpdate(b *testing.B) {
	s := &scene{
		rand: rand.New(rand.NewPCG(1, 1)), weight: 1,
		shape: autoencoder.Shape{T: 4, H: 64, W: 144, Content: image.Rect(0, 0, 144, 64)},
	}
	m, err := autoencoder.New(autoencoder.DefaultConfig(), s.shape, s.rand)
	if err != nil {
		b.Fatal(err)
	}
	tr, batch := newTrainer(b, m, 32, 1e-3), newFixed(s, 32)
	b.ReportAllocs()
	for b.Loop() {
		train(b, tr, batch, 1)
	}
	b.ReportMetric(float64(32*b.N)/b.Elapsed().Seconds(), "observations/s")
}

func TestUpdateAllocatesNothing(t *testing.T) {
	s := newScene(1, 16, 24)
	tr, batch := newTrainer(t, newModel(t, s.shape, 4), 3, 1e-3), newFixed(s, 3)
	train(t, tr, batch, 2)
	if n := testing.AllocsPerRun(20, func() { train(t, tr, batch, 1) }); n > 0 {
		t.Errorf("an update allocates %v times", n)
	}
}

// A Decoder makes of the codes of observations what a Viewer makes of the observations,
// and of another code another picture.
func TestDecoder(t *testing.T) {
	s := newScene(4, 16, 24)
	m := newModel(t, s.shape, 5)
	if err := m.SetMean(s.samples(20)); err != nil {
		t.Fatal(err)
	}
	const n, size = 8, 2 * 16 * 24
	var obs []byte
	for o, err := range s.samples(n) {
		if err != nil {
			t.Fatal(err)
		}
		obs = append(obs, o...)
	}
	v, err := autoencoder.NewViewer(m, n)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]float32, n*size)
	if err := v.Reconstruct(want, obs); err != nil {
		t.Fatal(err)
	}
	codes := slices.Clone(v.Codes())
	for _, at := range []int{1, 3, 8, 16} {
		d, err := autoencoder.NewDecoder(m, at)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, n*size)
		if err := d.Decode(got, codes); err != nil {
			t.Fatal(err)
		}
		if !near(got, want) {
			t.Errorf("%d at once: other reconstructions than of the observations", at)
		}
		other := slices.Clone(codes)
		other[5+2] += 0.5 // of the second observation
		if err := d.Decode(got, other); err != nil {
			t.Fatal(err)
		}
		if near(got[size:2*size], want[size:2*size]) || !near(got[:size], want[:size]) || !near(got[2*size:], want[2*size:]) {
			t.Errorf("%d at once: another code of one observation does not change its picture alone", at)
		}
	}
}
