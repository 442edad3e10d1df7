package vnc

import (
	"encoding/binary"
	"image"
)

// The messages of a client (RFC 6143, 7.5).
const (
	setPixelFormat = 0
	setEncodings   = 2
	requestUpdate  = 3
	keyEvent       = 4
)

// appendFormat asks for pixels of 32 bits, little endian, whose bytes are red, green,
// blue and nothing. It never changes, so that no update is read in a wrong one.
func appendFormat(b []byte) []byte {
	return append(b, setPixelFormat, 0, 0, 0,
		32, 24, 0, 1, // bits, depth, little endian, true colour
		0, 255, 0, 255, 0, 255, // highest values
		0, 8, 16, // shifts
		0, 0, 0)
}

func appendEncodings(b []byte, list []encoding) []byte {
	b = append(b, setEncodings, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(len(list)))
	for _, e := range list {
		b = binary.BigEndian.AppendUint32(b, uint32(e))
	}
	return b
}

// appendRequest asks for what changed in a part of the screen or, for a picture of a
// part whose pixels are unknown, for all of it.
func appendRequest(b []byte, r image.Rectangle, changes bool) []byte {
	b = append(b, requestUpdate, 0)
	if changes {
		b[len(b)-1] = 1
	}
	for _, v := range []int{r.Min.X, r.Min.Y, r.Dx(), r.Dy()} {
		b = binary.BigEndian.AppendUint16(b, uint16(v))
	}
	return b
}

func appendKey(b []byte, key keysym, down bool) []byte {
	b = append(b, keyEvent, 0, 0, 0)
	if down {
		b[len(b)-3] = 1
	}
	return binary.BigEndian.AppendUint32(b, uint32(key))
}
