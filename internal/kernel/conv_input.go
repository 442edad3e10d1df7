package kernel

// inputJob computes one image of Conv.BackInput or Conv.Transposed a part. Rows of
// its matrix product are the phases (rh,rw,c) of the output, columns the pixels of
// a phase, and the sum runs over filters and taps.
type inputJob struct {
	layout
	y, x, bias []float32
	act        Act
	ph, pw     int       // rows and columns of a plane of x with th-1, tw-1 zeros at its sides
	panels     []float32 // w by phase, in panels of mr rows
	off        []int     // [F*th*tw] where the row of filter and tap begins in x
}

var input inputJob

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
	shared.mu.Lock()
	defer shared.mu.Unlock()
	j := &input
	j.layout, j.y, j.x, j.bias, j.act = l, y, x, bias, act
	j.ph, j.pw = l.oh+2*(l.th-1), l.ow+2*(l.tw-1)
	j.packPhases(w)
	j.offsets()
	shared.run(j, c.B)
	j.y, j.x, j.bias = nil, nil, nil
}

// packPhases lays out w for gemm: row (rh,rw,c), element (f,th,tw) is
// w[f, c, rh+S*th, rw+S*tw], or 0 outside the filter.
func (j *inputJob) packPhases(w []float32) {
	s, mr := j.Stride, cpu.mr
	rows, k := s*s*j.C, j.F*j.th*j.tw
	panels := grow(&j.panels, roundUp(rows, mr)*k)
	clear(panels)
	for i := range rows {
		rh, rw, c := i/j.C/s, i/j.C%s, i%j.C
		panel := panels[i/mr*mr*k+i%mr:]
		for f := range j.F {
			filter := w[(f*j.C+c)*j.KH*j.KW:][:j.KH*j.KW]
			for kh := rh; kh < j.KH; kh += s {
				for kw := rw; kw < j.KW; kw += s {
					panel[((f*j.th+kh/s)*j.tw+kw/s)*mr] = filter[kh*j.KW+kw]
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
	n := (j.qh-1)*j.pw + j.qw
	ldc := roundUp(n, cpu.nr)
	image := grow(&s.image, j.F*j.ph*j.pw+cpu.nr)
	j.pad(image, j.x[b*j.F*j.oh*j.ow:])
	out := grow(&s.out, cpu.mr*ldc)
	y := j.y[b*j.C*j.H*j.W:][:j.C*j.H*j.W]
	rows := j.Stride * j.Stride * j.C
	for r := 0; r < rows; r += cpu.mr {
		for at := 0; at < n; at += cpu.nr {
			cpu.gemm(j.panels[r*len(j.off):], image[at:], j.off, out[at:], ldc)
		}
		for i := range min(cpu.mr, rows-r) {
			j.merge(y, out[i*ldc:][:n], r+i)
		}
	}
}

// pad writes the planes of x [F,OutH,OutW] to dst with zeros at their sides.
func (j *inputJob) pad(dst, x []float32) {
	for f := range j.F {
		for i := range j.ph {
			row := dst[(f*j.ph+i)*j.pw:][:j.pw]
			h := i - (j.th - 1)
			if h < 0 || h >= j.oh {
				clear(row)
				continue
			}
			clear(row[:j.tw-1])
			copy(row[j.tw-1:], x[(f*j.oh+h)*j.ow:][:j.ow])
			clear(row[j.tw-1+j.ow:])
		}
	}
}

// merge puts one phase, row r = (rh,rw,c) of the product, to its places in y
// [C,H,W]. Pixels that no weight reaches are act(bias).
func (j *inputJob) merge(y, phase []float32, r int) {
	s := j.Stride
	rh, rw, c := r/j.C/s, r/j.C%s, r%j.C
	bias := float32(0)
	if j.bias != nil {
		bias = j.bias[c]
	}
	h0, w0 := mod(rh-j.Pad, s), mod(rw-j.Pad, s)
	for h := h0; h < j.H; h += s {
		row := y[(c*j.H+h)*j.W:][:j.W]
		q, from := (h+j.Pad)/s, (w0+j.Pad)/s
		n := 0
		if q < j.qh && from < j.qw {
			n = j.spread(row[min(w0, j.W):], phase[q*j.pw+from:q*j.pw+j.qw], bias)
		}
		for w := w0 + n*s; w < j.W; w += s {
			row[w] = finishOne(bias, j.act)
		}
	}
}

// spread writes act(src+bias) to every S-th element of dst and returns how many
// it wrote.
func (j *inputJob) spread(dst, src []float32, bias float32) int {
	s := j.Stride
	n := min(len(src), ceilDiv(len(dst), s))
	src = src[:n]
	if s == 1 {
		finish(dst[:n], src, bias, j.act)
		return n
	}
	at := 0
	if j.act == None {
		for _, v := range src {
			dst[at] = v + bias
			at += s
		}
		return n
	}
	for _, v := range src {
		dst[at] = finishOne(v+bias, j.act)
		at += s
	}
	return n
}

// mod returns a modulo b in 0..b-1.
func mod(a, b int) int { return ((a % b) + b) % b }
