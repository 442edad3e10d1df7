package kernel_test

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"testing"

	"glint/internal/kernel"
)

// batch is the batch size of the benchmarks, as in the model's update.
const batch = 32

// setThreads takes the number of threads from KERNEL_THREADS, 1 by default.
func setThreads(b *testing.B) {
	b.Helper()
	n, _ := strconv.Atoi(os.Getenv("KERNEL_THREADS"))
	kernel.SetThreads(n)
	b.Cleanup(func() { kernel.SetThreads(1) })
}

// rate runs f and reports what flops a call amount to.
func rate(b *testing.B, flops float64, f func()) {
	b.Helper()
	setThreads(b)
	f()
	for b.Loop() {
		f()
	}
	b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

// fill returns n numbers that are not alike.
func fill(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(math.Sin(float64(i)))
	}
	return x
}

func BenchmarkPeak(b *testing.B) {
	const rounds = 1e6
	rate(b, kernel.Peak(1)*rounds, func() { kernel.Peak(rounds) })
}

func BenchmarkConv(b *testing.B) {
	for _, c := range model(batch) {
		large, small := fill(c.B*c.C*c.H*c.W), fill(c.B*c.F*c.OutH()*c.OutW())
		w, bias := fill(c.F*c.C*c.KH*c.KW), fill(c.F)
		flops := 2 * float64(len(small)) * float64(c.C*c.KH*c.KW)
		run := func(op string, f func()) {
			b.Run(fmt.Sprintf("%s/%dto%d", op, c.C, c.F), func(b *testing.B) { rate(b, flops, f) })
		}
		run("forward", func() { c.Forward(small, large, w, bias, kernel.ReLU) })
		run("transposed", func() { c.Transposed(large, small, w, bias[:c.C], kernel.ReLU) })
		run("backinput", func() { c.BackInput(large, w, small) })
		run("backweights", func() { c.BackWeights(w, large, small) })
	}
}

func BenchmarkDense(b *testing.B) {
	for _, d := range []kernel.Dense{{B: batch, In: 4608, Out: 64}, {B: batch, In: 64, Out: 4608}, {B: batch, In: 64, Out: 14}} {
		x, y, w := fill(d.B*d.In), fill(d.B*d.Out), fill(d.In*d.Out)
		flops := 2 * float64(d.B*d.In*d.Out)
		run := func(op string, f func()) {
			b.Run(fmt.Sprintf("%s/%dto%d", op, d.In, d.Out), func(b *testing.B) { rate(b, flops, f) })
		}
		run("forward", func() { d.Forward(y, x, w, nil, kernel.None) })
		run("backinput", func() { d.BackInput(x, w, y) })
		run("backweights", func() { d.BackWeights(w, x, y) })
	}
}

// BenchmarkElementwise measures what runs over a batch of images, in elements; the
// optimiser's over as many parameters.
func BenchmarkElementwise(b *testing.B) {
	const n = batch * 4 * 64 * 144
	x, y, z, m := fill(n), fill(n), fill(n), make([]float32, n)
	bytes := make([]byte, n)
	step := kernel.AdamStep{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, BiasCorrection1: 1, BiasCorrection2: 1, Scale: 1}
	run := func(op string, f func()) {
		b.Run(op, func(b *testing.B) {
			setThreads(b)
			for b.Loop() {
				f()
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds()/1e9, "Gelement/s")
		})
	}
	run("add", func() { kernel.Add(z, x, y) })
	run("center", func() { kernel.Center(z, bytes, x[:n/batch], 0.1) })
	run("backact", func() { kernel.BackAct(z, x, y, kernel.ReLU) })
	run("backbias", func() { kernel.BackBias(z, x, batch, 4, 64*144) })
	run("weightedmse", func() { kernel.WeightedMSE(z, x, y, x, n) })
	run("sumsquares", func() { kernel.SumSquares(x) })
	run("adam", func() { kernel.Adam([]kernel.AdamParam{{AdamStep: step, P: z, M: x, V: m, G: y}}) })
}
