package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// assembly runs f for every level but generic.
func assembly(t *testing.T, f func(t *testing.T, l *level)) {
	t.Helper()
	for _, l := range levels[:len(levels)-1] {
		t.Run(l.name, func(t *testing.T) { f(t, l) })
	}
}

// border is the value around what a kernel may write.
const border = -12345

// normals returns n normal numbers that begin at an odd address in border values.
func normals(r *rand.Rand, n int) []float32 {
	all := make([]float32, n+50)
	for i := range all {
		all[i] = border
	}
	x := all[17 : 17+n]
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// outside counts the elements around x, a slice of normals, that were written.
func outside(x []float32) int {
	changed := 0
	for _, v := range x[len(x) : len(x)+33] {
		if v != border {
			changed++
		}
	}
	return changed
}

// differ returns the first index where a and b are more than eps apart, or -1. NaN
// is like NaN.
func differ(a, b []float32, eps float64) int {
	for i, v := range a {
		x, y := float64(v), float64(b[i])
		if x == y || x != x && y != y {
			continue
		}
		if !(math.Abs(x-y) <= eps) {
			return i
		}
	}
	return -1
}

func TestGemm(t *testing.T) {
	assembly(t, func(t *testing.T, l *level) {
		r := rand.New(rand.NewPCG(1, 2))
		for k := range 70 {
			panels, vectors := 1+r.IntN(3), 1+k%(l.nr/l.lanes)
			rows, cols := panels*l.mr, vectors*l.lanes
			a, b, off := normals(r, k*rows), normals(r, 500+cols), make([]int, k)
			for i := range off {
				off[i] = r.IntN(500)
			}
			ldc := cols + 3
			got := normals(r, (rows-1)*ldc+cols)
			want := append([]float32(nil), got...)
			for i := range rows {
				for j := range cols {
					sum := 0.0
					for t, o := range off {
						sum += float64(a[(i/l.mr*k+t)*l.mr+i%l.mr]) * float64(b[o+j])
					}
					want[i*ldc+j] = float32(sum)
				}
			}
			l.gemm[vectors](a, b, off, got, ldc, panels)
			if i := differ(got, want, 1e-4); i >= 0 || outside(got) > 0 {
				t.Fatalf("k=%d, %d panels, %d vectors: element %d differs, %d outside", k, panels, vectors, i, outside(got))
			}
		}
	})
}

func TestDot(t *testing.T) {
	assembly(t, func(t *testing.T, l *level) {
		r := rand.New(rand.NewPCG(3, 4))
		for n := 0; n < 200; n += l.dk {
			for tiles := 1; tiles < 4; tiles++ {
				a, b := normals(r, 400), normals(r, 400)
				offA, offB := offsets(r, tiles*l.dm), offsets(r, l.dn)
				got := normals(r, (len(offA)-1)*9+l.dn)
				want := append([]float32(nil), got...)
				for row, i := range offA {
					for col, j := range offB {
						for t := range n {
							want[row*9+col] += a[i+t] * b[j+t]
						}
					}
				}
				l.dot(n, tiles, a, offA, b, offB, got, 9)
				if i := differ(got, want, 1e-4); i >= 0 || outside(got) > 0 {
					t.Fatalf("n=%d, %d tiles: element %d differs, %d outside", n, tiles, i, outside(got))
				}
			}
		}
	})
}

func TestTranspose(t *testing.T) {
	assembly(t, func(t *testing.T, l *level) {
		before := cpu
		defer func() { cpu = before }()
		cpu = l
		r := rand.New(rand.NewPCG(5, 6))
		for rows := range 18 {
			for n := range 35 {
				step, pitch := rows+3, n+5
				src := normals(r, rows*pitch)
				got := normals(r, n*step)
				want := append([]float32(nil), got...)
				for i := range rows {
					for t := range n {
						want[t*step+i] = src[i*pitch+t]
					}
				}
				transpose(got, step, src, pitch, rows, n)
				if i := differ(got, want, 0); i >= 0 || outside(got) > 0 {
					t.Fatalf("%d rows of %d: element %d differs, %d outside", rows, n, i, outside(got))
				}
			}
		}
	})
}

// offsets returns n random places below 200.
func offsets(r *rand.Rand, n int) []int {
	off := make([]int, n)
	for i := range off {
		off[i] = r.IntN(200)
	}
	return off
}

// TestStrided compares the phases of planes on every level with their definition,
// over strides with and without kernels, padding wider than a stride, and planes that
// the phases do not reach to the end of.
func TestStrided(t *testing.T) {
	before := cpu
	defer func() { cpu = before }()
	for _, l := range levels {
		cpu = l
		r := rand.New(rand.NewPCG(5, 6))
		for range 2000 {
			s, n := 1+r.IntN(5), 1+r.IntN(60)
			p := strided{s: s, n: n, w: 1 + r.IntN(s*n+5), pad: r.IntN(6), apart: n + r.IntN(2)*3}
			rows := r.IntN(4)
			p.pitch = rows*p.apart + r.IntN(3)
			p.prepare()
			plane, phases := normals(r, max(0, (rows-1)*s+1)*p.w), normals(r, s*p.pitch+n)
			plane2, phases2 := append([]float32(nil), plane...), append([]float32(nil), phases...)
			p.split(phases, plane, rows)
			p.define(rows, func(at, pixel int) {
				phases2[at] = 0
				if pixel >= 0 {
					phases2[at] = plane[pixel]
				}
			})
			if i := differ(phases, phases2, 0); i >= 0 || outside(phases) > 0 {
				t.Fatalf("%s: split: %+v, %d rows: element %d differs, %d outside", l.name, p, rows, i, outside(phases))
			}
			p.join(plane, phases, rows, 0.3, ReLU)
			p.define(rows, func(at, pixel int) {
				if pixel >= 0 {
					plane2[pixel] = max(phases[at]+0.3, 0)
				}
			})
			if i := differ(plane, plane2, 0); i >= 0 || outside(plane) > 0 {
				t.Fatalf("%s: join: %+v, %d rows: element %d differs, %d outside", l.name, p, rows, i, outside(plane))
			}
		}
	}
}

// define calls f for every element of the phases and its pixel, or -1 for padding.
func (p *strided) define(rows int, f func(at, pixel int)) {
	for i := range rows {
		for r := range p.s {
			for j := range p.n {
				pixel := -1
				if c := j*p.s + r - p.pad; c >= 0 && c < p.w {
					pixel = i*p.s*p.w + c
				}
				f(r*p.pitch+i*p.apart+j, pixel)
			}
		}
	}
}

// special are numbers that arithmetic treats apart.
var special = []float32{
	float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0, float32(math.Copysign(0, -1)), 1e-45, 3e38,
}

// TestElementwise compares every elementwise kernel with its twin, bit by bit
// where nothing is summed, over all lengths to 200 and some to 1000.
func TestElementwise(t *testing.T) {
	assembly(t, func(t *testing.T, l *level) {
		r := rand.New(rand.NewPCG(7, 8))
		for n := 0; n < 1000; n += 1 + n/200*37 {
			for _, spoil := range []bool{false, true} {
				in := [][]float32{normals(r, n), normals(r, n), normals(r, n), normals(r, n)}
				for i := range n * len(in) {
					if spoil && r.IntN(4) == 0 {
						in[i%len(in)][i/len(in)] = special[r.IntN(len(special))]
					}
				}
				compareElementwise(t, l, in, r)
				for edge := float32(0.5); edge < 5; edge++ {
					if got, want := l.quiet(in[0], edge), quietGeneric(in[0], edge); got != want {
						t.Fatalf("n=%d: %d elements are below %v, want %d", n, got, edge, want)
					}
				}
				if !spoil {
					compareSums(t, l, in)
				}
			}
		}
	})
}

func compareElementwise(t *testing.T, l *level, in [][]float32, r *rand.Rand) {
	t.Helper()
	n := len(in[0])
	bytes := make([]byte, n)
	for i := range bytes {
		bytes[i] = byte(r.Uint32())
	}
	run := func(l *level) [][]float32 {
		out := make([][]float32, 12)
		for i := range out {
			out[i] = normals(r, n)
		}
		l.finish(out[0], in[0], 0.5)
		l.finishReLU(out[1], in[0], -0.5)
		l.add(out[2], in[0], in[1])
		l.backReLU(out[3], in[0], in[1])
		l.center(out[4], bytes, in[0], 0.3)
		l.scale(out[5], in[0], -0.7)
		l.multiply(out[6], in[0], in[1])
		l.ramp(out[7], in[0], 0.3, 0.7, 1.1)
		l.step(out[8], in[0], 0.6, -2, 3)
		for i, x := range in[:3] {
			copy(out[9+i], x)
		}
		l.adam(out[9], out[10], out[11], in[3], &[8]float32{0.5, 0.9, 0.1, 0.99, 0.01, 1.5, 1e-5, 0.01})
		return out
	}
	want := run(&generic)
	for i, got := range run(l) {
		if at := differ(got, want[i], 0); at >= 0 || outside(got) > 0 {
			t.Fatalf("kernel %d, n=%d: element %d is %v, want %v; %d outside", i, n, at, got[max(at, 0)], want[i][max(at, 0)], outside(got))
		}
	}
}

func compareSums(t *testing.T, l *level, in [][]float32) {
	t.Helper()
	n := len(in[0])
	run := func(l *level) (sums []float64, grads [][]float32) {
		a, b := make([]float32, n), make([]float32, n)
		sums = []float64{
			l.sum(in[0]), l.squares(in[0]),
			l.mse(a, in[0], in[1], in[2], 0.3), l.mseOnes(b, in[0], in[1], 0.3),
		}
		return sums, [][]float32{a, b}
	}
	want, wantGrads := run(&generic)
	got, grads := run(l)
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-10 {
			t.Fatalf("sum %d, n=%d: %v, want %v", i, n, got[i], want[i])
		}
	}
	for i := range grads {
		if at := differ(grads[i], wantGrads[i], 0); at >= 0 {
			t.Fatalf("gradient %d, n=%d: element %d differs", i, n, at)
		}
	}
}

// TestLevelsAgree compares whole operations of every level with generic's, over
// more channels than a tile has rows.
func TestLevelsAgree(t *testing.T) {
	before := cpu
	defer func() { cpu = before }()
	for _, c := range []Conv{
		{B: 3, C: 130, H: 7, W: 9, F: 130, KH: 3, KW: 3, Stride: 2, Pad: 1},
		{B: 257, C: 2, H: 6, W: 5, F: 3, KH: 2, KW: 2, Stride: 1},
	} {
		var want []float32
		for i := range levels {
			cpu = levels[len(levels)-1-i]
			got := allOf(c)
			if want == nil {
				want = got
			}
			var diff, norm float64
			for i, v := range want {
				d := float64(got[i] - v)
				diff, norm = diff+d*d, norm+float64(v)*float64(v)
			}
			if !(math.Sqrt(diff) <= 1e-5*math.Sqrt(norm)) {
				t.Errorf("%s on %s: off by %g of %g", fmt.Sprint(c), cpu.name, math.Sqrt(diff), math.Sqrt(norm))
			}
		}
	}
}

// allOf returns what the operations of a convolution compute, one after another.
func allOf(c Conv) []float32 {
	r := rand.New(rand.NewPCG(9, 10))
	large, small, k := c.B*c.C*c.H*c.W, c.B*c.F*c.OutH()*c.OutW(), c.F*c.C*c.KH*c.KW
	x, z, w := normals(r, large), normals(r, small), normals(r, k)
	out := make([]float32, small+large+k)
	c.Forward(out[:small], x, w, nil, ReLU)
	c.BackInput(out[small:small+large], w, z)
	c.BackWeights(out[small+large:], x, z)
	return out
}
