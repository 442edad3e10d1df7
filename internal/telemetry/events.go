package telemetry

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Events writes a TensorBoard event file: protocol buffers of type
// tensorflow.Event in the framing of a TFRecord. Field numbers are those of
// tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto.
type Events struct{ w io.Writer }

// NewEvents starts an event file on w. w sees one Write for every event.
func NewEvents(w io.Writer, now time.Time) (*Events, error) {
	e := &Events{w: w}
	version := protowire.AppendTag(nil, 3, protowire.BytesType) // Event.file_version
	version = protowire.AppendString(version, "brain.Event:2")
	return e, e.event(now, 0, version)
}

// Restart tells TensorBoard to forget what earlier files of the folder say about
// step and later: what a run does that continues from a checkpoint.
func (e *Events) Restart(now time.Time, step int64) error {
	log := protowire.AppendTag(nil, 1, protowire.VarintType) // SessionLog.status
	log = protowire.AppendVarint(log, 1)                     // START
	return e.event(now, step, field(7, log))                 // Event.session_log
}

// Scalars writes the values as one event, in the order of the registry.
func (e *Events) Scalars(now time.Time, step int64, values Values) error {
	var summary []byte
	for _, m := range Metrics {
		v, ok := values[m.Name]
		if !ok {
			continue
		}
		value := field(1, []byte(m.Name))                            // Summary.Value.tag
		value = protowire.AppendTag(value, 2, protowire.Fixed32Type) // Summary.Value.simple_value
		value = protowire.AppendFixed32(value, math.Float32bits(float32(v)))
		summary = append(summary, field(1, value)...) // Summary.value
	}
	if len(summary) == 0 {
		return nil
	}
	return e.event(now, step, field(5, summary)) // Event.summary
}

// Image writes a picture under a tag.
func (e *Events) Image(now time.Time, step int64, tag string, img image.Image) error {
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, img); err != nil {
		return fmt.Errorf("telemetry: image %s: %w", tag, err)
	}
	size := img.Bounds().Size()
	var body []byte                              // Summary.Image
	for i, n := range []int{size.Y, size.X, 4} { // height, width, colorspace RGBA
		body = protowire.AppendTag(body, protowire.Number(i+1), protowire.VarintType)
		body = protowire.AppendVarint(body, uint64(n))
	}
	body = append(body, field(4, encoded.Bytes())...)         // encoded_image_string
	value := append(field(1, []byte(tag)), field(4, body)...) // Summary.Value.tag and .image
	return e.event(now, step, field(5, field(1, value)))
}

// field encodes a field of bytes, a text or a message.
func field(number protowire.Number, content []byte) []byte {
	b := protowire.AppendTag(nil, number, protowire.BytesType)
	return protowire.AppendBytes(b, content)
}

// event frames and writes an Event of the given encoded fields.
func (e *Events) event(now time.Time, step int64, fields []byte) error {
	b := protowire.AppendTag(nil, 1, protowire.Fixed64Type) // Event.wall_time
	b = protowire.AppendFixed64(b, math.Float64bits(float64(now.UnixMicro())/1e6))
	b = protowire.AppendTag(b, 2, protowire.VarintType) // Event.step
	b = protowire.AppendVarint(b, uint64(step))
	b = append(b, fields...)
	if _, err := e.w.Write(record(b)); err != nil {
		return fmt.Errorf("telemetry: writing an event: %w", err)
	}
	return nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// record frames data as a TFRecord: length, masked CRC of the length, data,
// masked CRC of the data.
func record(data []byte) []byte {
	b := make([]byte, 0, len(data)+16)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(data)))
	b = binary.LittleEndian.AppendUint32(b, maskedCRC(b[:8]))
	b = append(b, data...)
	return binary.LittleEndian.AppendUint32(b, maskedCRC(data))
}

// maskedCRC is the TFRecord format's rotated CRC-32C.
func maskedCRC(data []byte) uint32 {
	c := crc32.Checksum(data, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}
