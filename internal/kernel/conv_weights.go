package kernel

// weightGroups is the largest number of parts that a batch is cut into for the
// gradient of weights. It is fixed, so that the sum's order is.
const weightGroups = 8

// weightBlock is the number of elements that the images of a block may take: half
// a second-level cache of 512 KB.
const weightBlock = 1 << 16

// weightsJob computes the gradient of the weights over one group of images a part,
// into that group's own sum.
type weightsJob struct {
	layout
	dw, x, dz []float32
	groups    int
	sums      []float32 // [groups,F,K]
	off       []int     // [K, rounded up to dn] where the patch row of a weight begins
	rows      []int     // [F, rounded up to dm] where the row of a filter begins in dz
	n         int       // length of a row, a multiple of dk
	block     int       // images that are laid out, and summed in registers, together
}

var weights weightsJob

// BackWeights computes the gradient by the weights: dw [F,C,KH,KW] from x
// [B,C,H,W] and dz [B,F,OutH,OutW], the gradient before the activation.
func (c Conv) BackWeights(dw, x, dz []float32) {
	l := c.check("convolution's weight gradient", len(dz), len(x), len(dw))
	shared.mu.Lock()
	defer shared.mu.Unlock()
	j := &weights
	j.layout, j.dw, j.x, j.dz = l, dw, x, dz
	j.groups = min(c.B, weightGroups)
	j.n = roundUp((l.oh-1)*l.qw+l.ow, cpu.dk)
	j.block = max(1, weightBlock/l.phaseLen())
	l.phaseOffsets(grow(&j.off, roundUp(l.k, cpu.dn))[:l.k])
	repeatLast(j.off, l.k)
	for f := range grow(&j.rows, roundUp(c.F, cpu.dm)) {
		j.rows[f] = min(f, c.F-1) * j.n
	}
	grow(&j.sums, j.groups*c.F*l.k)
	shared.run(j, j.groups)
	reduce.into, reduce.parts = dw[:c.F*l.k], j.sums
	shared.run(&reduce, chunks(c.F*l.k))
	reduce = reduceJob{}
	j.dw, j.x, j.dz = nil, nil, nil
}

// repeatLast fills off from n on with the entry before, so that a partial tile
// reads rows that exist.
func repeatLast(off []int, n int) {
	for i := n; i < len(off); i++ {
		off[i] = off[n-1]
	}
}

func (j *weightsJob) do(s *scratch, g int) {
	sum := j.sums[g*j.F*j.k:][:j.F*j.k]
	clear(sum)
	size, rows := j.phaseLen(), j.F*j.n
	images := grow(&s.image, j.block*size)
	others := grow(&s.other, j.block*rows)
	last := (g + 1) * j.B / j.groups
	for b := g * j.B / j.groups; b < last; b += j.block {
		reps := min(j.block, last-b)
		for i := range reps {
			j.split(images[i*size:], j.x[(b+i)*j.C*j.H*j.W:])
			j.spaced(others[i*rows:], j.dz[(b+i)*j.F*j.oh*j.ow:])
		}
		for k := 0; k < j.k; k += cpu.dn {
			for f := 0; f < j.F; f += cpu.dm {
				j.tile(s, sum, f, k, reps)
			}
		}
	}
}

// spaced writes dz [F,OutH,OutW] to dst [F,n] in rows of qw, as wide as a phase,
// with zeros between.
func (j *weightsJob) spaced(dst, dz []float32) {
	for f := range j.F {
		plane := dst[f*j.n:][:j.n]
		for i := range j.oh {
			copy(plane[i*j.qw:], dz[(f*j.oh+i)*j.ow:][:j.ow])
			clear(plane[i*j.qw+j.ow : min((i+1)*j.qw, j.n)])
		}
		clear(plane[min(j.oh*j.qw, j.n):])
	}
}

// tile adds a tile's products at filter f and weight k to the sum [F,K].
func (j *weightsJob) tile(s *scratch, sum []float32, f, k, reps int) {
	stepA, stepB := j.F*j.n, j.phaseLen()
	if f+cpu.dm <= j.F && k+cpu.dn <= j.k {
		cpu.dot(j.n, reps, s.other, j.rows[f:], stepA, s.image, j.off[k:], stepB, sum[f*j.k+k:], j.k)
		return
	}
	tile := s.tile[:cpu.dm*cpu.dn]
	clear(tile)
	cpu.dot(j.n, reps, s.other, j.rows[f:], stepA, s.image, j.off[k:], stepB, tile, cpu.dn)
	addTile(sum[f*j.k+k:], j.k, tile, min(cpu.dm, j.F-f), min(cpu.dn, j.k-k))
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
