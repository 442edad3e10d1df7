package vnc_test

import (
	"context"
	"errors"
	"image"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"glint/env"
	"glint/env/envtest"
	"glint/env/vnc"
	"glint/env/vnc/vnctest"
)

// stepper is a server in lock step, with its rewarder. Frame k of an episode pays k, and
// an episode has so many frames after its first.
type stepper struct {
	screen   *vnctest.Server
	rewarder *vnctest.Rewarder
	frames   int
	cut      bool          // a time limit ends episodes
	jump     uint32        // frames that are left out after each
	ahead    uint32        // that the screen is of the rewarder
	plain    bool          // draws no numbers
	silent   bool          // pays without numbers
	deaf     bool          // hears no key
	slow     time.Duration // from a stroke to its frame

	world bool // paints what seed and keys make of it, and not the number

	mu     sync.Mutex
	number uint32
	age    int // frames since the first one of the episode
	seed   uint64
	down   map[uint32]bool
	state  uint64 // what became of the seed by the keys that were down at each frame
}

const f12 = 0xffc9

func newStepper(tb testing.TB, change func(*stepper)) *stepper {
	s := &stepper{frames: 10, number: 1<<24 - 5, down: map[uint32]bool{}} // the numbers begin anew soon
	change(s)
	s.screen = vnctest.Start(tb, vnctest.Options{Draw: s.draw, Pause: 200 * time.Microsecond, Pressed: s.pressed})
	s.rewarder = vnctest.StartRewarder(tb, vnctest.RewarderOptions{Began: s.begin})
	return s
}

// draw paints a screen of 32x24 in the number of the frame.
func (s *stepper) draw(pix []byte, _ int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	put := func(at int, v uint32) { pix[at], pix[at+1], pix[at+2] = byte(v>>16), byte(v>>8), byte(v) }
	for at := 0; at < len(pix); at += 4 {
		put(at, s.number)
		if s.world {
			put(at, uint32(s.state>>40))
		}
	}
	if last := 23 * 32 * 4; !s.plain {
		put(last, 0x676c74)
		put(last+4, s.number+s.ahead)
		put(last+8, ^(s.number + s.ahead))
	}
}

// begin shows the first frame of an episode that a client wished for.
func (s *stepper) begin(wish vnctest.Reset) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.age, s.seed, s.state = -1, wish.Seed, 0
	s.next()
}

// next shows a frame and pays for it.
func (s *stepper) next() {
	s.age++
	s.state = (s.state ^ s.seed ^ uint64(s.age)) * 0x9e3779b97f4a7c15
	for key, down := range s.down {
		if down && s.age > 0 { // the keys of the last episode may not be let go yet
			s.state += uint64(key) << 32
		}
	}
	s.number = (s.number + 1 + s.jump) & (1<<24 - 1)
	over, info := s.age == s.frames, ""
	if !s.silent {
		info = `"stamp": ` + strconv.Itoa(int(s.number))
	}
	if over && s.cut {
		info += `, "TimeLimit.truncated": true`
	}
	s.rewarder.Say("v0.env.reward", `{"reward": %d, "done": %v, "info": {%s}}`, s.age, over, info)
}

func (s *stepper) pressed(k vnctest.Key) {
	if k.Symbol == f12 && k.Down {
		time.Sleep(s.slow)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if k.Symbol != f12 {
		s.down[k.Symbol] = k.Down
	}
	if s.deaf || k.Symbol != f12 || !k.Down {
		return
	}
	if s.age == s.frames {
		s.rewarder.Next()
		s.rewarder.Describe("running")
		s.age = -1
		s.seed++
	}
	s.next()
}

func (s *stepper) options() vnc.Options {
	o := options(s.screen)
	o.Rewarder, o.Clock, o.MaxFrames = s.rewarder.Address, vnc.Lockstep, 1000
	return o
}

// numbers returns what the frames of an observation show, counted from the first frame
// that the server showed.
func numbers(t *testing.T, s env.Spec, obs []byte) [4]int {
	t.Helper()
	var all [4]int
	for k := range all {
		p := obs[k*s.FrameLen():]
		all[k] = (int(p[0])<<16 | int(p[1])<<8 | int(p[2]) + 4) & (1<<24 - 1)
	}
	return all
}

// TestLockstep plays episodes of 11 frames in steps of 4.
func TestLockstep(t *testing.T) {
	for _, cut := range []bool{false, true} {
		v := open(t, newStepper(t, func(s *stepper) { s.cut = cut }).options())
		b, err := v.Reset(t.Context(), []uint64{1})
		if err != nil {
			t.Fatal(err)
		}
		if got := numbers(t, v.Spec(), b.Obs); got != [4]int{} || b.Elapsed[0] != 0 {
			t.Errorf("a reset shows the frames %v", got)
		}
		for k, want := range []struct {
			obs, final [4]int
			reward     float64
			ended      bool
		}{
			{[4]int{1, 2, 3, 4}, [4]int{}, 1 + 2 + 3 + 4, false},
			{[4]int{5, 6, 7, 8}, [4]int{}, 5 + 6 + 7 + 8, false},
			{[4]int{11, 11, 11, 11}, [4]int{9, 10, 10, 10}, 9 + 10, true},
			{[4]int{12, 13, 14, 15}, [4]int{}, 1 + 2 + 3 + 4, false},
		} {
			if b, err = v.Step(t.Context(), []int{k % 2}); err != nil {
				t.Fatal(err)
			}
			if got := numbers(t, v.Spec(), b.Obs); got != want.obs || b.Reward[0] != want.reward {
				t.Errorf("step %d: frames %v, reward %v; want %v, %v", k, got, b.Reward, want.obs, want.reward)
			}
			if b.Ended(0) != want.ended || b.Terminated[0] != (want.ended && !cut) || b.Invalid[0] {
				t.Errorf("step %d with time limit %v: terminated %v, truncated %v, invalid %v", k, cut, b.Terminated, b.Truncated, b.Invalid)
			}
			if got := numbers(t, v.Spec(), b.Final); want.ended && got != want.final {
				t.Errorf("step %d: the last frames are %v, want %v", k, got, want.final)
			}
		}
		if st := v.Stats(); st.Late != 0 || st.Repeated != 0 || st.Skipped != 0 {
			t.Errorf("%+v in lock step, which knows no time", st)
		}
	}
}

// TestLockstepConformance runs the whole suite: in lock step a screen repeats itself where
// its server does. The row of the numbers is not seen.
func TestLockstepConformance(t *testing.T) {
	s := newStepper(t, func(s *stepper) { s.frames, s.world = 50, true })
	o := envtest.DefaultOptions()
	o.Single, o.DigestSteps, o.EndSteps = true, 20, 100
	opener := func(tb testing.TB, _ int) env.Vec {
		s.screen.Rest()
		options := s.options()
		options.Crop = image.Rect(0, 0, 32, 23)
		v, err := vnc.Open(tb.Context(), options)
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}
	o.OpenShort = func(tb testing.TB, n int) env.Vec {
		s.mu.Lock()
		s.cut = true
		s.mu.Unlock()
		return opener(tb, n)
	}
	envtest.Run(t, opener, o)
}

// TestLockstepCancelled resets while a stroke is on its way, which must not be of the new
// episode.
func TestLockstepCancelled(t *testing.T) {
	v := open(t, newStepper(t, func(s *stepper) { s.slow = 50 * time.Millisecond }).options())
	reset(t, v)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := v.Step(ctx, []int{0}); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("a step that ran out of time: %v", err)
	}
	reset(t, v)
	b, err := v.Step(t.Context(), []int{0})
	if err != nil {
		t.Fatal(err)
	}
	if n := v.Stats().Reconnects; b.Reward[0] != 1+2+3+4 || n > 0 {
		t.Errorf("the first step brings %v after %d reconnects, want 10 after none", b.Reward[0], n)
	}
}

// TestLockstepMissed asks for errors where a server does not keep to lock step.
func TestLockstepMissed(t *testing.T) {
	for says, c := range map[string]struct {
		change func(*stepper)
		want   error
	}{
		"shows no numbers of frames":         {func(s *stepper) { s.plain = true }, vnc.ErrRealtime},
		"no number of the first frame":       {func(s *stepper) { s.silent = true }, vnc.ErrRealtime},
		"pays for frame":                     {func(s *stepper) { s.jump = 2 }, vnc.ErrRealtime},
		"shows frame":                        {func(s *stepper) { s.ahead = 2 }, vnc.ErrRealtime},
		"the rewarder says nothing of frame": {func(s *stepper) { s.deaf = true }, vnc.ErrSilent},
	} {
		t.Run(says, func(t *testing.T) {
			o := newStepper(t, c.change).options()
			o.Timeout = 300 * time.Millisecond
			v := open(t, o)
			_, err := v.Reset(t.Context(), []uint64{1})
			for k := 0; err == nil && k < 5; k++ { // connections are made anew a few times
				_, err = v.Step(t.Context(), []int{0})
			}
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), says) {
				t.Errorf("%v, want %v that says %q", err, c.want, says)
			}
		})
	}
}
