package kernel

// wideIn is the largest number of inputs for which a dense layer turns its weights
// for gemm: adding up the lanes of a dot would cost more.
const wideIn = 512

// wideBlocks is the number of gemm's widths that a part of a wideJob computes.
const wideBlocks = 4

// wideJob computes the outputs of some widths of gemm for all rows a part.
type wideJob struct {
	Dense
	y, x, w, bias []float32
	act           Act
	panels        []float32 // x in panels of mr rows
	off           []int     // [In] where a row of the turned weights begins
}

// wide is Forward for many outputs of few inputs.
func (d Dense) wide(crew *crew, y, x, w, bias []float32, act Act) {
	j := &crew.wide
	j.Dense, j.y, j.x, j.w, j.bias, j.act = d, y, x, w, bias, act
	packRows(grow(&j.panels, roundUp(d.B, cpu.mr)*d.In), x, d.B, d.In, d.In, cpu.mr)
	grow(&j.off, d.In)
	for i := range j.off {
		j.off[i] = i * cpu.nr
	}
	crew.run(j, ceilDiv(d.Out, wideBlocks*cpu.nr))
	j.y, j.x, j.w, j.bias = nil, nil, nil, nil
}

func (j *wideJob) do(s *scratch, part int) {
	from := part * wideBlocks * cpu.nr
	to := min(from+wideBlocks*cpu.nr, j.Out)
	turned := grow(&s.image, j.In*cpu.nr)
	for o := from; o < to; o += cpu.nr {
		cols := min(cpu.nr, to-o)
		if cols < cpu.nr {
			clear(turned)
		}
		transpose(turned, cpu.nr, j.w[o*j.In:], j.In, cols, j.In)
		multiply(s, j.y[o:], j.Out, j.panels, turned, j.off, j.B, cols)
	}
	for b := range j.B {
		y := j.y[b*j.Out:][from:to]
		if j.bias != nil {
			cpu.add(y, y, j.bias[from:to])
		}
		if j.act != None {
			finish(y, y, 0, j.act)
		}
	}
}
