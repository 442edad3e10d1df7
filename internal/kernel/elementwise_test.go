package kernel_test

import (
	"math"
	"testing"

	"glint/internal/kernel"
)

// lengths straddle the chunks that work is cut into.
var lengths = []int{0, 1, 3, 17, 1000, 1 << 14, 1<<14 + 1, 40000}

func TestAdd(t *testing.T) { kernel.EachLevel(t, testAdd) }

func testAdd(t *testing.T) {
	for _, n := range lengths {
		r := source()
		a, b, dst := random(t, r, n), random(t, r, n), guarded(t, n)
		kernel.Add(dst, a, b)
		want := make([]float32, n)
		for i := range want {
			want[i] = a[i] + b[i]
		}
		sameBits(t, "Add", dst, want)
		kernel.AddTo(a, b)
		sameBits(t, "AddTo", a, want)
	}
}

func TestCenter(t *testing.T) { kernel.EachLevel(t, testCenter) }

func testCenter(t *testing.T) {
	r := source()
	mean := random(t, r, 37)
	for _, samples := range []int{0, 1, 5} {
		src := make([]byte, samples*len(mean))
		want := make([]float32, len(src))
		for i := range src {
			src[i] = byte(r.IntN(256))
			want[i] = (float32(src[i]) - mean[i%37]) * 0.25
		}
		dst := guarded(t, len(src))
		kernel.Center(dst, src, mean, 0.25)
		sameBits(t, "Center", dst, want)
	}
}

func TestSumSquares(t *testing.T) { kernel.EachLevel(t, testSumSquares) }

func testSumSquares(t *testing.T) {
	for _, n := range lengths {
		x := random(t, source(), n)
		want := 0.0
		for _, v := range x {
			want += float64(v) * float64(v)
		}
		if got := kernel.SumSquares(x); math.Abs(got-want) > 1e-12*want {
			t.Errorf("n=%d: %v, want %v", n, got, want)
		}
	}
}

func TestSumsNotFinite(t *testing.T) {
	kernel.EachLevel(t, func(t *testing.T) {
		for _, at := range []int{0, 7, 8, 1<<14 + 3, 1<<14 + 8} {
			x, zero := random(t, source(), 1<<14+9), make([]float32, 1<<14+9)
			x[at] = float32(math.NaN())
			if got := kernel.SumSquares(x); !math.IsNaN(got) {
				t.Errorf("sum of squares with NaN at %d is %v", at, got)
			}
			if got := kernel.WeightedMSE(zero, x, zero, nil, 1); !math.IsNaN(got) || zero[at] == zero[at] {
				t.Errorf("loss with NaN at %d is %v, its gradient there %v", at, got, zero[at])
			}
		}
	})
}
