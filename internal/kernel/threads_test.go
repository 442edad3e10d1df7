package kernel_test

import (
	"runtime"
	"testing"
	"time"

	"glint/internal/kernel"
)

// everything runs every operation at small shapes of the model and keeps what
// they compute.
type everything struct {
	convs   []kernel.Conv
	x, w, z []float32
	bytes   []byte
	out     []float32
}

func newEverything(t *testing.T) *everything {
	r := source()
	e := &everything{convs: model(3)}
	c := e.convs[0]
	e.x = random(t, r, c.B*c.C*c.H*c.W)
	e.w = random(t, r, 64*4608)
	e.z = random(t, r, len(e.x))
	e.bytes = make([]byte, len(e.x))
	e.out = make([]float32, 0, 3<<20)
	return e
}

// next returns the next n elements of the output.
func (e *everything) next(n int) []float32 {
	at := len(e.out)
	e.out = e.out[:at+n]
	return e.out[at:]
}

func (e *everything) run() {
	e.out = e.out[:0]
	for _, c := range e.convs {
		large, small, k := c.B*c.C*c.H*c.W, c.B*c.F*c.OutH()*c.OutW(), c.F*c.C*c.KH*c.KW
		c.Forward(e.next(small), e.x, e.w, e.z, kernel.ReLU)
		c.Transposed(e.next(large), e.x, e.w, e.z, kernel.Tanh)
		c.BackInput(e.next(large), e.w, e.z)
		c.BackWeights(e.next(k), e.x, e.z)
		kernel.BackBias(e.next(c.F), e.z, c.B, c.F, c.OutH()*c.OutW())
	}
	d := kernel.Dense{B: 3, In: 4608, Out: 64}
	d.Forward(e.next(d.B*d.Out), e.x, e.w, e.z, kernel.Tanh)
	d.BackInput(e.next(d.B*d.In), e.w, e.z)
	d.BackWeights(e.next(d.In*d.Out), e.x, e.z)
	kernel.BackAct(e.next(len(e.x)), e.x, e.z, kernel.ReLU)
	kernel.Center(e.next(len(e.x)), e.bytes, e.w[:len(e.x)/3], 0.5)
	loss := kernel.WeightedMSE(e.next(len(e.x)), e.x, e.z, e.z, 3)
	e.next(2)[0], e.out[len(e.out)-1] = float32(loss), float32(kernel.SumSquares(e.x))
	p := e.next(3 * len(e.w))
	clear(p)
	n := len(e.w)
	kernel.AdamStep{LR: 1, Eps: 1, BiasCorrection1: 1, BiasCorrection2: 1, Scale: 1}.Apply(p[:n], p[n:2*n], p[2*n:], e.w)
	kernel.AddTo(p[:n], e.w)
	kernel.Scale(p[n:2*n], p[:n], 0.3)
}

func TestSameBitsForAnyThreads(t *testing.T) {
	kernel.EachLevel(t, func(t *testing.T) {
		defer kernel.SetThreads(1)
		e := newEverything(t)
		e.run()
		want := append([]float32(nil), e.out...)
		for _, n := range []int{1, 2, 3, 8} {
			kernel.SetThreads(n)
			if got := kernel.Threads(); got != n {
				t.Fatalf("Threads() = %d, want %d", got, n)
			}
			e.run()
			sameBits(t, "output", e.out, want)
		}
	})
}

func TestNothingAllocated(t *testing.T) {
	kernel.EachLevel(t, func(t *testing.T) {
		defer kernel.SetThreads(1)
		e := newEverything(t)
		for _, n := range []int{1, 2} {
			kernel.SetThreads(n)
			for range 5 {
				e.run()
			}
			if got := testing.AllocsPerRun(2, e.run); got != 0 {
				t.Errorf("%d threads: %v allocations", n, got)
			}
		}
	})
}

func TestWorkersEnd(t *testing.T) {
	before := runtime.NumGoroutine()
	kernel.SetThreads(8)
	kernel.SetThreads(0)
	if got := kernel.Threads(); got != 1 {
		t.Errorf("Threads() = %d after SetThreads(0), want 1", got)
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines, were %d", runtime.NumGoroutine(), before)
}
