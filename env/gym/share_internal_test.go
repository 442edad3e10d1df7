//go:build linux

package gym

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"glint/env"
	"glint/env/envtest"
)

// inline replaces the workers of v by some that send their batches.
func inline(v *Vec) {
	v.launcher.memory = func() (*os.File, error) { return nil, errors.ErrUnsupported }
	for _, sh := range v.shards {
		sh.link.kill()
		sh.link = nil
	}
}

// digest plays whole steps and halves, through ends of episodes and, if asked, a
// crash, and returns a hash of all batches.
func digest(t *testing.T, v *Vec, crash bool) string {
	t.Helper()
	var sum envtest.Digest
	ctx, ends, half := t.Context(), 0, v.spec
	half.N /= 2
	next := envtest.Random(v.spec, 3)
	note := func(s env.Spec, b *env.Batch, err error) {
		if err == nil {
			err = sum.WriteBatch(s, b)
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range s.N {
			if b.Ended(i) {
				ends++
			}
		}
	}
	b, err := v.Reset(ctx, []uint64{1, 2, 3, 4})
	note(v.spec, b, err)
	for k := range 40 {
		if crash && k == 20 {
			_ = v.shards[0].link.proc.cmd.Process.Kill() // the next step shows it
		}
		b, err := v.Step(ctx, next())
		note(v.spec, b, err)
		actions := next()
		for g := range 2 {
			if err := v.Send(ctx, g, actions[g*half.N:(g+1)*half.N]); err != nil {
				t.Fatal(err)
			}
		}
		for _, g := range []int{1, 0} { // reading 1 reads 0 before it where both are one worker's
			b, err := v.Recv(ctx, g)
			note(half, b, err)
		}
	}
	if ends < 4 {
		t.Errorf("%d episodes ended, the final observations were not compared", ends)
	}
	return sum.String()
}

func TestSharedEqualsInline(t *testing.T) {
	for _, c := range []struct {
		name    string
		workers int
		crash   bool
	}{{"one worker", 1, false}, {"two workers", 2, false}, {"a crash", 1, true}} {
		t.Run(c.name, func(t *testing.T) {
			o := DefaultOptions("ALE/Breakout-v5")
			o.N, o.Workers, o.Python, o.MaxFrames = 4, c.workers, installed(t), 90
			sums := map[bool]string{}
			for _, shared := range []bool{true, false} {
				v, err := Open(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				if !shared {
					inline(v)
				}
				sums[shared] = digest(t, v, c.crash)
				for _, sh := range v.shards {
					if (sh.link.shared != nil) != shared {
						t.Errorf("memory is shared: %v, want %v", !shared, shared)
					}
				}
				if err := v.Close(); err != nil {
					t.Error(err)
				}
			}
			if sums[true] != sums[false] {
				t.Error("batches in shared memory differ from those on the socket")
			}
		})
	}
}

// TestNoMemoryToShare makes sharing fail on either side: play goes on inline.
func TestNoMemoryToShare(t *testing.T) {
	v := played(t, 2, 1)
	for name, memory := range map[string]func() (*os.File, error){
		"no size":  func() (*os.File, error) { return os.Open(os.DevNull) },
		"no seals": func() (*os.File, error) { return os.CreateTemp(t.TempDir(), "memory") },
	} {
		v.launcher.memory = memory
		v.shards[0].link.kill()
		v.shards[0].link = nil
		if _, err := v.Reset(t.Context(), make([]uint64, 2)); err != nil || v.shards[0].link.shared != nil {
			t.Errorf("%s: Reset: %v", name, err)
		}
	}
	inline(v)
	if _, err := v.Reset(t.Context(), make([]uint64, 2)); err != nil {
		t.Fatal(err)
	}
	l := v.shards[0].link
	var err error
	if l.memory, err = newMemory(); err != nil {
		t.Skip(err)
	}
	if err := l.share(t.Context(), v.spec); err != nil || l.shared != nil || l.memory != nil {
		t.Errorf("share with a worker that has no memory: %v", err)
	}
	if _, err := v.Step(t.Context(), make([]int, 2)); err != nil {
		t.Errorf("Step: %v", err)
	}
}

// held counts the descriptors of this process and its mappings of shared memory.
func held(t *testing.T) (descriptors, mappings int) {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return len(files), strings.Count(string(maps), "memfd:glint-gym")
}

func TestMemoryIsGivenBack(t *testing.T) {
	o := DefaultOptions("ALE/Pong-v5")
	o.N, o.Workers, o.Python = 2, 2, installed(t)
	var before int
	for round := range 2 { // the first round opens what the runtime keeps
		v, err := Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.Reset(t.Context(), make([]uint64, 2)); err != nil {
			t.Fatal(err)
		}
		open, _ := held(t)
		for range 3 {
			_ = v.shards[0].link.proc.cmd.Process.Kill() // the step shows it
			if _, err := v.Step(t.Context(), make([]int, 2)); err != nil {
				t.Fatal(err)
			}
			v.shards[0].crashes = 0
		}
		if now, mappings := held(t); now != open || mappings != 2 {
			t.Errorf("after crashes %d descriptors and %d mappings, want %d and 2", now, mappings, open)
		}
		if err := v.Close(); err != nil {
			t.Fatal(err)
		}
		after, mappings := held(t)
		if mappings != 0 || (round > 0 && after != before) {
			t.Errorf("after Close %d descriptors and %d mappings, want %d and none", after, mappings, before)
		}
		before = after
	}
}

// TestHostilePlaces gives places outside the shared memory and frames that the
// flag does not belong to.
func TestHostilePlaces(t *testing.T) {
	s := env.Spec{Name: "x", N: 1, T: 1, H: 2, W: 2, Format: env.Gray, Actions: 2, Repeat: 1}
	body := batchPrefix + metaLen(1) + s.ObsLen()
	shared := make([]byte, body+8)
	shared[8+4] = 1 // one environment
	place := func(offset, size uint64) []byte {
		return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, offset), size)
	}
	for _, c := range []struct {
		name    string
		kind    kind
		flags   byte
		shared  []byte
		payload []byte
		ok      bool
	}{
		{"good", kindBatch, flagShared, shared, place(8, uint64(body)), true},
		{"one byte beyond", kindBatch, flagShared, shared, place(9, uint64(body)), false},
		{"larger than all", kindBatch, flagShared, shared, place(0, uint64(len(shared))+1), false},
		{"smaller than a batch", kindBatch, flagShared, shared, place(8, uint64(body)-1), false},
		{"overflow", kindBatch, flagShared, shared, place(^uint64(0)-7, 8+uint64(body)), false},
		{"negative size", kindBatch, flagShared, shared, place(8, 1<<63), false},
		{"no memory", kindBatch, flagShared, nil, place(0, uint64(body)), false},
		{"short place", kindBatch, flagShared, shared, place(8, uint64(body))[:15], false},
		{"long place", kindBatch, flagShared, shared, append(place(8, uint64(body)), 0), false},
		{"another flag", kindBatch, 3, shared, place(8, uint64(body)), false},
		{"another type", kindOK, flagShared, shared, nil, false},
	} {
		ours, theirs := net.Pipe()
		raw := appendFrame(nil, c.kind, 1, c.payload)
		raw[4] = c.flags
		go func() { _, _ = theirs.Write(raw) }() // what is refused is not read to its end
		l := &link{conn: ours, timeout: time.Second, shared: c.shared}
		err := l.batch(t.Context(), 1, s, target{dst: env.NewBatch(s), n: 1})
		if (err == nil) != c.ok || (err != nil && !errors.Is(err, errProtocol)) {
			t.Errorf("%s: %v", c.name, err)
		}
		_ = ours.Close()
	}
}
