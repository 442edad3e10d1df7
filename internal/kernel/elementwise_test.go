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

func TestBackAct(t *testing.T) { kernel.EachLevel(t, testBackAct) }

func testBackAct(t *testing.T) {
	r := source()
	nan := float32(math.NaN())
	for _, n := range lengths {
		y, dy := random(t, r, n), random(t, r, n)
		if n > 0 {
			y[n/2] = nan
		}
		for _, act := range []kernel.Act{kernel.None, kernel.ReLU, kernel.Tanh} {
			want := make([]float64, 0, n)
			for i, v := range y {
				want = append(want, float64(dy[i])*slope(float64(v), act))
			}
			dz := guarded(t, n)
			kernel.BackAct(dz, y, dy, act)
			alias := guarded(t, n)
			copy(alias, dy)
			kernel.BackAct(alias, y, alias, act)
			sameBits(t, "in place", alias, dz)
			if n > 0 && act == kernel.Tanh && dz[n/2] == dz[n/2] {
				t.Error("NaN did not reach the gradient")
			}
			if n > 0 {
				dz[n/2], want[n/2] = 0, 0
			}
			near(t, "BackAct", dz, want)
		}
	}
}

// slope is an activation's derivative by its output.
func slope(y float64, act kernel.Act) float64 {
	switch {
	case act == kernel.Tanh:
		return 1 - y*y
	case act == kernel.ReLU && y <= 0:
		return 0
	default:
		return 1
	}
}

func TestBackBias(t *testing.T) { kernel.EachLevel(t, testBackBias) }

func testBackBias(t *testing.T) {
	for _, s := range [][3]int{{0, 3, 4}, {1, 1, 1}, {5, 7, 1}, {3, 4, 77}} {
		b, f, hw := s[0], s[1], s[2]
		dz, db := random(t, source(), b*f*hw), guarded(t, f)
		want := make([]float64, f)
		for i, v := range dz {
			want[i/hw%f] += float64(v)
		}
		kernel.BackBias(db, dz, b, f, hw)
		near(t, "BackBias", db, want)
	}
}

func TestWeightedMSE(t *testing.T) { kernel.EachLevel(t, testWeightedMSE) }

func testWeightedMSE(t *testing.T) {
	r := source()
	for _, n := range lengths {
		xhat, x, w := random(t, r, n), random(t, r, n), random(t, r, n)
		for _, weights := range [][]float32{w, nil} {
			grad, want, loss := guarded(t, n), make([]float64, n), 0.0
			for i := range want {
				d, wi := float64(xhat[i])-float64(x[i]), 1.0
				if weights != nil {
					wi = float64(w[i])
				}
				want[i] = 2 * wi * d / 32
				loss += wi * d * d / 32
			}
			got := kernel.WeightedMSE(grad, xhat, x, weights, 32)
			if math.Abs(got-loss) > 1e-5*math.Abs(loss) {
				t.Errorf("n=%d: loss %v, want %v", n, got, loss)
			}
			near(t, "gradient", grad, want)
		}
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

func TestAdam(t *testing.T) { kernel.EachLevel(t, testAdam) }

func testAdam(t *testing.T) {
	r := source()
	for _, n := range lengths {
		p, m, v, g := random(t, r, n), random(t, r, n), random(t, r, n), random(t, r, n)
		a := kernel.AdamStep{LR: 0.01, Beta1: 0.9, Beta2: 0.99, Eps: 1e-5, BiasCorrection1: 0.271, BiasCorrection2: 0.0297, Scale: 0.5}
		wantP, wantM, wantV := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range p {
			v[i] = float32(math.Abs(float64(v[i])))
			d := float64(g[i]) * 0.5
			wantM[i] = 0.9*float64(m[i]) + 0.1*d
			wantV[i] = 0.99*float64(v[i]) + 0.01*d*d
			wantP[i] = float64(p[i]) - 0.01*wantM[i]/0.271/(math.Sqrt(wantV[i]/0.0297)+1e-5)
		}
		a.Apply(p, m, v, g)
		near(t, "first moment", m, wantM)
		near(t, "second moment", v, wantV)
		near(t, "parameters", p, wantP)
	}
}

func TestShortSlicePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a short slice did not panic")
		}
	}()
	kernel.Add(make([]float32, 3), make([]float32, 2), make([]float32, 3))
}
