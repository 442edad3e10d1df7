package judge

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
	"gonum.org/v1/gonum/stat"
)

// Probe says what a simple model reads from codes. It is fitted on some rows and asked
// about others.
type Probe func(fit Rows, ask [][]float64) ([]float64, error)

// Rows are codes with what should be read from them.
type Rows struct {
	X [][]float64
	Y []float64
}

// ErrTooFew says that there are too few rows to fit a probe.
var ErrTooFew = errors.New("judge: too few rows to fit a probe")

// fewest is how many rows for each column a probe is fitted on at least, and most of what
// is asked for: the penalty makes up for more columns.
const fewest, mostAsked = 3, 200

// Folds is how many parts the episodes are cut into: each part is asked about by a probe
// that was fitted on the others.
const Folds = 5

// CrossFit returns what the probe reads from each row, fitted on other episodes alone.
// It returns ErrTooFew for rows of one episode or of fewer than 3 a column (200 are enough).
func CrossFit(p Probe, all Rows, episodes []uint64) ([]float64, error) {
	for _, x := range all.X {
		if floats.HasNaN(x) || math.IsInf(floats.Sum(x), 0) {
			return nil, errors.New("judge: a code is no finite number")
		}
	}
	fold, next := map[uint64]int{}, 0
	for _, e := range episodes {
		if _, known := fold[e]; !known {
			fold[e] = next % Folds
			next++
		}
	}
	if next < 2 {
		return nil, ErrTooFew
	}
	read := make([]float64, len(all.Y))
	for k := range min(Folds, next) {
		var fit Rows
		var ask [][]float64
		var at []int
		for i, e := range episodes {
			if fold[e] == k {
				ask, at = append(ask, all.X[i]), append(at, i)
				continue
			}
			fit.X, fit.Y = append(fit.X, all.X[i]), append(fit.Y, all.Y[i])
		}
		if len(fit.Y) < min(fewest*len(all.X[0]), mostAsked) {
			return nil, ErrTooFew
		}
		got, err := p(fit, ask)
		if err != nil {
			return nil, err
		}
		for i, j := range at {
			read[j] = got[i]
		}
	}
	return read, nil
}

// scaler brings every column to mean 0 and deviation 1 over the rows fitted on.
type scaler struct{ mean, dev []float64 }

func newScaler(x [][]float64) scaler {
	columns := len(x[0])
	s := scaler{make([]float64, columns), make([]float64, columns)}
	column := make([]float64, len(x))
	for c := range columns {
		for i, row := range x {
			column[i] = row[c]
		}
		s.mean[c], s.dev[c] = stat.PopMeanStdDev(column, nil)
		if s.dev[c] < 1e-9 {
			s.dev[c] = 1 // a constant column says nothing
		}
	}
	return s
}

// apply returns the scaled rows, with a column of ones at the end.
func (s scaler) apply(x [][]float64) *mat.Dense {
	columns := len(s.mean)
	m := mat.NewDense(len(x), columns+1, nil)
	for i, row := range x {
		to := m.RawRowView(i)
		for c, v := range row {
			to[c] = (v - s.mean[c]) / s.dev[c]
		}
		to[columns] = 1
	}
	return m
}

// The penalties of weights, in units of one row's squared error. A network of so many
// weights needs more of it: on some 2,000 codes of Kung-Fu Master it read a knife's column
// best with 10, of 1 to 100.
const (
	penalty    = 1.0
	penaltyMLP = 10.0
)

// Ridge is linear regression with an L2 penalty of 1 on scaled columns: Hoerl and
// Kennard, "Ridge Regression", Technometrics 1970, equation 2.1. The intercept is free.
func Ridge(fit Rows, ask [][]float64) ([]float64, error) {
	s := newScaler(fit.X)
	x := s.apply(fit.X)
	n, columns := x.Dims()
	var gram mat.SymDense
	gram.SymOuterK(1, x.T())
	for c := range columns - 1 {
		gram.SetSym(c, c, gram.At(c, c)+penalty)
	}
	var right, w mat.VecDense
	right.MulVec(x.T(), mat.NewVecDense(n, fit.Y))
	var chol mat.Cholesky
	if !chol.Factorize(&gram) {
		return nil, errors.New("judge: the codes cannot be fitted: are they finite?")
	}
	if err := chol.SolveVecTo(&w, &right); err != nil {
		return nil, err
	}
	return times(s.apply(ask), &w), nil
}

func times(x *mat.Dense, w mat.Vector) []float64 {
	var out mat.VecDense
	out.MulVec(x, w)
	return out.RawVector().Data
}

// Logistic is logistic regression of targets 0 and 1 with an L2 penalty of 1 on scaled
// columns, in which both classes weigh the same. It answers with logits.
func Logistic(fit Rows, ask [][]float64) ([]float64, error) {
	s := newScaler(fit.X)
	x := s.apply(fit.X)
	n, columns := x.Dims()
	ones := 0.0
	for _, y := range fit.Y {
		ones += y
	}
	if ones == 0 || int(ones) == n {
		return nil, ErrTooFew
	}
	weight := [2]float64{float64(n) / 2 / (float64(n) - ones), float64(n) / 2 / ones}
	slope := mat.NewVecDense(n, nil)
	loss := func(grad, w []float64) float64 {
		sum := 0.0
		for i, z := range times(x, mat.NewVecDense(columns, w)) {
			y := fit.Y[i]
			sum += weight[int(y)] * (math.Max(z, 0) - z*y + math.Log1p(math.Exp(-math.Abs(z))))
			slope.SetVec(i, weight[int(y)]*(1/(1+math.Exp(-z))-y))
		}
		mat.NewVecDense(columns, grad).MulVec(x.T(), slope)
		for c, v := range w[:columns-1] {
			sum += penalty / 2 * v * v
			grad[c] += penalty * v
		}
		return sum
	}
	w := minimise(loss, make([]float64, columns))
	return times(s.apply(ask), mat.NewVecDense(columns, w)), nil
}

// iterations bounds the search for a probe's weights.
const iterations = 200

// minimise searches by L-BFGS: Liu and Nocedal, "On the limited memory BFGS method for
// large scale optimization", Mathematical Programming 1989.
func minimise(loss func(grad, w []float64) float64, start []float64) []float64 {
	// The search asks for the gradient where it has just asked for the loss.
	grad, at := make([]float64, len(start)), make([]float64, len(start))
	at[0] = math.NaN()
	p := optimize.Problem{
		Func: func(w []float64) float64 {
			copy(at, w)
			return loss(grad, w)
		},
		Grad: func(g, w []float64) {
			if !slices.Equal(at, w) {
				copy(at, w)
				loss(grad, w)
			}
			copy(g, grad)
		},
	}
	// A search that stalls has found what it can: the best weights come with the error.
	found, _ := optimize.Minimize(p, start, &optimize.Settings{MajorIterations: iterations, GradientThreshold: 1e-5}, &optimize.LBFGS{})
	if found == nil {
		return start
	}
	return found.X
}

// hidden is the width of the MLP probe.
const hidden = 32

// MLP is regression by a network of one hidden layer of 32 tanh units on scaled columns
// and targets, with an L2 penalty.
func MLP(fit Rows, ask [][]float64) ([]float64, error) {
	s := newScaler(fit.X)
	x := s.apply(fit.X)
	n, columns := x.Dims()
	mean, dev := stat.PopMeanStdDev(fit.Y, nil)
	if dev == 0 {
		dev = 1
	}
	y := make([]float64, n)
	for i, v := range fit.Y {
		y[i] = (v - mean) / dev
	}
	net := mlp{columns: columns}
	r := rand.New(rand.NewPCG(1, 1))
	w := make([]float64, columns*hidden+hidden+1)
	for i := range w {
		w[i] = r.NormFloat64() / math.Sqrt(float64(columns))
	}
	w = minimise(func(grad, w []float64) float64 { return net.loss(grad, w, x, y) }, w)
	h := net.hidden(w, s.apply(ask))
	out := make([]float64, len(ask))
	for i := range out {
		out[i] = mean + dev*net.answer(w, h.RawRowView(i))
	}
	return out, nil
}

// mlp reads its weights from one list: [columns,hidden], [hidden], 1.
type mlp struct{ columns int }

func (m mlp) hidden(w []float64, x *mat.Dense) *mat.Dense {
	var h mat.Dense
	h.Mul(x, mat.NewDense(m.columns, hidden, w[:m.columns*hidden]))
	h.Apply(func(_, _ int, v float64) float64 { return math.Tanh(v) }, &h)
	return &h
}

func (m mlp) answer(w, h []float64) float64 {
	out := w[len(w)-1]
	for c, v := range w[m.columns*hidden : len(w)-1] {
		out += v * h[c]
	}
	return out
}

// loss is half the sum of squares with the penalty; its gradient goes to grad.
func (m mlp) loss(grad, w []float64, x *mat.Dense, y []float64) float64 {
	clear(grad)
	h := m.hidden(w, x)
	outer, outerGrad := w[m.columns*hidden:len(w)-1], grad[m.columns*hidden:len(w)-1]
	sum := 0.0
	for i, want := range y {
		row := h.RawRowView(i)
		d := m.answer(w, row) - want
		sum += d * d / 2
		grad[len(w)-1] += d
		for c, v := range row {
			outerGrad[c] += d * v
			row[c] = d * outer[c] * (1 - v*v)
		}
	}
	inner := mat.NewDense(m.columns, hidden, grad[:m.columns*hidden])
	inner.Mul(x.T(), h)
	for i, v := range w[:len(w)-1] {
		sum += penaltyMLP / 2 * v * v
		grad[i] += penaltyMLP * v
	}
	return sum
}
