package kernel

// The loops of this file are the specification of the byte kernels. All levels give
// the same bytes.

// foregroundGeneric projects rows of w bytes as Foreground says and returns how many
// it did: all. Other levels may stop before a row of many different bytes, or of one
// that same maps to another. They take the spans of w.
func foregroundGeneric(dst, src []byte, w, rows int, _ spans, same *[256]byte, dist *[1 << 16]byte) int {
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

// sumRowsGeneric sums rows of w bytes into n columns of a table, to be a multiple of
// 16 not below w: entry (y+1, x) is entry (y, x) and the bytes of row y up to x that
// are above level, or with flip 0xffff are not. Other levels read up to the next
// multiple of 16 of a row.
func sumRowsGeneric(table []uint16, stride, n int, src []byte, w, rows int, level, flip uint16) {
	for y := range rows {
		above, line := table[y*stride:][:n], table[(y+1)*stride:][:n]
		var row uint16
		for x, v := range src[y*w : (y+1)*w] {
			if (uint16(v) > level) == (flip == 0) {
				row++
			}
			line[x] = above[x] + row
		}
		for x := w; x < n; x++ {
			line[x] = above[x] + row
		}
	}
}

// markGeneric marks the places, 16 a word, whose centre counts least or more and
// whose ring counts most or less. at are the corners of a Surround.
func markGeneric(marks []uint16, words int, table []uint16, stride, rows int, at [12]int, least, most uint16) {
	for y := range rows {
		for i := range words {
			var word uint16
			for bit := range PlacesPerWord {
				from := table[y*stride+i*PlacesPerWord+bit:]
				if countAt(from, &at, 0) >= least && countAt(from, &at, 8)-countAt(from, &at, 4) <= most {
					word |= 1 << bit
				}
			}
			marks[y*words+i] = word
		}
	}
}

// countAt returns the count in the rectangle whose corners are at i and behind.
func countAt(table []uint16, at *[12]int, i int) uint16 {
	return table[at[i+3]] - table[at[i+2]] - table[at[i+1]] + table[at[i]]
}
