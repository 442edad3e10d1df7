package gym

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// The constants of a frame header; PROTOCOL.md has the layout.
const (
	magic      = 0x4C47
	version    = 1
	headerLen  = 16
	maxFrame   = 64 << 20
	maxRequest = 16 << 20
	flagShared = 1 // of a BATCH header
)

// kind is the type of a frame.
type kind uint8

const (
	kindHello kind = iota + 1
	kindMake
	kindSpec
	kindReset
	kindStep
	kindBatch
	kindSave
	kindLoad
	kindState
	kindOK
	kindError
	kindClose
	kindAuth
	kindCall
	kindMap
	kindEnd // one past the last
)

// errProtocol marks a peer that does not speak the protocol.
var errProtocol = errors.New("protocol violation")

// header is what precedes every payload.
type header struct {
	kind   kind
	seq    uint32
	size   int
	shared bool // the payload says where in the shared memory the body is
}

// appendFrame appends a frame that holds payload.
func appendFrame(dst []byte, k kind, seq uint32, payload []byte) []byte {
	dst = binary.LittleEndian.AppendUint16(dst, magic)
	dst = append(dst, version, byte(k), 0, 0, 0, 0)
	dst = binary.LittleEndian.AppendUint32(dst, seq)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(payload)))
	return append(dst, payload...)
}

// readHeader reads and checks a header. A stream that ends before its first
// byte gives io.EOF.
func readHeader(r io.Reader) (header, error) {
	var raw [headerLen]byte
	if _, err := io.ReadFull(r, raw[:]); err != nil {
		return header{}, err
	}
	size := binary.LittleEndian.Uint32(raw[12:])
	h := header{kind: kind(raw[3]), seq: binary.LittleEndian.Uint32(raw[8:]), size: int(size)}
	flags := binary.LittleEndian.Uint32(raw[4:]) // and the reserved field
	h.shared = h.kind == kindBatch && flags == flagShared
	switch {
	case binary.LittleEndian.Uint16(raw[:]) != magic:
		return h, fmt.Errorf("bad magic %#04x: %w", binary.LittleEndian.Uint16(raw[:]), errProtocol)
	case raw[2] != version:
		return h, fmt.Errorf("version %d, this side speaks %d: %w", raw[2], version, errProtocol)
	case h.kind == 0 || h.kind >= kindEnd:
		return h, fmt.Errorf("unknown frame type %d: %w", h.kind, errProtocol)
	case flags != 0 && !h.shared:
		return h, fmt.Errorf("flags and reserved header fields are %#x: %w", flags, errProtocol)
	case size > maxFrame:
		return h, fmt.Errorf("frame of %d bytes, at most %d are allowed: %w", size, maxFrame, errProtocol)
	}
	return h, nil
}

// readPayload reads the payload that h announces. Its memory grows with what
// arrives, so that a liar's length costs nothing.
func readPayload(r io.Reader, h header) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, int64(h.size)))
	if err == nil && len(data) < h.size {
		err = io.ErrUnexpectedEOF
	}
	return data, err
}

// remoteError decodes the payload of an ERROR frame.
func remoteError(payload []byte) error {
	e := &RemoteError{Env: -1}
	if err := json.Unmarshal(payload, e); err != nil {
		return fmt.Errorf("ERROR frame: %w: %w", errProtocol, err)
	}
	return e
}
