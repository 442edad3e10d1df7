package gym

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"glint/env"
)

// placeLen is the payload of a BATCH whose body is in shared memory: its offset
// and its size.
const placeLen = 16

// share maps the memory that the worker inherited, large enough for the batches
// of s, and asks the worker to do the same. Whoever cannot leaves the batches on
// the socket; the error is one of the connection.
func (l *link) share(ctx context.Context, s env.Spec) error {
	if l.memory == nil {
		return nil
	}
	defer func() {
		closeMemory(l.memory) // the mapping stays
		l.memory = nil
	}()
	size := sharedSize(s)
	shared, err := mapMemory(l.memory, size)
	if err != nil {
		return nil // the socket does as well, only slower
	}
	l.shared = shared
	_, err = l.ask(ctx, kindMap, binary.LittleEndian.AppendUint64(nil, uint64(size)), kindOK)
	if _, ok := errors.AsType[*RemoteError](err); ok {
		l.unshare()
		return nil
	}
	return err
}

// sharedSize returns the bytes that hold the batches of s: one of all
// environments and one of each half. What is never written takes no memory.
func sharedSize(s env.Spec) int {
	const page = 1 << 12
	one := headerLen + batchPrefix + metaLen(s.N) + s.N*(2*(s.ObsLen()+s.T*s.AuxLen)+finalPrefix)
	return (2*one+3*page)/page*page + page
}

// body returns the body of a BATCH in shared memory. What the worker says of its
// place is not believed.
func (l *link) body(h header) ([]byte, error) {
	var raw [placeLen]byte
	if h.size != placeLen {
		return nil, fmt.Errorf("a place of %d bytes, want %d: %w", h.size, placeLen, errProtocol)
	}
	if _, err := io.ReadFull(l.conn, raw[:]); err != nil {
		return nil, err
	}
	offset, size := binary.LittleEndian.Uint64(raw[:]), binary.LittleEndian.Uint64(raw[8:])
	if all := uint64(len(l.shared)); size > all || offset > all-size {
		return nil, fmt.Errorf("BATCH at %d+%d of %d bytes of shared memory: %w", offset, size, all, errProtocol)
	}
	return l.shared[offset : offset+size], nil
}

// unshare gives the shared memory back.
func (l *link) unshare() {
	closeMemory(l.memory)
	unmapMemory(l.shared)
	l.memory, l.shared = nil, nil
}

// closeMemory closes the descriptor of shared memory, if there is any.
func closeMemory(memory *os.File) {
	if memory != nil {
		_ = memory.Close() // nothing was written through it
	}
}
