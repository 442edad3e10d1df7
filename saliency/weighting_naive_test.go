package saliency_test

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"glint/env"
	"glint/saliency"
)

// scene is a batch of which everything is known: lit blobs on an empty plane, a
// reconstruction with errors of all sizes, gradients, boxes.
func scene(r *rand.Rand, b, t, h, w int, content image.Rectangle) saliency.Inputs {
	n := b * t * h * w
	in := saliency.Inputs{
		B: b, T: t, H: h, W: w, Content: content, Plane: make([]byte, n), Boxes: make([][]env.Box, b),
		Recon: make([]float32, n), Target: make([]float32, n), ValueGrad: make([]float32, n), Draw: r.Uint64(),
	}
	for f := range b * t {
		for range 3 {
			x, y := r.IntN(w), r.IntN(h)
			for i := range min(5, w-x) {
				in.Plane[(f*h+y)*w+x+i] = byte(r.IntN(256))
			}
		}
	}
	for i := range n {
		in.Target[i] = float32(in.Plane[i])/255 - 0.1
		in.Recon[i] = in.Target[i] + float32(math.Pow(r.Float64(), 6)*1.2*math.Copysign(1, r.Float64()-0.5))
		in.ValueGrad[i] = float32(r.ExpFloat64())
	}
	for i := range in.Boxes {
		for range i % 3 {
			x, y := r.IntN(w)-2, r.IntN(h)-1
			in.Boxes[i] = append(in.Boxes[i], env.Box{Rect: image.Rect(x, y, x+5, y+2), Frame: r.IntN(t)})
		}
	}
	return in
}

// sizes are planes whose rows do and do not fill words of 8 bytes and 64 bits, with
// and without padding.
var sizes = []struct {
	t, h, w int
	content image.Rectangle
}{
	{4, 16, 40, image.Rectangle{}},
	{2, 9, 13, image.Rectangle{}},
	{3, 16, 144, image.Rect(3, 2, 131, 13)},
	{2, 8, 64, image.Rect(0, 0, 64, 7)},
	{2, 11, 130, image.Rect(1, 0, 130, 11)},
}

// naive is the definition of a weighting, for the pixel (x,y) of frame f of sample b.
type naive func(in saliency.Inputs, b, f, x, y int) float64

func at(in saliency.Inputs, b, f, x, y int) int { return ((b*in.T+f)*in.H+y)*in.W + x }

func inside(in saliency.Inputs, x, y int) bool {
	return in.Content.Empty() || image.Pt(x, y).In(in.Content)
}

func absError(in saliency.Inputs, i int) float64 {
	return math.Abs(float64(in.Recon[i] - in.Target[i]))
}

// each calls do with every true pixel of samples from..to-1.
func each(in saliency.Inputs, from, to int, do func(b, f, x, y int)) {
	for i := from * in.T * in.H * in.W; i < to*in.T*in.H*in.W; i++ {
		x, y, f, b := i%in.W, i/in.W%in.H, i/in.W/in.H%in.T, i/in.W/in.H/in.T
		if inside(in, x, y) {
			do(b, f, x, y)
		}
	}
}

// compare holds a weighting against its definition on all sizes.
func compare(t *testing.T, w saliency.Weighting, define func(in saliency.Inputs) naive) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	for _, s := range sizes {
		in := scene(r, 5, s.t, s.h, s.w, s.content)
		got := make([]float32, len(in.Plane))
		for i := range got {
			got[i] = 77
		}
		if err := w.Weights(got, in); err != nil {
			t.Fatal(err)
		}
		want := make([]float64, len(got))
		def := define(in)
		each(in, 0, in.B, func(b, f, x, y int) { want[at(in, b, f, x, y)] = def(in, b, f, x, y) })
		distinct := map[float32]bool{}
		for i := range got {
			distinct[got[i]] = true
			if math.Abs(float64(got[i])-want[i]) > 1e-4*(1+want[i]) {
				t.Fatalf("%v: pixel (%d,%d) of frame %d weighs %v, want %v", s, i%in.W, i/in.W%in.H, i/in.W/in.H, got[i], want[i])
			}
		}
		if len(distinct) < 2 {
			t.Errorf("%v: all pixels weigh the same", s)
		}
	}
}

func TestMotion(t *testing.T) {
	for _, m := range []saliency.Motion{saliency.DefaultMotion(), {Factor: 3, Level: 200}, {Factor: 0, Level: 128, Margin: 4}} {
		compare(t, saliency.NewMotion(m), func(saliency.Inputs) naive {
			return func(in saliency.Inputs, b, f, x, y int) float64 {
				other := f - 1
				if f == 0 {
					other = 1
				}
				for dy := -m.Margin; dy <= m.Margin; dy++ {
					for dx := -m.Margin; dx <= m.Margin; dx++ {
						px, py := x+dx, y+dy
						if px < 0 || py < 0 || px >= in.W || py >= in.H {
							continue
						}
						diff := int(in.Plane[at(in, b, f, px, py)]) - int(in.Plane[at(in, b, other, px, py)])
						if max(diff, -diff) > int(m.Level) {
							return m.Factor
						}
					}
				}
				return 1
			}
		})
	}
}

// kindOf tells which of a cell and its neighbours are lit.
func kindOf(c saliency.Rarity, in saliency.Inputs, b, f, cx, cy int) string {
	kind := ""
	for y := cy - 1; y <= cy+1; y++ {
		for x := cx - 1; x <= cx+1; x++ {
			lit := false
			for py := max(y*c.Cell, 0); py < min((y+1)*c.Cell, in.H); py++ {
				for px := max(x*c.Cell, 0); px < min((x+1)*c.Cell, in.W); px++ {
					lit = lit || in.Plane[at(in, b, f, px, py)] > c.Level
				}
			}
			kind += fmt.Sprintf("%t ", lit)
		}
	}
	return kind
}

func TestRarity(t *testing.T) {
	for _, c := range []saliency.Rarity{
		saliency.DefaultRarity(),
		{Cell: 1, Level: 127, Power: 1, Max: 1e6, Memory: 10},
		{Cell: 8, Power: 0.25, Max: 2, Memory: 10},
		{Cell: 2, Level: 99, Power: 2, Max: 50, Memory: 10},
	} {
		compare(t, saliency.NewRarity(c), func(in saliency.Inputs) naive {
			counts, most := map[string]float64{}, 0.0
			for b := range in.B {
				for f := range in.T {
					for cy := range (in.H + c.Cell - 1) / c.Cell {
						for cx := range (in.W + c.Cell - 1) / c.Cell {
							k := kindOf(c, in, b, f, cx, cy)
							counts[k]++
							most = max(most, counts[k])
						}
					}
				}
			}
			return func(in saliency.Inputs, b, f, x, y int) float64 {
				return min(c.Max, math.Pow(most/counts[kindOf(c, in, b, f, x/c.Cell, y/c.Cell)], c.Power))
			}
		})
	}
}

func TestResidual(t *testing.T) {
	for _, c := range []saliency.Residual{saliency.DefaultResidual(), {Power: 2, Floor: 0.25, Max: 9}, {Power: 0.5, Max: 1.5}} {
		compare(t, c, func(in saliency.Inputs) naive {
			var squares, n float64
			each(in, 0, in.B, func(b, f, x, y int) {
				e := absError(in, at(in, b, f, x, y))
				squares, n = squares+e*e, n+1
			})
			rms := math.Sqrt(squares / n)
			return func(in saliency.Inputs, b, f, x, y int) float64 {
				e := absError(in, at(in, b, f, x, y))
				if c.Power != 1 {
					e = math.Floor(min(e, 1)*1024) / 1024
				}
				return min(c.Max, c.Floor+math.Pow(e/rms, c.Power))
			}
		})
	}
}

func TestWorst(t *testing.T) {
	for _, c := range []saliency.Worst{{Factor: 10, Share: 0.01}, {Factor: 0.5, Share: 0.3}} {
		compare(t, c, func(in saliency.Inputs) naive {
			edges := make([]float64, in.B)
			for s := range in.B {
				var errs []float64
				each(in, s, s+1, func(b, f, x, y int) {
					errs = append(errs, math.Floor(min(absError(in, at(in, b, f, x, y)), 1)*1024)/1024)
				})
				slices.Sort(errs)
				edges[s] = errs[len(errs)-int(math.Ceil(c.Share*float64(len(errs))))]
			}
			return func(in saliency.Inputs, b, f, x, y int) float64 {
				if absError(in, at(in, b, f, x, y)) >= edges[b] {
					return c.Factor
				}
				return 1
			}
		})
	}
}

func TestClip(t *testing.T) {
	for _, c := range []saliency.Clip{saliency.DefaultClip(), {Error: 0.5}} {
		compare(t, c, func(saliency.Inputs) naive {
			return func(in saliency.Inputs, b, f, x, y int) float64 {
				if absError(in, at(in, b, f, x, y)) > c.Error {
					return 1
				}
				return 0
			}
		})
	}
}

func TestValue(t *testing.T) {
	for _, c := range []saliency.Value{saliency.DefaultValue(), {Floor: 0, Max: 2, Every: 1}} {
		compare(t, saliency.NewValue(c), func(in saliency.Inputs) naive {
			var total, n float64
			each(in, 0, in.B, func(b, f, x, y int) {
				total += float64(in.ValueGrad[at(in, b, f, x, y)])
				n++
			})
			return func(in saliency.Inputs, b, f, x, y int) float64 {
				return min(c.Max, c.Floor+(1-c.Floor)*float64(in.ValueGrad[at(in, b, f, x, y)])/(total/n))
			}
		})
	}
}
