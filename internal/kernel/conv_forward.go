package kernel

// forwardJob computes some rows of one image of Conv.Forward a part.
type forwardJob struct {
	layout
	cuts    int // parts of an image
	x       images
	y, bias []float32
	act     Act
	panels  []float32 // w in panels of mr rows
	off     []int     // [K] where the patch row of a weight begins
}

// Forward computes y [B,F,OutH,OutW] = act(conv(x, w) + bias) of x [B,C,H,W], w
// [F,C,KH,KW] and bias [F], or nil for none.
func (c Conv) Forward(y, x, w, bias []float32, act Act) {
	l := c.check("convolution", len(y), len(x), len(w))
	crew := hire()
	defer crew.leave()
	crew.forward.x = images{x: x}
	crew.forward.run(crew, l, y, w, bias, act)
}

// ForwardBytes is Forward of x = (obs - mean) * scale, without x ever being written
// down: obs [B,C,H,W] and mean [C,H,W].
func (c Conv) ForwardBytes(y []float32, obs []byte, mean []float32, scale float32, w, bias []float32, act Act) {
	l := c.check("convolution of bytes", len(y), len(obs), len(w))
	crew := hire()
	defer crew.leave()
	need("mean image", len(mean), l.C*l.H*l.W)
	crew.forward.x = images{bytes: obs, mean: mean, scale: scale}
	if l.B >= fewImages {
		crew.forward.x.phases = grow(&crew.meanPhases, l.phaseLen())
		l.split(crew.meanPhases, &images{x: mean}, 0, 0, l.qh)
	}
	crew.forward.run(crew, l, y, w, bias, act)
}

func (j *forwardJob) run(crew *crew, l layout, y, w, bias []float32, act Act) {
	if bias != nil {
		need("convolution", len(bias), l.F)
	}
	j.prepare(l, w)
	j.y, j.bias, j.act = y, bias, act
	j.cuts = 1
	if l.B < fewImages {
		j.cuts = min(fewImages/max(l.B, 1), l.oh)
	}
	crew.run(j, l.B*j.cuts)
	j.x, j.y, j.bias = images{}, nil, nil
}

// prepare lays out the weights.
func (j *forwardJob) prepare(l layout, w []float32) {
	j.layout = l
	packRows(grow(&j.panels, roundUp(l.F, cpu.mr)*l.k), w, l.F, l.k, l.k, cpu.mr)
	l.phaseOffsets(grow(&j.off, l.k))
}

// fewImages is the number of images below which each is cut into parts, and bytes are
// centred before they are split: the phases of the mean would cost more.
const fewImages = 2

func (j *forwardJob) do(s *scratch, part int) {
	b, cut := part/j.cuts, part%j.cuts
	first, last := cut*j.oh/j.cuts, (cut+1)*j.oh/j.cuts
	image := grow(&s.image, j.phaseLen()+cpu.nr)
	if bottom := last + j.th - 1; j.x.bytes != nil && j.x.phases == nil {
		j.split(image, &images{x: j.centered(s, b, first, bottom)}, 0, first, bottom)
	} else {
		j.split(image, &j.x, b, first, bottom)
	}
	j.rows(s, j.y[b*j.F*j.oh*j.ow:], image, first, last)
}

// centered returns image b with the pixels of rows top to bottom-1 of the phases.
func (j *forwardJob) centered(s *scratch, b, top, bottom int) []float32 {
	x := grow(&s.grad, j.C*j.H*j.W)
	top, bottom = min(max(top*j.Stride-j.Pad, 0), j.H), min(max(bottom*j.Stride-j.Pad, 0), j.H)
	for c := range j.C {
		j.x.center(x, b, (c*j.H+top)*j.W, (c*j.H+bottom)*j.W)
	}
	return x
}

// rows computes rows first to last-1 of the planes of y [F,OutH,OutW] from an image's
// phases.
func (j *forwardJob) rows(s *scratch, y, image []float32, first, last int) {
	n := (last-first-1)*j.qw + j.ow
	ldc := roundUp(n, cpu.nr)
	out := grow(&s.out, roundUp(j.F, cpu.mr)*ldc)
	for at := 0; at < n; at += cpu.nr {
		gemm(j.panels, image[first*j.qw+at:], j.off, out[at:], ldc, ceilDiv(j.F, cpu.mr), min(cpu.nr, n-at))
	}
	for f := range j.F {
		bias := float32(0)
		if j.bias != nil {
			bias = j.bias[f]
		}
		plane := y[f*j.oh*j.ow:]
		for i := first; i < last; i++ {
			finish(plane[i*j.ow:][:j.ow], out[f*ldc+(i-first)*j.qw:], bias, j.act)
		}
	}
}
