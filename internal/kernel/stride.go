package kernel

import "math"

// strided is the geometry of some rows of a plane that are s apart, w pixels each, and
// of their s phases: the pixel in column c of row i*s is element (i, j) of phase r, at
// r*pitch+i*apart+j, where j*s+r = c+pad. A phase has rows of n elements; those that
// are no pixel are padding.
type strided struct {
	w        int
	s, pad   int
	n, apart int
	pitch    int
	first    [4]int // places of the columns of the first group; see prepare
}

// prepare fills first, before any plane is handled: where it is filled and read at
// once, the reader waits for every store before.
func (p *strided) prepare() {
	for c := range min(p.s, len(p.first)) {
		p.first[c] = p.place(c)
	}
}

// reached returns how many pixels of a row have an element.
func (p *strided) reached() int { return max(min(p.w, p.n*p.s-p.pad), 0) }

// place returns where column c of the first row is.
func (p *strided) place(c int) int { return (c+p.pad)%p.s*p.pitch + (c+p.pad)/p.s }

// groups returns how many groups of s of the first cols columns are enough for the
// CPU level's kernels.
func (p *strided) groups(cols int) int {
	q := cols / p.s
	if p.s >= len(cpu.deal) || cpu.deal[p.s] == nil || q < cpu.fewest {
		return 0
	}
	return q
}

// split writes the phases of rows of src to dst, with zeros for padding.
func (p *strided) split(dst, src []float32, rows int) {
	cols := p.reached()
	q := p.groups(cols)
	if q > 0 && rows > 0 {
		cpu.deal[p.s](dst, p.first, p.apart, src, p.s*p.w, q, rows)
	}
	for c := q * p.s; c < cols; c++ {
		to := dst[p.place(c):]
		for i := range rows {
			to[i*p.apart] = src[i*p.s*p.w+c]
		}
	}
	p.clearPadding(dst, rows, cols)
}

// splitBytes is split of bytes, each centred by the element of mean, the mean plane's
// phases, and scaled.
func (p *strided) splitBytes(dst []float32, src []byte, rows int, mean []float32, scale float32) {
	cols := p.reached()
	q := 0
	if p.s == 4 && cpu.dealBytes4 != nil && cols/p.s >= bytesFewest && rows > 0 {
		q = cols / p.s
		cpu.dealBytes4(dst, p.first, p.apart, src, p.s*p.w, q, rows, mean, scale)
	}
	for c := q * p.s; c < cols; c++ {
		first := p.place(c)
		for i := range rows {
			to := first + i*p.apart
			dst[to] = (float32(src[i*p.s*p.w+c]) - mean[to]) * scale
		}
	}
	p.clearPadding(dst, rows, cols)
}

// bytesFewest is the number of groups that dealBytes4 wants at least.
const bytesFewest = 8

// clearPadding zeros what is no pixel of the first cols columns.
func (p *strided) clearPadding(dst []float32, rows, cols int) {
	for r := range p.s {
		left := min(ceilDiv(max(p.pad-r, 0), p.s), p.n)
		right := max(left, min(ceilDiv(max(p.pad+cols-r, 0), p.s), p.n))
		p.clearColumns(dst[r*p.pitch:], rows, 0, left)
		p.clearColumns(dst[r*p.pitch:], rows, right, p.n)
	}
}

// clearColumns zeros columns from to to-1 of a phase, of which there are few.
func (p *strided) clearColumns(phase []float32, rows, from, to int) {
	for j := from; j < to; j++ {
		for i := range rows {
			phase[i*p.apart+j] = 0
		}
	}
}

// join undoes split and adds the bias of an activation. Pixels that have no element
// stay.
func (p *strided) join(dst, src []float32, rows int, bias float32, act Act) {
	least := float32(0)
	if act != ReLU {
		least = float32(math.Inf(-1))
	}
	cols := p.reached()
	q := p.groups(cols)
	if q > 0 && rows > 0 {
		cpu.weave[p.s](dst, p.s*p.w, src, p.first, p.apart, q, rows, bias, least)
	}
	for c := q * p.s; c < cols; c++ {
		from := src[p.place(c):]
		for i := range rows {
			dst[i*p.s*p.w+c] = max(from[i*p.apart]+bias, least) + 0
		}
	}
	for i := 0; i < rows && act == Tanh; i++ {
		row := dst[i*p.s*p.w:][:cols]
		finish(row, row, 0, Tanh)
	}
}
