package kernel

// chunkLen is the number of elements that one part of an elementwise operation
// handles. Reductions add one partial sum a chunk.
const chunkLen = 1 << 14

// chunks returns the number of parts of n elements.
func chunks(n int) int { return ceilDiv(n, chunkLen) }

// chunk returns the range of part i of n elements.
func chunk(i, n int) (lo, hi int) { return i * chunkLen, min((i+1)*chunkLen, n) }

// addJob holds the operands of Add.
type addJob struct{ dst, a, b []float32 }

// Add writes dst = a + b for len(dst) elements. dst may be a or b.
func Add(dst, a, b []float32) {
	need("add", min(len(a), len(b)), len(dst))
	crew := hire()
	defer crew.leave()
	crew.sum = addJob{dst, a, b}
	crew.run(&crew.sum, chunks(len(dst)))
	crew.sum = addJob{}
}

// AddTo adds a to dst for len(dst) elements.
func AddTo(dst, a []float32) { Add(dst, dst, a) }

func (j *addJob) do(_ *scratch, i int) {
	lo, hi := chunk(i, len(j.dst))
	cpu.add(j.dst[lo:hi], j.a[lo:hi], j.b[lo:hi])
}

// centerJob holds the operands of Center; a part is one sample.
type centerJob struct {
	dst   []float32
	src   []byte
	mean  []float32
	scale float32
}

// Center turns bytes into centred numbers: dst[b*P+i] = (src[b*P+i]-mean[i])*scale
// for samples of P = len(mean) elements. src must hold a whole number of samples.
func Center(dst []float32, src []byte, mean []float32, scale float32) {
	need("center", len(dst), len(src))
	if len(src) == 0 {
		return
	}
	if len(mean) == 0 || len(src)%len(mean) != 0 {
		panic("kernel: center: src is not a whole number of samples of len(mean)")
	}
	crew := hire()
	defer crew.leave()
	crew.center = centerJob{dst, src, mean, scale}
	crew.run(&crew.center, len(src)/len(mean))
	crew.center = centerJob{}
}

func (j *centerJob) do(_ *scratch, b int) {
	p := len(j.mean)
	cpu.center(j.dst[b*p:][:p], j.src[b*p:][:p], j.mean, j.scale)
}

// scaleJob holds the operands of Scale.
type scaleJob struct {
	dst, x []float32
	factor float32
}

// Scale writes dst = factor * x for len(dst) elements. dst may be x.
func Scale(dst, x []float32, factor float32) {
	need("scale", len(x), len(dst))
	crew := hire()
	defer crew.leave()
	crew.scale = scaleJob{dst, x, factor}
	crew.run(&crew.scale, chunks(len(dst)))
	crew.scale = scaleJob{}
}

func (j *scaleJob) do(_ *scratch, i int) {
	lo, hi := chunk(i, len(j.dst))
	cpu.scale(j.dst[lo:hi], j.x[lo:hi], j.factor)
}
