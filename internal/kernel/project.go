package kernel

// The widths of rows that a register file holds: foreground kernels in assembly take
// no others.
const (
	narrowest = 32
	widest    = 160
)

// Foreground writes, for each row of w bytes, the distance of every byte from the
// row's most frequent one: dst[x] = dist[256*b+src[x]] with b the row's CommonByte.
// src holds whole rows [H,W], of which there may be none, and dst as many bytes; they
// must not overlap. Rows of few different bytes are fast. It runs in the caller's
// goroutine and any number of calls may run at once.
func Foreground(dst, src []byte, w int, same *[256]byte, dist *[1 << 16]byte) {
	need("foreground", len(dst), len(src))
	if w <= 0 || len(src)%w != 0 {
		panic("kernel: foreground: src is not a whole number of rows")
	}
	if w < narrowest || w > widest {
		foregroundGeneric(dst, src, w, len(src)/w, spans{}, same, dist)
		return
	}
	cover := spansOf(w)
	for rows := len(src) / w; rows > 0; {
		done := cpu.foreground(dst, src, w, rows, cover, same, dist)
		dst, src, rows = dst[done*w:], src[done*w:], rows-done
		if rows > 0 { // a row that the level leaves
			foregroundGeneric(dst, src, w, 1, cover, same, dist)
			dst, src, rows = dst[w:], src[w:], rows-1
		}
	}
}

// CommonByte returns the most frequent byte of a row, of equals the leftmost, and how
// often it occurs. Bytes that same maps to the same byte count as one; the first of
// them in the row stands for them. A row of none has byte 0.
func CommonByte(row []byte, same *[256]byte) (b byte, count int) {
	var counts [256]uint32
	var order [256]byte // the different bytes, from left to right
	different := 0
	// It counts by runs of equal bytes: to add one to the same counter again and again
	// would wait for the last store each time.
	for start := 0; start < len(row); {
		p, end := row[start], start+1
		for end < len(row) && row[end] == p {
			end++
		}
		n := &counts[same[p]]
		if *n == 0 {
			order[different] = p
			different++
		}
		*n += uint32(end - start)
		start = end
	}
	var most uint32
	for _, p := range order[:different] {
		if n := counts[same[p]]; n > most {
			b, most = p, n
		}
	}
	return b, int(most)
}

// spans says how five registers of 32 bytes cover a row. Words 0 to 4 are where they
// begin: the first four at 0 and every 32nd byte as far as the row goes, the fifth,
// and what is left, with the row's last 32 bytes. Words 5 to 7 have the bits of the
// bytes that count, two registers a word: each byte of the row is in one of them.
type spans = [8]uint64

// spansOf returns the spans for rows of narrowest to widest bytes.
func spansOf(w int) (s spans) {
	whole := min(w/32, 4)
	for i := range 4 {
		s[i] = uint64(min(32*i, w-32))
		if i < whole {
			s[5+i/2] |= 0xffffffff << (i % 2 * 32)
		}
	}
	s[4] = uint64(w - 32)
	s[7] = 0xffffffff << (32 - (w - 32*whole)) & 0xffffffff
	return s
}
