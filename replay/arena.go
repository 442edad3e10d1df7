package replay

// arena holds records in chunks, first in first out. It makes no garbage, and a record
// takes no pointer.
type arena struct {
	chunks [][]byte // oldest first; records are added to the last
	gone   uint32   // chunks before the first
	spare  []byte   // an empty chunk to be used again
}

// place is where a record is.
type place struct{ chunk, from, to uint32 }

// chunkLen is the bytes of a chunk, unless a record is longer.
const chunkLen = 1 << 18

// push adds a record.
func (a *arena) push(record []byte) place {
	last := len(a.chunks) - 1
	if last < 0 || cap(a.chunks[last])-len(a.chunks[last]) < len(record) {
		if cap(a.spare) < len(record) {
			a.spare = make([]byte, 0, max(chunkLen, len(record)))
		}
		a.chunks, a.spare = append(a.chunks, a.spare), nil
		last++
	}
	from := len(a.chunks[last])
	a.chunks[last] = append(a.chunks[last], record...)
	return place{a.gone + uint32(last), uint32(from), uint32(from + len(record))}
}

// at returns a record.
func (a *arena) at(p place) []byte { return a.chunks[p.chunk-a.gone][p.from:p.to] }

// dropBefore forgets the chunks before that of the oldest record left.
func (a *arena) dropBefore(p place) {
	for a.gone != p.chunk {
		a.spare = a.chunks[0][:0]
		a.chunks = append(a.chunks[:0], a.chunks[1:]...)
		a.gone++
	}
}

// size is the memory that it holds, in bytes.
func (a *arena) size() (n int) {
	for _, c := range a.chunks {
		n += cap(c)
	}
	return n + cap(a.spare)
}
