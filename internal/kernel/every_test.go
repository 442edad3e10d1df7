package kernel_test

import (
	"math"
	"strings"
	"testing"

	"glint/internal/kernel"
)

// prepared is an operation with operands and what it is to compute of them.
type prepared struct {
	operation
	call *call
	want []float64
}

func prepare(c kernel.Conv, act kernel.Act) []prepared {
	r := source()
	var list []prepared
	for _, op := range operations(c, act) {
		v := op.newCall(r, c)
		list = append(list, prepared{op, v, op.want(v)})
	}
	return list
}

// Every operation computes what a loop in float64 does, the same bits wherever its
// operands begin, on every level nearly the same, and writes nothing else.
func TestEveryOperation(t *testing.T) {
	for i, c := range geometries() {
		t.Run(name(c), func(t *testing.T) {
			list := prepare(c, kernel.Act(i%3))
			first := make([][]float64, len(list)) // of the first level
			kernel.EachLevel(t, func(t *testing.T) {
				for i, p := range list {
					got := p.check(t)
					if first[i] == nil {
						first[i] = got
					}
					nearParts(t, p.name+": the best level's result", p.parts(got), p.parts(first[i]))
				}
			})
		})
	}
}

// offsets says where operand i begins, in each of several calls.
var offsets = []func(i int) int{
	func(int) int { return 0 },
	func(int) int { return 1 },
	func(i int) int { return 3 + 2*i },
	func(i int) int { return 14 - 3*i },
}

// check runs an operation at several offsets and returns its results.
func (p prepared) check(t *testing.T) []float64 {
	t.Helper()
	var first *call
	for _, at := range offsets {
		v := p.call.clone(p.operation, at)
		p.run(v)
		v.untouched(t, p.name, at)
		v.unread(t, p.name, p.call)
		if first == nil {
			first = v
		}
		p.sameResults(t, p.name+" of unaligned operands", v, first)
	}
	got := first.results(len(p.want))
	nearParts(t, p.name, p.parts(got), p.parts(p.want))
	return got
}

// sameResults fails unless two calls computed the same bits.
func (op operation) sameResults(t *testing.T, what string, got, want *call) {
	t.Helper()
	for i := range got.out {
		sameBits(t, what, got.out[i], want.out[i])
	}
	for i := range got.both {
		sameBits(t, what, got.both[i], want.both[i])
	}
	if math.Float64bits(got.sum) != math.Float64bits(want.sum) {
		t.Errorf("%s: the sum is %v, want the bits of %v", what, got.sum, want.sum)
	}
}

// nearParts fails unless each part is within 1e-5 of the one wanted: in the 2-norm
// and as a share of the largest element.
func nearParts(t *testing.T, what string, got, want [][]float64) {
	t.Helper()
	for i, w := range want {
		var diff, norm, worst, top float64
		for j, v := range w {
			d := math.Abs(got[i][j] - v)
			diff, norm = diff+d*d, norm+v*v
			if !(d <= worst) {
				worst = d
			}
			top = max(top, math.Abs(v))
		}
		if !(math.Sqrt(diff) <= 1e-5*math.Sqrt(norm)+1e-6) || !(worst <= 1e-5*top+1e-6) {
			t.Errorf("%s: result %d: off by %g of norm %g, an element by %g of %g", what, i, math.Sqrt(diff), math.Sqrt(norm), worst, top)
		}
	}
}

// NaN and infinities of any operand reach what they take part in, and nothing
// beyond the plane that is in: no other sample of the batch, no other channel.
func TestEveryOperationNotFinite(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for i, c := range []kernel.Conv{
		{B: 2, C: 3, H: 12, W: 14, F: 5, KH: 4, KW: 4, Stride: 2, Pad: 1},
		{B: 5, C: 2, H: 7, W: 5, F: 9, KH: 3, KW: 2, Stride: 1, Pad: 1},
		{B: 3, C: 17, H: 5, W: 4, F: 3, KH: 2, KW: 3, Stride: 3},
		{B: 19, C: 1, H: 6, W: 8, F: 2, KH: 3, KW: 3, Stride: 4, Pad: 2},
		{B: 1, C: 2, H: 9, W: 10, F: 3, KH: 5, KW: 3, Stride: 2, Pad: 2},
	} {
		t.Run(name(c), func(t *testing.T) {
			for act := range kernel.Tanh + 1 {
				list := prepare(c, act)
				kernel.EachLevel(t, func(t *testing.T) {
					for _, p := range list {
						p.notFinite(t, nan)
						p.notFinite(t, []float32{inf, -inf}[i%2])
					}
				})
			}
		})
	}
}

// notFinite runs p with a bad number in each operand in turn.
func (p prepared) notFinite(t *testing.T, bad float32) {
	t.Helper()
	nan := float32(math.NaN())
	aligned := offsets[0]
	v := p.call.clone(p.operation, aligned)
	p.run(v)
	clean := v.results(len(p.want))
	for operand := range len(p.in) + len(p.both) {
		reached := false
		n := append(append(lens{}, p.in...), p.both...)[operand]
		for _, at := range []int{0, n / 3, n / 2, n - 1} {
			v := p.call.clone(p.operation, aligned)
			x := append(append([][]float32{}, v.in...), v.both...)[operand]
			x[at] = nan
			part := p.operation.want(v)
			x[at] = bad
			want := p.operation.want(v)
			p.run(v)
			v.untouched(t, p.name, aligned)
			reached = p.spread(t, v.results(len(want)), want, part, clean) || reached
		}
		if masks := strings.HasPrefix(p.name, "BackAct") || p.name == "Step" || p.name == "Quiet"; !reached && math.IsNaN(float64(bad)) && !masks {
			t.Errorf("%s: NaN in operand %d reached nothing", p.name, operand)
		}
	}
}

// spread compares results with those wanted, some of which are not finite, and
// tells whether any is. A plane that the bad number has no part in, which is where
// part, made with NaN instead, has none, must have the bits of clean.
func (p prepared) spread(t *testing.T, got, want, part, clean []float64) (reached bool) {
	t.Helper()
	for lo := 0; lo < len(want); lo += p.plane {
		hi := min(lo+p.plane, len(want))
		touched := false
		for i := lo; i < hi; i++ {
			touched = touched || math.IsNaN(part[i])
			reached = reached || !finite(want[i])
		}
		for i := lo; i < hi; i++ {
			g, w := got[i], want[i]
			border := touched && p.plane > 1 // 0*NaN and 0*Inf are NaN there
			var ok bool
			switch {
			case math.IsNaN(w):
				ok = math.IsNaN(g)
			case w == p.want[i]:
				ok = g == clean[i] || border
			default:
				ok = g == w || math.Abs(g-w) <= 1e-5*math.Abs(w)+1e-6 || border && math.IsNaN(g)
			}
			if !ok {
				t.Errorf("%s: element %d is %v, want %v; without the bad number it is %v", p.name, i, g, w, clean[i])
				return reached
			}
		}
	}
	return reached
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// An input that is shorter than its shape, or than the output, panics; what was
// started before is done, and the next call is right.
func TestEveryShortInputPanics(t *testing.T) {
	c := kernel.Conv{B: 2, C: 3, H: 5, W: 4, F: 7, KH: 2, KW: 3, Stride: 1}
	for _, p := range prepare(c, kernel.Tanh) {
		for i := range p.in {
			if p.name == "SumSquares" || p.name == "Sum" || p.name == "Quiet" { // takes any length
				continue
			}
			v := p.call.clone(p.operation, offsets[0])
			v.in[i] = v.in[i][: len(v.in[i])-1 : len(v.in[i])-1]
			if !panics(func() { p.run(v) }) {
				t.Errorf("%s: input %d is too short by one and nothing panics", p.name, i)
			}
		}
		p.check(t)
	}
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}
