package dojo_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glint/env"
	"glint/env/dojo"
	"glint/env/envtest"
)

func open(tb testing.TB, change func(*dojo.Options)) *dojo.Vec {
	tb.Helper()
	o := dojo.DefaultOptions()
	if change != nil {
		change(&o)
	}
	v, err := dojo.Open(o)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func reset(tb testing.TB, v *dojo.Vec, seed uint64) *env.Batch {
	tb.Helper()
	seeds := make([]uint64, v.Spec().N)
	for i := range seeds {
		seeds[i] = seed + uint64(i)
	}
	b, err := v.Reset(tb.Context(), seeds)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func step(tb testing.TB, v *dojo.Vec, actions ...int) *env.Batch {
	tb.Helper()
	b, err := v.Step(tb.Context(), actions)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestConformance(t *testing.T) {
	for name, crop := range map[string]image.Rectangle{"crop": dojo.DefaultOptions().Crop, "screen": {}} {
		t.Run(name, func(t *testing.T) {
			o := envtest.DefaultOptions()
			o.OpenShort = func(tb testing.TB, n int) env.Vec {
				return open(tb, func(d *dojo.Options) { d.N, d.MaxFrames, d.Crop = n, 120, crop })
			}
			envtest.Run(t, func(tb testing.TB, n int) env.Vec {
				return open(tb, func(d *dojo.Options) { d.N, d.Crop = n, crop })
			}, o)
		})
	}
}

func TestOptionsRefused(t *testing.T) {
	for field, change := range map[string]func(*dojo.Options){
		"N":         func(o *dojo.Options) { o.N = 0 },
		"Sticky":    func(o *dojo.Options) { o.Sticky = 1.5 },
		"NoopMax":   func(o *dojo.Options) { o.NoopMax = -1 },
		"MaxFrames": func(o *dojo.Options) { o.MaxFrames = -1 },
		"Repeat":    func(o *dojo.Options) { o.Repeat = 0 },
		"Crop":      func(o *dojo.Options) { o.Crop = image.Rect(100, 0, 200, 50) },
	} {
		o := dojo.DefaultOptions()
		change(&o)
		if _, err := dojo.Open(o); err == nil || !strings.Contains(err.Error(), field+" is") {
			t.Errorf("%s: error %v does not name the field", field, err)
		}
	}
}

// TestKnives looks at every knife of a long game: Truth and the pixels must say
// the same, 8 pixels of one colour inside each box and none elsewhere.
func TestKnives(t *testing.T) {
	v := open(t, nil)
	s := v.Spec()
	steel := slices.IndexFunc(s.Palette, func(c color.RGBA) bool { return c.R == 72 && c.G == 72 && c.B == 72 })
	reset(t, v, 3)
	total, rows := 0, map[int]int{}
	for range 1500 {
		b := step(t, v, dojo.Sighted(v, 0))
		whole, inside := make([]int, s.T), make([]int, s.T)
		for f := range whole {
			whole[f] = bytes.Count(b.Obs[f*s.FrameLen():(f+1)*s.FrameLen()], []byte{byte(steel)})
		}
		for _, box := range v.Truth(nil, 0) {
			n := 0
			r := box.Rect.Intersect(image.Rect(0, 0, s.W, s.H))
			for y := r.Min.Y; y < r.Max.Y; y++ {
				line := b.Obs[box.Frame*s.FrameLen()+y*s.W:]
				for _, p := range line[r.Min.X:r.Max.X] {
					if int(p) == steel {
						n++
					}
				}
			}
			if r == box.Rect && n < 8 {
				t.Fatalf("%+v holds %d knife pixels, want 8", box, n)
			}
			inside[box.Frame] += n
			rows[box.Rect.Min.Y]++
			total++
		}
		for f := range whole {
			if inside[f] < whole[f] {
				t.Fatalf("frame %d shows %d knife pixels, the boxes hold %d", f, whole[f], inside[f])
			}
		}
	}
	if total < 1000 || len(rows) != 2 {
		t.Errorf("%d knives seen at rows %v, want many at two heights", total, rows)
	}
}

func TestTimeLimitIsExact(t *testing.T) {
	v := open(t, func(o *dojo.Options) { o.MaxFrames, o.NoopMax = 40, 0 })
	reset(t, v, 1)
	for k := 1; k <= 10; k++ {
		if b := step(t, v, 0); b.Truncated[0] != (k == 10) {
			t.Fatalf("step %d of 4 frames with a limit of 40: truncated is %v", k, b.Truncated[0])
		}
	}
}

// Episodes begin after 0..NoopMax frames without action, a number drawn anew for each.
func TestNoopStarts(t *testing.T) {
	for _, most := range []int{0, 3} {
		v := open(t, func(o *dojo.Options) { o.NoopMax = most })
		starts := map[env.Frames]int{}
		for seed := range uint64(200) {
			starts[reset(t, v, seed).Elapsed[0]]++
		}
		for n := range env.Frames(most + 1) {
			if starts[n] < 200/(most+1)/2 {
				t.Errorf("up to %d no-ops: %d of 200 episodes begin after %d", most, starts[n], n)
			}
		}
		if len(starts) != most+1 {
			t.Errorf("up to %d no-ops: starts %v", most, starts)
		}
	}
}

func TestStickyActions(t *testing.T) {
	see := func(sticky float64) []byte {
		v := open(t, func(o *dojo.Options) { o.Sticky, o.NoopMax = sticky, 0 })
		reset(t, v, 1)
		return slices.Clone(step(t, v, 2).Obs)
	}
	if cmp.Equal(see(0), see(1)) {
		t.Error("Sticky 1 must repeat the no-op of the reset for ever, Sticky 0 must walk")
	}
}

func TestStepAllocatesNothing(t *testing.T) {
	v := open(t, func(o *dojo.Options) { o.N = 2 })
	reset(t, v, 1)
	next := envtest.Random(v.Spec(), 1)
	ctx := t.Context()
	boxes := make([]env.Box, 0, 16)
	if n := testing.AllocsPerRun(2000, func() {
		if _, err := v.Step(ctx, next()); err != nil {
			t.Fatal(err)
		}
		boxes = v.Truth(boxes[:0], 0)
	}); n != 0 {
		t.Errorf("a Step allocates %g times, want 0", n)
	}
}

func BenchmarkStep(b *testing.B) {
	for name, crop := range map[string]image.Rectangle{"crop": dojo.DefaultOptions().Crop, "screen": {}} {
		b.Run(name, func(b *testing.B) {
			v := open(b, func(o *dojo.Options) { o.Crop = crop })
			reset(b, v, 1)
			next := envtest.Random(v.Spec(), 1)
			frames := 0
			for b.Loop() {
				step(b, v, next()...)
				frames += v.Spec().Repeat
			}
			b.ReportMetric(float64(frames)/b.Elapsed().Seconds(), "frames/s")
		})
	}
}

func ExampleOpen() {
	v, err := dojo.Open(dojo.DefaultOptions())
	if err != nil {
		fmt.Println(err)
		return
	}
	s := v.Spec()
	fmt.Println(s.T, s.H, s.W, s.Format, s.Meanings)
	// Output: 4 64 144 index [NOOP LEFT RIGHT JUMP DUCK PUNCH_LEFT PUNCH_RIGHT KICK]
}
