package kernel

// forwardJob computes some filters of one image of Conv.Forward a part.
type forwardJob struct {
	layout
	cuts       int // parts of an image
	y, x, bias []float32
	act        Act
	panels     []float32 // w in panels of mr rows
	off        []int     // [K] where the patch row of a weight begins
}

var forward forwardJob

// Forward computes y [B,F,OutH,OutW] = act(conv(x, w) + bias) of x [B,C,H,W], w
// [F,C,KH,KW] and bias [F], or nil for none.
func (c Conv) Forward(y, x, w, bias []float32, act Act) {
	l := c.check("convolution", len(y), len(x), len(w))
	if bias != nil {
		need("convolution", len(bias), c.F)
	}
	shared.mu.Lock()
	defer shared.mu.Unlock()
	j := &forward
	j.layout, j.y, j.x, j.bias, j.act = l, y, x, bias, act
	packRows(grow(&j.panels, roundUp(c.F, cpu.mr)*l.k), w, c.F, l.k, cpu.mr)
	l.phaseOffsets(grow(&j.off, l.k))
	j.cuts = 1
	if c.B < fewImages {
		j.cuts = min(fewImages/max(c.B, 1), ceilDiv(c.F, cpu.mr))
	}
	shared.run(j, c.B*j.cuts)
	j.y, j.x, j.bias = nil, nil, nil
}

// fewImages is the number of images below which each is cut into parts, at the price
// of splitting it once a part.
const fewImages = 2

func (j *forwardJob) do(s *scratch, part int) {
	b, cut := part/j.cuts, part%j.cuts
	panels := ceilDiv(j.F, cpu.mr)
	first, last := cut*panels/j.cuts*cpu.mr, min((cut+1)*panels/j.cuts*cpu.mr, j.F)
	n := (j.oh-1)*j.qw + j.ow
	ldc := roundUp(n, cpu.nr)
	image := grow(&s.image, j.phaseLen()+cpu.nr)
	j.split(image, j.x[b*j.C*j.H*j.W:])
	out := grow(&s.out, roundUp(j.F, cpu.mr)*ldc)
	for at := 0; at < n; at += cpu.nr {
		for f := first; f < last; f += cpu.mr {
			cpu.gemm(j.panels[f*j.k:], image[at:], j.off, out[f*ldc+at:], ldc)
		}
	}
	for f := first; f < last; f++ {
		bias := float32(0)
		if j.bias != nil {
			bias = j.bias[f]
		}
		y := j.y[(b*j.F+f)*j.oh*j.ow:]
		for i := range j.oh {
			finish(y[i*j.ow:][:j.ow], out[f*ldc+i*j.qw:], bias, j.act)
		}
	}
}
