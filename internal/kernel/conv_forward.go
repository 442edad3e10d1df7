package kernel

// forwardJob computes some filters of one image of Conv.Forward a part.
type forwardJob struct {
	layout
	cuts    int // parts of an image
	x       images
	y, bias []float32
	act     Act
	panels  []float32 // w in panels of mr rows
	off     []int     // [K] where the patch row of a weight begins
}

var forward forwardJob

// Forward computes y [B,F,OutH,OutW] = act(conv(x, w) + bias) of x [B,C,H,W], w
// [F,C,KH,KW] and bias [F], or nil for none.
func (c Conv) Forward(y, x, w, bias []float32, act Act) {
	l := c.check("convolution", len(y), len(x), len(w))
	shared.mu.Lock()
	defer shared.mu.Unlock()
	forward.x = images{x: x}
	forward.run(l, y, w, bias, act)
}

// ForwardBytes is Forward of x = (obs - mean) * scale, without x ever being written
// down: obs [B,C,H,W] and mean [C,H,W].
func (c Conv) ForwardBytes(y []float32, obs []byte, mean []float32, scale float32, w, bias []float32, act Act) {
	l := c.check("convolution of bytes", len(y), len(obs), len(w))
	shared.mu.Lock()
	defer shared.mu.Unlock()
	forward.x = centered.images(l, obs, mean, scale)
	forward.run(l, y, w, bias, act)
}

// meanPhases holds the phases of a mean image during a call.
type meanPhases struct{ phases []float32 }

var centered meanPhases

// images returns what splits obs centred by mean.
func (m *meanPhases) images(l layout, obs []byte, mean []float32, scale float32) images {
	need("mean image", len(mean), l.C*l.H*l.W)
	l.split(grow(&m.phases, l.phaseLen()), &images{x: mean}, 0)
	return images{bytes: obs, mean: m.phases, scale: scale}
}

func (j *forwardJob) run(l layout, y, w, bias []float32, act Act) {
	if bias != nil {
		need("convolution", len(bias), l.F)
	}
	j.prepare(l, w)
	j.y, j.bias, j.act = y, bias, act
	j.cuts = 1
	if l.B < fewImages {
		j.cuts = min(fewImages/max(l.B, 1), ceilDiv(l.F, cpu.mr))
	}
	shared.run(j, l.B*j.cuts)
	j.x, j.y, j.bias = images{}, nil, nil
}

// prepare lays out the weights.
func (j *forwardJob) prepare(l layout, w []float32) {
	j.layout = l
	packRows(grow(&j.panels, roundUp(l.F, cpu.mr)*l.k), w, l.F, l.k, l.k, cpu.mr)
	l.phaseOffsets(grow(&j.off, l.k))
}

// fewImages is the number of images below which each is cut into parts, at the price
// of splitting it once a part.
const fewImages = 2

func (j *forwardJob) do(s *scratch, part int) {
	b, cut := part/j.cuts, part%j.cuts
	panels := ceilDiv(j.F, cpu.mr)
	first, last := cut*panels/j.cuts*cpu.mr, min((cut+1)*panels/j.cuts*cpu.mr, j.F)
	image := grow(&s.image, j.phaseLen()+cpu.nr)
	j.split(image, &j.x, b)
	j.filters(s, j.y[b*j.F*j.oh*j.ow:], image, first, last)
}

// filters computes planes first to last-1 of y [F,OutH,OutW] from an image's phases.
func (j *forwardJob) filters(s *scratch, y, image []float32, first, last int) {
	n := (j.oh-1)*j.qw + j.ow
	ldc := roundUp(n, cpu.nr)
	out := grow(&s.out, roundUp(j.F, cpu.mr)*ldc)
	for at := 0; at < n; at += cpu.nr {
		gemm(j.panels[first*j.k:], image[at:], j.off, out[first*ldc+at:], ldc, ceilDiv(last-first, cpu.mr), min(cpu.nr, n-at))
	}
	for f := first; f < last; f++ {
		bias := float32(0)
		if j.bias != nil {
			bias = j.bias[f]
		}
		plane := y[f*j.oh*j.ow:]
		for i := range j.oh {
			finish(plane[i*j.ow:][:j.ow], out[f*ldc+i*j.qw:], bias, j.act)
		}
	}
}
