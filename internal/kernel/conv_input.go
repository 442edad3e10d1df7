package kernel

// inputJob computes one image of Conv.BackInput or Conv.Transposed a part. Rows of
// its matrix product are the phases (rh,c,rw) of the output, columns the pixels of
// a phase, and the sum runs over filters and taps.
type inputJob struct {
	layout
	y, x, bias []float32
	act        Act
	ph, pw     int       // rows and columns of a plane of x with th-1, tw-1 zeros at its sides
	merged     strided   // a group's phases, in the rows of the product
	panels     []float32 // w by phase, in panels of mr rows
	places     []int     // [S] where rows of panels begin that differ in rw
	off        []int     // [F*th*tw] where the row of filter and tap begins in x
}

// BackInput computes the gradient by the input: dx [B,C,H,W] from w [F,C,KH,KW]
// and dz [B,F,OutH,OutW], the gradient before the activation.
func (c Conv) BackInput(dx, w, dz []float32) { c.Transposed(dx, dz, w, nil, None) }

// Transposed computes the transposed convolution, the geometry read backwards: y
// [B,C,H,W] = act(convT(x, w) + bias) of x [B,F,OutH,OutW], w [F,C,KH,KW] and
// bias [C], or nil for none. Weights are laid out as PyTorch's ConvTranspose2d
// has them, (in, out, rows, columns).
//
// Of its gradients, that by x is Forward(dx, dz, w, nil, None) and that by w is
// BackWeights(dw, dz, x): the roles of input and output gradient swap.
func (c Conv) Transposed(y, x, w, bias []float32, act Act) {
	l := c.check("transposed convolution", len(x), len(y), len(w))
	if bias != nil {
		need("transposed convolution", len(bias), c.C)
	}
	crew := hire()
	defer crew.leave()
	j := &crew.input
	j.prepare(l, w)
	j.y, j.x, j.bias, j.act = y, x, bias, act
	crew.run(j, c.B)
	j.y, j.x, j.bias = nil, nil, nil
}

// prepare lays out the weights.
func (j *inputJob) prepare(l layout, w []float32) {
	j.layout = l
	j.ph, j.pw = l.oh+2*(l.th-1), l.ow+2*(l.tw-1)
	j.merged = strided{w: j.W, s: j.Stride, pad: j.Pad, n: j.qw, apart: j.pw, pitch: j.qh*j.pw + cpu.nr}
	j.merged.prepare()
	j.packPhases(w)
	j.offsets()
}

// packPhases lays out w for gemm: row (rh,c,rw), element (f,th,tw) is
// w[f, c, rh+S*th, rw+S*tw], or 0 outside the filter.
func (j *inputJob) packPhases(w []float32) {
	s, mr := j.Stride, cpu.mr
	rows, k := s*s*j.C, j.F*j.th*j.tw
	panels := grow(&j.panels, roundUp(rows, mr)*k)
	clear(panels)
	places := grow(&j.places, s)
	for i := 0; i < rows; i += s { // the rows of rh and c
		for rw := range places {
			places[rw] = (i+rw)/mr*mr*k + (i+rw)%mr
		}
		rh, c := i/s/j.C, i/s%j.C
		for f := range j.F {
			filter := w[(f*j.C+c)*j.KH*j.KW:][:j.KH*j.KW]
			for th := 0; rh+s*th < j.KH; th++ {
				weights := filter[(rh+s*th)*j.KW:][:j.KW]
				for at := (f*j.th + th) * j.tw * mr; len(weights) > 0; at += mr {
					group := weights[:min(s, len(weights))]
					for rw, v := range group {
						panels[places[rw]+at] = v
					}
					weights = weights[len(group):]
				}
			}
		}
	}
}

// offsets fills off: pixel (i,j) of a phase meets x at (i-th, j-tw).
func (j *inputJob) offsets() {
	off := grow(&j.off, j.F*j.th*j.tw)
	k := 0
	for f := range j.F {
		for th := range j.th {
			for tw := range j.tw {
				off[k] = (f*j.ph+j.th-1-th)*j.pw + j.tw - 1 - tw
				k++
			}
		}
	}
}

func (j *inputJob) do(s *scratch, b int) {
	j.image(s, j.y[b*j.C*j.H*j.W:][:j.C*j.H*j.W], j.x[b*j.F*j.oh*j.ow:])
}

// image computes y [C,H,W] from x [F,OutH,OutW].
func (j *inputJob) image(s *scratch, y, x []float32) {
	ldc := j.merged.pitch
	image := grow(&s.image, j.F*j.ph*j.pw+cpu.nr)
	j.pad(image, x)
	rows := j.Stride * j.Stride * j.C
	out := grow(&s.out, roundUp(rows, cpu.mr)*ldc)
	group := 0
	for r := 0; r < rows; {
		from, to, end := j.stretch(r, rows)
		panels := ceilDiv(end-r, cpu.mr)
		for at := from; at < to; at += cpu.nr {
			gemm(j.panels[r*len(j.off):], image[at:], j.off, out[r*ldc+at:], ldc, panels, min(cpu.nr, to-at))
		}
		for r = end; (group+1)*j.Stride <= end; group++ {
			j.merge(y, out[group*j.Stride*ldc:], group)
		}
	}
}

// stretch returns the columns that the panels of rows first to end-1 need: as many of
// them as need the same.
func (j *inputJob) stretch(first, rows int) (from, to, end int) {
	from, to = j.span(first, min(first+cpu.mr, rows)-1)
	for end = first + cpu.mr; end < rows; end += cpu.mr {
		if f, t := j.span(end, min(end+cpu.mr, rows)-1); f != from || t != to {
			break
		}
	}
	return from, to, min(end, rows)
}

// span returns the columns of the product that rows first to last need: phases
// reach into the padding, which nobody asks for.
func (j *inputJob) span(first, last int) (from, to int) {
	s := j.Stride
	least, most := first/s/j.C, last/s/j.C // rh
	top := ceilDiv(max(j.Pad-most, 0), s)
	bottom := min((j.H-1+j.Pad-least)/s, j.qh-1)
	return top * j.pw, bottom*j.pw + j.qw
}

// pad writes the planes of x [F,OutH,OutW] to dst with zeros at their sides.
func (j *inputJob) pad(dst, x []float32) {
	side := j.tw - 1
	for f := range j.F {
		plane := dst[f*j.ph*j.pw:][:j.ph*j.pw]
		clear(plane[:(j.th-1)*j.pw])
		clear(plane[(j.th-1+j.oh)*j.pw:])
		for i := range j.oh {
			row := plane[(j.th-1+i)*j.pw:][:j.pw]
			for at := range side {
				row[at], row[j.pw-1-at] = 0, 0
			}
			copy(row[side:], x[(f*j.oh+i)*j.ow:][:j.ow])
		}
	}
}

// merge puts group (rh,c), the S phases that share rows of y [C,H,W], to its
// places there. Pixels that no weight reaches are act(bias).
func (j *inputJob) merge(y, phases []float32, group int) {
	rh, c := group/j.C, group%j.C
	bias := float32(0)
	if j.bias != nil {
		bias = j.bias[c]
	}
	first, last := j.rowsOf(rh)
	plane := y[c*j.H*j.W:][:j.H*j.W]
	if reached := min(j.qw*j.Stride-j.Pad, j.W); reached < j.W || last*j.Stride+rh-j.Pad < j.H {
		j.fill(plane, rh, last, max(reached, 0), bias)
	}
	if first < last {
		j.merged.join(plane[(first*j.Stride+rh-j.Pad)*j.W:], phases[first*j.pw:], last-first, bias, j.act)
	}
}

// fill writes act(bias) to what no weight reaches in the rows of phases rh: columns
// from reached on, and whole rows from the phases' row last on.
func (j *inputJob) fill(plane []float32, rh, last, reached int, bias float32) {
	for h := mod(rh-j.Pad, j.Stride); h < j.H; h += j.Stride {
		row := plane[h*j.W:][:j.W]
		if (h+j.Pad)/j.Stride < last {
			row = row[reached:]
		}
		clear(row)
		finish(row, row, bias, j.act)
	}
}

// mod returns a modulo b in 0..b-1.
func mod(a, b int) int { return ((a % b) + b) % b }
