package vnc_test

import (
	"bytes"
	"errors"
	"image"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"glint/env/vnc"
	"glint/env/vnc/vnctest"
)

// TestScreenScore plays a game that counts to 50, shows a picture of its end, and begins
// again when F2 is pressed.
func TestScreenScore(t *testing.T) {
	var points atomic.Int64
	corner := image.Rect(20, 10, 26, 14)
	s := vnctest.Start(t, vnctest.Options{Pause: 2 * time.Millisecond, Draw: func(pix []byte, _ int) {
		n := points.Load()
		if n < 50 {
			n = points.Add(1)
		}
		vnc.DrawNumber(pix, 32, 4, int(n))
		for y := corner.Min.Y; y < corner.Max.Y; y++ {
			for x := corner.Min.X; x < corner.Max.X; x++ {
				pix[(y*32+x)*4] = byte(n / 50 * 250)
			}
		}
	}})
	o := options(s)
	o.Rate, o.Crop, o.Restart, o.MaxFrames = 1000, image.Rect(28, 20, 32, 24), []string{"F2"}, 100_000
	o.Scores = []vnc.Score{vnc.Numbers(t)}
	o.End.Crop = corner
	o.End.Pictures = [][]byte{bytes.Repeat([]byte{250, 0, 0}, corner.Dx()*corner.Dy())}
	v := open(t, o)
	stop := make(chan struct{})
	watcher := make(chan struct{})
	go func() {
		defer close(watcher)
		begins(s, &points, stop)
	}()
	reset(t, v)
	for k := range 3 {
		b := until(t, v)
		if !b.Terminated[0] || b.Truncated[0] || b.Invalid[0] || b.EpisodeID[0] != uint64(k+1) {
			t.Errorf("episode %d: terminated %v, truncated %v", b.EpisodeID[0], b.Terminated, b.Truncated)
		}
		if k > 0 && (b.Return[0] < 30 || b.Return[0] > 50) { // the first frames may be over before it begins
			t.Errorf("episode %d: rewards of %v, want 50 less what was there when it began", b.EpisodeID[0], b.Return[0])
		}
	}
	if st := v.Scores(); len(st) != 1 || st[0].Frames == 0 || st[0].Read < st[0].Frames*9/10 {
		t.Errorf("%+v, want nearly all frames read", st)
	}
	close(stop)
	<-watcher
	var err error
	for err == nil {
		_, err = v.Step(t.Context(), []int{0})
	}
	if !errors.Is(err, vnc.ErrRestart) {
		t.Errorf("a game that never begins again: %v, want ErrRestart", err)
	}
}

// begins sets a game's points to 0 some 20 ms after a key.
func begins(s *vnctest.Server, points *atomic.Int64, stop <-chan struct{}) {
	for seen := 0; ; {
		select {
		case <-stop:
			return
		case <-time.After(20 * time.Millisecond):
		}
		if n := len(s.Keys()); n > seen {
			seen = n
			points.Store(0)
		}
	}
}

// TestBoardRefuses wants scores and ends that cannot be.
func TestBoardRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*vnc.Options)
		want   string
	}{
		"no templates":     {func(o *vnc.Options) { o.Scores[0].Templates = nil }, "no templates"},
		"jump":             {func(o *vnc.Options) { o.Scores[0].Tracker.Jump = 100 }, "jump of 100"},
		"confirm":          {func(o *vnc.Options) { o.Scores[0].Tracker.Confirm = 0 }, "confirmed by 0"},
		"a rewarder":       {func(o *vnc.Options) { o.Rewarder = "host:2" }, "beside the rewarder"},
		"zero of no score": {func(o *vnc.Options) { o.Scores, o.End.Zero = nil, true }, "without a score"},
		"still":            {func(o *vnc.Options) { o.End.Still = -1 }, "Still is -1"},
		"picture":          {func(o *vnc.Options) { o.End.Pictures = [][]byte{{1}} }, "1 bytes"},
	} {
		o := vnc.DefaultOptions("host:1")
		o.Scores = []vnc.Score{vnc.Numbers(t)}
		c.change(&o)
		if err := o.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", name, err, c.want)
		}
	}
	s := vnctest.Start(t, vnctest.Options{Size: image.Pt(10, 10)})
	o := vnc.DefaultOptions(s.Address)
	o.Scores = []vnc.Score{vnc.Numbers(t)}
	if _, err := vnc.Open(t.Context(), o); !errors.Is(err, vnc.ErrCrop) || !strings.Contains(err.Error(), "10x10") {
		t.Errorf("a score beside the screen: %v, want ErrCrop", err)
	}
}
