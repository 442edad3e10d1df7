package kernel

// The loops of this file are the specification of the byte kernels. All levels give
// the same bytes.

// foregroundGeneric projects rows of w bytes as Foreground says and returns how many
// it did: all. Other levels may stop before a row of many different bytes, or of one
// that same maps to another. They take the spans of w.
func foregroundGeneric(dst, src []byte, w, rows int, _ *spans, same *[256]byte, dist *[1 << 16]byte) int {
	for start := 0; start < rows*w; start += w {
		row, out := src[start:start+w], dst[start:start+w]
		b, _ := CommonByte(row, same)
		line := dist[int(b)<<8:][:256]
		for x, p := range row {
			out[x] = line[p]
		}
	}
	return rows
}
