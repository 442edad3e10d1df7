package replay

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"unsafe"

	"github.com/klauspost/compress/zstd"

	"glint/env"
)

// ErrEmpty is returned by Sample while the Store holds no stack.
var ErrEmpty = errors.New("replay: store holds nothing to sample")

// StoreConfig sizes a Store.
type StoreConfig struct {
	// Capacity is the number of stacks kept; the oldest makes room for a new one.
	Capacity int
	// Classes is the number of classes, numbered from 0.
	Classes int
	// Least is the smallest part of a batch that each class has, however rare it is.
	// Together they are at most 1. Without any every stack is equally likely,
	// whatever its class.
	Least []float64
	// Len is the bytes of a stack, T*H*W*C.
	Len int
}

// Validate refuses a configuration that no Store can have, naming the field.
func (c StoreConfig) Validate() error {
	switch {
	case c.Capacity < 1:
		return fmt.Errorf("replay: Capacity is %d, a store needs room for at least 1 stack", c.Capacity)
	case c.Classes < 1:
		return fmt.Errorf("replay: Classes is %d, a store needs at least 1", c.Classes)
	case c.Len < 1:
		return fmt.Errorf("replay: Len is %d, a stack has at least 1 byte", c.Len)
	case len(c.Least) != 0 && len(c.Least) != c.Classes:
		return fmt.Errorf("replay: Least has %d values for %d classes; give one a class or none", len(c.Least), c.Classes)
	}
	sum := 0.0
	for i, s := range c.Least {
		if !(s >= 0 && s <= 1) {
			return fmt.Errorf("replay: Least[%d] is %v, a part of a batch is 0..1", i, s)
		}
		sum += s
	}
	if sum > 1 {
		return fmt.Errorf("replay: the values of Least add up to %v, which is more than a batch", sum)
	}
	return nil
}

// Store holds the latest stacks of observations, compressed, and draws batches in
// which no class falls below its share.
type Store struct {
	cfg    StoreConfig
	slots  []place // ring of records; grows to Capacity
	oldest int     // slot that the next Add overwrites once the ring is full
	byCls  []queue // slots of each class, oldest first
	bytes  int     // compressed bytes of all stacks
	arena  arena
	kinds  map[string]string // one string for each kind of object, not one for each box

	enc     *zstd.Encoder
	dec     *zstd.Decoder
	buf     []byte    // compressed form of the stack that is being added
	record  []byte    // that with class and boxes
	share   []float64 // scratch of Sample: expected stacks of each class
	classes []int     // scratch of Sample: its result
}

// NewStore returns an empty Store. It takes memory as stacks arrive.
func NewStore(cfg StoreConfig) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	enc, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderConcurrency(1),
		// A checksum of the whole file is written by Save; one a stack would cost
		// a tenth of the decoding time.
		zstd.WithEncoderCRC(false),
		// The size of a stack stands in its header, which Load checks.
		zstd.WithSingleSegment(true))
	if err != nil {
		return nil, fmt.Errorf("replay: making the compressor: %w", err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true),
		zstd.WithDecoderMaxMemory(uint64(max(cfg.Len, 1<<20))))
	if err != nil {
		return nil, fmt.Errorf("replay: making the decompressor: %w", err)
	}
	cfg.Least = append([]float64(nil), cfg.Least...)
	return &Store{
		cfg: cfg, enc: enc, dec: dec, kinds: map[string]string{},
		byCls: make([]queue, cfg.Classes), share: make([]float64, cfg.Classes),
	}, nil
}

// SetLeast replaces StoreConfig.Least.
func (s *Store) SetLeast(least []float64) error {
	c := s.cfg
	c.Least = append([]float64(nil), least...)
	if err := c.Validate(); err != nil {
		return err
	}
	s.cfg = c
	return nil
}

// Add puts a copy of a stack, its class and the boxes of its small objects into
// the Store. If the Store is full the oldest stack goes.
func (s *Store) Add(obs []byte, class int, boxes []env.Box) error {
	if len(obs) != s.cfg.Len {
		return fmt.Errorf("replay: adding a stack of %d bytes to a store of stacks of %d", len(obs), s.cfg.Len)
	}
	if class < 0 || class >= s.cfg.Classes {
		return fmt.Errorf("replay: adding a stack of class %d, valid are 0..%d", class, s.cfg.Classes-1)
	}
	s.buf = s.enc.EncodeAll(obs, s.buf[:0])
	return s.put(s.buf, class, boxes)
}

// put stores a compressed stack in the oldest slot or a new one.
func (s *Store) put(data []byte, class int, boxes []env.Box) (err error) {
	if s.record, err = appendRecord(s.record[:0], data, class, boxes); err != nil {
		return err
	}
	at := s.oldest
	if len(s.slots) < s.cfg.Capacity {
		at = len(s.slots)
		s.slots = append(s.slots, place{})
	} else {
		s.oldest = (s.oldest + 1) % s.cfg.Capacity
		old := parse(s.arena.at(s.slots[at]))
		s.bytes -= len(old.data)
		s.byCls[old.class].pop() // the oldest of all is the oldest of its class
	}
	s.slots[at] = s.arena.push(s.record)
	s.arena.dropBefore(s.slots[s.oldest])
	s.bytes += len(data)
	s.byCls[class].push(at)
	return nil
}

// Sample draws a batch with replacement: dst is [B,Len] and receives the stacks,
// sorted by class; boxes is nil or of length B, and its slices are reused for the
// boxes of each stack. It returns the B classes, which stay valid until the next
// Sample.
//
// In a batch the classes have as many stacks as in the Store, but none fewer than its
// Least times B, for which the others give in proportion; rounded up or down at random so
// that the mean is exact. Equal contents, draws of r and B give equal batches.
func (s *Store) Sample(r *rand.Rand, dst []byte, boxes [][]env.Box) (classes []int, err error) {
	if len(dst) == 0 || len(dst)%s.cfg.Len != 0 {
		return nil, fmt.Errorf("replay: sampling into %d bytes, which is no multiple of a stack's %d", len(dst), s.cfg.Len)
	}
	b := len(dst) / s.cfg.Len
	if boxes != nil && len(boxes) != b {
		return nil, fmt.Errorf("replay: sampling %d stacks with room for the boxes of %d", b, len(boxes))
	}
	if err := s.drawClasses(r, b); err != nil {
		return nil, err
	}
	for i, class := range s.classes {
		q := &s.byCls[class]
		rec := parse(s.arena.at(s.slots[q.at(r.IntN(q.n))]))
		if err := s.decode(dst[i*s.cfg.Len:(i+1)*s.cfg.Len], rec.data); err != nil {
			return nil, err
		}
		if boxes != nil {
			boxes[i] = s.appendBoxes(boxes[i][:0], rec.boxes)
		}
	}
	return s.classes, nil
}

// drawClasses fills s.classes with b classes in ascending order by systematic
// sampling: one draw u places b points at distance 1 on the line of the classes'
// expected numbers, so that none is off by a whole stack.
func (s *Store) drawClasses(r *rand.Rand, b int) error {
	if s.Len() == 0 {
		return ErrEmpty
	}
	s.setShares()
	last := 0
	for c, share := range s.share {
		if share > 0 {
			last = c
		}
	}
	s.classes = s.classes[:0]
	u, edge := r.Float64(), 0.0
	for c, share := range s.share {
		edge += share * float64(b)
		for len(s.classes) < b && share > 0 && (c == last || float64(len(s.classes))+u < edge) {
			s.classes = append(s.classes, c)
		}
	}
	return nil
}

// setShares fills s.share: each class that is not empty has its part of the stacks or, if
// that is more, its Least; those above theirs share what is left by their numbers of stacks.
func (s *Store) setShares() {
	clear(s.share)
	raised := true
	for raised {
		left, stacks := 1.0, 0
		for c, share := range s.share {
			left -= share
			if share == 0 {
				stacks += s.byCls[c].n
			}
		}
		raised = false
		for c, least := range s.cfg.Least {
			if n := s.byCls[c].n; s.share[c] == 0 && n > 0 && least*float64(stacks) > left*float64(n) {
				s.share[c], raised = least, true
			}
		}
		if raised {
			continue
		}
		for c, share := range s.share {
			if share == 0 && stacks > 0 {
				s.share[c] = left * float64(s.byCls[c].n) / float64(stacks)
			}
		}
	}
}

// decode writes the stack that data holds into dst.
func (s *Store) decode(dst, data []byte) error {
	out, err := s.dec.DecodeAll(data, dst[:0:len(dst)])
	if err != nil {
		return fmt.Errorf("replay: decompressing a stack: %w", err)
	}
	if len(out) != len(dst) {
		return fmt.Errorf("replay: decompressing a stack: it has %d bytes, not %d", len(out), len(dst))
	}
	if &out[0] != &dst[0] {
		copy(dst, out)
	}
	return nil
}

// Len returns the number of stacks in the Store.
func (s *Store) Len() int { return len(s.slots) }

// Counts returns the number of stacks of each class.
func (s *Store) Counts() []int {
	n := make([]int, len(s.byCls))
	for c := range s.byCls {
		n[c] = s.byCls[c].n
	}
	return n
}

// Shares returns the part of a batch that each class has on average, all 0 for an empty Store.
func (s *Store) Shares() []float64 {
	s.setShares()
	return append([]float64(nil), s.share...)
}

// Bytes returns the compressed size of all stacks in bytes, without their boxes.
func (s *Store) Bytes() int { return s.bytes }

// Memory returns the bytes that the Store holds: stacks, boxes and what finds them.
func (s *Store) Memory() int {
	n := s.arena.size() + cap(s.slots)*int(unsafe.Sizeof(place{}))
	for c := range s.byCls {
		n += cap(s.byCls[c].ring) * int(unsafe.Sizeof(s.byCls[c].ring[0]))
	}
	return n
}

// Ratio returns how many times smaller the stacks are than uncompressed, 0 for an
// empty Store.
func (s *Store) Ratio() float64 {
	if s.bytes == 0 {
		return 0
	}
	return float64(s.Len()) * float64(s.cfg.Len) / float64(s.bytes)
}
