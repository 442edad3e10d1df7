package gym

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image/color"
	"io"
	"math"

	"glint/env"
)

// flags of an environment in a BATCH frame.
const (
	flagTerminated = 1 << iota
	flagTruncated
	flagLifeLost
	flagsEnd
)

const (
	batchPrefix = 16 // first, n, finals, zero
	finalPrefix = 8  // environment, zero
)

// metaLen returns the bytes of the figures of n environments.
func metaLen(n int) int { return (37*n + 7) / 8 * 8 }

// encodeStep returns the payload of STEP for environments first.. of a worker.
func encodeStep(first int, actions []int) []byte {
	out := make([]byte, 0, 8+4*len(actions))
	out = binary.LittleEndian.AppendUint32(out, uint32(first))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(actions)))
	for _, a := range actions {
		out = binary.LittleEndian.AppendUint32(out, uint32(int32(a)))
	}
	return out
}

// encodeReset returns the payload of RESET for the first environments of a
// worker, with a seed and an episode number each.
func encodeReset(seeds, episodes []uint64) []byte {
	out := make([]byte, 0, 8+16*len(seeds))
	out = binary.LittleEndian.AppendUint32(out, 0)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(seeds)))
	for i, s := range seeds {
		out = binary.LittleEndian.AppendUint64(out, s)
		out = binary.LittleEndian.AppendUint64(out, episodes[i])
	}
	return out
}

// target is the part of a Batch that a BATCH frame is decoded into: environments
// first..first+n-1 of the worker become dst's at..at+n-1.
type target struct {
	dst          *env.Batch
	at, first, n int
}

// decodeBatch reads the payload of a BATCH frame of size bytes from r, the
// pixels directly into their place. The scratch is grown and returned.
func decodeBatch(r io.Reader, size int, s env.Spec, to target, scratch []byte) ([]byte, error) {
	n, obs, aux := to.n, s.ObsLen(), s.T*s.AuxLen
	fixed := batchPrefix + metaLen(n)
	if size < fixed+n*(obs+aux) {
		return scratch, fmt.Errorf("BATCH of %d bytes for %d environments: %w", size, n, errProtocol)
	}
	if cap(scratch) < fixed {
		scratch = make([]byte, fixed)
	}
	meta := scratch[:fixed]
	if _, err := io.ReadFull(r, meta); err != nil {
		return scratch, err
	}
	first, count := binary.LittleEndian.Uint32(meta), binary.LittleEndian.Uint32(meta[4:])
	finals := int64(binary.LittleEndian.Uint32(meta[8:]))
	if int(first) != to.first || int(count) != n || finals > int64(n) {
		return scratch, fmt.Errorf("BATCH of environments %d+%d with %d finals, asked were %d+%d: %w", first, count, finals, to.first, n, errProtocol)
	}
	if want := int64(fixed+n*(obs+aux)) + finals*int64(finalPrefix+obs+aux); int64(size) != want {
		return scratch, fmt.Errorf("BATCH of %d bytes, want %d: %w", size, want, errProtocol)
	}
	if err := decodeMeta(meta[batchPrefix:], to); err != nil {
		return scratch, err
	}
	if _, err := io.ReadFull(r, to.dst.Obs[to.at*obs:(to.at+n)*obs]); err != nil {
		return scratch, err
	}
	if _, err := io.ReadFull(r, to.dst.Aux[to.at*aux:(to.at+n)*aux]); err != nil {
		return scratch, err
	}
	return scratch, decodeFinals(r, int(finals), obs, aux, to)
}

// decodeMeta reads the columns of figures.
func decodeMeta(meta []byte, to target) error {
	n, le := to.n, binary.LittleEndian
	for k := range n {
		i := to.at + k
		to.dst.Reward[i] = math.Float64frombits(le.Uint64(meta[8*k:]))
		to.dst.Return[i] = math.Float64frombits(le.Uint64(meta[8*n+8*k:]))
		to.dst.EpisodeID[i] = le.Uint64(meta[16*n+8*k:])
		to.dst.Elapsed[i] = env.Frames(le.Uint64(meta[24*n+8*k:]))
		to.dst.Lives[i] = int(int32(le.Uint32(meta[32*n+4*k:])))
		flags := meta[36*n+k]
		if flags >= flagsEnd {
			return fmt.Errorf("environment %d has the flags %#x: %w", to.first+k, flags, errProtocol)
		}
		to.dst.Terminated[i] = flags&flagTerminated != 0
		to.dst.Truncated[i] = flags&flagTruncated != 0
		to.dst.LifeLost[i] = flags&flagLifeLost != 0
		to.dst.Invalid[i] = false
	}
	return nil
}

// decodeFinals reads the final observations. There is exactly one for every
// environment that ended, in order.
func decodeFinals(r io.Reader, finals, obs, aux int, to target) error {
	next := to.at
	for range finals {
		var head [finalPrefix]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return err
		}
		i := to.at + int(binary.LittleEndian.Uint32(head[:]))
		if i < next || i >= to.at+to.n || !to.dst.Ended(i) {
			return fmt.Errorf("a final observation of environment %d, which did not end: %w", i-to.at, errProtocol)
		}
		next = i + 1
		if _, err := io.ReadFull(r, to.dst.Final[i*obs:(i+1)*obs]); err != nil {
			return err
		}
		if _, err := io.ReadFull(r, to.dst.FinalAux[i*aux:(i+1)*aux]); err != nil {
			return err
		}
	}
	ended := 0
	for i := to.at; i < to.at+to.n; i++ {
		if to.dst.Ended(i) {
			ended++
		}
	}
	if ended != finals {
		return fmt.Errorf("%d episodes ended with %d final observations: %w", ended, finals, errProtocol)
	}
	return nil
}

// wireSpec is the JSON of SPEC.
type wireSpec struct {
	N        int        `json:"n"`
	T        int        `json:"t"`
	H        int        `json:"h"`
	W        int        `json:"w"`
	Format   env.Format `json:"format"`
	Palette  []int      `json:"palette"`
	Actions  int        `json:"actions"`
	Meanings []string   `json:"meanings"`
	Repeat   int        `json:"repeat"`
	Stacked  bool       `json:"stacked"`
	AuxLen   int        `json:"aux_len"`
	Saves    bool       `json:"saves"`
}

// decodeSpec reads SPEC and refuses what no environment can be.
func decodeSpec(payload []byte, n int) (env.Spec, error) {
	var w wireSpec
	if err := json.Unmarshal(payload, &w); err != nil {
		return env.Spec{}, fmt.Errorf("SPEC: %w: %w", errProtocol, err)
	}
	s := env.Spec{
		N: w.N, T: w.T, H: w.H, W: w.W, Format: w.Format, Actions: w.Actions, Meanings: w.Meanings,
		Repeat: w.Repeat, Stacked: w.Stacked, AuxLen: w.AuxLen, Saves: w.Saves,
	}
	const side = 1 << 14
	shape := s.T >= 1 && s.T <= 256 && s.H >= 1 && s.H <= side && s.W >= 1 && s.W <= side && s.AuxLen >= 0 && s.AuxLen <= 1<<16
	known := s.Format == env.Index || s.Format == env.Gray || s.Format == env.RGB
	if w.N != n || !shape || !known || s.Actions < 1 || s.Repeat < 1 || len(w.Palette)%3 != 0 || len(w.Palette) > 768 {
		return env.Spec{}, fmt.Errorf("SPEC describes no environment: %w", errProtocol)
	}
	if n*s.ObsLen() > maxFrame {
		return env.Spec{}, fmt.Errorf("%d observations of %d bytes do not fit into a frame: use more workers, fewer environments or a crop", n, s.ObsLen())
	}
	for i := 0; i < len(w.Palette); i += 3 {
		p := w.Palette[i : i+3]
		s.Palette = append(s.Palette, color.RGBA{R: uint8(p[0]), G: uint8(p[1]), B: uint8(p[2]), A: 255})
	}
	return s, nil
}
