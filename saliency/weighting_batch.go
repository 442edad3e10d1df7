package saliency

import (
	"image"
	"sync"

	"glint/internal/kernel"
)

// parted is a weighting of this package. It weighs the samples of a batch apart, on
// the goroutines of the kernels.
type parted interface {
	Weighting
	// begin refuses settings and inputs that make no weights, before all samples.
	begin(in *Inputs) error
	// weigh writes the weights of the true pixels of sample b to dst [T,H,W]. total is
	// what look found in all samples.
	weigh(dst []float32, in *Inputs, b int, total float64, m *memory)
}

// looking is a weighting that looks at all samples before it weighs the first.
type looking interface {
	parted
	// look returns what sample b adds to the total.
	look(in *Inputs, b int, m *memory) float64
	// settle follows the last look.
	settle(in *Inputs)
}

// memory is what the work on one sample needs for itself. It says nothing that a result
// depends on.
type memory struct {
	factor, errs []float32 // [T,H,W]
	bits, other  bitPlane
	powers       powers
	edge         float32 // the last one of Worst
}

// batch is a batch at work, a [kernel.Job] of its samples.
type batch struct {
	Inputs
	dst    []float32
	parts  []parted
	totals []float64 // of each part
	stage  func(t *batch, b int, m *memory) float64
	look   looking
	sums   []float64 // what the stage returned, of each sample
}

// spare keeps what is at hand for the next that needs it. Unlike a sync.Pool it forgets
// nothing: a training allocates nothing for its weights.
type spare[E any] struct {
	mu   sync.Mutex
	kept []*E
}

var (
	batches  spare[batch]
	memories spare[memory]
)

func (s *spare[E]) get() *E {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.kept) - 1
	if last < 0 {
		return new(E)
	}
	e := s.kept[last]
	s.kept = s.kept[:last]
	return e
}

func (s *spare[E]) put(e *E) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = append(s.kept, e)
}

func newBatch(dst []float32, in Inputs) *batch {
	t := batches.get()
	t.Inputs, t.dst = in, dst
	return t
}

func (t *batch) free() {
	*t = batch{totals: t.totals[:0], sums: t.sums}
	batches.put(t)
}

// run runs a stage for all samples and adds what it returns in their order.
func (t *batch) run(stage func(t *batch, b int, m *memory) float64) (total float64) {
	t.stage = stage
	sums := sized(&t.sums, t.B)
	kernel.Parallel(t, t.B)
	for _, s := range sums {
		total += s
	}
	return total
}

// Do runs the stage at hand for sample b.
func (t *batch) Do(b int) {
	m := memories.get()
	t.sums[b] = t.stage(t, b, m)
	memories.put(m)
}

// The stages.
func lookAt(t *batch, b int, m *memory) float64 { return t.look.look(&t.Inputs, b, m) }

func sumUp(t *batch, b int, _ *memory) float64 { return kernel.Sum(t.sample(t.dst, b)) }

func weighAndSum(t *batch, b int, m *memory) float64 {
	weighOnly(t, b, m)
	return sumUp(t, b, m)
}

func weighOnly(t *batch, b int, m *memory) float64 {
	dst := t.sample(t.dst, b)
	for i, w := range t.parts {
		if i == 0 {
			w.weigh(dst, &t.Inputs, b, t.totals[i], m)
			continue
		}
		factor := sized(&m.factor, len(dst))
		w.weigh(factor, &t.Inputs, b, t.totals[i], m)
		kernel.Multiply(dst, dst, factor)
	}
	t.clearPadding(dst)
	return 0
}

// weigh writes the products of the weights of parts and runs stage for each sample.
func weigh(dst []float32, in Inputs, stage func(t *batch, b int, m *memory) float64, parts ...parted) (total float64, err error) {
	t := newBatch(dst, in)
	defer t.free()
	t.parts = parts
	for _, w := range parts {
		needs := NeedsOf(w)
		if _, other := w.(*whole); other {
			needs = Needs{} // it sees to that itself
		}
		if err := in.check(w.Name(), dst, needs); err != nil {
			return 0, err
		}
		if err := w.begin(&t.Inputs); err != nil {
			return 0, err
		}
	}
	for _, w := range parts {
		of := 0.0
		if l, ok := w.(looking); ok {
			t.look = l
			of = t.run(lookAt)
			l.settle(&t.Inputs)
		}
		t.totals = append(t.totals, of)
	}
	return t.run(stage), nil
}

// weights are those of one weighting.
func weights(w parted, dst []float32, in Inputs) error {
	_, err := weigh(dst, in, weighOnly, w)
	return err
}

// sum returns the sum of weights. One that is no finite number makes it none.
func (in Inputs) sum(weights []float32) float64 {
	t := newBatch(weights, in)
	defer t.free()
	return t.run(sumUp)
}

// sized returns *buf with length n, reallocated when its capacity is too small.
func sized[E any](buf *[]E, n int) []E {
	if cap(*buf) < n {
		*buf = make([]E, n)
	}
	*buf = (*buf)[:n]
	return *buf
}

// sample returns sample b of x [B,T,H,W].
func (in *Inputs) sample(x []float32, b int) []float32 {
	one := in.T * in.H * in.W
	return x[b*one : (b+1)*one]
}

// spans yields the true pixels of a sample [T,H,W]: ranges within one frame, as long as
// they can be.
func (in *Inputs) spans(yield func(from, to int) bool) {
	c := in.content()
	across := c.Min.X == 0 && c.Max.X == in.W
	for top := 0; top < in.T*in.H*in.W; top += in.H * in.W {
		if across {
			if !yield(top+c.Min.Y*in.W, top+c.Max.Y*in.W) {
				return
			}
			continue
		}
		for y := c.Min.Y; y < c.Max.Y; y++ {
			if !yield(top+y*in.W+c.Min.X, top+y*in.W+c.Max.X) {
				return
			}
		}
	}
}

// paint gives all true pixels of a sample a weight.
func (in *Inputs) paint(dst []float32, weight float32) {
	for from, to := range in.spans {
		fill(dst[from:to], weight)
	}
}

// paintRect gives a rectangle of one frame of a sample a weight.
func (in *Inputs) paintRect(dst []float32, frame int, r image.Rectangle, weight float32) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		line := (frame*in.H + y) * in.W
		fill(dst[line+r.Min.X:line+r.Max.X], weight)
	}
}

// fill sets all of dst, of a long one by copying a stretch that stays in the first cache.
func fill(dst []float32, v float32) {
	const stretch = 1024
	n := min(len(dst), 32)
	for i := range dst[:n] {
		dst[i] = v
	}
	for ; n < len(dst); n += min(n, stretch) {
		copy(dst[n:], dst[:min(n, stretch)])
	}
}

// clearPadding gives the padding of a sample the weight 0.
func (in *Inputs) clearPadding(dst []float32) {
	end := 0
	for from, to := range in.spans {
		clear(dst[end:from])
		end = to
	}
	clear(dst[end:])
}
