package kernel

import "math"

// split deals the rows of a plane out to s phases, as splitGeneric does.
func split(dst []float32, pitch, n int, src []float32, w, rows, pad, s int) {
	if s < len(cpu.split) && cpu.split[s] != nil && n >= cpu.splitMin {
		cpu.split[s](dst, pitch, n, src, w, rows, pad)
		return
	}
	splitGeneric(dst, pitch, n, src, w, rows, pad, s)
}

// splitGeneric computes dst[r*pitch+i*n+j] = src[i*s*w + j*s+r-pad] for r < s, i < rows
// and j < n, or 0 where j*s+r-pad is not in the w columns of src.
func splitGeneric(dst []float32, pitch, n int, src []float32, w, rows, pad, s int) {
	for i := range rows {
		row := src[i*s*w:][:w]
		for r := range s {
			to := dst[r*pitch+i*n:][:n]
			for j := range to {
				to[j] = 0
				if col := j*s + r - pad; col >= 0 && col < w {
					to[j] = row[col]
				}
			}
		}
	}
}

// join undoes split and adds the bias of an activation, as joinGeneric does.
func join(dst []float32, w int, src []float32, pitch, step, n, rows, pad, s int, bias float32, act Act) {
	least := float32(0)
	if act != ReLU {
		least = float32(math.Inf(-1))
	}
	if s < len(cpu.join) && cpu.join[s] != nil && n >= cpu.splitMin {
		cpu.join[s](dst, w, src, pitch, step, n, rows, pad, bias, least)
	} else {
		joinGeneric(dst, w, src, pitch, step, n, rows, pad, s, bias, least)
	}
	if act == Tanh {
		for i := range rows {
			row := dst[i*s*w:][:max(min(n*s-pad, w), 0)]
			finish(row, row, 0, Tanh)
		}
	}
}

// joinGeneric computes dst[i*s*w + j*s+r-pad] = max(src[r*pitch+i*step+j]+bias, least)
// for r < s, i < rows and j < n, where j*s+r-pad is in the w columns of dst. The rest
// of dst stays.
func joinGeneric(dst []float32, w int, src []float32, pitch, step, n, rows, pad, s int, bias, least float32) {
	for i := range rows {
		row := dst[i*s*w:][:w]
		for r := range s {
			for j, v := range src[r*pitch+i*step:][:n] {
				if col := j*s + r - pad; col >= 0 && col < w {
					row[col] = max(v+bias, least) + 0
				}
			}
		}
	}
}
