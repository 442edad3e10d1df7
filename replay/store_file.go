package replay

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"image"
	"io"
	"math"

	"github.com/klauspost/compress/zstd"

	"glint/env"
)

// The file of a Store: a magic line; Capacity, Classes, Len and the number of
// stacks; for each stack, oldest first, its class, compressed bytes and boxes; the
// CRC-32C of all before it, 4 bytes little endian. Numbers are varints.
const storeMagic = "glint store 1\n"

// A stack never has more boxes, nor an object a longer name; a file that says so
// is damaged.
const (
	maxBoxes = 1 << 16
	maxKind  = 1 << 8
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Save writes the contents of the Store. A Store that loads them samples exactly
// as this one would have.
func (s *Store) Save(w io.Writer) error {
	sum := crc32.New(castagnoli)
	bw := bufio.NewWriter(io.MultiWriter(w, sum))
	buf := []byte(storeMagic)
	for _, v := range []int{s.cfg.Capacity, s.cfg.Classes, s.cfg.Len, len(s.slots)} {
		buf = binary.AppendUvarint(buf, uint64(v))
	}
	// A failed write fails every later one and Flush.
	_, _ = bw.Write(buf)
	for i := range s.slots {
		_, _ = bw.Write(s.arena.at(s.slots[(s.oldest+i)%len(s.slots)]))
	}
	if err := bw.Flush(); err != nil {
		return fmt.Errorf("replay: saving the store: %w", err)
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint32(nil, sum.Sum32())); err != nil {
		return fmt.Errorf("replay: saving the store: %w", err)
	}
	return nil
}

// Load replaces the contents of the Store by saved ones. It refuses those of a
// Store of another Capacity, Classes or Len, and a damaged file; the Store is then
// unchanged. Least is not saved: it is how to draw, not what was seen.
func (s *Store) Load(r io.Reader) error {
	fresh := &Store{cfg: s.cfg, byCls: make([]queue, s.cfg.Classes)}
	if err := fresh.load(r, s.enc.MaxEncodedSize(s.cfg.Len)); err != nil {
		return fmt.Errorf("replay: loading the store: %w", err)
	}
	s.slots, s.oldest, s.byCls, s.bytes, s.arena = fresh.slots, 0, fresh.byCls, fresh.bytes, fresh.arena
	return nil
}

// load reads into an empty Store; no compressed stack is longer than maxData.
func (s *Store) load(r io.Reader, maxData int) error {
	f := &storeReader{in: bufio.NewReader(r), sum: crc32.New(castagnoli)}
	if magic := f.bytes(len(storeMagic)); f.err == nil && string(magic) != storeMagic {
		return errors.New("this is no saved store of this version")
	}
	for _, want := range []struct {
		field string
		v     int
	}{{"Capacity", s.cfg.Capacity}, {"Classes", s.cfg.Classes}, {"Len", s.cfg.Len}} {
		if got := f.uint(math.MaxInt); f.err == nil && got != want.v {
			return fmt.Errorf("it was saved with %s %d, this store has %d", want.field, got, want.v)
		}
	}
	n := f.uint(s.cfg.Capacity)
	var boxes []env.Box
	for i := 0; i < n && f.err == nil; i++ {
		class := f.uint(s.cfg.Classes - 1)
		s.buf = append(s.buf[:0], f.bytes(f.uint(maxData))...)
		f.checkStack(s.buf, s.cfg.Len)
		boxes = f.boxes(boxes[:0])
		if f.err == nil {
			f.err = s.put(s.buf, class, boxes)
		}
	}
	f.checkSum()
	return f.err
}

// storeReader reads the parts of a Store's file and keeps the first error, after
// which it reads zeros.
type storeReader struct {
	in   *bufio.Reader
	sum  hash.Hash32
	one  [1]byte
	buf  []byte
	head zstd.Header
	err  error
}

func (f *storeReader) fail(err error) {
	if f.err == nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		f.err = err
	}
}

// ReadByte reads a byte of a number into the checksum.
func (f *storeReader) ReadByte() (byte, error) {
	b, err := f.in.ReadByte()
	if err == nil {
		f.one[0] = b
		f.sum.Write(f.one[:])
	}
	return b, err
}

func (f *storeReader) uint(most int) int {
	if f.err != nil {
		return 0
	}
	v, err := binary.ReadUvarint(f)
	if err != nil {
		f.fail(err)
		return 0
	}
	if v > uint64(most) {
		f.fail(fmt.Errorf("the file is damaged: %d where at most %d can stand", v, most))
		return 0
	}
	return int(v)
}

func (f *storeReader) int() int {
	if f.err != nil {
		return 0
	}
	v, err := binary.ReadVarint(f)
	if err != nil {
		f.fail(err)
		return 0
	}
	return int(v)
}

// bytes returns the next n bytes, valid until the next call.
func (f *storeReader) bytes(n int) []byte {
	if f.err != nil {
		return nil
	}
	if cap(f.buf) < n {
		f.buf = make([]byte, n)
	}
	f.buf = f.buf[:n]
	if _, err := io.ReadFull(f.in, f.buf); err != nil {
		f.fail(err)
		return nil
	}
	f.sum.Write(f.buf)
	return f.buf
}

// checkStack refuses compressed bytes whose header tells of another length.
func (f *storeReader) checkStack(data []byte, want int) {
	if f.err != nil {
		return
	}
	if err := f.head.Decode(data); err != nil {
		f.fail(fmt.Errorf("the file is damaged: a stack: %w", err))
	} else if !f.head.HasFCS || f.head.FrameContentSize != uint64(want) {
		f.fail(fmt.Errorf("the file is damaged: a stack of %d bytes, not %d", f.head.FrameContentSize, want))
	}
}

func (f *storeReader) boxes(dst []env.Box) []env.Box {
	n := f.uint(maxBoxes)
	for i := 0; i < n && f.err == nil; i++ {
		frame, x0, y0, x1, y1 := f.int(), f.int(), f.int(), f.int(), f.int()
		kind := string(f.bytes(f.uint(maxKind)))
		// Not image.Rect: that would put swapped corners in order.
		rect := image.Rectangle{Min: image.Pt(x0, y0), Max: image.Pt(x1, y1)}
		dst = append(dst, env.Box{Rect: rect, Frame: frame, Kind: kind})
	}
	return dst
}

func (f *storeReader) checkSum() {
	want := f.sum.Sum32()
	tail := f.bytes(4)
	if f.err == nil && binary.LittleEndian.Uint32(tail) != want {
		f.fail(errors.New("the file is damaged: its checksum is wrong"))
	}
}
