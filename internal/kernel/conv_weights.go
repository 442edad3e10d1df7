package kernel

import "math"

// weightGroups is the largest number of parts that a batch is cut into for the
// gradient of weights. It is fixed, so that the sum's order is.
const weightGroups = 16

// weightPixels is the largest number of pixels that are summed in one go, so that sums
// stay exact and operands in the first cache.
const weightPixels = 320

// weightsJob computes the gradient of the weights over one group of images a part,
// into that group's own sum. An image is laid out with its planes interleaved,
// [rows,columns,C], and padded: the pixels that a row of a filter meets lie side by
// side, and are a row of the second matrix of the product.
type weightsJob struct {
	layout
	x      images
	dz     []float32
	wide   int       // elements of a row of an interleaved image
	tall   int       // its rows
	ldc    int       // elements of a filter's row in a sum, rounded up to whole vectors
	size   int       // elements of a sum
	groups int       // parts of the batch
	sums   []float32 // [groups, F rounded up to mr, KH, ldc]
	off    []int     // [OutH*OutW] where the pixels of an output begin
}

// BackWeights computes the gradient by the weights: dw [F,C,KH,KW] from x
// [B,C,H,W] and dz [B,F,OutH,OutW], the gradient before the activation.
func (c Conv) BackWeights(dw, x, dz []float32) {
	l := c.check("convolution's weight gradient", len(dz), len(x), len(dw))
	crew := hire()
	defer crew.leave()
	crew.weights.x = images{x: x}
	crew.weights.run(crew, l, dw, dz)
}

// BackWeightsBytes is BackWeights of x = (obs - mean) * scale, as ForwardBytes takes
// it.
func (c Conv) BackWeightsBytes(dw []float32, obs []byte, mean []float32, scale float32, dz []float32) {
	l := c.check("weight gradient of bytes", len(dz), len(obs), len(dw))
	need("mean image", len(mean), c.C*c.H*c.W)
	crew := hire()
	defer crew.leave()
	crew.weights.x = images{bytes: obs, mean: mean, scale: scale}
	crew.weights.run(crew, l, dw, dz)
}

func (j *weightsJob) run(crew *crew, l layout, dw, dz []float32) {
	j.prepare(l)
	j.dz = dz
	crew.run(j, j.groups)
	j.total(crew, dw)
	j.x, j.dz = images{}, nil
}

// prepare cuts the batch into groups and finds where pixels begin.
func (j *weightsJob) prepare(l layout) {
	j.layout = l
	j.groups = max(1, min(l.B, weightGroups))
	j.wide = ((l.ow-1)*l.Stride + l.KW) * l.C
	j.tall = (l.oh-1)*l.Stride + l.KH
	j.ldc = roundUp(l.KW*l.C, cpu.lanes)
	j.size = roundUp(l.F, cpu.mr) * l.KH * j.ldc
	grow(&j.sums, j.groups*j.size)
	off := grow(&j.off, l.oh*l.ow)
	for i := range off {
		off[i] = i/l.ow*l.Stride*j.wide + i%l.ow*l.Stride*l.C
	}
}

// group returns the images first to last-1 of a group and its sum, cleared.
func (j *weightsJob) group(g int) (first, last int, sum []float32) {
	sum = j.sums[g*j.size:][:j.size]
	clear(sum)
	return g * j.B / j.groups, (g + 1) * j.B / j.groups, sum
}

func (j *weightsJob) do(s *scratch, g int) {
	first, last, sum := j.group(g)
	image, small := j.C*j.H*j.W, j.F*j.oh*j.ow
	for b := first; b < last; b++ {
		if j.x.bytes == nil {
			j.add(s, sum, j.x.x[b*image:][:image], j.dz[b*small:])
			continue
		}
		x := grow(&s.grad, image)
		j.x.center(x, b, 0, image)
		j.add(s, sum, x, j.dz[b*small:])
	}
}

// add adds the products of an image x [C,H,W] and dz [F,OutH,OutW] to a sum.
func (j *weightsJob) add(s *scratch, sum, x, dz []float32) {
	image := grow(&s.image, j.tall*j.wide+cpu.nr)
	j.interleave(image, x)
	all := j.oh * j.ow
	cuts := ceilDiv(all, weightPixels)
	for cut := range cuts {
		from, to := cut*all/cuts, (cut+1)*all/cuts
		panels := grow(&s.other, roundUp(j.F, cpu.mr)*(to-from))
		packRows(panels, dz[from:], j.F, to-from, all, cpu.mr)
		part := grow(&s.out, j.size)
		j.multiply(part, panels, image, j.off[from:to])
		cpu.add(sum, sum, part)
	}
}

// multiply computes the products of some pixels, row by row of the filters. The columns
// of a row are cut into even stretches.
func (j *weightsJob) multiply(c, panels, image []float32, off []int) {
	vectors := j.ldc / cpu.lanes
	cuts := ceilDiv(j.ldc, cpu.nr)
	for kh := range j.KH {
		for cut := range cuts {
			from, to := cut*vectors/cuts*cpu.lanes, (cut+1)*vectors/cuts*cpu.lanes
			gemm(panels, image[kh*j.wide+from:], off, c[kh*j.ldc+from:], j.KH*j.ldc, ceilDiv(j.F, cpu.mr), to-from)
		}
	}
}

// interleave writes the planes of x [C,H,W] to dst [tall,wide/C,C], with zeros for
// padding.
func (j *weightsJob) interleave(dst, x []float32) {
	cols, rows := min(j.W, j.wide/j.C-j.Pad), min(j.H, j.tall-j.Pad)
	left, right := j.Pad*j.C, (j.Pad+max(cols, 0))*j.C
	clear(dst[:min(j.Pad, j.tall)*j.wide])
	clear(dst[(j.Pad+max(rows, 0))*j.wide:])
	if rows <= 0 || cols <= 0 { // padding alone
		clear(dst)
		return
	}
	for i := range rows {
		row := dst[(j.Pad+i)*j.wide:][:j.wide]
		clear(row[:left])
		clear(row[right:])
	}
	if weave := cpu.weave[4]; j.C == 4 && weave != nil && cols >= cpu.fewest {
		plane := j.H * j.W
		weave(dst[j.Pad*j.wide+left:], j.wide, x, [4]int{0, plane, 2 * plane, 3 * plane}, j.W, cols, rows, 0, float32(math.Inf(-1)))
		return
	}
	for i := range rows {
		transpose(dst[(j.Pad+i)*j.wide+left:], j.C, x[i*j.W:], j.H*j.W, j.C, cols)
	}
}

// total writes the sum of all groups to dw.
func (j *weightsJob) total(crew *crew, dw []float32) {
	crew.reduce.into, crew.reduce.parts = j.sums[:j.size], j.sums[j.size:]
	crew.run(&crew.reduce, chunks(j.size))
	crew.reduce = reduceJob{}
	for f := range j.F {
		for kh := range j.KH {
			transpose(dw[f*j.k+kh*j.KW:], j.KH*j.KW, j.sums[(f*j.KH+kh)*j.ldc:], j.C, j.KW, j.C)
		}
	}
}

// reduceJob adds parts [n, len(into)] to into, in the order of n.
type reduceJob struct{ into, parts []float32 }

func (j *reduceJob) do(_ *scratch, i int) {
	size := len(j.into)
	lo, hi := chunk(i, size)
	into := j.into[lo:hi]
	for at := 0; at < len(j.parts); at += size {
		cpu.add(into, into, j.parts[at+lo:at+hi])
	}
}
