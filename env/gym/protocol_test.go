package gym_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"glint/env"
	"glint/env/gym"
)

func TestProtocol(t *testing.T) {
	var asked []byte
	o := serveFake(t, func(_ int, q request) []byte {
		asked = append(asked, q.kind)
		if q.kind == typeStep {
			return fakeBatch(q.seq, 1, 0.5, 1|4)
		}
		return answers(q)
	})
	v := open(t, o)
	if _, err := v.Reset(t.Context(), []uint64{9}); err != nil {
		t.Fatal(err)
	}
	b, err := v.Step(t.Context(), []int{3})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(asked, []byte{typeAuth, typeHello, typeMake, typeReset, typeStep}) {
		t.Errorf("the server was asked %v", asked)
	}
	if !b.Terminated[0] || b.Truncated[0] || !b.LifeLost[0] || b.Invalid[0] || b.Lives[0] != 3 {
		t.Errorf("flags of the batch: %+v", b)
	}
	if b.Reward[0] != 0.5 || b.Return[0] != 5 || b.EpisodeID[0] != 1 || b.Elapsed[0] != 2 {
		t.Errorf("figures of the batch: %+v", b)
	}
	if b.Obs[11] != 11 || b.Aux[1] != 13 || b.Final[0] != 100 || b.FinalAux[1] != 113 {
		t.Errorf("bytes of the batch: %+v", b)
	}
}

func TestBadAnswers(t *testing.T) {
	edit := func(at int, with byte) func(request) []byte {
		return func(q request) []byte {
			out := fakeBatch(q.seq, 0, 0, 0)
			out[at] = with
			return out
		}
	}
	for _, c := range []struct {
		name   string
		answer func(request) []byte
		want   string
	}{
		{"magic", edit(0, 'X'), "bad magic"},
		{"version", edit(2, 9), "version 9, this side speaks 1"},
		{"type", edit(3, 99), "unknown frame type 99"},
		{"other type", edit(3, typeOK), "answer of type 10"},
		{"reserved", edit(6, 1), "reserved header fields"},
		{"sequence", edit(8, 77), "answer to request 77"},
		{"oversized", edit(15, 0xFF), "at most 67108864 are allowed"},
		{"length", edit(12, 0), "protocol violation"},
		{"other environments", edit(16, 1), "BATCH of environments 1+1"},
		{"too many finals", edit(24, 2), "with 2 finals"},
		{"missing final", edit(24, 1), "protocol violation"},
		{"flags", edit(16+16+36, 0xF0), "has the flags 0xf0"},
		{"end without final", edit(16+16+36, 1), "1 episodes ended with 0 final observations"},
		{"garbage", func(request) []byte { return bytes.Repeat([]byte("garbage "), 9) }, "bad magic"},
		{"exception", func(q request) []byte {
			return fault(q.seq, 0, "exception", "ValueError: no\nmore", "Traceback ...")
		}, "environment 0: ValueError: no"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bad := true
			v := open(t, serveFake(t, func(_ int, q request) []byte {
				if q.kind == typeStep && bad {
					return c.answer(q)
				}
				return answers(q)
			}))
			if _, err := v.Reset(t.Context(), []uint64{1}); err != nil {
				t.Fatal(err)
			}
			_, err := v.Step(t.Context(), []int{0})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("Step: %v\nwant one line with %q", err, c.want)
			}
			if _, err := v.Step(t.Context(), []int{0}); !errors.Is(err, env.ErrNotReset) {
				t.Errorf("Step after a fault: %v, want env.ErrNotReset", err)
			}
			bad = false
			if _, err := v.Reset(t.Context(), []uint64{1}); err != nil {
				t.Errorf("Reset after a fault: %v", err)
			}
		})
	}
}

func TestBadSpecs(t *testing.T) {
	for _, c := range []struct{ name, old, with, want string }{
		{"no JSON", `{"n"`, `"n"`, "SPEC"},
		{"no actions", `"actions":4`, `"actions":0`, "no environment"},
		{"huge", `"h":2`, `"h":2000000`, "no environment"},
		{"negative", `"aux_len":1`, `"aux_len":-1`, "no environment"},
		{"other number", `"n":1`, `"n":7`, "no environment"},
		{"too large for a frame", `"t":2,"h":2,"w":3`, `"t":200,"h":9000,"w":9000`, "do not fit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := serveFake(t, func(_ int, q request) []byte {
				if q.kind == typeMake {
					return frame(typeSpec, q.seq, []byte(strings.Replace(fakeSpec, c.old, c.with, 1)))
				}
				return answers(q)
			})
			if v, err := gym.Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Open: %v, %v, want an error with %q", v, err, c.want)
			}
		})
	}
}

// TestCrash hangs up in the middle of an answer: the step is repaired by a new
// connection, in a new episode, and counts as no experience.
func TestCrash(t *testing.T) {
	var seeds []uint64
	o := serveFake(t, func(n int, q request) []byte {
		switch {
		case q.kind == typeReset:
			seeds = append(seeds, binary.LittleEndian.Uint64(q.payload[8:]))
		case q.kind == typeStep && n == 0:
			return nil
		}
		return answers(q)
	})
	v := open(t, o)
	if _, err := v.Reset(t.Context(), []uint64{9}); err != nil {
		t.Fatal(err)
	}
	b, err := v.Step(t.Context(), []int{0})
	if err != nil {
		t.Fatal(err)
	}
	if !b.Invalid[0] || !b.Truncated[0] || b.Terminated[0] || b.Reward[0] != 0 || b.EpisodeID[0] != 1 || b.Elapsed[0] != 2 {
		t.Errorf("the batch of a crash: %+v", b)
	}
	if b, err = v.Step(t.Context(), []int{0}); err != nil || b.Invalid[0] {
		t.Errorf("the step after a crash: %v, %+v", err, b)
	}
	if len(seeds) != 2 || seeds[0] != 9 || seeds[1] == 9 {
		t.Errorf("episodes were seeded %v, want 9 and another", seeds)
	}
}

func TestCrashesInARow(t *testing.T) {
	var connections atomic.Int32
	o := serveFake(t, func(n int, q request) []byte {
		connections.Store(int32(n) + 1)
		if q.kind == typeStep || (q.kind == typeReset && n > 0) {
			return nil
		}
		return answers(q)
	})
	v := open(t, o)
	if _, err := v.Reset(t.Context(), []uint64{9}); err != nil {
		t.Fatal(err)
	}
	_, err := v.Step(t.Context(), []int{0})
	if err == nil || !strings.Contains(err.Error(), "crashed 3 times in a row") || connections.Load() != 3 {
		t.Errorf("Step after %d connections: %v", connections.Load(), err)
	}
}

func TestSilence(t *testing.T) {
	o := serveFake(t, func(_ int, q request) []byte {
		if q.kind == typeStep {
			return []byte{}
		}
		return answers(q)
	})
	o.StepTimeout = 100 * time.Millisecond
	v := open(t, o)
	for range 2 {
		if _, err := v.Reset(t.Context(), []uint64{9}); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Step(t.Context(), []int{0}); !errors.Is(err, gym.ErrTimeout) {
			t.Errorf("Step: %v, want ErrTimeout", err)
		}
	}
	if _, err := v.Reset(t.Context(), []uint64{9}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := v.Step(ctx, []int{0}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Step: %v, want context.DeadlineExceeded", err)
	}
}

func TestOptions(t *testing.T) {
	if err := gym.DefaultOptions("ALE/Pong-v5").Validate(); err != nil {
		t.Error(err)
	}
	if err := gym.DefaultOptions("CarRacing-v3").Validate(); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		want string
		set  func(*gym.Options)
	}{
		{"ID is empty", func(o *gym.Options) { o.ID = "" }},
		{"Backend", func(o *gym.Options) { o.Backend = "x" }},
		{"N is 0", func(o *gym.Options) { o.N = 0 }},
		{"Workers is 0", func(o *gym.Options) { o.Workers = 0 }},
		{"Workers is 2", func(o *gym.Options) { o.Workers = 2 }},
		{"Sticky is 1", func(o *gym.Options) { o.Sticky = 1 }},
		{"NoopMax is -1", func(o *gym.Options) { o.NoopMax = -1 }},
		{"MaxFrames is 0", func(o *gym.Options) { o.MaxFrames = 0 }},
		{"Repeat is 0", func(o *gym.Options) { o.Repeat = 0 }},
		{"Format", func(o *gym.Options) { o.Format = env.Plane }},
		{"StepTimeout is 0s", func(o *gym.Options) { o.StepTimeout = 0 }},
		{"Address", func(o *gym.Options) { o.Address = "host:1" }},
		{"Token is empty", func(o *gym.Options) { o.Address = "tcp://host:1" }},
		{"Kwargs and Wrapper", func(o *gym.Options) { o.Wrapper = "a:b" }},
	} {
		o := gym.DefaultOptions("ALE/Pong-v5")
		c.set(&o)
		if err := o.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Validate: %v, want %q", err, c.want)
		}
	}
}
