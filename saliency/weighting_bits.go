package saliency

import (
	"encoding/binary"
	"math/bits"
)

// bitPlane is one bit a pixel of a plane of h rows, in words of 64 columns.
type bitPlane struct {
	h, w, words int
	bits        []uint64 // [h,words]
}

// resize prepares a bitPlane for planes of h rows and w columns.
func (p *bitPlane) resize(h, w int) {
	p.h, p.w, p.words = h, w, (w+63)/64
	sized(&p.bits, h*p.words)
}

func (p *bitPlane) row(y int) []uint64 { return p.bits[y*p.words : (y+1)*p.words] }

// Eight bytes are compared at once, with the highest bit of each as its answer.
const (
	lows  = 0x7f7f7f7f7f7f7f7f
	highs = 0x8080808080808080
	ones  = 0x0101010101010101
	// gather brings the eighth bits of eight bytes together in the highest byte.
	gather = 0x0002040810204081
)

// maxLevel is the highest level that above can compare with.
const maxLevel = 127

// above sets the bits of the pixels of a plane [h,w] that are above level, which is
// at most maxLevel.
func (p *bitPlane) above(plane []byte, level uint8) {
	add := uint64(maxLevel-level) * ones
	for y := range p.h {
		line, out := plane[y*p.w:(y+1)*p.w], p.row(y)
		clear(out)
		x := 0
		for ; x+8 <= len(line); x += 8 {
			v := binary.LittleEndian.Uint64(line[x:])
			if v == 0 {
				continue
			}
			out[x>>6] |= pack((v&lows+add|v)&highs) << (x & 63)
		}
		for ; x < len(line); x++ {
			if line[x] > level {
				out[x>>6] |= 1 << (x & 63)
			}
		}
	}
}

// pack returns the highest bits of eight bytes as eight bits in their order.
func pack(v uint64) uint64 { return v * gather >> 56 }

// differ sets the bits of the pixels at which two planes [h,w] differ by more than
// level. Four bytes are compared at once, in the lower halves of four lanes whose
// highest bits are the answers.
func (p *bitPlane) differ(a, b []byte, level uint8) {
	const lanes, low, high = 0x0001000100010001, 0x00ff00ff00ff00ff, 0x8000800080008000
	beyond := (high/lanes - 1 - uint64(level)) * lanes
	apart := func(x, y uint64) uint64 { return ((x + beyond - y) | (y + beyond - x)) & high }
	for y := range p.h {
		from, out := y*p.w, p.row(y)
		clear(out)
		one, two := a[from:from+p.w], b[from:from+p.w]
		x := 0
		for ; x+8 <= len(one); x += 8 {
			u, v := binary.LittleEndian.Uint64(one[x:]), binary.LittleEndian.Uint64(two[x:])
			if u != v {
				out[x>>6] |= pack(apart(u&low, v&low)>>8|apart(u>>8&low, v>>8&low)) << (x & 63)
			}
		}
		for ; x < len(one); x++ {
			if max(one[x], two[x])-min(one[x], two[x]) > level {
				out[x>>6] |= 1 << (x & 63)
			}
		}
	}
}

// dilate sets every bit within margin columns and rows of a bit that is set, by way of
// other, which it overwrites. Bits beyond the last column may be set as well.
func (p *bitPlane) dilate(margin int, other *bitPlane) {
	if margin == 0 {
		return
	}
	other.resize(p.h, p.w)
	for y := range p.h {
		widen(other.row(y), p.row(y), margin)
	}
	clear(p.bits)
	for y := range p.h {
		if !anyBit(other.row(y)) {
			continue
		}
		for to := max(0, y-margin); to <= min(p.h-1, y+margin); to++ {
			for i, v := range other.row(y) {
				p.row(to)[i] |= v
			}
		}
	}
}

// widen sets in dst the bits within margin of those of src, a row.
func widen(dst, src []uint64, margin int) {
	copy(dst, src)
	if !anyBit(src) {
		return
	}
	for range margin {
		var carry uint64 // the highest bit of the word before, as it was
		for i, v := range dst {
			next := uint64(0)
			if i+1 < len(dst) {
				next = dst[i+1] << 63
			}
			dst[i] = v | v<<1 | v>>1 | carry | next
			carry = v >> 63
		}
	}
}

func anyBit(row []uint64) bool {
	for _, v := range row {
		if v != 0 {
			return true
		}
	}
	return false
}

// eachRun calls do with the runs of bits that are set in columns from..to-1 of a row.
func eachRun(row []uint64, from, to int, do func(from, to int)) {
	for x := nextBit(row, from, 0); x < to; {
		end := min(nextBit(row, x, ^uint64(0)), to)
		do(x, end)
		x = nextBit(row, end, 0)
	}
}

// nextBit returns the first column from x on whose bit, turned by flip, is set, or one
// behind the row.
func nextBit(row []uint64, x int, flip uint64) int {
	if x >= 64*len(row) {
		return 64 * len(row)
	}
	i := x >> 6
	v := (row[i] ^ flip) >> (x & 63) << (x & 63)
	for v == 0 {
		if i++; i == len(row) {
			return 64 * len(row)
		}
		v = row[i] ^ flip
	}
	return 64*i + bits.TrailingZeros64(v)
}
