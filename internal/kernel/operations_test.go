package kernel_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"glint/internal/kernel"
)

// call holds the operands of one call of an operation.
type call struct {
	in   [][]float32 // read
	out  [][]float32 // written
	both [][]float32 // read and written
	// bytes are as many as the images of the geometry have numbers.
	bytes []byte
	// sum is what the operation returns.
	sum float64
	// params are the halves of what Adam steps.
	params []kernel.AdamParam
	// grads are what TransposedMSE writes besides its result, weights what it weighs by.
	grads   kernel.TransposedGrads
	weights []float32
	// all are the operands with the guard words around them.
	all [][]float32
}

// lens are the lengths of operands.
type lens = []int

// operation is an exported function at one geometry. Every test that asks the same
// of all functions runs over operations, so that a new function is a line there.
type operation struct {
	name string // of the function, and after a comma what is special
	// plane is how many elements of a result stand together: a number that is not
	// finite may reach others of a plane that it does not take part in, never those
	// of another plane.
	plane         int
	in, out, both lens
	run           func(v *call)
	// want is the same in float64: what out, both and sum are to be, one after
	// another.
	want func(v *call) []float64
}

// operations returns every operation at the sizes of a convolution: its dense layer
// has a sample's patch as input, its elementwise operations run over its images.
func operations(c kernel.Conv, act kernel.Act) []operation {
	d := kernel.Dense{B: c.B, In: c.C * c.KH * c.KW, Out: c.F}
	m := kernel.Conv{B: d.B, C: d.In, H: 1, W: 1, F: d.Out, KH: 1, KW: 1, Stride: 1}
	image, pixels, taps := c.C*c.H*c.W, c.OutH()*c.OutW(), c.KH*c.KW
	large, small, k := c.B*image, c.B*c.F*pixels, c.F*c.C*taps
	x, y, w := d.B*d.In, d.B*d.Out, d.In*d.Out
	adam := kernel.AdamStep{LR: 0.01, Beta1: 0.9, Beta2: 0.99, Eps: 1e-5, BiasCorrection1: 0.271, BiasCorrection2: 0.0297, Scale: 0.5}
	none := kernel.None
	return []operation{
		{"Conv.Forward", pixels, lens{large, k, c.F}, lens{small}, nil, func(v *call) { c.Forward(v.out[0], v.in[0], v.in[1], v.in[2], act) }, func(v *call) []float64 { return naiveForward(c, v.in[0], v.in[1], v.in[2], act) }},
		{"Conv.Forward, no bias", pixels, lens{large, k}, lens{small}, nil, func(v *call) { c.Forward(v.out[0], v.in[0], v.in[1], nil, none) }, func(v *call) []float64 { return naiveForward(c, v.in[0], v.in[1], nil, none) }},
		{"Conv.Transposed", c.H * c.W, lens{small, k, c.C}, lens{large}, nil, func(v *call) { c.Transposed(v.out[0], v.in[0], v.in[1], v.in[2], act) }, func(v *call) []float64 { return naiveTransposed(c, v.in[0], v.in[1], v.in[2], act) }},
		{"Conv.BackInput", c.H * c.W, lens{k, small}, lens{large}, nil, func(v *call) { c.BackInput(v.out[0], v.in[0], v.in[1]) }, func(v *call) []float64 { return naiveTransposed(c, v.in[1], v.in[0], nil, none) }},
		{"Conv.BackWeights", taps, lens{large, small}, lens{k}, nil, func(v *call) { c.BackWeights(v.out[0], v.in[0], v.in[1]) }, func(v *call) []float64 { return naiveWeights(c, v.in[0], v.in[1]) }},
		{"Conv.ForwardBytes", pixels, lens{image, k, c.F}, lens{small}, nil, func(v *call) { c.ForwardBytes(v.out[0], v.bytes, v.in[0], 0.25, v.in[1], v.in[2], none) }, func(v *call) []float64 {
			return naiveForward(c, centered(v.bytes, v.in[0], 0.25), v.in[1], v.in[2], none)
		}},
		{"Conv.BackWeightsBytes", taps, lens{image, small}, lens{k}, nil, func(v *call) { c.BackWeightsBytes(v.out[0], v.bytes, v.in[0], 0.25, v.in[1]) }, func(v *call) []float64 {
			return naiveWeights(c, centered(v.bytes, v.in[0], 0.25), v.in[1])
		}},
		// Of its results only one at a time: they stand together in different numbers. A
		// number that is not finite may reach its neighbours in the images, which the
		// gradient by the bias sums.
		{"Conv.TransposedMSE", c.H * c.W, lens{small, k, c.C, image, large}, lens{large}, nil, func(v *call) { v.transposedMSE(c, 0) }, func(v *call) []float64 {
			y, _, _, _, loss := naiveTransposedMSE(c, v)
			return append(y, loss)
		}},
		{"Conv.TransposedMSE, gradient by x", pixels, lens{small, k, c.C, image, large}, lens{small}, nil, func(v *call) { v.transposedMSE(c, 1) }, func(v *call) []float64 { _, dx, _, _, _ := naiveTransposedMSE(c, v); return dx }},
		{"Conv.TransposedMSE, gradient by weights", taps, lens{small, k, c.C, image, large}, lens{k}, nil, func(v *call) { v.transposedMSE(c, 2) }, func(v *call) []float64 { _, _, dw, _, _ := naiveTransposedMSE(c, v); return dw }},
		{"Conv.TransposedMSE, gradient by bias", c.C + 1, lens{small, k, c.C, image, large}, lens{c.C}, nil, func(v *call) { v.transposedMSE(c, 3) }, func(v *call) []float64 { _, _, _, db, _ := naiveTransposedMSE(c, v); return db }},
		{"Dense.Forward", 1, lens{x, w, d.Out}, lens{y}, nil, func(v *call) { d.Forward(v.out[0], v.in[0], v.in[1], v.in[2], act) }, func(v *call) []float64 { return naiveForward(m, v.in[0], v.in[1], v.in[2], act) }},
		{"Dense.Forward, no bias", 1, lens{x, w}, lens{y}, nil, func(v *call) { d.Forward(v.out[0], v.in[0], v.in[1], nil, none) }, func(v *call) []float64 { return naiveForward(m, v.in[0], v.in[1], nil, none) }},
		{"Dense.BackInput", 1, lens{w, y}, lens{x}, nil, func(v *call) { d.BackInput(v.out[0], v.in[0], v.in[1]) }, func(v *call) []float64 { return naiveTransposed(m, v.in[1], v.in[0], nil, none) }},
		{"Dense.BackWeights", 1, lens{x, y}, lens{w}, nil, func(v *call) { d.BackWeights(v.out[0], v.in[0], v.in[1]) }, func(v *call) []float64 { return naiveWeights(m, v.in[0], v.in[1]) }},
		{"BackBias", 1, lens{small}, lens{c.F}, nil, func(v *call) { kernel.BackBias(v.out[0], v.in[0], c.B, c.F, pixels) }, func(v *call) []float64 { return naiveBias(v.in[0], c.F, pixels) }},
		{"BackAct", 1, lens{large, large}, lens{large}, nil, func(v *call) { kernel.BackAct(v.out[0], v.in[0], v.in[1], act) }, func(v *call) []float64 { return naiveBackAct(v.in[0], v.in[1], act) }},
		{"BackAct, in place", 1, lens{large}, nil, lens{large}, func(v *call) { kernel.BackAct(v.both[0], v.in[0], v.both[0], act) }, func(v *call) []float64 { return naiveBackAct(v.in[0], v.both[0], act) }},
		{"Add", 1, lens{large, large}, lens{large}, nil, func(v *call) { kernel.Add(v.out[0], v.in[0], v.in[1]) }, func(v *call) []float64 { return naiveAdd(v.in[0], v.in[1]) }},
		{"Add, to the second", 1, lens{large}, nil, lens{large}, func(v *call) { kernel.Add(v.both[0], v.in[0], v.both[0]) }, func(v *call) []float64 { return naiveAdd(v.in[0], v.both[0]) }},
		{"AddTo", 1, lens{large}, nil, lens{large}, func(v *call) { kernel.AddTo(v.both[0], v.in[0]) }, func(v *call) []float64 { return naiveAdd(v.both[0], v.in[0]) }},
		{"Scale", 1, lens{large}, lens{large}, nil, func(v *call) { kernel.Scale(v.out[0], v.in[0], -0.7) }, func(v *call) []float64 { return naiveScale(v.in[0], -0.7) }},
		{"Center", 1, lens{image}, lens{large}, nil, func(v *call) { kernel.Center(v.out[0], v.bytes, v.in[0], 0.25) }, func(v *call) []float64 { return naiveCenter(v.bytes, v.in[0], 0.25) }},
		{"WeightedMSE", 1, lens{large, large, large}, lens{large}, nil, func(v *call) { v.sum = kernel.WeightedMSE(v.out[0], v.in[0], v.in[1], v.in[2], 32) }, func(v *call) []float64 { return naiveMSE(v.in[0], v.in[1], v.in[2], 32) }},
		{"WeightedMSE, no weights", 1, lens{large, large}, lens{large}, nil, func(v *call) { v.sum = kernel.WeightedMSE(v.out[0], v.in[0], v.in[1], nil, 32) }, func(v *call) []float64 { return naiveMSE(v.in[0], v.in[1], nil, 32) }},
		{"SumSquares", 1, lens{large}, nil, nil, func(v *call) { v.sum = kernel.SumSquares(v.in[0]) }, func(v *call) []float64 { return []float64{naiveSquares(v.in[0])} }},
		{"Sum", 1, lens{large}, nil, nil, func(v *call) { v.sum = kernel.Sum(v.in[0]) }, func(v *call) []float64 { return []float64{naiveSum(v.in[0])} }},
		{"Quiet", 1, lens{large}, nil, nil, func(v *call) { v.sum = float64(kernel.Quiet(v.in[0], 0.5)) }, func(v *call) []float64 { return []float64{naiveQuiet(v.in[0], 0.5)} }},
		{"Errors", 1, lens{large, large}, lens{large}, nil, func(v *call) { v.sum = kernel.Errors(v.out[0], v.in[0], v.in[1]) }, func(v *call) []float64 { return naiveErrors(v.in[0], v.in[1]) }},
		{"Multiply", 1, lens{large}, nil, lens{large}, func(v *call) { kernel.Multiply(v.both[0], v.both[0], v.in[0]) }, func(v *call) []float64 { return naiveMultiply(v.both[0], v.in[0]) }},
		{"Ramp", 1, lens{large}, lens{large}, nil, func(v *call) { kernel.Ramp(v.out[0], v.in[0], 0.5, 2, 1) }, func(v *call) []float64 { return naiveRamp(v.in[0], 0.5, 2, 1) }},
		{"Step", 1, lens{large}, lens{large}, nil, func(v *call) { kernel.Step(v.out[0], v.in[0], 0.25, -2, 3) }, func(v *call) []float64 { return naiveStep(v.in[0], 0.25, -2, 3) }},
		{"Adam", 1, lens{large}, nil, lens{large, large, large}, func(v *call) { v.step(adam) }, func(v *call) []float64 { return naiveAdam(adam, v.both[0], v.both[1], v.both[2], v.in[0]) }},
	}
}

// The settings of TransposedMSE in the tests.
const (
	lossUnit = 0.25
	lossNorm = 32
)

// transposedMSE runs Conv.TransposedMSE with out[0] as one of its results: the images,
// or the gradient by x, weights or bias. Without the images none are written.
func (v *call) transposedMSE(c kernel.Conv, result int) {
	if v.grads.X == nil {
		v.weights = make([]float32, len(v.in[4]))
		v.grads = kernel.TransposedGrads{X: make([]float32, len(v.in[0])), W: make([]float32, len(v.in[1])), Bias: make([]float32, c.C)}
	}
	var y []float32
	g := v.grads
	for i, x := range v.in[4] {
		v.weights[i] = x * x // as they are not negative, the loss does not cancel out
	}
	*[]*[]float32{&y, &g.X, &g.W, &g.Bias}[result] = v.out[0]
	v.sum = c.TransposedMSE(g, y, v.in[0], v.in[1], v.in[2], kernel.Target{Obs: v.bytes, Mean: v.in[3], W: v.weights[:len(v.in[4])], Unit: lossUnit, Norm: lossNorm})
}

// step runs Adam on both halves of the parameters in one call.
func (v *call) step(a kernel.AdamStep) {
	p, m, s, g := v.both[0], v.both[1], v.both[2], v.in[0]
	half := len(p) / 2
	v.params = append(v.params[:0], kernel.AdamParam{AdamStep: a, P: p[:half], M: m[:half], V: s[:half], G: g[:half]},
		kernel.AdamParam{AdamStep: a, P: p[half:], M: m[half:], V: s[half:], G: g[half:]})
	kernel.Adam(v.params)
}

// newCall returns normal numbers to read, so small that a sum of the geometry is
// about 1; those that are written too are above 0.
func (op operation) newCall(r *rand.Rand, c kernel.Conv) *call {
	v := &call{bytes: make([]byte, c.B*c.C*c.H*c.W)}
	for i := range v.bytes {
		// Mostly small, or sums over all of them would cancel out.
		v.bytes[i] = byte(r.Uint32N(8))
		if r.IntN(64) == 0 {
			v.bytes[i] = byte(r.Uint32())
		}
	}
	v.place(op, func(int) int { return 0 })
	scale := math.Pow(float64(max(c.C, c.F)*c.KH*c.KW), -1./4)
	for _, x := range v.in {
		for i := range x {
			x[i] = float32(r.NormFloat64() * scale)
		}
	}
	for _, x := range v.both {
		for i := range x {
			x[i] = float32(math.Abs(r.NormFloat64()))
		}
	}
	return v
}

// room is how many guard words lie before and behind an operand, at least.
const room = 40

// place gives v operands that begin at(i) elements behind their guard words. What
// is only written holds guard words too.
func (v *call) place(op operation, at func(i int) int) {
	next := func(list lens) [][]float32 {
		slices := make([][]float32, len(list))
		for i, n := range list {
			all := make([]float32, n+2*room+at(len(v.all)))
			for j := range all {
				all[j] = math.Float32frombits(guard)
			}
			slices[i] = all[room+at(len(v.all)):][:n]
			v.all = append(v.all, all)
		}
		return slices
	}
	v.in, v.out, v.both = next(op.in), next(op.out), next(op.both)
}

// clone returns the same call on operands of its own.
func (v *call) clone(op operation, at func(i int) int) *call {
	c := &call{}
	c.place(op, at)
	c.bytes = append(make([]byte, at(0)), v.bytes...)[at(0):]
	for i := range v.in {
		copy(c.in[i], v.in[i])
	}
	for i := range v.both {
		copy(c.both[i], v.both[i])
	}
	return c
}

// untouched fails when a guard word was written.
func (v *call) untouched(t *testing.T, what string, at func(i int) int) {
	t.Helper()
	for i, x := range v.all {
		n := len(x) - 2*room - at(i)
		for j, g := range x {
			from := j - room - at(i)
			if (from < 0 || from >= n) && math.Float32bits(g) != guard {
				t.Errorf("%s: element %d of %d of operand %d was written", what, from, n, i)
				return
			}
		}
	}
}

// unread fails when the inputs are not those of the call before.
func (v *call) unread(t *testing.T, what string, before *call) {
	t.Helper()
	for i, x := range v.in {
		sameBits(t, what+": an input", x, before.in[i])
	}
	if string(v.bytes) != string(before.bytes) {
		t.Errorf("%s: the bytes were written", what)
	}
}

// results returns what was computed, in the order of operation.want, which tells by
// its length whether the sum is part of it.
func (v *call) results(want int) []float64 {
	all := make([]float64, 0, want)
	for _, list := range [][][]float32{v.out, v.both} {
		for _, x := range list {
			for _, e := range x {
				all = append(all, float64(e))
			}
		}
	}
	if len(all) < want {
		all = append(all, v.sum)
	}
	return all
}

// parts cuts results into those of each operand, and the sum.
func (op operation) parts(all []float64) [][]float64 {
	var parts [][]float64
	for _, list := range []lens{op.out, op.both} {
		for _, n := range list {
			parts, all = append(parts, all[:n]), all[n:]
		}
	}
	if len(all) > 0 {
		parts = append(parts, all)
	}
	return parts
}

// Every function that takes numbers is among operations.
func TestOperationsAreComplete(t *testing.T) {
	have := map[string]bool{}
	for _, op := range operations(geometries()[0], kernel.None) {
		name, _, _ := strings.Cut(op.name, ",")
		have[name] = true
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || !fn.Name.IsExported() || !takesFloats(fn) {
				continue
			}
			found++
			if name := funcName(fn); !have[name] {
				t.Errorf("%s is not among operations", name)
			}
		}
	}
	if found != len(have) {
		t.Errorf("%d functions take numbers, operations has %d", found, len(have))
	}
}

// takesFloats says whether a function has a parameter of type []float32 or a list of
// structs that hold some.
func takesFloats(fn *ast.FuncDecl) bool {
	for _, p := range fn.Type.Params.List {
		if a, ok := p.Type.(*ast.ArrayType); ok {
			if e, ok := a.Elt.(*ast.Ident); ok && (e.Name == "float32" || e.Name == "AdamParam") {
				return true
			}
		}
	}
	return false
}

// funcName is a function's name after its receiver's.
func funcName(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return fn.Name.Name
	}
	recv := fn.Recv.List[0].Type
	if p, ok := recv.(*ast.StarExpr); ok {
		recv = p.X
	}
	return recv.(*ast.Ident).Name + "." + fn.Name.Name
}
