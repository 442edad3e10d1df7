package envtest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"

	"glint/env"
)

// Digest is an env.FrameSink that chains SHA-256 over every batch it is shown:
// observations, aux bytes, rewards, flags, counters, and final observations where
// an episode ended. Two runs have equal digests when all of that was equal, in
// order. The zero value is ready to use. It is not safe for concurrent use.
type Digest struct {
	sum     [sha256.Size]byte
	batches int
	buf     []byte
}

// WriteBatch adds a batch to the chain. It refuses a batch whose slices do not
// have the shapes of s.
func (d *Digest) WriteBatch(s env.Spec, b *env.Batch) error {
	if err := shapes(s, b); err != nil {
		return err
	}
	d.buf = append(d.buf[:0], d.sum[:]...)
	for i := range s.N {
		d.buf = appendEnv(d.buf, s, b, i)
	}
	d.sum = sha256.Sum256(d.buf)
	d.batches++
	return nil
}

// Sum returns the digest of everything written so far.
func (d *Digest) Sum() [sha256.Size]byte { return d.sum }

// Batches returns the number of batches written so far.
func (d *Digest) Batches() int { return d.batches }

// String returns Sum in hexadecimal.
func (d *Digest) String() string { return hex.EncodeToString(d.sum[:]) }

// appendEnv appends all that b says of environment i to dst.
func appendEnv(dst []byte, s env.Spec, b *env.Batch, i int) []byte {
	aux := s.T * s.AuxLen
	dst = append(dst, b.ObsOf(i)...)
	dst = append(dst, b.AuxOf(i)...)
	if b.Ended(i) {
		dst = append(dst, b.FinalOf(i)...)
		dst = append(dst, b.FinalAux[i*aux:(i+1)*aux]...)
	}
	for _, flag := range []bool{b.Terminated[i], b.Truncated[i], b.Invalid[i], b.LifeLost[i]} {
		dst = append(dst, bit(flag))
	}
	for _, word := range []uint64{
		math.Float64bits(b.Reward[i]), math.Float64bits(b.Return[i]),
		uint64(b.Lives[i]), b.EpisodeID[i], uint64(b.Elapsed[i]),
	} {
		dst = binary.LittleEndian.AppendUint64(dst, word)
	}
	return dst
}

func bit(flag bool) byte {
	if flag {
		return 1
	}
	return 0
}

// shapes says which slice of b is not as long as s wants it.
func shapes(s env.Spec, b *env.Batch) error {
	if b == nil {
		return fmt.Errorf("envtest: %s: no batch", s.Name)
	}
	aux := s.N * s.T * s.AuxLen
	for _, f := range []struct {
		name      string
		got, want int
	}{
		{"Obs", len(b.Obs), s.N * s.ObsLen()},
		{"Final", len(b.Final), s.N * s.ObsLen()},
		{"Aux", len(b.Aux), aux},
		{"FinalAux", len(b.FinalAux), aux},
		{"Reward", len(b.Reward), s.N},
		{"Return", len(b.Return), s.N},
		{"Terminated", len(b.Terminated), s.N},
		{"Truncated", len(b.Truncated), s.N},
		{"Invalid", len(b.Invalid), s.N},
		{"LifeLost", len(b.LifeLost), s.N},
		{"Lives", len(b.Lives), s.N},
		{"EpisodeID", len(b.EpisodeID), s.N},
		{"Elapsed", len(b.Elapsed), s.N},
	} {
		if f.got != f.want {
			return fmt.Errorf("envtest: %s: Batch.%s has length %d, the Spec wants %d", s.Name, f.name, f.got, f.want)
		}
	}
	return nil
}
