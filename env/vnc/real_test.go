package vnc_test

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glint/env"
	"glint/env/envtest"
	"glint/env/vnc"
)

// last returns the last frame of a step.
func last(tb testing.TB, v *vnc.Vec) []byte {
	tb.Helper()
	b, err := v.Step(tb.Context(), []int{0})
	if err != nil {
		tb.Fatal(err)
	}
	return b.Obs[len(b.Obs)-v.Spec().FrameLen():]
}

// same wants the frame to become equal to the X server's picture: a server may take its
// time until it has looked at the whole screen.
func same(tb testing.TB, v *vnc.Vec, a *artist) bool {
	tb.Helper()
	_, want := a.shot()
	var got []byte
	for start := time.Now(); time.Since(start) < 10*time.Second; {
		if got = last(tb, v); bytes.Equal(got, want) {
			return true
		}
	}
	differ := 0
	for i := range want {
		if got[i] != want[i] {
			differ++
		}
	}
	tb.Errorf("%d of %d bytes differ from the X server's own picture", differ, len(want))
	return false
}

// servers are the real ones.
var servers = map[string]func(testing.TB) *server{
	"TigerVNC": func(tb testing.TB) *server { return tiger(tb) }, "x11vnc": karl,
}

// TestRealPixels plays 1,000 random operations on windows and compares the pixels with
// those of the X server after every 50 of them, in every encoding.
func TestRealPixels(t *testing.T) {
	for name, start := range servers {
		for _, encoding := range []string{"raw", "copyrect", "hextile", "zrle"} {
			t.Run(name+" "+encoding, func(t *testing.T) {
				s := start(t)
				a := newArtist(t, s)
				if encoding == "copyrect" { // TigerVNC 1.12 copies the wrong parts else
					a.ask("plain")
				}
				o := vnc.DefaultOptions(s.address)
				o.Rate, o.Encoding = 200, encoding
				v := open(t, o)
				reset(t, v)
				for round := range 20 {
					if a.ask("ops 50 %d", round); !same(t, v, a) {
						t.Fatalf("after %d operations", 50*(round+1))
					}
				}
				if err := v.Close(); err != nil {
					t.Fatal(err)
				}
				if word := map[string]string{"raw": "Raw", "copyrect": "CopyRect", "hextile": "Hextile", "zrle": "ZRLE"}[encoding]; name == "TigerVNC" && !s.words(word+":") {
					t.Errorf("the server does not report to have sent %s", word)
				}
			})
		}
	}
}

// TestRealConformance runs the suite on a screen on which a window moves.
func TestRealConformance(t *testing.T) {
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			a := newArtist(t, s)
			if _, err := fmt.Fprintln(a.in, "move"); err != nil {
				t.Fatal(err)
			}
			opener := func(tb testing.TB, _ int) env.Vec {
				o := vnc.DefaultOptions(s.address)
				o.Rate, o.MaxFrames = 200, 40
				v, err := vnc.Open(tb.Context(), o)
				if err != nil {
					tb.Fatal(err)
				}
				return v
			}
			o := envtest.DefaultOptions()
			o.Live, o.DigestSteps, o.EndSteps, o.OpenShort = true, 30, 300, opener
			envtest.Run(t, opener, o)
		})
	}
}

// TestRealKeys asks the X server which keys are down.
func TestRealKeys(t *testing.T) {
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			a := newArtist(t, s)
			o := vnc.DefaultOptions(s.address)
			o.Rate, o.Keys = 200, []string{"none", "Left+space", "a", "Left"}
			v := open(t, o)
			reset(t, v)
			becomes := func(after, want string) {
				t.Helper()
				got := ""
				for range 100 {
					if got = a.ask("down"); got == want {
						return
					}
					time.Sleep(10 * time.Millisecond)
				}
				t.Errorf("after %s %q are down, want %q", after, got, want)
			}
			for action, want := range map[int]string{1: "Left space", 2: "a", 3: "Left", 0: ""} {
				if _, err := v.Step(t.Context(), []int{action}); err != nil {
					t.Fatal(err)
				}
				becomes(fmt.Sprintf("action %d", action), want)
			}
			hold := func() {
				t.Helper()
				if _, err := v.Step(t.Context(), []int{1}); err != nil {
					t.Fatal(err)
				}
				becomes("action 1", "Left space")
			}
			hold()
			reset(t, v)
			becomes("a reset", "")
			hold()
			if err := v.Close(); err != nil {
				t.Fatal(err)
			}
			becomes("Close", "")
		})
	}
}

// TestRealKeysyms compares the table of keys with that of python3-xlib.
func TestRealKeysyms(t *testing.T) {
	a := newArtist(t, tiger(t))
	for name, number := range vnc.Keysyms() {
		if got := a.ask("sym %s", name); got != fmt.Sprint(number) {
			t.Errorf("%s is %d, X says %s", name, number, got)
		}
	}
}

func TestRealResize(t *testing.T) {
	s := tiger(t)
	a := newArtist(t, s)
	o := vnc.DefaultOptions(s.address)
	o.Rate = 200
	small := open(t, o)
	reset(t, small)
	a.ask("size 640 480")
	if b := until(t, small); !b.Truncated[0] || !b.Invalid[0] {
		t.Errorf("a step in which the screen grew is truncated: %v, invalid: %v", b.Truncated, b.Invalid)
	}
	large := open(t, o)
	reset(t, large)
	a.ask("ops 50 1")
	same(t, large, a)
	a.ask("size 320 240")
	var err error
	for err == nil {
		_, err = large.Step(t.Context(), []int{0})
	}
	if !errors.Is(err, vnc.ErrCrop) {
		t.Errorf("a screen that shrank: %v, want ErrCrop", err)
	}
	if _, err := large.Reset(t.Context(), []uint64{1}); !errors.Is(err, vnc.ErrCrop) {
		t.Errorf("a reset on a screen that shrank: %v, want ErrCrop", err)
	}
	a.ask("ops 50 2")
	same(t, small, a)
}

func TestRealPassword(t *testing.T) {
	installed(t)
	file := filepath.Join(t.TempDir(), "passwd")
	if out, err := exec.Command("x11vnc", "-storepasswd", "openai", file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s := tiger(t, "-SecurityTypes", "VncAuth", "-PasswordFile", file, "-BlacklistThreshold", "3")
	o := vnc.DefaultOptions(s.address)
	for _, c := range []struct {
		password string
		want     error
		says     string
	}{
		{"openai", nil, ""},
		{"", vnc.ErrPassword, "wants one"},
		{"openal", vnc.ErrPassword, "Authentication fail"},
		{"openal", vnc.ErrPassword, "Authentication fail"},
		{"openai", vnc.ErrRefused, "Too many security failures"},
	} {
		o.Password = c.password
		v, err := vnc.Open(t.Context(), o)
		if err == nil {
			reset(t, v)
			_ = v.Close()
		}
		if !errors.Is(err, c.want) || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("password %q: %v, want %v with %q", c.password, err, c.want, c.says)
		}
	}
	s = tiger(t, "-SecurityTypes", "TLSVnc", "-PasswordFile", file)
	if _, err := vnc.Open(t.Context(), vnc.DefaultOptions(s.address)); !errors.Is(err, vnc.ErrSecurity) {
		t.Errorf("a server that wants TLS: %v, want ErrSecurity", err)
	}
}
