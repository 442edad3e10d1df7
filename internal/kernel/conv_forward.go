package kernel

// forwardJob computes one image of Conv.Forward a part.
type forwardJob struct {
	layout
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
	shared.run(j, c.B)
	j.y, j.x, j.bias = nil, nil, nil
}

func (j *forwardJob) do(s *scratch, b int) {
	n := (j.oh-1)*j.qw + j.ow
	ldc := roundUp(n, cpu.nr)
	image := grow(&s.image, j.phaseLen()+cpu.nr)
	j.split(image, j.x[b*j.C*j.H*j.W:])
	out := grow(&s.out, roundUp(j.F, cpu.mr)*ldc)
	for at := 0; at < n; at += cpu.nr {
		for f := 0; f < j.F; f += cpu.mr {
			cpu.gemm(j.panels[f*j.k:], image[at:], j.off, out[f*ldc+at:], ldc)
		}
	}
	for f := range j.F {
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
