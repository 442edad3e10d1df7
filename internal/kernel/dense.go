package kernel

// Dense is the geometry of a fully connected layer: B rows of In numbers become B
// rows of Out numbers. B may be 0; In and Out must be positive.
type Dense struct{ B, In, Out int }

// check panics on short slices.
func (d Dense) check(op string, x, y, w int) {
	if d.B < 0 || d.In < 1 || d.Out < 1 {
		panic("kernel: " + op + ": sizes must be positive")
	}
	need(op, x, d.B*d.In)
	need(op, y, d.B*d.Out)
	need(op, w, d.In*d.Out)
}

// denseJob computes dn outputs of all rows a part.
type denseJob struct {
	Dense
	y, x, w, bias []float32
	act           Act
	xRows, wRows  []int // where rows begin, rounded up to dm and dn
}

// Forward computes y [B,Out] = act(x w' + bias) of x [B,In], w [Out,In] and bias
// [Out], or nil for none.
func (d Dense) Forward(y, x, w, bias []float32, act Act) {
	d.check("dense", len(x), len(y), len(w))
	if bias != nil {
		need("dense", len(bias), d.Out)
	}
	if d.B == 0 {
		return
	}
	crew := hire()
	defer crew.leave()
	if d.Out >= cpu.nr && d.In <= wideIn {
		d.wide(crew, y, x, w, bias, act)
		return
	}
	j := &crew.dense
	j.Dense, j.y, j.x, j.w, j.bias, j.act = d, y, x, w, bias, act
	rowOffsets(grow(&j.xRows, roundUp(d.B, cpu.dm)), d.B, d.In)
	rowOffsets(grow(&j.wRows, roundUp(d.Out, cpu.dn)), d.Out, d.In)
	crew.run(j, ceilDiv(d.Out, cpu.dn))
	j.y, j.x, j.w, j.bias = nil, nil, nil, nil
}

// rowOffsets fills off with where each of n rows begins, and repeats the last.
func rowOffsets(off []int, n, length int) {
	for i := range off {
		off[i] = min(i, n-1) * length
	}
}

func (j *denseJob) do(s *scratch, part int) {
	o := part * cpu.dn
	cols := min(cpu.dn, j.Out-o)
	for b := range j.B {
		y := j.y[b*j.Out+o:][:cols]
		clear(y)
		if j.bias != nil {
			copy(y, j.bias[o:])
		}
	}
	j.whole(s, o, cols)
	j.rest(o, cols)
	for b := 0; b < j.B && j.act != None; b++ {
		y := j.y[b*j.Out+o:][:cols]
		finish(y, y, 0, j.act)
	}
}

// whole adds the products of cols outputs at o, as far as whole vectors go.
func (j *denseJob) whole(s *scratch, o, cols int) {
	n, b := j.In/cpu.dk*cpu.dk, 0
	if tiles := j.B / cpu.dm; tiles > 0 && cols == cpu.dn {
		cpu.dot(n, tiles, j.x, j.xRows, j.w, j.wRows[o:], j.y[o:], j.Out)
		b = tiles * cpu.dm
	}
	for ; b < j.B; b += cpu.dm {
		tile := s.tile[:cpu.dm*cpu.dn]
		clear(tile)
		cpu.dot(n, 1, j.x, j.xRows[b:], j.w, j.wRows[o:], tile, cpu.dn)
		addTile(j.y[b*j.Out+o:], j.Out, tile, min(cpu.dm, j.B-b), cols)
	}
}

// rest adds the products that tile leaves, of cols outputs at o.
func (j *denseJob) rest(o, cols int) {
	from := j.In / cpu.dk * cpu.dk
	if from == j.In {
		return
	}
	for b := range j.B {
		x := j.x[b*j.In+from : (b+1)*j.In]
		for t := range cols {
			w := j.w[(o+t)*j.In+from:][:len(x)]
			var z float32
			for k, v := range x {
				z += float32(v * w[k])
			}
			j.y[b*j.Out+o+t] += z
		}
	}
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
