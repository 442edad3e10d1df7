package kernel

import "fmt"

// Conv is the geometry of a convolution, and of the transposed convolution that
// is the same read backwards. B images of C planes of HxW pixels meet F filters of
// KHxKW weights a plane at every Stride-th place, with Pad zeros at every side.
// B may be 0; the other fields but Pad must be positive.
type Conv struct {
	B, C, H, W int
	F, KH, KW  int
	Stride     int
	Pad        int
}

// OutH returns the rows of the output.
func (c Conv) OutH() int { return (c.H+2*c.Pad-c.KH)/c.Stride + 1 }

// OutW returns the columns of the output.
func (c Conv) OutW() int { return (c.W+2*c.Pad-c.KW)/c.Stride + 1 }

// Validate names the field that makes the geometry impossible.
func (c Conv) Validate() error {
	fields := []struct {
		name       string
		have, want int
	}{
		{"B", c.B, 0},
		{"C", c.C, 1},
		{"H", c.H, 1},
		{"W", c.W, 1},
		{"F", c.F, 1},
		{"KH", c.KH, 1},
		{"KW", c.KW, 1},
		{"Stride", c.Stride, 1},
		{"Pad", c.Pad, 0},
	}
	for _, f := range fields {
		if f.have < f.want {
			return fmt.Errorf("kernel: convolution: %s = %d, must be at least %d", f.name, f.have, f.want)
		}
	}
	if c.KH > c.H+2*c.Pad {
		return fmt.Errorf("kernel: convolution: KH = %d is larger than the padded height %d", c.KH, c.H+2*c.Pad)
	}
	if c.KW > c.W+2*c.Pad {
		return fmt.Errorf("kernel: convolution: KW = %d is larger than the padded width %d", c.KW, c.W+2*c.Pad)
	}
	return nil
}

// layout is a Conv with the sizes that follow from it.
type layout struct {
	Conv
	oh, ow int     // rows and columns of the output
	th, tw int     // taps of a phase: the most weights of one filter row in it
	qh, qw int     // rows and columns of a phase
	k      int     // weights of a filter
	pitch  int     // from phase to phase
	plane  strided // rows of a plane and their phases
}

// check panics on an impossible geometry or short slices, and returns the layout.
func (c Conv) check(op string, small, large, weights int) layout {
	if err := c.Validate(); err != nil {
		panic(err.Error())
	}
	l := layout{Conv: c, oh: c.OutH(), ow: c.OutW(), k: c.C * c.KH * c.KW}
	l.th, l.tw = ceilDiv(c.KH, c.Stride), ceilDiv(c.KW, c.Stride)
	l.qh, l.qw = l.oh+l.th-1, l.ow+l.tw-1
	l.pitch = roundUp(l.qh*l.qw, 16)
	l.plane = strided{w: l.W, s: l.Stride, pad: l.Pad, n: l.qw, apart: l.qw, pitch: l.pitch}
	l.plane.prepare()
	need(op, small, c.B*c.F*l.oh*l.ow)
	need(op, large, c.B*c.C*c.H*c.W)
	need(op, weights, c.F*l.k)
	return l
}

// phaseLen is the number of elements that split writes.
func (l *layout) phaseLen() int { return l.C * l.Stride * l.Stride * l.pitch }

// phaseOffsets fills off [K] with the place of weight k = (c,kh,kw) in the phases
// of an image: the pixel of output (0,0) that it meets. That of output (i,j) is
// i*qw+j further.
func (l *layout) phaseOffsets(off []int) {
	k, s := 0, l.Stride
	for c := range l.C {
		for kh := range l.KH {
			row := (c*s+kh%s)*s*l.pitch + kh/s*l.qw
			for kw := range l.KW {
				off[k] = row + kw%s*l.pitch + kw/s
				k++
			}
		}
	}
}

// images are the B images [C,H,W] that a convolution reads: numbers, or bytes that
// stand for (byte-mean)*scale.
type images struct {
	x      []float32
	bytes  []byte
	mean   []float32 // the mean image, for bytes
	phases []float32 // its phases, for split
	scale  float32
}

// center writes elements from to to-1 of image b of bytes to the same places of dst, an
// image.
func (x *images) center(dst []float32, b, from, to int) {
	cpu.center(dst[from:to], x.bytes[b*len(dst)+from:], x.mean[from:], x.scale)
}

// split writes rows top to bottom-1 of the phases of image b to dst [C,S,S,pitch]:
// element (i,j) of phase (c,rh,rw) is pixel (c, i*S+rh-Pad, j*S+rw-Pad), or 0 outside.
// Phases that no weight meets are left out.
func (l *layout) split(dst []float32, from *images, b, top, bottom int) {
	n := l.Stride
	for c := range l.C {
		for rh := range min(n, l.KH) {
			first, last := l.rowsOf(rh)
			first, last = min(max(first, top), bottom), min(max(last, top), bottom)
			group := (c*n + rh) * n * l.pitch
			at := dst[group:][:n*l.pitch]
			for r := range n {
				phase := at[r*l.pitch:][:l.qh*l.qw]
				clear(phase[top*l.qw : first*l.qw])
				clear(phase[last*l.qw : bottom*l.qw])
			}
			if first >= last {
				continue
			}
			pixel := ((b*l.C+c)*l.H + first*n + rh - l.Pad) * l.W
			if from.bytes == nil {
				l.plane.split(at[first*l.qw:], from.x[pixel:], last-first)
			} else {
				l.plane.splitBytes(at[first*l.qw:], from.bytes[pixel:], last-first, from.phases[group+first*l.qw:], from.scale)
			}
		}
	}
}

// rowsOf returns the rows first to last-1 of the phases rh that are rows of the image.
func (l *layout) rowsOf(rh int) (first, last int) {
	first = min(ceilDiv(max(l.Pad-rh, 0), l.Stride), l.qh)
	last = min(ceilDiv(max(l.Pad+l.H-rh, 0), l.Stride), l.qh)
	return first, max(first, last)
}
