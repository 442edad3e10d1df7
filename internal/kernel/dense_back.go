package kernel

// productJob computes c [m,n] = a b of b [k,n] and a [m,k], or a [k,m] where it is
// turned. A part is a block of rows, columns and summands.
type productJob struct {
	c, a, b []float32
	turned  bool
	m, n, k int
	// rows, cols and depth are the sizes of a block, multiples of mr and nr but for the
	// last.
	rows, cols, depth int
	off               []int     // [k] where a row of b begins
	edge              []int     // [k] the same in a copy of the last columns
	sums              []float32 // [blocks of depth,m,n], where there is more than one
}

// BackInput computes the gradient by the input: dx [B,In] from w [Out,In] and dz
// [B,Out], the gradient before the activation.
func (d Dense) BackInput(dx, w, dz []float32) {
	d.check("dense input gradient", len(dx), len(dz), len(w))
	crew := hire()
	defer crew.leave()
	crew.product.a, crew.product.turned = dz, false
	crew.product.run(crew, dx, w, d.B, d.In, d.Out)
}

// BackWeights computes the gradient by the weights: dw [Out,In] from x [B,In] and
// dz [B,Out], the gradient before the activation.
func (d Dense) BackWeights(dw, x, dz []float32) {
	d.check("dense weight gradient", len(x), len(dz), len(dw))
	crew := hire()
	defer crew.leave()
	crew.product.a, crew.product.turned = dz, true
	crew.product.run(crew, dw, x, d.Out, d.In, d.B)
}

// The sizes of products that decide how they are cut.
const (
	productParts = 16      // parts of a product
	productWhole = 1 << 17 // multiplications that are not worth a second part
	productDeep  = 16      // summands for each row and column from which on they are cut
)

// run multiplies a with b [k,n] into c [m,n]. How it is cut depends on the sizes alone.
func (j *productJob) run(crew *crew, c, b []float32, m, n, k int) {
	j.c, j.b, j.m, j.n, j.k = c, b, m, n, k
	j.rows, j.cols, j.depth = max(m, 1), n, max(k, 1)
	blocks := ceilDiv(n, cpu.nr)
	switch {
	case m*n*k <= productWhole:
	case blocks >= productParts:
		j.cols = ceilDiv(blocks, productParts) * cpu.nr
	case k >= productDeep*max(m, n):
		j.depth = ceilDiv(k, productParts)
	default:
		j.rows = roundUp(ceilDiv(m, productParts), cpu.mr)
	}
	grow(&j.off, k)
	grow(&j.edge, k)
	for i := range k {
		j.off[i], j.edge[i] = i*n, i*cpu.nr
	}
	deep := max(1, ceilDiv(k, j.depth))
	if deep > 1 {
		grow(&j.sums, deep*m*n)
	}
	crew.run(j, ceilDiv(m, j.rows)*ceilDiv(n, j.cols)*deep)
	if deep > 1 {
		clear(c[:m*n])
		crew.reduce.into, crew.reduce.parts = c[:m*n], j.sums
		crew.run(&crew.reduce, chunks(m*n))
		crew.reduce = reduceJob{}
	}
	j.c, j.a, j.b = nil, nil, nil
}

func (j *productJob) do(s *scratch, part int) {
	across := ceilDiv(j.n, j.cols)
	deep := max(1, ceilDiv(j.k, j.depth))
	row, col, k := part/deep/across*j.rows, part/deep%across*j.cols, part%deep*j.depth
	rows, depth := min(j.rows, j.m-row), min(j.depth, j.k-k)
	c := j.c
	if deep > 1 {
		c = j.sums[part%deep*j.m*j.n:][:j.m*j.n]
	}
	panels := grow(&s.other, roundUp(rows, cpu.mr)*depth)
	if j.turned {
		packColumns(panels, j.a[k*j.m+row:], rows, depth, j.m, cpu.mr)
	} else {
		packRows(panels, j.a[row*j.k+k:], rows, depth, j.k, cpu.mr)
	}
	for at := col; at < min(col+j.cols, j.n); at += cpu.nr {
		j.block(s, c[row*j.n+at:], panels, rows, at, k, depth)
	}
}

// block computes rows of c in nr columns from at on, of so many summands from k on.
func (j *productJob) block(s *scratch, c, panels []float32, rows, at, k, depth int) {
	cols := min(cpu.nr, j.n-at)
	b, off := j.b[min(k*j.n+at, len(j.b)):], j.off
	if cols%cpu.lanes > 0 {
		b, off = copyEdge(s, b, j.n, cols, depth), j.edge
	}
	multiply(s, c, j.n, panels, b, off[:depth], rows, cols)
}

// multiply computes rows of c, ldc apart, in cols columns, at most nr, and writes no
// others.
func multiply(s *scratch, c []float32, ldc int, panels, b []float32, off []int, rows, cols int) {
	i := 0
	if whole := rows / cpu.mr; whole > 0 && cols%cpu.lanes == 0 {
		gemm(panels, b, off, c, ldc, whole, cols)
		i = whole * cpu.mr
	}
	for ; i < rows; i += cpu.mr {
		gemm(panels[i*len(off):], b, off, s.tile[:], cpu.nr, 1, cols)
		for r := range min(cpu.mr, rows-i) {
			copy(c[(i+r)*ldc:][:cols], s.tile[r*cpu.nr:])
		}
	}
}

// copyEdge returns the first cols elements of so many rows of b, n apart, in rows of nr.
func copyEdge(s *scratch, b []float32, n, cols, rows int) []float32 {
	edge := grow(&s.image, rows*cpu.nr)
	clear(edge)
	for k := range rows {
		copy(edge[k*cpu.nr:], b[k*n:][:cols])
	}
	return edge
}
