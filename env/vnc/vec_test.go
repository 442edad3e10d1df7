package vnc_test

import (
	"context"
	"encoding/binary"
	"errors"
	"image"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"glint/env"
	"glint/env/envtest"
	"glint/env/vnc"
	"glint/env/vnc/vnctest"
)

// count draws a picture that tells its number and no two places of which are alike.
func count(pix []byte, frame int) {
	for i := 0; i < len(pix); i += 4 {
		binary.LittleEndian.PutUint32(pix[i:], uint32(frame*7+i*1231))
	}
}

// TestConformance runs the suite in real time. Determinism, Seeds and the comparisons of
// BadActions and Ownership are left out, for which a world would have to repeat itself;
// TestLockstepConformance has them. A screen is no Saver, Sender or Truther.
func TestConformance(t *testing.T) {
	s := vnctest.Start(t, vnctest.Options{Draw: count, Pause: 200 * time.Microsecond})
	o := envtest.DefaultOptions()
	o.Live, o.DigestSteps, o.EndSteps = true, 20, 200
	opener := func(tb testing.TB, _ int) env.Vec {
		v, err := vnc.Open(tb.Context(), options(s))
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}
	o.OpenShort = opener
	envtest.Run(t, opener, o)
}

// TestFrames compares what an observation shows with what the server drew.
func TestFrames(t *testing.T) {
	for name, crop := range map[string]image.Rectangle{"whole": {}, "crop": image.Rect(3, 2, 20, 9)} {
		t.Run(name, func(t *testing.T) {
			s := vnctest.Start(t, vnctest.Options{Draw: count, Pause: time.Millisecond})
			o := options(s)
			o.Crop = crop
			v := open(t, o)
			if crop.Empty() {
				crop = image.Rect(0, 0, 32, 24)
			}
			if spec := v.Spec(); spec.H != crop.Dy() || spec.W != crop.Dx() || v.Crop() != crop {
				t.Fatalf("frames of %dx%d, want the size of %v", spec.W, spec.H, crop)
			}
			reset(t, v)
			last := 0
			for range 5 {
				b, err := v.Step(t.Context(), []int{0})
				if err != nil {
					t.Fatal(err)
				}
				for frames := b.Obs; len(frames) > 0; frames = frames[v.Spec().FrameLen():] {
					n := number(t, frames[:v.Spec().FrameLen()], crop)
					if n < last {
						t.Errorf("picture %d after %d", n, last)
					}
					last = n
				}
			}
			if last < 5 {
				t.Errorf("after 20 frames of a moving screen the picture is number %d", last)
			}
		})
	}
}

// number returns the number of the picture that all pixels of a frame are of.
func number(t *testing.T, frame []byte, crop image.Rectangle) int {
	t.Helper()
	value := func(x, y int) uint32 {
		p := frame[((y-crop.Min.Y)*crop.Dx()+x-crop.Min.X)*3:]
		return uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16
	}
	place := func(x, y int) uint32 { return uint32((y*32 + x) * 4 * 1231) }
	n := (value(crop.Min.X, crop.Min.Y) - place(crop.Min.X, crop.Min.Y)) & 0xffffff / 7
	for y := crop.Min.Y; y < crop.Max.Y; y++ {
		for x := crop.Min.X; x < crop.Max.X; x++ {
			if got, want := value(x, y), (n*7+place(x, y))&0xffffff; got != want {
				t.Fatalf("pixel (%d, %d) is %06x, picture %d has %06x there", x, y, got, n, want)
			}
		}
	}
	return int(n)
}

// down returns the keys that the server has down, after it has read all that was sent.
func down(s *vnctest.Server, want ...uint32) []uint32 {
	for range 200 {
		if slices.Equal(s.Down(), want) {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	return s.Down()
}

const (
	left, space, f1 = 0xff51, 0x20, 0xffbe
)

func TestKeys(t *testing.T) {
	s := vnctest.Start(t, vnctest.Options{Draw: count})
	o := options(s)
	o.Keys, o.Restart, o.MaxFrames = []string{"none", "Left", "Left+space", "a"}, []string{"F1"}, 1000
	v := open(t, o)
	reset(t, v)
	if got, want := s.Keys(), []vnctest.Key{{Symbol: f1, Down: true}, {Symbol: f1}}; !slices.Equal(got, want) {
		t.Errorf("a reset struck %v, want F1 once: %v", got, want)
	}
	from := len(s.Keys())
	for _, step := range []struct {
		action int
		want   []uint32
	}{{2, []uint32{space, left}}, {1, []uint32{left}}, {1, []uint32{left}}, {3, []uint32{'a'}}, {0, nil}, {2, []uint32{space, left}}} {
		if _, err := v.Step(t.Context(), []int{step.action}); err != nil {
			t.Fatal(err)
		}
		if got := down(s, step.want...); !slices.Equal(got, step.want) {
			t.Errorf("action %d holds %x, want %x", step.action, got, step.want)
		}
	}
	want := []vnctest.Key{
		{Symbol: left, Down: true},
		{Symbol: space, Down: true},
		{Symbol: space},
		{Symbol: left},
		{Symbol: 'a', Down: true},
		{Symbol: 'a'},
		{Symbol: left, Down: true},
		{Symbol: space, Down: true},
	}
	if got := s.Keys()[from:]; !slices.Equal(got, want) {
		t.Errorf("keys %v, want %v: a key that stays down is not struck again", got, want)
	}
}

// TestActsFirst looks at the keys while a long step waits for its first frame.
func TestActsFirst(t *testing.T) {
	s := vnctest.Start(t, vnctest.Options{Draw: count})
	o := options(s)
	o.Rate, o.Repeat = 2, 1
	v := open(t, o)
	reset(t, v)
	done := make(chan error, 1)
	go func() {
		_, err := v.Step(t.Context(), []int{1})
		done <- err
	}()
	time.Sleep(200 * time.Millisecond)
	if got := s.Down(); !slices.Equal(got, []uint32{left}) {
		t.Errorf("%x are down before the first frame of a step that holds Left", got)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// TestKeysAreLetGo holds keys and asks for their release by everything that ends a step.
func TestKeysAreLetGo(t *testing.T) {
	s := vnctest.Start(t, vnctest.Options{Draw: count})
	o := options(s)
	o.Keys, o.MaxFrames = []string{"none", "Left+space"}, 1000
	v := open(t, o)
	hold := func() {
		t.Helper()
		if _, err := v.Step(t.Context(), []int{1}); err != nil {
			t.Fatal(err)
		}
		if got := down(s, space, left); len(got) != 2 {
			t.Fatalf("%x are down, want Left and space", got)
		}
	}
	gone := func(after string) {
		t.Helper()
		if got := down(s); len(got) > 0 {
			t.Errorf("after %s %x are still down", after, got)
		}
	}
	reset(t, v)
	hold()
	reset(t, v)
	gone("a reset")

	hold()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(2*time.Millisecond, cancel)
	var err error
	for err == nil {
		_, err = v.Step(ctx, []int{1})
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled step: %v", err)
	}
	gone("a failed step")
	if _, err := v.Step(t.Context(), []int{1}); !errors.Is(err, env.ErrNotReset) {
		t.Errorf("a step after a failed one: %v, want env.ErrNotReset", err)
	}

	reset(t, v)
	hold()
	s.Drop()
	until(t, v)
	gone("a lost connection")

	hold()
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	gone("Close")
}

// until plays until an episode ends.
func until(t *testing.T, v *vnc.Vec) *env.Batch {
	t.Helper()
	for {
		b, err := v.Step(t.Context(), []int{1})
		if err != nil {
			t.Fatal(err)
		}
		if b.Ended(0) {
			return b
		}
	}
}

func TestReconnect(t *testing.T) {
	s := vnctest.Start(t, vnctest.Options{Draw: count})
	o := options(s)
	o.MaxFrames = 1000
	v := open(t, o)
	reset(t, v)
	for k := range 3 {
		s.Drop()
		b := until(t, v)
		if !b.Truncated[0] || !b.Invalid[0] || b.Terminated[0] || b.EpisodeID[0] != uint64(k+1) || b.Elapsed[0] != 0 {
			t.Errorf("a step with a lost connection is truncated: %v, invalid: %v; episode %d, %d frames old",
				b.Truncated, b.Invalid, b.EpisodeID, b.Elapsed)
		}
		b, err := v.Step(t.Context(), []int{0})
		if err != nil {
			t.Fatal(err)
		}
		if b.Ended(0) || b.Elapsed[0] != 4 {
			t.Errorf("the step after ended: %v, %d frames old", b.Ended(0), b.Elapsed)
		}
	}
	if got := v.Stats().Reconnects; got != 3 {
		t.Errorf("%d reconnects, want 3", got)
	}

	s.Stop()
	start := time.Now()
	var err error
	for err == nil {
		_, err = v.Step(t.Context(), []int{0})
	}
	if !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("a step with no server: %v", err)
	}
	if took := time.Since(start); took > 2*o.Patience {
		t.Errorf("which took %v", took)
	}
	if _, err := v.Reset(t.Context(), []uint64{1}); err == nil {
		t.Errorf("a reset with no server was fine")
	}
}

// TestOpenWaits opens a screen before its server listens, and before its rewarder does.
func TestOpenWaits(t *testing.T) {
	o := options(nil)
	o.Address, o.Rewarder = "127.0.0.1:"+freePort(t), "127.0.0.1:"+freePort(t)
	waits := make(chan error, 9)
	o.Waiting = func(missing error) { waits <- missing }
	type opened struct {
		v   *vnc.Vec
		err error
	}
	done := make(chan opened, 1)
	go func() {
		v, err := vnc.Open(t.Context(), o)
		done <- opened{v, err}
	}()
	select {
	case err := <-waits:
		if !errors.Is(err, vnc.ErrAbsent) {
			t.Errorf("it waits because of %v, want ErrAbsent", err)
		}
	case got := <-done:
		t.Fatalf("it does not wait: %v", got.err)
	}
	vnctest.Start(t, vnctest.Options{Address: o.Address, Draw: count})
	time.Sleep(300 * time.Millisecond)
	vnctest.StartRewarder(t, vnctest.RewarderOptions{Address: o.Rewarder})
	got := <-done
	if got.err != nil {
		t.Fatal(got.err)
	}
	defer func() { _ = got.v.Close() }()
	reset(t, got.v)
	if n := got.v.Stats().Reconnects; len(waits) > 0 || n > 0 {
		t.Errorf("it was told %d times more that it waits, and counts %d reconnects; want none", len(waits), n)
	}
}

// TestOpenWaitsBehindTunnel opens a screen behind a tunnel that hangs up twice.
func TestOpenWaitsBehindTunnel(t *testing.T) {
	var accepts atomic.Int32
	o := serve(t, func(c net.Conn) {
		if accepts.Add(1) > 2 {
			greeted(func(c net.Conn) { say(c, picture) })(c)
		}
	})
	o.Startup = 5 * time.Second
	reset(t, open(t, o))
}

// TestOpenGivesUp wants an error in time where nobody comes, and at once where the context
// ends.
func TestOpenGivesUp(t *testing.T) {
	o := options(nil)
	o.Address, o.Startup = "127.0.0.1:"+freePort(t), 400*time.Millisecond
	start := time.Now()
	_, err := vnc.Open(t.Context(), o)
	if took := time.Since(start); !errors.Is(err, vnc.ErrAbsent) || !strings.Contains(err.Error(), "refused") || took < o.Startup || took > 4*o.Startup {
		t.Errorf("%v after %v, want ErrAbsent after %v", err, took, o.Startup)
	}
	o.Startup = time.Minute
	ctx, cancel := context.WithCancel(t.Context())
	o.Waiting = func(error) { cancel() }
	start = time.Now()
	if _, err := vnc.Open(ctx, o); !errors.Is(err, context.Canceled) || time.Since(start) > time.Second {
		t.Errorf("a cancelled Open: %v after %v", err, time.Since(start))
	}
}

func TestResize(t *testing.T) {
	s := vnctest.Start(t, vnctest.Options{Draw: count})
	o := options(s)
	o.MaxFrames, o.Crop = 1000, image.Rect(0, 0, 8, 8)
	v := open(t, o)
	reset(t, v)
	s.Resize(image.Pt(20, 30))
	b := until(t, v)
	if !b.Truncated[0] || !b.Invalid[0] {
		t.Errorf("a step in which the screen changed its size is truncated: %v, invalid: %v", b.Truncated, b.Invalid)
	}
	at := func(x, y int) uint32 {
		p := b.Obs[(y*8+x)*3:]
		return uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16
	}
	if got, want := (at(0, 1)-at(0, 0))&0xffffff, uint32(20*4*1231); got != want {
		t.Errorf("a row of the new picture differs by %d from the row above, want %d", got, want)
	}

	s.Resize(image.Pt(7, 30))
	var err error
	for err == nil {
		_, err = v.Step(t.Context(), []int{0})
	}
	if !errors.Is(err, vnc.ErrCrop) || !strings.Contains(err.Error(), "7x30") {
		t.Errorf("a screen smaller than the crop: %v, want ErrCrop", err)
	}
}
