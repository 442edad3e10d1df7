package replay

import (
	"encoding/binary"
	"fmt"
	"image"

	"glint/env"
)

// record is a stack as it is kept and saved: its class, its compressed bytes with their
// length before them, and its boxes.
type record struct {
	class int
	data  []byte
	boxes []byte
}

// appendRecord appends a stack's record. Numbers are varints.
func appendRecord(buf, data []byte, class int, boxes []env.Box) ([]byte, error) {
	buf = binary.AppendUvarint(buf, uint64(class))
	buf = binary.AppendUvarint(buf, uint64(len(data)))
	buf = append(buf, data...)
	if len(boxes) > maxBoxes {
		return nil, fmt.Errorf("replay: a stack has %d boxes, at most %d can be kept", len(boxes), maxBoxes)
	}
	buf = binary.AppendUvarint(buf, uint64(len(boxes)))
	for _, b := range boxes {
		for _, v := range []int{b.Frame, b.Rect.Min.X, b.Rect.Min.Y, b.Rect.Max.X, b.Rect.Max.Y} {
			buf = binary.AppendVarint(buf, int64(v))
		}
		if len(b.Kind) > maxKind {
			return nil, fmt.Errorf("replay: an object's kind has %d bytes, at most %d can be kept", len(b.Kind), maxKind)
		}
		buf = binary.AppendUvarint(buf, uint64(len(b.Kind)))
		buf = append(buf, b.Kind...)
	}
	return buf, nil
}

// parse takes apart what appendRecord made.
func parse(b []byte) record {
	class, n := binary.Uvarint(b)
	b = b[n:]
	length, n := binary.Uvarint(b)
	b = b[n:]
	return record{int(class), b[:length], b[length:]}
}

// appendBoxes appends the boxes of a record.
func (s *Store) appendBoxes(dst []env.Box, b []byte) []env.Box {
	next := func() int {
		v, n := binary.Varint(b)
		b = b[n:]
		return int(v)
	}
	length := func() int {
		v, n := binary.Uvarint(b)
		b = b[n:]
		return int(v)
	}
	for range length() {
		frame, x0, y0, x1, y1 := next(), next(), next(), next(), next()
		n := length()
		kind, known := s.kinds[string(b[:n])]
		if !known {
			kind = string(b[:n])
			s.kinds[kind] = kind
		}
		b = b[n:]
		// Not image.Rect: that would put swapped corners in order.
		dst = append(dst, env.Box{Rect: image.Rectangle{Min: image.Pt(x0, y0), Max: image.Pt(x1, y1)}, Frame: frame, Kind: kind})
	}
	return dst
}
