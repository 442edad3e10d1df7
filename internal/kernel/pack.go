package kernel

// packRows lays out k columns of the rows of w [m,pitch] in panels of mr rows for gemm,
// with rows of zeros after the last.
func packRows(dst, w []float32, m, k, pitch, mr int) {
	for i := 0; i < m; i += mr {
		panel := dst[i*k:][:mr*k]
		if m-i < mr {
			clear(panel)
		}
		transpose(panel, mr, w[i*pitch:], pitch, min(mr, m-i), k)
	}
}

// packColumns lays out m columns of the rows of x [k,pitch] as rows in panels of mr for
// gemm.
func packColumns(dst, x []float32, m, k, pitch, mr int) {
	for i := 0; i < m; i += mr {
		n := min(mr, m-i)
		for t := range k {
			row := dst[i*k+t*mr:][:mr]
			copy(row, x[t*pitch+i:][:n])
			clear(row[n:])
		}
	}
}

// transpose computes dst[t*step+r] = src[r*pitch+t] for r < rows and t < n.
func transpose(dst []float32, step int, src []float32, pitch, rows, n int) {
	r := 0
	for n >= 8 && r+4 <= rows && cpu.transpose8 != nil {
		turn, by := cpu.transpose8, 8
		if r+8 > rows {
			turn, by = cpu.transpose4, 4
		}
		turn(dst[r:], pitch, src[r*pitch:], step, n/8*8)
		if n%8 > 0 { // the last 8 columns, some of them again
			turn(dst[r+(n-8)*step:], pitch, src[r*pitch+n-8:], step, 8)
		}
		r += by
	}
	if r < rows {
		transposeGo(dst[r:], step, src[r*pitch:], pitch, rows-r, n)
	}
}

// transposeBlock is the number of columns that transposeGo turns at a time, so that
// the lines it writes stay in the first cache.
const transposeBlock = 256

// transposeGo is transpose in Go.
func transposeGo(dst []float32, step int, src []float32, pitch, rows, n int) {
	for t := 0; t < n; t += transposeBlock {
		for r := range rows {
			at := t*step + r
			for _, v := range src[r*pitch+t : r*pitch+min(n, t+transposeBlock)] {
				dst[at] = v
				at += step
			}
		}
	}
}
