package pixels_test

import (
	"errors"
	"fmt"
	"image"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/env"
	"glint/env/dojo"
	"glint/env/envtest"
	"glint/env/pixels"
)

var small = pixels.Config{Crop: image.Rect(1, 1, 7, 5), Projection: pixels.Foreground}

func wrap(tb testing.TB, v env.Vec, cfg pixels.Config, o pixels.WrapOptions) pixels.Vec {
	tb.Helper()
	w, err := pixels.Wrap(v, cfg, o)
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

func reset(tb testing.TB, v env.Vec) *env.Batch {
	tb.Helper()
	b, err := v.Reset(tb.Context(), make([]uint64, v.Spec().N))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func step(tb testing.TB, v env.Vec) *env.Batch {
	tb.Helper()
	b, err := v.Step(tb.Context(), make([]int, v.Spec().N))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// lit lists the pixels of one environment's frames that are not background.
func lit(s env.Spec, obs []byte) []string {
	var out []string
	for i, v := range obs {
		if v > 0 {
			out = append(out, fmt.Sprintf("t%d y%d x%d = %d", i/s.FrameLen(), i%s.FrameLen()/s.W, i%s.W, v))
		}
	}
	return out
}

func TestVecProjects(t *testing.T) {
	for _, workers := range []int{0, 1, 3, 100} {
		v := wrap(t, newFake(), small, pixels.WrapOptions{Workers: workers})
		s := v.Spec()
		if s.H != 8 || s.W != 8 || s.N != 2 || s.T != 2 || s.Format != env.Plane {
			t.Fatalf("Spec is %+v", s)
		}
		reset(t, v)
		step(t, v)
		b := step(t, v)
		want := []string{"t0 y1 x1 = 126", "t0 y1 x2 = 126", "t1 y1 x2 = 126", "t1 y1 x3 = 126"}
		if d := cmp.Diff(want, lit(s, b.ObsOf(1))); d != "" {
			t.Errorf("%d workers: Obs: %s", workers, d)
		}
		want = []string{"t0 y1 x1 = 170", "t1 y1 x2 = 170"}
		if d := cmp.Diff(want, lit(s, b.FinalOf(1))); d != "" {
			t.Errorf("%d workers: Final: %s", workers, d)
		}
		if b.Reward[0] != 2 || !b.Terminated[1] || len(b.Aux) != 8 {
			t.Errorf("%d workers: the rest of the Batch is lost: %+v", workers, b)
		}
	}
}

func TestVecRaw(t *testing.T) {
	v := wrap(t, newFake(), small, pixels.WrapOptions{})
	s, b := v.Raw()
	if b != nil || s.H != 4 || s.W != 6 || s.Format != env.Index || len(s.Palette) != len(palette) {
		t.Fatalf("before Reset: %+v with Spec %+v", b, s)
	}
	reset(t, v)
	step(t, v)
	step(t, v)
	s, b = v.Raw()
	if d := cmp.Diff([]string{"t0 y1 x1 = 1", "t0 y1 x2 = 1", "t1 y1 x2 = 1", "t1 y1 x3 = 1"}, lit(s, b.ObsOf(1))); d != "" {
		t.Errorf("Obs: %s", d)
	}
	if d := cmp.Diff([]string{"t0 y1 x1 = 2", "t1 y1 x2 = 2"}, lit(s, b.FinalOf(1))); d != "" {
		t.Errorf("Final: %s", d)
	}
}

func TestTruthMoves(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  pixels.Config
		o    pixels.WrapOptions
		want []env.Box
	}{
		{
			"crop", small,
			pixels.WrapOptions{Truth: decode},
			[]env.Box{{Rect: image.Rect(0, 1, 2, 2), Kind: "knife"}, {Rect: image.Rect(1, 1, 3, 2), Frame: 1, Kind: "knife"}},
		},
		{
			"over the edge and out",
			pixels.Config{Crop: image.Rect(3, 1, 7, 5), Projection: pixels.Foreground},
			pixels.WrapOptions{Truth: decode},
			[]env.Box{{Rect: image.Rect(-1, 1, 1, 2), Frame: 1, Kind: "knife"}},
		},
		{
			"resize",
			pixels.Config{Resize: image.Pt(4, 6), Projection: pixels.Foreground},
			pixels.WrapOptions{Truth: decode},
			[]env.Box{{Rect: image.Rect(0, 2, 2, 3), Kind: "knife"}, {Rect: image.Rect(1, 2, 2, 3), Frame: 1, Kind: "knife"}},
		},
		{
			"origin on the screen",
			pixels.Config{Projection: pixels.Foreground},
			pixels.WrapOptions{Truth: decode, Origin: image.Pt(0, 1)},
			[]env.Box{{Rect: image.Rect(1, 1, 3, 2), Kind: "knife"}, {Rect: image.Rect(2, 1, 4, 2), Frame: 1, Kind: "knife"}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := wrap(t, newFake(), c.cfg, c.o)
			reset(t, v)
			step(t, v)
			truth, ok := env.As[env.Truther](v)
			if !ok {
				t.Fatal("no Truther")
			}
			mark := env.Box{Kind: "kept"}
			if d := cmp.Diff(append([]env.Box{mark}, c.want...), truth.Truth([]env.Box{mark}, 1)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestOptionalInterfaces(t *testing.T) {
	for _, c := range []struct {
		name          string
		inner         env.Vec
		o             pixels.WrapOptions
		sends, truths bool
	}{
		{"neither", newFake(), pixels.WrapOptions{}, false, false},
		{"truth", newFake(), pixels.WrapOptions{Truth: decode}, false, true},
		{"halves", newFakeSender(), pixels.WrapOptions{}, true, false},
		{"both", newFakeSender(), pixels.WrapOptions{Truth: decode}, true, true},
		{"halves behind sinks", env.Tee(newFakeSender()), pixels.WrapOptions{}, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := wrap(t, c.inner, small, c.o)
			reset(t, v)
			s, sends := env.As[env.Sender](v)
			if _, truths := env.As[env.Truther](v); sends != c.sends || truths != c.truths {
				t.Errorf("Sender %v, Truther %v; want %v, %v", sends, truths, c.sends, c.truths)
			}
			if sends && s.Spec().Format != env.Plane {
				t.Errorf("As found the inner Sender, which sends %s", s.Spec().Format)
			}
			if v.Unwrap() != c.inner {
				t.Error("Unwrap is not the inner environment")
			}
			if _, err := v.Save(t.Context(), 0); !errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("Save: %v, want errors.ErrUnsupported", err)
			}
			if err := v.Load(t.Context(), 0, nil); !errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("Load: %v, want errors.ErrUnsupported", err)
			}
		})
	}
}

func TestSenderProjectsHalves(t *testing.T) {
	v := wrap(t, newFakeSender(), small, pixels.WrapOptions{Truth: decode, Workers: 2})
	reset(t, v)
	s, _ := env.As[env.Sender](v)
	truth, _ := env.As[env.Truther](v)
	for group, row := range []int{0, 1} {
		if err := s.Send(t.Context(), group, []int{0}); err != nil {
			t.Fatal(err)
		}
		b, err := s.Recv(t.Context(), group)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{
			fmt.Sprintf("t0 y%d x%d = 126", row, group), fmt.Sprintf("t0 y%d x%d = 126", row, group+1),
			fmt.Sprintf("t1 y%d x%d = 126", row, group+1), fmt.Sprintf("t1 y%d x%d = 126", row, group+2),
		}
		if d := cmp.Diff(want, lit(s.Spec(), b.Obs)); d != "" {
			t.Errorf("group %d: %s", group, d)
		}
		if got, want := truth.Truth(nil, group)[0].Rect, image.Rect(group, row, group+2, row+1); got != want {
			t.Errorf("group %d: box %v, want %v", group, got, want)
		}
	}
}

// TestConformance asks of wrapped dojos all that every environment promises.
func TestConformance(t *testing.T) {
	o := envtest.DefaultOptions()
	o.EndSteps, o.SaveSteps = 2000, 200
	envtest.Run(t, func(tb testing.TB, n int) env.Vec {
		d := dojo.DefaultOptions()
		d.N = n
		v, err := dojo.Open(d)
		if err != nil {
			tb.Fatal(err)
		}
		return wrap(tb, v, pixels.PresetFor("dojo").Config, pixels.WrapOptions{Workers: 2})
	}, o)
}

func BenchmarkVec(b *testing.B) {
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			d := dojo.DefaultOptions()
			d.N = 8
			inner, err := dojo.Open(d)
			if err != nil {
				b.Fatal(err)
			}
			v := wrap(b, inner, pixels.PresetFor("dojo").Config, pixels.WrapOptions{Workers: workers})
			reset(b, v)
			actions := make([]int, 8)
			for b.Loop() {
				if _, err := v.Step(b.Context(), actions); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*8*v.Spec().T)/b.Elapsed().Seconds(), "frames/s")
		})
	}
}
