package kernel

// weightGroups is the largest number of parts that a batch is cut into for the
// gradient of weights. It is fixed, so that the sum's order is.
const weightGroups = 16

// weightBlock is the number of elements that the images of a block may take: three
// quarters of a second-level cache of 512 KB.
const weightBlock = 3 << 15

// weightsJob computes the gradient of the weights over one group of images a part,
// into that group's own sum.
type weightsJob struct {
	layout
	x      images
	dz     []float32
	groups int
	sums   []float32 // [groups,F,K]
	off    []int     // [K, rounded up to dn] where the patch row of a weight begins
	rows   []int     // [F, rounded up to dm] where the row of a filter begins in dz
	n      int       // length of a row, a multiple of dk
	block  int       // images that are laid out, and summed in registers, together
}

var weights weightsJob

// BackWeights computes the gradient by the weights: dw [F,C,KH,KW] from x
// [B,C,H,W] and dz [B,F,OutH,OutW], the gradient before the activation.
func (c Conv) BackWeights(dw, x, dz []float32) {
	l := c.check("convolution's weight gradient", len(dz), len(x), len(dw))
	shared.mu.Lock()
	defer shared.mu.Unlock()
	weights.x = images{x: x}
	weights.run(l, dw, dz)
}

// BackWeightsBytes is BackWeights of x = (obs - mean) * scale, as ForwardBytes takes
// it.
func (c Conv) BackWeightsBytes(dw []float32, obs []byte, mean []float32, scale float32, dz []float32) {
	l := c.check("weight gradient of bytes", len(dz), len(obs), len(dw))
	shared.mu.Lock()
	defer shared.mu.Unlock()
	weights.x = centered.images(l, obs, mean, scale)
	weights.run(l, dw, dz)
}

func (j *weightsJob) run(l layout, dw, dz []float32) {
	j.prepare(l)
	j.dz = dz
	shared.run(j, j.groups)
	j.total(dw)
	j.x, j.dz = images{}, nil
}

// prepare cuts the batch into groups and lays out the offsets of rows.
func (j *weightsJob) prepare(l layout) {
	j.layout = l
	j.block = max(1, weightBlock/l.phaseLen())
	j.groups = max(1, min(l.B/j.block, weightGroups))
	j.n = roundUp((l.oh-1)*l.qw+l.ow, cpu.dk)
	l.phaseOffsets(grow(&j.off, roundUp(l.k, cpu.dn))[:l.k])
	repeatLast(j.off, l.k)
	for f := range grow(&j.rows, roundUp(l.F, cpu.dm)) {
		j.rows[f] = min(f, l.F-1) * j.n
	}
	grow(&j.sums, j.groups*l.F*l.k)
}

// group returns the images first to last-1 of a group and its sum [F,K], cleared.
func (j *weightsJob) group(g int) (first, last int, sum []float32) {
	sum = j.sums[g*j.F*j.k:][:j.F*j.k]
	clear(sum)
	return g * j.B / j.groups, (g + 1) * j.B / j.groups, sum
}

// total writes the sum of all groups to dw.
func (j *weightsJob) total(dw []float32) {
	reduce.into, reduce.parts = dw[:j.F*j.k], j.sums
	shared.run(&reduce, chunks(j.F*j.k))
	reduce = reduceJob{}
}

// repeatLast fills off from n on with the entry before, so that a partial tile
// reads rows that exist.
func repeatLast(off []int, n int) {
	for i := n; i < len(off); i++ {
		off[i] = off[n-1]
	}
}

func (j *weightsJob) do(s *scratch, g int) {
	first, last, sum := j.group(g)
	size, rows := j.phaseLen(), j.F*j.n
	phases := grow(&s.image, j.block*size)
	others := grow(&s.other, j.block*rows)
	for b := first; b < last; b += j.block {
		reps := min(j.block, last-b)
		for i := range reps {
			j.split(phases[i*size:], &j.x, b+i)
			j.spaced(others[i*rows:], j.dz[(b+i)*j.F*j.oh*j.ow:])
		}
		j.accumulate(s, sum, reps)
	}
}

// spaced writes dz [F,OutH,OutW] to dst [F,n] in rows of qw, as wide as a phase,
// with zeros between.
func (j *weightsJob) spaced(dst, dz []float32) {
	for f := range j.F {
		plane := dst[f*j.n:][:j.n]
		for i := range j.oh {
			copy(plane[i*j.qw:], dz[(f*j.oh+i)*j.ow:][:j.ow])
			for at := i*j.qw + j.ow; at < min((i+1)*j.qw, j.n); at++ {
				plane[at] = 0
			}
		}
		clear(plane[min(j.oh*j.qw, j.n):])
	}
}

// accumulate adds the products of the images that are laid out to the sum [F,K].
func (j *weightsJob) accumulate(s *scratch, sum []float32, reps int) {
	whole := j.F / cpu.dm * cpu.dm
	for k := 0; k < j.k; k += cpu.dn {
		f := 0
		if k+cpu.dn <= j.k && whole > 0 {
			f = whole
			j.dot(s, sum[k:], j.k, 0, k, reps, whole/cpu.dm)
		}
		for ; f < j.F; f += cpu.dm {
			tile := s.tile[:cpu.dm*cpu.dn]
			clear(tile)
			j.dot(s, tile, cpu.dn, f, k, reps, 1)
			addTile(sum[f*j.k+k:], j.k, tile, min(cpu.dm, j.F-f), min(cpu.dn, j.k-k))
		}
	}
}

// dot adds the products of tiles of filters from f on with the weights from k on to c.
func (j *weightsJob) dot(s *scratch, c []float32, ldc, f, k, reps, tiles int) {
	cpu.dot(j.n, reps, tiles, s.other, j.rows[f:], j.F*j.n, s.image, j.off[k:], j.phaseLen(), c, ldc)
}

// addTile adds the first rows and columns of a dot's tile to c, whose rows lie ldc
// apart.
func addTile(c []float32, ldc int, tile []float32, rows, cols int) {
	for i := range rows {
		for t, v := range tile[i*cpu.dn:][:cols] {
			c[i*ldc+t] += v
		}
	}
}

// reduceJob adds parts [n, len(into)] up, in the order of n.
type reduceJob struct{ into, parts []float32 }

var reduce reduceJob

func (j *reduceJob) do(_ *scratch, i int) {
	size := len(j.into)
	lo, hi := chunk(i, size)
	into := j.into[lo:hi]
	clear(into)
	for at := 0; at < len(j.parts); at += size {
		cpu.add(into, into, j.parts[at+lo:at+hi])
	}
}
